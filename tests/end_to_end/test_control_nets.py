"""Control nets as a user meets them: what they change, for each picture of a list, beside every task; what is refused.

That what they add is diffusers' is tested in tests/parity.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from expectations import DONE, USAGE, Run, assert_done, assert_rejects, files_below, warnings_of
from model_files import edit_description
from odd_pictures import BAD, encoded, picture
from PIL import Image
from safetensors.torch import load_file, save_file
from steering import ARCHIVE, ASKED, copy_of, steered_by, write_lines, write_pictures

CACHED = {"interval": 2, "branch": 1}
pytestmark = pytest.mark.usefixtures("control_pictures")


@pytest.fixture(scope="session")
def second_net(net: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another for the tiny model."""
    return copy_of(net, tmp_path_factory.mktemp("nets") / "second", lambda weight: weight * 0.9)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def are_equal(one: np.ndarray, other: np.ndarray) -> bool:
    """But for rounding, as where other pictures shared a batch."""
    return one.shape == other.shape and np.abs(one - other).max() <= 1


@dataclass
class Made:
    """The pictures and records of one run, by what was asked for."""

    folder: Path
    records: dict[str, dict[str, Any]]

    def pixels(self, name: str) -> np.ndarray:
        return pixels(self.folder / f"{name}.png")


@pytest.fixture(scope="module")
def make_list(program: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    """Makes pictures of these settings, each by itself."""

    def make(lines: dict[str, dict[str, Any]], *flags: object) -> Made:
        folder = tmp_path_factory.mktemp("lists")
        write_pictures(folder)
        write_lines(folder / "list.jsonl", [line | {"output": f"out/{name}.png"} for name, line in lines.items()])
        words = [program, "-m", tiny_model, "-W", 64, "-H", 64, "-t", 1, *ASKED[2:], "--batch-size", 1, "-q", *flags]
        command = [str(word) for word in [*words, "--prompts", "list.jsonl", "--json"]]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        assert result.returncode == DONE, result.stderr
        records = {Path(record["path"]).stem: record for record in map(json.loads, result.stdout.splitlines())}
        return Made(folder / "out", records)

    return make


@pytest.fixture(scope="module")
def made(make_list: Callable[..., Made], net: Path, second_net: Path) -> Made:
    """One picture for every setting; each line has all of it."""
    one = {"control-net": str(net), "control-image": "edges.png"}
    both = [str(net), str(second_net)]
    return make_list(
        {
            "plain": {},
            "steered": one,
            "other": one | {"control-image": "other.png"},
            "second": {"control-net": str(second_net), "control-image": "other.png"},
            "none": one | {"control-strength": 0},
            "half": one | {"control-strength": 0.5},
            "halves": {"control-net": [both[0]] * 2, "control-image": ["edges.png"] * 2, "control-strength": 0.5},
            "pair": {"control-net": both, "control-image": ["edges.png", "other.png"]},
            "swapped": {"control-net": both[::-1], "control-image": ["other.png", "edges.png"]},
            "graded": {"control-net": both, "control-image": ["edges.png", "other.png"], "control-strength": [0.5, 1]},
            "guess": one | {"control-guess": True},
            "early": one | {"control-end": 0.5},
            "late": one | {"control-start": 0.5},
            "cached": one | CACHED,
            "wholly": one | CACHED | {"control-cache": "full"},
            "held": one | CACHED | {"control-cache": "held"},
        }
    )


def test_everything_that_is_set_changes_the_picture(made: Made) -> None:
    same = {"none": "plain", "halves": "steered", "swapped": "pair", "wholly": "cached"}
    for name, as_is in same.items():
        assert are_equal(made.pixels(name), made.pixels(as_is)), name
    assert np.array_equal(made.pixels("none"), made.pixels("plain"))
    assert np.array_equal(made.pixels("wholly"), made.pixels("cached"))
    different = [name for name in made.records if name not in same]
    for i, name in enumerate(different):
        for other in different[:i]:
            assert np.abs(made.pixels(name) - made.pixels(other)).max() > 2, (name, other)


def test_records_say_it(made: Made, net: Path, second_net: Path) -> None:
    sums = [json.loads((each / "model.json").read_text())["files"][ARCHIVE]["sha256"] for each in (net, second_net)]
    record = made.records["graded"]
    assert record["control_net"] == [str(net), str(second_net)]
    assert record["control_net_sha256"] == sums
    assert record["control_image"] == ["edges.png", "other.png"]
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in record["control_image_sha256"])
    assert [float(each) for each in record["control_strength"]] == [0.5, 1]
    assert not {"control_start", "control_end", "control_guess", "control_cache"} & record.keys()
    assert made.records["guess"]["control_guess"] is True
    assert made.records["held"]["control_cache"] == "held"
    assert [float(*made.records[name][f"control_{key}"]) for name, key in (("late", "start"), ("early", "end"))] == [
        0.5, 0.5,
    ]  # fmt: skip
    assert not [key for key in made.records["plain"] if "control" in key]
    texts = {name: Image.open(made.folder / f"{name}.png").text["parameters"] for name in ("graded", "plain")}
    assert "ControlNet: " in texts["graded"] and "ControlNet" not in texts["plain"]


