"""The SDXL refiner against diffusers: the end of another model's way, and alone as image to image.

Samplers of two calls a step are left out: diffusers cuts their list in the middle of a step, and makes one call again
on latents that have moved already. The program refuses them there.
"""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import task_comparison
import test_images
from generation_case import LARGEST, Case
from pairwise import covering_combinations
from task_comparison import CACHINGS, AssertEqual
from test_images import LATENT_TOLERANCE, Generate, relative_difference
from tiny_models import exported

pytestmark = test_images.pytestmark
pipeline_of, generate = test_images.pipeline_of, test_images.generate
assert_task_equal = task_comparison.assert_task_equal

BASE, REFINER = "sdxl", "sdxl-refiner"
# steps and start, interval and branch
WAYS = (*(((10, 0.6), cached) for cached in CACHINGS[:3]), ((20, None), (2, LARGEST)), ((7, 0.5), (3, 0)))
AXES: dict[str, tuple[Any, ...]] = {
    "sampler": (None, "ddim", "euler_a", "dpm++2m", "unipc", "ddpm"),
    "way": WAYS,
    "size": ((64, 64), (104, 160)),
    "guidance": (1, 7.5),
    "negative": (None, "", "a blue dog"),
}


def case_of(values: dict[str, Any]) -> Case:
    (steps, start), (interval, branch) = values.pop("way")
    cached = {"interval": interval, "branch": branch}
    return Case(model=BASE, refiner=REFINER, refiner_start=start, steps=steps, **cached, **values)


def alone() -> list[Case]:
    """The refiner as any other model: its usual work is a little of a picture's way."""
    ways = ((10, 0.3, (None, None)), (20, 0.3, (3, 1)), (6, 1.0, (2, 0)), (50, 0.58, CACHINGS[3]))
    samplers = (None, "euler_a", "dpm++2m", "ddim")
    return [
        Case(model=REFINER, sampler=sampler, steps=steps, strength=strength, init_img="photo", interval=i, branch=b)
        for sampler, (steps, strength, (i, b)) in zip(samplers, ways, strict=True)
    ]


@pytest.mark.parametrize("case", [case_of(values) for values in covering_combinations(AXES)], ids=str)
def test_pictures_equal_diffusers(case: Case, assert_task_equal: AssertEqual) -> None:
    assert_task_equal("refiner", case)


@pytest.mark.parametrize("sampler", ["euler", "dpm++2m_sde", "deis"])
def test_batches_equal_diffusers(sampler: str, assert_task_equal: AssertEqual) -> None:
    """A generator for each image goes from one model to the other."""
    case = Case(model=BASE, refiner=REFINER, sampler=sampler, images=3, steps=8, interval=2, branch=0)
    assert_task_equal("refiner", case)


@pytest.mark.parametrize(
    "case",
    [
        Case(model=BASE, refiner=REFINER, init_img="photo", strength=0.75, steps=8, refiner_start=0.6),
        Case(model=BASE, refiner=REFINER, init_img="photo", sampler="euler_a", steps=12, interval=2, branch=1),
        Case(model=BASE, refiner=REFINER, init_img="odd", size=None, sampler="dpm++2m", steps=12, images=2, interval=3),
    ],
    ids=str,
)
def test_from_a_picture_it_equals_diffusers(case: Case, assert_task_equal: AssertEqual) -> None:
    assert_task_equal("image to image, refined", case)


@pytest.mark.parametrize("case", alone(), ids=str)
def test_alone_it_equals_diffusers(case: Case, assert_task_equal: AssertEqual) -> None:
    assert_task_equal("refiner alone", case)


def test_the_refiner_and_its_start_change_what_is_made(generate: Generate) -> None:
    """Else the comparisons would say nothing of them."""
    case = Case(model=BASE, refiner=REFINER, steps=8)
    for other in (Case(model=BASE, steps=8), Case(**vars(case) | {"refiner_start": 0.5})):
        assert relative_difference(generate(case).latents, generate(other).latents) > 100 * LATENT_TOLERANCE


def test_a_refiner_that_predicts_something_else_is_refused(program: Path, models_dir: Path, tmp_path: Path) -> None:
    """Its latents are alike, but one sampler reads both: what one UNet calls noise, the other calls velocity."""
    models = ["--model", exported(models_dir, "sd15"), "--refiner", exported(models_dir, "sd21-v")]
    asked = [program, *models, "-p", "a cat", "--steps", "8", "-W", "64", "-H", "64"]
    result = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "--refiner" in result.stderr and "v_prediction" in result.stderr
