"""What SDXL is told besides the prompt: sizes, crops, and second prompts; against diffusers' pipelines.

Where only the second negative prompt is given, diffusers reads zeros all the same, and so does ours. A refiner reads
the first prompts: diffusers pairs the two prompts with the encoders that there are.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import task_comparison
import test_images
from generation_case import LARGEST, Case
from pairwise import covering_combinations
from PIL import Image
from task_comparison import AssertEqual
from test_images import LATENT_TOLERANCE, PICTURE_TOLERANCE, Generate, picture_difference, relative_difference
from tiny_models import exported

pytestmark = test_images.pytestmark
pipeline_of, generate = test_images.pipeline_of, test_images.generate
assert_task_equal = task_comparison.assert_task_equal

SECOND, SECOND_NEGATIVE = "a red cat on the moon", "yellow flowers"
AXES: dict[str, tuple[Any, ...]] = {
    "crop": (None, (0, 40), (16, 24)),
    "original": (None, (640, 320)),
    "target": (None, (96, 160)),
    "prompt_2": (None, "", SECOND),
    "negatives": ((None, None), (None, SECOND_NEGATIVE), ("", SECOND_NEGATIVE), ("a dog", None), ("a dog", "the sky")),
    "cached": ((None, None), (2, 0), (3, 1), (2, LARGEST)),
    "size": ((64, 64), (104, 160)),
    "guidance": (1, 5.0),
}
CLAIMS: dict[str, Any] = {"crop": (16, 24), "original": (640, 320), "target": (96, 160)}


def case_of(values: dict[str, Any]) -> Case:
    interval, branch = values.pop("cached")
    negative, negative_2 = values.pop("negatives")
    return Case(
        model="sdxl", interval=interval, branch=branch, negative=negative, negative_2=negative_2, steps=5, **values
    )


@pytest.mark.parametrize("case", [case_of(values) for values in covering_combinations(AXES)], ids=str)
def test_pictures_equal_diffusers(case: Case, assert_task_equal: AssertEqual) -> None:
    assert_task_equal("sizes and second prompts", case)


@pytest.mark.parametrize(
    "case",
    [
        # Each pass has its own sizes, but for those that are given.
        Case(model="sdxl", hires_scale=1.5, crop=(8, 0), prompt_2=SECOND),
        Case(model="sdxl", hires_scale=1.5, hires_strength=0.5, **CLAIMS, interval=2, branch=0),
        Case(model="sdxl", init_img="photo", **CLAIMS, negative="a dog", negative_2="the sky"),
        Case(model="sdxl-inpaint", init_img="photo", mask="disc", **CLAIMS, prompt_2=SECOND, interval=2, branch=1),
        Case(model="sdxl-refiner", init_img="photo", crop=(16, 24), original=(640, 320), negative="a dog"),
        Case(
            model="sdxl", refiner="sdxl-refiner", refiner_start=0.5, steps=8, crop=(16, 24), original=(640, 320),
            prompt_2=SECOND, negative="a dog", negative_2="the sky", interval=2, branch=0,
        ),
    ],
    ids=str,
)  # fmt: skip
def test_tasks_equal_diffusers(case: Case, assert_task_equal: AssertEqual) -> None:
    assert_task_equal("sizes and second prompts", case)


@pytest.mark.parametrize(
    "change",
    [
        {"crop": (16, 0)},
        {"crop": (0, 16)},
        {"original": (640, 64)},
        {"original": (64, 640)},
        {"target": (640, 64)},
        {"target": (64, 640)},
        {"prompt_2": SECOND},
        {"negative_2": SECOND_NEGATIVE},
    ],
    ids=str,
)
def test_each_changes_what_is_made(change: dict[str, Any], generate: Generate) -> None:
    """Else the comparisons would say nothing of it."""
    case = Case(model="sdxl", negative="")
    other = Case(**vars(case) | change)
    assert relative_difference(generate(case).latents, generate(other).latents) > 10 * LATENT_TOLERANCE


def test_pictures_of_a_batch_are_told_their_own(
    program: Path, models_dir: Path, tmp_path: Path, generate: Generate
) -> None:
    """From a list, where what one line says counts for its picture alone."""
    cases = [
        Case(model="sdxl", images=1, **told) for told in ({}, {"crop": (16, 24)}, {"prompt_2": SECOND}, dict(CLAIMS))
    ]
    lines = []
    for case in cases:
        words = [*case.arguments()[2:], "--prompt", case.prompt]
        settings = {flag.removeprefix("--"): text for flag, text in zip(words[::2], words[1::2], strict=True)}
        lines.append({key: text for key, text in settings.items() if key not in ("batch-count",)})
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(numbered(line)) + "\n" for line in lines))
    command = [program, "--model", exported(models_dir, "sdxl"), "--threads", "1", "--dtype", "fp32"]
    command += ["--prompts", "prompts.jsonl", "--output", "%d.png", "--batch-size", "4"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    assert "images 1-4/4" in result.stderr
    for number, case in enumerate(cases):
        ours = np.asarray(Image.open(tmp_path / f"{number}.png"))
        assert picture_difference(ours, generate(case).pictures[0]) <= PICTURE_TOLERANCE


def make(program: Path, model: Path, folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """One small picture, out.png, or what is said instead."""
    command = [program, "--model", model, "--threads", "1", "-p", "a dog", "-W", "64", "-H", "64", "--steps", "2"]
    command += ["-s", "1", "-o", "out.png", "--dtype", "fp32", *flags]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def test_what_was_told_is_recorded_and_decides_what_is_resumed(program: Path, models_dir: Path, tmp_path: Path) -> None:
    model = exported(models_dir, "sdxl")
    told = [
        "--crop-top",
        "8",
        "--original-width",
        "640",
        "--prompt-2",
        "a cat, asleep",
        "-n",
        "",
        "--negative-prompt-2",
        "x",
    ]
    result = make(program, model, tmp_path, *told, "--json")
    assert result.returncode == 0, result.stderr
    expected = {"crop_top": 8, "original_width": 640, "prompt_2": "a cat, asleep", "negative_prompt_2": "x"}
    record = json.loads(result.stdout)
    assert expected.items() <= record.items()
    assert not {"crop_left", "original_height", "target_width", "target_height"} & record.keys()
    texts = Image.open(tmp_path / "out.png").text
    assert expected.items() <= json.loads(texts["deepcache-gen"]).items()
    assert 'Second prompt: "a cat, asleep", Second negative prompt: x, Crop top: 8' in texts["parameters"]
    assert "Original width: 640" in texts["parameters"]
    made_at = (tmp_path / "out.png").stat().st_mtime_ns
    # What is told without the flag is the same.
    again = make(program, model, tmp_path, *told, "--crop-left", "0", "--resume")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "out.png").stat().st_mtime_ns == made_at
    for change in (["--crop-left", "8"], ["--target-height", "128"]):
        other = make(program, model, tmp_path, *told, *change, "--resume")
        assert other.returncode != 0
        assert "out.png" in other.stderr
    assert make(program, model, tmp_path, *told[:4], *told[6:], "--resume").returncode != 0


@pytest.mark.parametrize(
    ("model", "flags", "message"),
    [
        ("sd15", ["--crop-top", "8"], "--crop-top: model sd15 is told of no sizes; leave it out, it is for SDXL"),
        ("sd15", ["--prompt-2", "a cat"], "--prompt-2: model sd15 has one text encoder"),
        ("sdxl-refiner", ["--target-width", "64"], "model sdxl-refiner only refines, and is told of no target size"),
        ("sdxl-refiner", ["--negative-prompt-2", ""], "--negative-prompt-2: model sdxl-refiner has one text encoder"),
        ("sdxl", ["--crop-left", "-1"], "--crop-left -1: expected 0 to 16384"),
        ("sdxl", ["--target-width", "99999"], "--target-width 99999: expected 1 to 16384"),
    ],
)
def test_what_does_not_fit_is_refused(
    program: Path, models_dir: Path, tmp_path: Path, model: str, flags: list[str], message: str
) -> None:
    result = make(program, exported(models_dir, model), tmp_path, *flags)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_second_negative_prompt_alone_is_said_to_do_nothing(program: Path, models_dir: Path, tmp_path: Path) -> None:
    result = make(program, exported(models_dir, "sdxl"), tmp_path, "--negative-prompt-2", "x")
    assert result.returncode == 0
    assert "--negative-prompt-2 has no effect without --negative-prompt" in result.stderr


def numbered(line: dict[str, str]) -> dict[str, Any]:
    """The values that are numbers as numbers."""
    return {key: text if "prompt" in key else json.loads(text) for key, text in line.items()}
