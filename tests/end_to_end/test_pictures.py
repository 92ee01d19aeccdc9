"""Pictures as a user asks for them: where they go, what is in them, and what is said on stdout."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from expectations import FAILED, Run, assert_done, assert_fails, files_below, warnings_of
from PIL import Image

RECORD = (
    "path prompt negative_prompt seed width height steps guidance_scale sampler scheduler interval branch full_steps "
    "cached_steps model device dtype timing"
).split()
TIMING = "load text denoise decode total full_step cached_step".split()

CAT = ("-p", "a red cat", "--steps", 1)


def test_a_picture_of_each_model(run: Run, model: Path, tmp_path: Path) -> None:
    result = run(
        "-m", model, "-p", "a lighthouse", "--steps", 3, "--interval", 2, "--branch", 0, "-s", 5, "-o", "a.png"
    )
    assert_done(result, "a.png")
    info = json.loads((model / "model.json").read_text())
    picture = Image.open(tmp_path / "a.png")
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    assert picture.size == (info["default_width"], info["default_height"])
    assert np.asarray(picture).std() > 1
    assert files_below(tmp_path) == ["a.png"]


@pytest.mark.parametrize(
    ("output", "count", "names"),
    [
        (None, 1, ["deepcache-gen-7.png"]),
        (None, 2, ["deepcache-gen-7.png", "deepcache-gen-8.png"]),
        ("a.png", 1, ["a.png"]),
        ("a.PNG", 1, ["a.PNG"]),
        ("a.png", 2, ["a_000.png", "a_001.png"]),
        ("new/er/%03d.png", 2, ["new/er/000.png", "new/er/001.png"]),
        ("cat%d of 100%%.png", 1, ["cat0 of 100%.png"]),
        ("folder/", 2, ["folder/7.png", "folder/8.png"]),
        ("there", 1, ["there/7.png"]),
        ("ünï/cät.png", 1, ["ünï/cät.png"]),
    ],
)
def test_output_names(draw: Run, tmp_path: Path, output: str | None, count: int, names: list[str]) -> None:
    (tmp_path / "there").mkdir()
    given = [] if output is None else ["-o", output]
    assert_done(draw(*CAT, "-s", 7, "-b", count, *given), *names)
    assert files_below(tmp_path) == sorted(names)


@pytest.mark.parametrize("flags", [(), ("-v",), ("-q",)], ids=str)
def test_stdout_has_nothing_but_paths(draw: Run, flags: tuple[str, ...]) -> None:
    result = draw(*CAT, "-s", 7, "-b", 3, "--batch-size", 2, "-o", "%d.png", *flags)
    assert_done(result, "0.png", "1.png", "2.png")
    assert "\r" not in result.stderr
    assert (result.stderr == "") == (flags == ("-q",))


def test_json_record(run: Run, model: Path, tmp_path: Path) -> None:
    asked = ["--steps", 4, "--sampling-method", "euler", "--interval", 3, "--branch", 1, "-s", 9, "-b", 2]
    asked += ["--dtype", "fp32", "--cfg-scale", 2.5]
    result = run("-m", model, "-p", "a boat", "-n", "", "-W", 64, "-H", 72, *asked, "--json", "-o", "%d.png", "-t", 1)
    records = [json.loads(line) for line in result.stdout.splitlines()]
    expected = {
        "prompt": "a boat",
        "negative_prompt": "",
        "width": 64,
        "height": 72,
        "steps": 4,
        "guidance_scale": 2.5,
        "sampler": "euler",
        "scheduler": "discrete",
        "interval": 3,
        "branch": 1,
        "full_steps": 2,
        "cached_steps": 2,
        "model": json.loads((model / "model.json").read_text())["name"],
        "dtype": "fp32",
    }
    assert [(record["path"], record["seed"]) for record in records] == [("0.png", 9), ("1.png", 10)]
    for record in records:
        assert list(record) == RECORD
        assert {field: record[field] for field in expected} == expected
        assert list(record["timing"]) == TIMING
        stages = [record["timing"][stage] for stage in ("load", "text", "denoise", "decode")]
        assert record["timing"]["total"] == pytest.approx(sum(stages), abs=3e-6)  # each is rounded to microseconds
        assert all(seconds > 0 for seconds in record["timing"].values())
        assert Image.open(tmp_path / record["path"]).size == (64, 72)


def test_json_without_caching_and_negative_prompt(draw: Run) -> None:
    record = json.loads(draw(*CAT, "--json", "--device", "cpu", "--dtype", "bf16").stdout)
    assert (record["negative_prompt"], record["interval"], record["cached_steps"]) == (None, 1, 0)
    assert record["timing"]["cached_step"] is None
    assert (record["device"], record["dtype"]) == ("cpu", "bf16")


def test_parameters_in_the_png(draw: Run, tmp_path: Path) -> None:
    """As AUTOMATIC1111 writes them: prompt, negative prompt, a line of settings."""
    prompt, negative = "ein röter Fuchs, 狐, 🦊", "blurry: yes"
    settings = ["--steps", 2, "-s", 3, "--interval", 2, "--branch", 1, "--cfg-scale", 6.5, "--dtype", "fp32"]
    assert_done(draw("-p", prompt, "-n", negative, *settings, "-o", "a.png"), "a.png")
    lines = Image.open(tmp_path / "a.png").text["parameters"].split("\n")
    assert lines[:2] == [prompt, f"Negative prompt: {negative}"]
    fields = dict(re.findall(r"([\w ]+): ([^,]+)(?:, |$)", lines[2]))
    assert fields.pop("Version").startswith("deepcache-gen ")
    assert re.fullmatch(r"[0-9a-f]{10}", fields.pop("Model hash"))
    assert fields == {
        "Steps": "2",
        "Sampler": "PLMS",
        "Schedule type": "Uniform",
        "CFG scale": "6.5",
        "Seed": "3",
        "Size": "64x64",
        "Model": "tiny",
        "DeepCache interval": "2",
        "DeepCache branch": "1",
        "Dtype": "fp32",
    }


@pytest.mark.parametrize("seed", [[], ["--seed", "-1"]], ids=str)
def test_random_seeds_differ_and_are_reported(draw: Run, tmp_path: Path, seed: list[str]) -> None:
    results = [draw(*CAT, *seed, "-o", f"{name}.png") for name in "ab"]
    seeds = [re.search(r"seed (\d+)", result.stderr)[1] for result in results]
    assert seeds[0] != seeds[1]
    for name, number in zip("ab", seeds, strict=True):
        assert f"Seed: {number}," in Image.open(tmp_path / f"{name}.png").text["parameters"]


def test_the_same_seed_makes_the_same_file(draw: Run, tmp_path: Path) -> None:
    for name in "ab":
        assert_done(draw(*CAT, "-s", 3, "-o", f"{name}.png"), f"{name}.png")
    assert_done(draw(*CAT, "-s", 4, "-o", "c.png"), "c.png")
    first, second, other = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert first == second != other


def test_latents_file(draw: Run, tmp_path: Path) -> None:
    assert_done(draw(*CAT, "-b", 2, "-o", "a.png", "--save-latents", "new/l.npy"), "a_000.png", "a_001.png")
    latents = np.load(tmp_path / "new/l.npy")
    assert (latents.shape, latents.dtype) == ((2, 4, 8, 8), np.float32)
    assert not np.array_equal(latents[0], latents[1])


@pytest.mark.parametrize("size", [(8, 8), (8, 200), (72, 40)], ids=str)
def test_any_size_divisible_by_8(run: Run, tiny_model: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    assert_done(run("-m", tiny_model, *CAT, "-W", size[0], "-H", size[1], "-o", "a.png", "-t", 1), "a.png")
    assert Image.open(tmp_path / "a.png").size == size


def test_an_older_picture_is_replaced_not_written_into(draw: Run, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("older")
    os.link(tmp_path / "a.png", tmp_path / "link")
    assert_done(draw(*CAT, "-o", "a.png", "--overwrite"), "a.png")
    assert (tmp_path / "link").read_text() == "older"
    assert Image.open(tmp_path / "a.png").size == (64, 64)
    assert files_below(tmp_path) == ["a.png", "link"]


def test_pictures_are_for_whom_the_umask_says(draw: Run, tmp_path: Path) -> None:
    assert_done(draw(*CAT, "-o", "a.png", umask=0o027), "a.png")
    assert (tmp_path / "a.png").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("flag", "path"),
    [
        ("-o", "a file/a.png"),
        ("-o", "a file/below/a.png"),
        ("-o", "/proc/a.png"),
        ("-o", "/proc/a folder/a.png"),
        ("-o", "/dev/null/a.png"),
        ("--save-latents", "a file/l.npy"),
        ("--save-latents", "/proc/l.npy"),
    ],
)
def test_unwritable_output(draw: Run, tmp_path: Path, flag: str, path: str) -> None:
    """Said before the work, not after it."""
    (tmp_path / "a file").write_text("")
    result = draw(*CAT, flag, path)
    assert_fails(result, FAILED, str(Path(path).parent))
    assert "step" not in result.stderr.replace("steps of", "")
    assert files_below(tmp_path) == ["a file"]


def test_negative_prompt_without_guidance_is_warned_about(draw: Run) -> None:
    result = draw(*CAT, "-n", "a dog", "--cfg-scale", 1, "-o", "a.png", "-q")
    assert_done(result, "a.png")
    assert [warning for warning in warnings_of(result) if "negative prompt" in warning]
    assert not warnings_of(draw(*CAT, "-n", "a dog", "-o", "a.png"))


def test_bfloat16_changes_a_picture_less_than_an_eye_sees(run: Run, embedded_model: Path, tmp_path: Path) -> None:
    """`--dtype auto` may choose bfloat16, so it must be as good as float32: at least 45 dB on the embedded model."""
    pictures = []
    for dtype in ("fp32", "bf16"):
        arguments = ["-p", "a lighthouse by the sea at dusk", "-s", 12, "--dtype", dtype, "-o", f"{dtype}.png"]
        assert_done(run("-m", embedded_model, *arguments), f"{dtype}.png")
        pictures.append(np.asarray(Image.open(tmp_path / f"{dtype}.png")).astype(float))
    error = np.square(pictures[0] - pictures[1]).mean()
    assert error > 0, "the dtype was ignored"
    assert 10 * np.log10(255**2 / error) >= 45
