"""Image to image against diffusers' pipelines.

`lms` is left out: diffusers starts in the middle with coefficients for four derivatives of which it has one; ours
start as at the beginning of a way (the golden loops of tests/schedulers judge that).
"""

from typing import Any

import numpy as np
import pytest
import task_comparison
import test_images
from DeepCache import DeepCacheSDHelper
from exporter.sampler_rows import sampler_rows
from generation_case import Case
from pairwise import covering_combinations
from task_comparison import CACHINGS, AssertEqual, cached_in_turns
from task_judges import run_task
from test_images import LATENT_TOLERANCE, Generate, relative_difference
from tiny_models import EXPORTED

pytestmark = test_images.pytestmark
pipeline_of, generate = test_images.pipeline_of, test_images.generate
assert_task_equal = task_comparison.assert_task_equal

TASK = "image to image"
UNLIKE = ("lms",)
AXES: dict[str, tuple[Any, ...]] = {
    "model": EXPORTED,
    # 50 x 0.58 is a little less than 29, so diffusers makes 28 steps
    "way": ((10, 0.3), (50, 0.58), (7, 0.75), (6, 1.0), (8, None)),
    "cached": CACHINGS[:4],
    "sampler": (None, "ddim", "euler_a", "dpm++2m"),
    "begin": (("photo", (64, 64)), ("photo", (104, 160)), ("odd", None), ("small", (72, 56))),
    "guidance": (1, 7.5),
    "negative": (None, "a blue dog"),
}


def case_of(values: dict[str, Any]) -> Case:
    steps, strength = values.pop("way")
    interval, branch = values.pop("cached")
    init_img, size = values.pop("begin")
    if interval and (strength or 0.75) * steps < interval + 1:
        steps *= 2
    made = {"steps": steps, "strength": strength, "interval": interval, "branch": branch}
    return Case(**values, **made, init_img=init_img, size=size)


def of_every_sampler() -> list[Case]:
    """Each on a model, uncached and cached in one way, from the middle of the way."""
    plain = [
        Case(model=EXPORTED[place % len(EXPORTED)], sampler=row.name, steps=8, strength=0.75, init_img="photo")
        for place, row in enumerate(row for row in sampler_rows() if row.name not in UNLIKE)
    ]
    return plain + cached_in_turns(plain)


def on_other_schedules() -> list[Case]:
    """Where sigmas are not those of evenly spaced timesteps."""
    pairs = (("euler", "karras"), ("dpm++2m", "exponential"), ("heun", "beta"), ("dpm++2m_sde", "karras"))
    return [
        Case(sampler=sampler, schedule=schedule, steps=8, strength=0.6, init_img="photo", interval=2, branch=0)
        for sampler, schedule in (*pairs, ("unipc", "sgm_uniform"), ("ddim", "sgm_uniform"))
    ]


COVERING = [case_of(values) for values in covering_combinations(AXES)]
BATCHES = [
    Case(model=model, sampler=sampler, images=3, steps=6, strength=0.7, init_img="photo", interval=2, branch=1)
    for model, sampler in zip(EXPORTED, ("euler_a", "dpm++sde", "ddpm"), strict=True)
]


@pytest.mark.parametrize("case", COVERING + of_every_sampler() + on_other_schedules() + BATCHES, ids=str)
def test_pictures_equal_diffusers(case: Case, assert_task_equal: AssertEqual) -> None:
    assert_task_equal(TASK, case)


def test_an_image_of_a_batch_is_the_image_alone(generate: Generate) -> None:
    case = Case(sampler="euler_a", images=3, steps=6, init_img="photo")
    alone = Case(**vars(case) | {"images": 1, "seed": case.seed + 2})
    assert relative_difference(generate(case).latents[[2]], generate(alone).latents) <= LATENT_TOLERANCE


def test_picture_and_strength_change_what_is_made(generate: Generate) -> None:
    """Else the comparisons would say nothing of them."""
    case = Case(init_img="photo", strength=0.5)
    others = [Case(**vars(case) | change) for change in ({"init_img": "odd"}, {"strength": 0.75}, {"init_img": None})]
    others[-1] = Case()
    for other in others:
        assert relative_difference(generate(case).latents, generate(other).latents) > 100 * LATENT_TOLERANCE


@pytest.mark.parametrize("sampler", ["ddim", "euler_a", "dpm++2m"])
def test_counting_judge_is_the_helper_where_it_counts_right(sampler: str, pipeline_of: Any) -> None:
    case = Case(sampler=sampler, steps=8, strength=0.75, init_img="photo", interval=3, branch=1)
    original, counting = run_task(pipeline_of, case, DeepCacheSDHelper), run_task(pipeline_of, case)
    assert np.array_equal(original.latents, counting.latents)


@pytest.mark.parametrize("model", EXPORTED)
def test_the_judge_with_interval_1_is_the_judge_without(model: str, pipeline_of: Any) -> None:
    plain = Case(model=model, steps=8, strength=0.75, init_img="photo")
    cached = Case(**vars(plain) | {"interval": 1, "branch": 0})
    assert np.array_equal(run_task(pipeline_of, plain).latents, run_task(pipeline_of, cached).latents)