def test_alone_it_is_as_in_a_list(draw: Run, made: Made, net: Path, tmp_path: Path) -> None:
    assert_done(draw(*ASKED, *steered_by(net), "-o", "a.png"), "a.png")
    assert (tmp_path / "a.png").read_bytes() == (made.folder / "steered.png").read_bytes()


def test_lines_of_text_have_pictures_of_their_own(draw: Run, made: Made, net: Path, tmp_path: Path) -> None:
    """And batches in common."""
    lines = {
        "a cat --control-image edges.png": "steered",
        "a cat --control-image other.png": "other",
        "a cat --control-image edges.png --control-strength 0.5": "half",
        'a cat --control-net "" --control-image ""': "plain",
        "a cat --control-image edges.png --control-end 0.5": "early",
    }
    (tmp_path / "list.txt").write_text("\n".join(lines))
    result = draw(*ASKED[2:], "--control-net", net, "--prompts", "list.txt", "-o", "%d.png", "--batch-size", 4)
    assert result.returncode == DONE, result.stderr
    for item, name in enumerate(lines.values()):
        assert are_equal(pixels(tmp_path / f"{item}.png"), made.pixels(name)), name


def test_lines_of_json_replace_the_commands(draw: Run, made: Made, net: Path, second_net: Path, tmp_path: Path) -> None:
    lines = [
        {"control-image": ["other.png"]},
        {"control_strength": 0.5},
        {"control-net": [], "control-image": []},
        {"control-net": [str(net), str(second_net)], "control-image": ["edges.png", "other.png"]},
        {"control_net": str(second_net), "control_image": "other.png"},
        {"control-net": None, "control-strength": None, "control-guess": False},
    ]
    write_lines(tmp_path / "list.jsonl", lines)
    result = draw(*ASKED[2:], *steered_by(net), "--prompts", "list.jsonl", "-o", "%d.png", "--batch-size", 4)
    assert result.returncode == DONE, result.stderr
    for item, name in enumerate(("other", "half", "plain", "pair", "second", "steered")):
        assert are_equal(pixels(tmp_path / f"{item}.png"), made.pixels(name)), name


def with_conventions(net: Path, folder: Path) -> Path:
    """The same weights, exported as those of a net that sees blue first and pools what it adds."""
    shutil.copytree(net, folder)
    facts = {"channel_order": "bgr", "global_pool": True}
    edit_description(folder, lambda description: description["parts"]["control_net"].update(facts))
    return folder


