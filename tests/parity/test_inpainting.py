"""Inpainting against diffusers' pipelines, with UNets of 4 input channels and of 9.

One image at a time: given a generator for each image, diffusers encodes the picture once, with the first. A sampler of
two calls a step has its unmasked part noised again after a first half step, at the level of the step's end: so it is
in diffusers, and so in ours.
"""

from typing import Any

import numpy as np
import pytest
import task_comparison
import test_images
from generation_case import LARGEST, Case
from input_pictures import mask, picture
from pairwise import covering_combinations
from PIL import Image
from task_comparison import CACHINGS, AssertEqual
from task_judges import run_task
from test_images import LATENT_TOLERANCE, Generate, relative_difference
from tiny_models import EXPORTED

pytestmark = test_images.pytestmark
pipeline_of, generate = test_images.pipeline_of, test_images.generate
assert_task_equal = task_comparison.assert_task_equal

TASK = "inpainting"
OF_NINE_CHANNELS = ("sd15-inpaint", "sd21-inpaint", "sdxl-inpaint")
AXES: dict[str, tuple[Any, ...]] = {
    "sampler": (None, "ddim", "euler_a", "dpm++2m", "heun", "dpm2_a", "unipc", "lcm"),
    "model": EXPORTED,
    "way": ((7, 1.0), (8, 0.75), (10, 0.58), (8, None)),
    "cached": CACHINGS[:4],
    "mask": (("disc", None), ("disc", 25), ("corner", 12.5), ("other-size", None)),
    "size": ((64, 64), (104, 160)),
    "guidance": (1, 7.5),
}
OF_NINE = AXES | {"model": OF_NINE_CHANNELS, "sampler": (None, "ddim", "euler_a", "dpm++2m")}


def case_of(values: dict[str, Any]) -> Case:
    steps, strength = values.pop("way")
    interval, branch = values.pop("cached")
    name, blur = values.pop("mask")
    made = {"steps": steps, "strength": strength, "interval": interval, "branch": branch}
    return Case(**values, **made, init_img="photo", mask=name, mask_blur=blur)


def cases() -> list[Case]:
    """Everything meets everything, for either kind of UNet; and pictures that keep their own size."""
    found = [case_of(values) for axes in (AXES, OF_NINE) for values in covering_combinations(axes)]
    return found + [
        Case(model=model, init_img="photo", mask="disc", size=None) for model in (EXPORTED[0], "sdxl-inpaint")
    ]


def masked_only() -> list[Case]:
    """The masked part alone at the whole size, and put back; wide, tall, and where the part goes over the edge."""
    models = (*EXPORTED, *OF_NINE_CHANNELS)
    places = (((64, 64), "disc", 8, None), ((96, 64), "corner", 0, 2), ((56, 104), "disc", 32, 3))
    found = []
    for number, model in enumerate(models):
        size, name, padding, blur = places[number % len(places)]
        asked = {"mask": name, "mask_blur": blur, "mask_only": padding, "size": size, "strength": 0.75, "steps": 8}
        interval, branch = ((None, None), (2, 0), (3, 1), (2, LARGEST))[number % 4]
        found.append(Case(model=model, init_img="photo", **asked, interval=interval, branch=branch))
    return found


@pytest.mark.parametrize("case", cases(), ids=str)
def test_pictures_equal_diffusers(case: Case, assert_task_equal: AssertEqual) -> None:
    assert_task_equal(TASK + (" (9 channels)" if case.model in OF_NINE_CHANNELS else ""), case)


@pytest.mark.parametrize("case", masked_only(), ids=str)
def test_the_masked_part_alone_equals_diffusers(case: Case, assert_task_equal: AssertEqual) -> None:
    assert_task_equal("inpainting, masked part only", case)


@pytest.mark.parametrize("model", [*EXPORTED, "sdxl-inpaint"])
def test_kept_pixels_equal_diffusers_overlay(model: str, assert_task_equal: AssertEqual) -> None:
    asked = {"init_img": "photo", "mask": "disc", "mask_blur": 3, "keep_unmasked": True, "size": (104, 72)}
    assert_task_equal("inpainting, unmasked pixels kept", Case(model=model, **asked))


def test_kept_pixels_are_those_of_the_picture(generate: Generate) -> None:
    """Where the mask is black, to the level; and elsewhere something else."""
    size = (104, 72)
    case = Case(init_img="photo", mask="disc", keep_unmasked=True, size=size, strength=1.0)
    made = generate(case).pictures[0]
    before, black = (image.resize(size, Image.Resampling.LANCZOS) for image in (picture("photo"), mask("disc")))
    is_black = np.asarray(black) == 0
    assert 0.2 < is_black.mean() < 0.8
    assert np.array_equal(made[is_black], np.asarray(before)[is_black])
    assert (made[np.asarray(black) == 255] != np.asarray(before)[np.asarray(black) == 255]).mean() > 0.9


@pytest.mark.parametrize("model", ["sd15", "sd15-inpaint"])
def test_mask_changes_what_is_made(model: str, generate: Generate) -> None:
    """Else the comparisons would say nothing of it. A mask of few latents shows no blur."""
    case = Case(model=model, init_img="photo", mask="disc", size=(192, 192))
    for change in ({"mask": "corner"}, {"mask_blur": 25}, {"mask_only": 8}):
        other = Case(**vars(case) | change)
        assert relative_difference(generate(case).latents, generate(other).latents) > 100 * LATENT_TOLERANCE


def test_batches_are_the_images_alone(generate: Generate) -> None:
    """Each image draws from its own generator all that it needs, also what diffusers draws once for the batch."""
    for model in ("sd15", "sd15-inpaint"):
        case = Case(model=model, sampler="euler_a", images=2, init_img="photo", mask="disc")
        alone = Case(**vars(case) | {"images": 1, "seed": case.seed + 1})
        assert relative_difference(generate(case).latents[[1]], generate(alone).latents) <= LATENT_TOLERANCE


@pytest.mark.parametrize("model", EXPORTED)
def test_the_judge_with_interval_1_is_the_judge_without(model: str, pipeline_of: Any) -> None:
    plain = Case(model=model, init_img="photo", mask="disc")
    cached = Case(**vars(plain) | {"interval": 1, "branch": 0})
    assert np.array_equal(run_task(pipeline_of, plain).latents, run_task(pipeline_of, cached).latents)
