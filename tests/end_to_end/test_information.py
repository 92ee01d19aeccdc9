"""What the program says without making a picture: --help, --version, --plan and inspect."""

import json
import re
import shutil
from pathlib import Path

import pytest
from expectations import DONE, FAILED, Run, assert_done, assert_fails, files_below

FLAGS = """
    -m --model -p --prompt -n --negative-prompt -o --output -W -H --steps --cfg-scale --sampling-method --scheduler -s
    --seed -b --batch-count --batch-size --interval --cache-interval --branch --cache-branch-id --device --dtype -t
    --threads --json --save-latents --plan -q -v --version -h --help
""".split()


@pytest.mark.parametrize("flag", ["-h", "--help", "--help-all"])
def test_help(run: Run, flag: str) -> None:
    result = run(flag)
    assert (result.returncode, result.stderr) == (DONE, "")
    words = set(re.split(r"[\s,]+", result.stdout))
    assert {"inspect", "compare", "bench", "--prompt", "--steps"} <= words
    assert flag != "--help-all" or not set(FLAGS) - words
    lines = result.stdout.splitlines()
    assert max(len(line) for line in lines) <= 80
    assert flag == "--help-all" or len(lines) <= 60


def test_version(run: Run) -> None:
    result = run("--version")
    assert (result.returncode, result.stderr) == (DONE, "")
    assert re.fullmatch(r"deepcache-gen \d+\.\d+\.\d+\n", result.stdout)


def test_plan(draw: Run, tmp_path: Path) -> None:
    """Four steps of pndm visit the second timestep twice; every third call is a full one."""
    result = draw("-p", "a cat", "--steps", 4, "--interval", 3, "--branch", 2, "-s", 8, "--plan")
    assert (result.returncode, result.stderr) == (DONE, "")
    rows = re.findall(r"^ *(\d+) +(\d+) +[\d.]+ +(full|cached +2) +2$", result.stdout, re.MULTILINE)
    timesteps, kinds = ["751", "501", "501", "251", "1"], ["full", "cached", "cached", "full", "cached"]
    assert [row[1:] for row in rows] == [
        (timestep, kind if kind == "full" else "cached       2")
        for timestep, kind in zip(timesteps, kinds, strict=True)
    ]
    assert files_below(tmp_path) == []


def test_plan_as_json(draw: Run) -> None:
    settings = ["--sampling-method", "ddim", "--steps", 5, "--interval", 2, "--branch", 2, "-s", 8]
    plan = json.loads(draw("-p", "a cat", *settings, "--plan", "--json").stdout)
    assert [step["timestep"] for step in plan["plan"]] == [801, 601, 401, 201, 1]
    assert [step["kind"] for step in plan["plan"]] == ["full", "cached"] * 2 + ["full"]
    assert (plan["full_steps"], plan["cached_steps"], plan["branch"], plan["seed"]) == (3, 2, 2, 8)


def test_plan_is_what_a_run_does(draw: Run) -> None:
    request = ["-p", "a cat", "--steps", 3, "--interval", 2, "--branch", 0, "-s", 8, "--json"]
    planned, done = (json.loads(draw(*request, *more).stdout) for more in (["--plan"], ["-o", "a.png"]))
    shared = planned.keys() & done.keys()
    assert {"steps", "sampler", "interval", "branch", "full_steps", "cached_steps"} <= shared
    assert {field: planned[field] for field in shared} == {field: done[field] for field in shared}


def test_inspect(run: Run, model: Path) -> None:
    info = json.loads((model / "model.json").read_text())
    result = run("inspect", model)
    assert (result.returncode, result.stderr) == (DONE, "")
    assert result.stdout.splitlines()[0] == info["name"]
    assert f"branches 0 to {info['parts']['unet']['rungs'] - 1}" in result.stdout
    for name in info["files"]:
        assert re.search(rf"^ *{re.escape(name)} .*checksum ok$", result.stdout, re.MULTILINE)


def test_inspect_as_json(run: Run, model: Path) -> None:
    info = json.loads((model / "model.json").read_text())
    inspected = json.loads(run("inspect", model, "--json").stdout)
    assert inspected.keys() == info.keys() | {"folder"}
    assert all(file["checksum_ok"] for file in inspected["files"].values())


def test_inspect_names_the_damaged_file(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(tiny_model, tmp_path / "damaged"))
    data = bytearray((damaged / "unet.pt").read_bytes())
    data[len(data) // 2] ^= 1
    (damaged / "unet.pt").write_bytes(data)
    result = run("inspect", damaged)
    assert result.returncode == FAILED
    assert re.search(r"unet\.pt .*checksum WRONG$", result.stdout, re.MULTILINE)
    assert len(re.findall("checksum ok$", result.stdout, re.MULTILINE)) >= 3
    assert result.stderr.count("\n") == 1 and "unet.pt" in result.stderr


def test_the_default_model_is_the_one_beside_the_build(run: Run, build_dir: Path) -> None:
    embedded = build_dir.resolve().parent / "models" / "scenes" / "model.json"
    result = run("-p", "a lighthouse", "--plan", "--json")
    if embedded.is_file():
        assert json.loads(result.stdout)["model"] == json.loads(embedded.read_text())["name"]
    else:
        assert_fails(result, FAILED, str(embedded.parent), "--model DIR")


def test_a_renamed_model_folder_still_works(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / "other name")
    assert_done(run("-m", "other name", "-p", "x", "--steps", 1, "-W", 64, "-H", 64, "-o", "a.png", "-t", 1), "a.png")