def test_nets_of_the_same_weights_differ_by_their_conventions(draw: Run, made: Made, net: Path, tmp_path: Path) -> None:
    """Also within a batch, and where one of them is loaded already."""
    pooling = with_conventions(net, tmp_path / "pooling")
    assert_done(draw(*ASKED, *steered_by("pooling"), "-o", "pooled.png"), "pooled.png")
    pooled = pixels(tmp_path / "pooled.png")
    assert not are_equal(pooled, made.pixels("steered"))
    order = [str(net), str(pooling), str(net)]
    write_lines(tmp_path / "list.jsonl", [{"control-net": each, "control-image": "edges.png"} for each in order])
    result = draw(*ASKED[2:], "--prompts", "list.jsonl", "-o", "%d.png")
    assert result.returncode == DONE, result.stderr
    for item, expected in enumerate((made.pixels("steered"), pooled, made.pixels("steered"))):
        assert are_equal(pixels(tmp_path / f"{item}.png"), expected), item


def test_resume_tells_conventions_apart(draw: Run, made: Made, net: Path, tmp_path: Path) -> None:
    shutil.copy(made.folder / "steered.png", tmp_path / "a.png")
    with_conventions(net, tmp_path / "pooling")
    assert_rejects(draw(*ASKED, *steered_by("pooling"), "-o", "a.png", "--resume"), "a.png", "--overwrite")


def test_resume_knows_the_same_picture(draw: Run, made: Made, net: Path, tmp_path: Path) -> None:
    """By another name, and where what is set decides nothing."""
    shutil.copy(made.folder / "steered.png", tmp_path / "a.png")
    (tmp_path / "edges.png").rename(tmp_path / "moved.png")
    shutil.copytree(net, tmp_path / "moved")
    moved = ("--control-net", "moved", "--control-image", "moved.png", "--control-strength", 1, "--control-cache")
    before = (tmp_path / "a.png").stat().st_mtime_ns
    assert_done(draw(*ASKED, *moved, "full", "-o", "a.png", "--resume"))
    assert (tmp_path / "a.png").stat().st_mtime_ns == before


