"""A second, larger pass against diffusers: text to image, its latents or picture enlarged, image to image."""

from typing import Any

import pytest
import task_comparison
import test_images
from generation_case import Case
from pairwise import covering_combinations
from task_comparison import CACHINGS, AssertEqual
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


@pytest.mark.parametrize("case", [case_of(values) for values in covering_combinations(AXES)], ids=str)
def test_pictures_equal_diffusers(case: Case, assert_task_equal: AssertEqual) -> None:
    assert_task_equal("hires", case)


@pytest.mark.parametrize("sampler", ["dpm++sde", "lcm", "dpm2_a"])
def test_noise_of_the_second_pass_is_of_a_new_generator(sampler: str, assert_task_equal: AssertEqual) -> None:
    asked = {"hires_scale": 1.5, "hires_upscaler": "latent", "hires_strength": 0.6}
    assert_task_equal("hires", Case(sampler=sampler, images=2, steps=6, interval=2, branch=0, **asked))


def test_each_of_its_settings_changes_what_is_made(generate: Generate) -> None:
    """Else the comparisons would say nothing of them."""
    case = Case(hires_scale=1.5, hires_steps=8, hires_strength=0.5, hires_upscaler="latent")
    changes = ({"hires_steps": 6}, {"hires_strength": 0.75}, {"hires_upscaler": "lanczos"})
    for change in (*changes, {"hires_upscaler": "latent-nearest"}):
        other = Case(**vars(case) | change)
        assert relative_difference(generate(case).latents, generate(other).latents) > 100 * LATENT_TOLERANCE
