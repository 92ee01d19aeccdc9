"""A second, larger pass against diffusers: text to image, its latents or picture enlarged, image to image.

A picture between the passes is of whole levels. A few values in ten thousand lie so near the middle of two levels that
rounding in the first pass takes ours one way and diffusers' the other, and one such level changes the latents around
it by up to 1.6e-4. So diffusers' second pass begins from the program's picture; the first pass is compared by itself.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import task_comparison
import test_images
from generation_case import Case
from pairwise import covering_combinations
from task_comparison import CACHINGS, AssertEqual
from task_judges import run_task
from test_images import LATENT_TOLERANCE, Generate, relative_difference
from tiny_models import EXPORTED

pytestmark = test_images.pytestmark
pipeline_of, generate = test_images.pipeline_of, test_images.generate
assert_task_equal = task_comparison.assert_task_equal

AXES: dict[str, tuple[Any, ...]] = {
    "sampler": (None, "ddim", "euler_a", "dpm++2m", "heun", "unipc"),
    "model": EXPORTED,
    "hires_upscaler": ("latent", "latent-nearest", "lanczos", None),
    # scale, steps, strength of the second pass
    "hires": ((1.5, None, 0.5), (2.0, 8, 0.75), (1.3, 50, 0.58), (2.0, None, None), (1.5, 6, 1.0)),
    "cached": CACHINGS[:4],
    "size": ((64, 64), (72, 104)),
    "images": (1, 2),
    "guidance": (1, 7.5),
}


def case_of(values: dict[str, Any]) -> Case:
    scale, steps, strength = values.pop("hires")
    interval, branch = values.pop("cached")
    second = {"hires_scale": scale, "hires_steps": steps, "hires_strength": strength}
    return Case(**values, **second, interval=interval, branch=branch, steps=7)


def first_pass_of(case: Case) -> Case:
    """What is made before the second pass: the picture of the same flags without hires."""
    return replace(case, hires_scale=None, hires_steps=None, hires_strength=None, hires_upscaler=None)


@pytest.fixture
def assert_passes_equal(assert_task_equal: AssertEqual, generate: Generate) -> Callable[[Case], None]:
    """As `assert_task_equal`; where a picture lies between the passes, of each pass by itself."""

    def compare(case: Case) -> None:
        if case.hires_upscaler != "lanczos":
            assert_task_equal("hires", case)
            return
        first = first_pass_of(case)
        assert_task_equal("hires, first pass", first)
        assert_task_equal("hires by a picture", case, generate(first).pictures)

    return compare


@pytest.mark.parametrize("case", [case_of(values) for values in covering_combinations(AXES)], ids=str)
def test_pictures_equal_diffusers(case: Case, assert_passes_equal: Callable[[Case], None]) -> None:
    assert_passes_equal(case)


@pytest.mark.parametrize("model", EXPORTED)
@pytest.mark.parametrize("upscaler", ["latent", "lanczos"])
@pytest.mark.parametrize("sampler", ["dpm++sde", "lcm", "dpm2_a"])
def test_noise_of_the_second_pass_is_of_a_new_generator(
    sampler: str, upscaler: str, model: str, assert_passes_equal: Callable[[Case], None]
) -> None:
    asked = {"hires_scale": 1.5, "hires_upscaler": upscaler, "hires_strength": 0.6}
    assert_passes_equal(Case(model=model, sampler=sampler, images=2, steps=6, interval=2, branch=0, **asked))


def test_one_level_between_the_passes_changes_more_than_rounding(generate: Generate, pipeline_of: Any) -> None:
    """Why diffusers is given our picture; and it begins from the picture that it is given."""
    case = Case(sampler="dpm2_a", hires_scale=1.5, hires_upscaler="lanczos", hires_strength=0.6)
    between = generate(first_pass_of(case)).pictures
    other = between.copy()
    other[0, 32, 32, 0] ^= 1
    made = [run_task(pipeline_of, case, between=pictures).latents for pictures in (between, other)]
    assert relative_difference(*made) > LATENT_TOLERANCE / 5


def test_each_of_its_settings_changes_what_is_made(generate: Generate) -> None:
    """Else the comparisons would say nothing of them."""
    case = Case(hires_scale=1.5, hires_steps=8, hires_strength=0.5, hires_upscaler="latent")
    changes = ({"hires_steps": 6}, {"hires_strength": 0.75}, {"hires_upscaler": "lanczos"})
    for change in (*changes, {"hires_upscaler": "latent-nearest"}):
        other = Case(**vars(case) | change)
        assert relative_difference(generate(case).latents, generate(other).latents) > 100 * LATENT_TOLERANCE