OTHERS: dict[str, Callable[[Path, Path], tuple[object, ...]]] = {
    "strength": lambda net, _: (*steered_by(net), "--control-strength", 0.5),
    "guess": lambda net, _: (*steered_by(net), "--control-guess"),
    "held": lambda net, _: (*steered_by(net), "--control-cache", "held"),
    "no net": lambda *_: (),
    "another net": lambda _, second: steered_by(second),
    "another picture": lambda net, _: ("--control-net", net, "--control-image", "other.png"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_resume_tells_pictures_apart(
    draw: Run, made: Made, net: Path, second_net: Path, tmp_path: Path, other: str
) -> None:
    shutil.copy(made.folder / "steered.png", tmp_path / "a.png")
    flags = OTHERS[other](net, second_net)
    assert_rejects(draw(*ASKED, *flags, "-o", "a.png", "--resume"), "a.png", "--overwrite")


def test_changed_bytes_of_the_picture_are_another(draw: Run, made: Made, net: Path, tmp_path: Path) -> None:
    shutil.copy(made.folder / "steered.png", tmp_path / "a.png")
    shutil.copy(tmp_path / "other.png", tmp_path / "edges.png")
    assert_rejects(draw(*ASKED, *steered_by(net), "-o", "a.png", "--resume"), "a.png", "--overwrite")


def test_a_picture_is_made_again(run: Run, tiny_model: Path, made: Made, tmp_path: Path) -> None:
    shutil.copy(made.folder / "graded.png", tmp_path / "a.png")
    again = ("--from-image", "a.png", "--models-dir", tiny_model.parent, "-t", 1, "--dtype", "fp32")
    result = run(*again, "-o", "again.png")
    assert_done(result, "again.png")
    assert warnings_of(result) == []
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    shutil.copy(tmp_path / "other.png", tmp_path / "edges.png")
    (warning,) = warnings_of(run(*again, "--plan"))
    assert "control_image_sha256" in warning


@pytest.fixture(scope="module")
def lora(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    weights = load_file(next((tiny_model.with_name("tiny-diffusers") / "unet").glob("*.safetensors")))
    layers = {name.removesuffix(".weight"): weight for name, weight in weights.items() if "attn1.to_q" in name}
    random, tensors = torch.Generator().manual_seed(1), {}
    for layer, (outputs, inputs) in ((layer, weight.shape) for layer, weight in layers.items()):
        name = "lora_unet_" + layer.replace(".", "_")
        tensors[f"{name}.lora_down.weight"] = torch.randn(2, inputs, generator=random)
        tensors[f"{name}.lora_up.weight"] = torch.randn(outputs, 2, generator=random)
    file = tmp_path_factory.mktemp("loras") / "x.safetensors"
    save_file(tensors, file)
    return file


def test_every_task_is_steered(make_list: Callable[..., Made], made: Made, net: Path, lora: Path) -> None:
    from_photo = {"init-img": "photo.png", "strength": 0.5}
    tasks: dict[str, dict[str, Any]] = {
        "image": from_photo,
        "inpainting": from_photo | {"mask": "mask.png"},
        "part": from_photo | {"mask": "mask.png", "mask-only": 8},
        "hires": {"hires-scale": 1.5, "hires-steps": 4},
        "lora": {"lora": str(lora)},
        "one-half": {"cfg-scale": 1},
        "curve": {"cache-policy": "curve:full=2,guidance=held"},
        "two-calls": {"sampling-method": "heun"},
    }
    one = {"control-net": str(net), "control-image": "edges.png"}
    lines = {f"{name}-{how}": task | how_it for name, task in tasks.items() for how, how_it in (("s", one), ("p", {}))}
    done = make_list(lines)
    for name in tasks:
        steered, plain = done.pixels(f"{name}-s"), done.pixels(f"{name}-p")
        assert steered.shape == plain.shape and np.abs(steered - plain).max() > 2, name
        assert not are_equal(steered, made.pixels("steered")), name
        assert done.records[f"{name}-s"]["control_net"] == [str(net)]
    assert done.pixels("hires-s").shape == (96, 96, 3)


def test_a_batch_is_steered(draw: Run, made: Made, net: Path, tmp_path: Path) -> None:
    assert_done(draw(*ASKED, *steered_by(net), "-b", 2, "-o", "%d.png"), "0.png", "1.png")
    assert are_equal(pixels(tmp_path / "0.png"), made.pixels("steered"))
    assert not are_equal(pixels(tmp_path / "1.png"), made.pixels("steered"))


def test_a_refiner_is_not_steered_which_is_said(draw: Run, made: Made, net: Path, tiny_model: Path) -> None:
    result = draw(*ASKED, *steered_by(net), "--refiner", tiny_model, "--refiner-start", 0.5, "-o", "a.png")
    assert_done(result, "a.png")
    assert [warning for warning in warnings_of(result) if "control nets" in warning and "refiner" in warning]


def test_a_net_that_no_step_is_left_for_is_told_of(draw: Run, net: Path) -> None:
    result = draw(*ASKED, *steered_by(net), "--control-start", 0.3, "--control-end", 0.45, "-o", "a.png")
    assert_done(result, "a.png")
    assert [warning for warning in warnings_of(result) if "--control-start 0.3 and --control-end 0.45" in warning]
    result = draw(*ASKED, *steered_by(net), "--control-strength", 0, "-o", "b.png")
    assert_done(result, "b.png")
    assert not warnings_of(result)


def test_the_size_is_that_of_the_picture(run: Run, tiny_model: Path, net: Path, tmp_path: Path) -> None:
    """Floored to what the VAE makes; and the plan says what a record says, and makes nothing."""
    (tmp_path / "edges.png").write_bytes(encoded(picture((75, 66)), "PNG"))
    before = files_below(tmp_path)
    result = run("-m", tiny_model, "-t", 1, *ASKED, *steered_by(net), "--plan", "--json")
    assert result.returncode == DONE, result.stderr
    plan = json.loads(result.stdout)
    assert (plan["width"], plan["height"], plan["control_net"]) == (72, 64, [str(net)])
    assert len(plan["plan"]) == plan["full_steps"] == 5
    assert files_below(tmp_path) == before


def test_compare_and_bench_take_nets(run: Run, made: Made, tiny_model: Path, net: Path, tmp_path: Path) -> None:
    both = ("-m", tiny_model, "-t", 1, "--dtype", "fp32", "--steps", 4, *steered_by(net))
    compared = run(
        "compare", *both, "-p", "a cat", "-s", 7, "-W", 64, "-H", 64, "--interval", 2, "--branch", 1, "--json"
    )
    assert compared.returncode == DONE, compared.stderr
    assert json.loads(compared.stdout)["control_net"] == [str(net)]
    for name, as_is in (("original", "steered"), ("interval2-branch1", "cached")):
        assert are_equal(pixels(tmp_path / "comparison" / f"{name}.png"), made.pixels(as_is))
    measured = ("bench", *both, "--size", 64, "--settings", "original,2/1", "--rounds", 1, "--format", "json")
    result = run(*measured)
    assert result.returncode == DONE, result.stderr
    original, cached = json.loads(result.stdout)["cells"]
    assert original["ideal_ratio"] == 1 < cached["ideal_ratio"]


def test_a_net_is_named_as_such(run: Run, net: Path) -> None:
    shown = run("inspect", net)
    assert shown.returncode == DONE, shown.stderr
    assert "control net" in shown.stdout and "12 rungs" in shown.stdout and "--control-net" in shown.stdout
    assert json.loads(run("inspect", net, "--json").stdout)["parts"].keys() == {"control_net"}
    listed = run("models", "--models-dir", net.parent)
    assert [line for line in listed.stdout.splitlines() if line.startswith(net.name) and "(control net)" in line]
    kinds = {each["name"]: each for each in json.loads(run("models", "--models-dir", net.parent, "--json").stdout)}
    assert kinds[net.name]["control_net"] is True and "control_net" not in kinds["scenes"]
    weights = next(net.with_name(f"{net.name}-diffusers").glob("*.safetensors"))
    assert re.search("kind +ControlNet", run("inspect", weights).stdout)


REJECTED: list[tuple[str, list[str]]] = [
    ("--control-image edges.png", ["--control-image", "--control-net"]),
    ("--control-net net", ["1 --control-net", "0 --control-image"]),
    ("ONE --control-image photo.png", ["1 --control-net", "2 --control-image"]),
    ("ONE --control-strength -1", ["--control-strength -1", "0 to 10"]),
    ("ONE --control-cache deep", ["--control-cache", "'deep'", "shallow, full, held"]),
    ("--control-net model --control-image edges.png", ["--control-net 'model'", "no control net"]),
    ("--control-net xl --control-image edges.png", ["--control-net 'xl'", "stable-diffusion-xl", "stable-diffusion'"]),
    ("--control-net wide --control-image edges.png", ["--control-net 'wide'", "48", "32", "tiny"]),
    ("--control-net inpaint --control-image edges.png", ["--control-net 'inpaint'", "9 latent channels", "tiny"]),
    ("--control-net unknown --control-image edges.png", ["--control-net 'unknown'"]),
    ("--control-net x.safetensors --control-image edges.png", ["--control-net 'x.safetensors'"]),
    ("--control-net net --control-image not-there.png", ["--control-image", "not-there.png"]),
    ("-m net", ["--model 'net'", "is a control net", "--control-net"]),
    ("--refiner net", ["--refiner 'net'", "control net"]),
]


@pytest.fixture
def folders(net: Path, tiny_model: Path, lora: Path, tmp_path: Path) -> None:
    """By short names, since long ones are shortened: the net, the model, a file of weights, and nets for others."""
    (tmp_path / "net").symlink_to(net)
    (tmp_path / "model").symlink_to(tiny_model)
    (tmp_path / "x.safetensors").symlink_to(lora)
    for name, change in {
        "xl": lambda description: description.update(family="stable-diffusion-xl"),
        "wide": lambda description: description["parts"]["control_net"].update(context_size=48),
        "inpaint": lambda description: description["parts"]["control_net"].update(in_channels=9),
    }.items():
        (tmp_path / name).mkdir()
        shutil.copy(net / "model.json", tmp_path / name)
        (tmp_path / name / ARCHIVE).hardlink_to(net / ARCHIVE)
        edit_description(tmp_path / name, change)


@pytest.mark.parametrize(("flags", "said"), REJECTED, ids=[flags for flags, _ in REJECTED])
def test_what_does_not_fit_is_refused(run: Run, folders: None, tmp_path: Path, flags: str, said: list[str]) -> None:
    before = files_below(tmp_path)
    words = flags.replace("ONE", "--control-net net --control-image edges.png").split()
    model = () if "-m" in words else ("-m", "model")
    assert_rejects(run(*model, "-t", 1, *ASKED, *words), *said)
    assert files_below(tmp_path) == before


@pytest.mark.parametrize("name", ["text.png", "half.png", "huge.png"])
def test_what_is_no_picture_is_refused(draw: Run, net: Path, tmp_path: Path, name: str) -> None:
    content, said = BAD[name]
    (tmp_path / name).write_bytes(content())
    assert_rejects(draw(*ASKED, "--control-net", net, "--control-image", name), "--control-image", name, said)


def test_a_picture_of_one_pixel_needs_a_size(run: Run, draw: Run, net: Path, tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "edges.png").write_bytes(encoded(picture((1, 1)), "PNG"))
    assert_rejects(run("-m", tiny_model, *ASKED, *steered_by(net)), "--control-image", "1x1", "--width")
    assert draw(*ASKED, *steered_by(net), "--plan").returncode == DONE


def odd_values(net: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Settings of a line that can't be followed, and how its message spells the value."""
    one: dict[str, Any] = {"control-net": str(net), "control-image": "edges.png"}
    for key in ("control-net", "control-image", "control-strength", "control-start", "control-guess", "control-cache"):
        for value in ({"a": 1}, [[1]], [None]):
            yield one | {key: value}, json.dumps(value, separators=(",", ":"))
    for value, said in (
        ("1,x", "x"),
        ([1, "a"], "a"),
        (True, "true"),
        ([0.1] * 300, "300"),
        (-1, "-1"),
        ("nan", "nan"),
    ):
        yield one | {"control-strength": value}, said
    for value in ("yes", 7, "Full"):
        yield one | {"control-cache": value}, str(value)
    yield one | {"control-guess": "yes"}, "yes"
    yield one | {"control-image": "."}, "--control-image ."
    yield {"control-guess": True}, "--control-guess"
    yield {"control-cache": "full"}, "--control-cache"
    yield one | {"control-net": []}, "--control-net"
    yield one | {"control-image": ["edges.png"] * 300}, "300"
    yield one | {"control-net": "a\x00b"}, "a\\x00b"
    yield one | {"control-net": "\x1b[2J\nforged"}, "\\x1b[2J\\nforged"
    yield one | {"control-image": "\x1b[2J\nforged"}, "\\x1b[2J\\nforged"


def test_odd_values_of_lines_are_refused(draw: Run, net: Path, tmp_path: Path) -> None:
    """All of them, each in a line of its own that has the value."""
    lines, said = zip(*odd_values(net), strict=True)
    write_lines(tmp_path / "list.jsonl", list(lines))
    before = files_below(tmp_path)
    result = draw(*ASKED[2:], "--prompts", "list.jsonl", "-o", "out.png")
    assert (result.returncode, result.stdout) == (USAGE, "")
    messages = result.stderr.splitlines()
    missed = []
    for number, (line, text) in enumerate(zip(lines, said, strict=True), start=1):
        own = [message for message in messages if f"list.jsonl:{number}: " in message]
        if len(own) != 1 or "control-" not in own[0] or text not in own[0]:
            missed.append((line, own))
    assert missed == []
    assert len(messages) == len(lines) + 1
    assert files_below(tmp_path) == before


def test_three_hundred_nets_are_one_after_the_other(draw: Run, net: Path, tmp_path: Path) -> None:
    many = {"control-net": [str(net)] * 300, "control-image": ["edges.png"] * 300, "control-strength": [0.1] * 300}
    write_lines(tmp_path / "list.jsonl", [many])
    result = draw(*ASKED[2:], "--prompts", "list.jsonl", "--plan", "--json")
    assert result.returncode == DONE, result.stderr
    assert len(json.loads(result.stdout)["control_strength"]) == 300
