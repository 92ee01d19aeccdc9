"""Where models are looked for, and what `models` says of them."""

import json
import shutil
from pathlib import Path

import pytest
from expectations import DONE, USAGE, Result, Run, assert_done, assert_rejects

REPOSITORY = Path(__file__).resolve().parents[2]
PLAN = ("-p", "a cat", "--plan", "--json")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, build_dir: Path) -> Path:
    """A program and an embedded model as in a checkout, without the models that its user has exported."""
    tree = tmp_path_factory.mktemp("tree")
    (tree / "bin").mkdir()
    shutil.copy2(build_dir / "deepcache-gen", tree / "bin")
    (tree / "models").mkdir()
    (tree / "models" / "scenes").symlink_to(REPOSITORY / "models" / "scenes")
    return tree


@pytest.fixture
def program(tree: Path) -> Path:
    return tree / "bin" / "deepcache-gen"


@pytest.fixture
def embedded_model(tree: Path) -> Path:
    return tree / "models" / "scenes"


def listed(result: Result) -> dict[str, dict]:
    """What `models --json` printed, by name."""
    assert (result.returncode, result.stderr) == (DONE, "")
    assert result.stdout.count("\n") == 1
    models = json.loads(result.stdout)
    names = [model["name"] for model in models]
    assert len(set(names)) == len(names)
    return {model["name"]: model for model in models}


def put(model: Path, folder: Path, **changes: object) -> Path:
    """The model under another path; fields of model.json may be changed."""
    shutil.copytree(model, folder)
    info = json.loads((model / "model.json").read_text()) | changes
    (folder / "model.json").write_text(json.dumps(info))
    return folder


def test_the_embedded_model_is_listed(run: Run, embedded_model: Path) -> None:
    info = json.loads((embedded_model / "model.json").read_text())
    result = run("models")
    assert (result.returncode, result.stderr) == (DONE, "")
    (line,) = result.stdout.splitlines()
    size = f"{info['default_width']}x{info['default_height']}"
    assert line.split("  ")[:4] == [info["name"], info["family"], size, info["dtype"]]
    assert line.endswith(f"  {embedded_model}")
    assert listed(run("models", "--json")) == {
        info["name"]: {
            "name": info["name"],
            "folder": str(embedded_model),
            "family": info["family"],
            "width": info["default_width"],
            "height": info["default_height"],
            "dtype": info["dtype"],
            "bytes": sum(file["size"] for file in info["files"].values()),
        }
    }


def test_first_places_win(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    """--models-dir, then the folders of $DEEPCACHE_GEN_MODELS in order, then the user's, then the embedded model."""
    places = ["chosen", "one", "two", "data/deepcache-gen/models"]
    for number, place in enumerate(places):
        # Every place has the models of the places after it, too; the width says which is meant.
        for name in [f"from{later}" for later in range(number, len(places))] + ["scenes"]:
            put(tiny_model, tmp_path / place / name, default_width=64 + 8 * number)
    environment = {"DEEPCACHE_GEN_MODELS": f"{tmp_path}/one:{tmp_path}/two::/not-there"}
    environment["XDG_DATA_HOME"] = f"{tmp_path}/data"
    models = listed(run("models", "--models-dir", "chosen/", "--json", env=environment))
    assert set(models) == {"from0", "from1", "from2", "from3", "scenes"}
    assert {model["width"] for model in models.values()} == {64}
    assert models["from2"]["folder"] == f"{tmp_path}/chosen/from2"
    models = listed(run("models", "--json", env=environment))
    assert {name: model["width"] for name, model in models.items()} == dict.fromkeys(
        ["from1", "from2", "from3", "scenes"], 72
    )
    environment["DEEPCACHE_GEN_MODELS"] = ""
    models = listed(run("models", "--json", env=environment))
    assert {name: model["width"] for name, model in models.items()} == {"from3": 88, "scenes": 88}
    plan = json.loads(run("-m", "scenes", *PLAN, env=environment).stdout)
    assert plan["width"] == 88


def test_the_users_folder_without_xdg(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    put(tiny_model, tmp_path / ".local/share/deepcache-gen/models/mine")
    assert "mine" in listed(run("models", "--json", env={"HOME": str(tmp_path)}))


def test_a_place_that_is_a_model_itself(run: Run, tiny_model: Path) -> None:
    assert tiny_model.name in listed(run("models", "--json", "--models-dir", tiny_model))


def test_a_name_with_a_space_and_one_that_is_a_folder_here(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    put(tiny_model, tmp_path / "models/my model", default_width=72)
    put(tiny_model, tmp_path / "models/scenes", default_width=80)
    names = ("--models-dir", "models")
    assert json.loads(run("-m", "my model", *names, *PLAN).stdout)["width"] == 72
    assert json.loads(run("-m", "scenes", *names, *PLAN).stdout)["width"] == 80
    put(tiny_model, tmp_path / "scenes", default_width=88)
    assert json.loads(run("-m", "scenes", *names, *PLAN).stdout)["width"] == 88, "the folder of that name"
    inspected = json.loads(run("inspect", "my model", *names, "--json").stdout)
    assert inspected["default_width"] == 72


def test_a_model_that_can_not_be_used_is_listed_with_its_problem(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    put(tiny_model, tmp_path / "models/newer", format_version=99)
    put(tiny_model, tmp_path / "models/whole")
    (tmp_path / "models/no model").mkdir()
    (tmp_path / "models/file").write_text("")
    models = listed(run("models", "--models-dir", "models", "--json"))
    assert set(models) == {"newer", "whole", "scenes"}
    assert set(models["newer"]) == {"name", "folder", "error"} and "format_version" in models["newer"]["error"]
    lines = run("models", "--models-dir", "models").stdout.splitlines()
    assert [line for line in lines if line.startswith("newer ") and "can't be used: " in line]


@pytest.mark.parametrize("command", [("-p", "a cat", "-m"), ("inspect",), ("compare", "-p", "a cat", "-m")], ids=str)
def test_an_unknown_name(run: Run, tiny_model: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    put(tiny_model, tmp_path / "models/watercolour")
    arguments = [*command, "watercolor", "--models-dir", "models"]
    assert_rejects(run(*arguments), "'watercolor'", "did you mean 'watercolour'?", "scenes")


@pytest.mark.parametrize("place", ["not-there", "a file"])
def test_a_models_folder_that_is_none(run: Run, tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").write_text("")
    for command in (["models"], ["-p", "a cat", "--plan"], ["inspect", "scenes"]):
        result = run(*command, "--models-dir", place)
        assert result.returncode == USAGE, f"{command} went on without the folder"
        assert_rejects(result, f"--models-dir '{place}'", "folder")


def test_a_model_may_be_a_link(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/linked").symlink_to(tiny_model)
    small = ("--steps", 1, "-W", 64, "-H", 64, "-t", 1, "-o", "a.png")
    assert_done(run("-m", "linked", "--models-dir", "models", "-p", "a cat", *small), "a.png")
    shutil.rmtree(tmp_path / "models")
