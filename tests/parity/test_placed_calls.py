"""Full calls anywhere, and guidance held on cached calls, against diffusers under the published helper's caching."""

from dataclasses import replace
from typing import Any

import pytest
import task_comparison
import test_images
from diffusers_pipeline import CountingHelper, run_diffusers
from generation_case import LARGEST, Case
from task_comparison import AssertEqual
from test_images import LATENT_TOLERANCE, Generate, relative_difference

pytestmark = test_images.pytestmark
pipeline_of, generate, assert_equal = test_images.pipeline_of, test_images.generate, test_images.assert_equal
assert_task_equal = task_comparison.assert_task_equal

PLACED = {"full_calls": (0, 1, 3, 6), "steps": 8}
CASES = [
    Case("sd15", "ddim", branch=0, held_guidance=True, **PLACED),
    Case("sd15", "pndm", branch=3, images=2, held_guidance=True, **PLACED),
    Case("sd15", "euler", branch=LARGEST, negative="a blue dog", **PLACED),
    Case("sd21-v", "ddim", branch=1, held_guidance=True, guidance_rescale=0.7, **PLACED),
    Case("sd21-v", "dpm++2m", branch=0, images=2, **PLACED),
    Case("sdxl", "euler", branch=0, held_guidance=True, images=2, **PLACED),
    Case("sdxl", "heun", branch=2, held_guidance=True, size=(72, 104), **PLACED),
    Case("sdxl", "euler_a", branch=LARGEST, held_guidance=True, negative="a blue dog", **PLACED),
]
TASKS = {
    "image_to_image": Case(init_img="photo", strength=0.8, branch=1, held_guidance=True, **PLACED),
    "inpainting": Case("sd15-inpaint", init_img="photo", mask="disc", branch=0, held_guidance=True, **PLACED),
    "hires": Case(hires_scale=1.5, hires_strength=0.75, branch=0, held_guidance=True, **PLACED),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_pictures_equal_diffusers(case: Case, generate: Generate, pipeline_of: Any, assert_equal: Any) -> None:
    assert_equal(case, generate(case), run_diffusers(pipeline_of(case.model), case, CountingHelper))


# Where every timestep is as far from the next, to hold what the way ends at is to step over the calls in between.
@pytest.mark.parametrize("model", ["sd15", "sd21-v", "sdxl"])
def test_ddim_that_reuses_the_denoised_steps_over_its_cached_calls(
    model: str, generate: Generate, pipeline_of: Any, assert_equal: Any
) -> None:
    holding = Case(model, "ddim", steps=20, full_calls=(0, 1, 3, 6, 10, 15), reuse_denoised=True)
    stepping = Case(model, "ddim", steps=6, timesteps=(951, 901, 801, 651, 451, 201))
    assert_equal(holding, generate(holding), run_diffusers(pipeline_of(model), stepping))


@pytest.mark.parametrize("task", TASKS)
def test_tasks_equal_diffusers(task: str, assert_task_equal: AssertEqual) -> None:
    assert_task_equal(task, TASKS[task])


def test_placed_as_uniform_is_uniform(generate: Generate) -> None:
    uniform = Case(interval=3, branch=0, steps=8)
    placed = replace(uniform, interval=None, full_calls=(0, 3, 6))
    assert (generate(uniform).latents == generate(placed).latents).all()


def test_where_full_calls_lie_and_held_guidance_change_the_picture(generate: Generate) -> None:
    """Else the comparisons would say nothing of them."""
    placed = Case("sd15", "ddim", branch=0, **PLACED)
    made = [
        generate(case).latents
        for case in (placed, replace(placed, full_calls=(0, 2, 4, 6)), replace(placed, held_guidance=True))
    ]
    assert relative_difference(made[0], made[1]) > 100 * LATENT_TOLERANCE
    assert relative_difference(made[0], made[2]) > LATENT_TOLERANCE


def test_without_guidance_there_is_nothing_to_hold(generate: Generate) -> None:
    held = Case(branch=0, guidance=1, held_guidance=True, **PLACED)
    assert (generate(held).latents == generate(replace(held, held_guidance=False)).latents).all()
