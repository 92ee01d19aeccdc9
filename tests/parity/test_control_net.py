"""Pictures steered by control nets against diffusers' ControlNet pipelines, with the published DeepCache helper."""

from typing import Any

import pytest
import task_comparison
import test_images
from generation_case import LARGEST, Case
from task_comparison import AssertEqual, cached_in_turns
from test_images import LATENT_TOLERANCE, Generate, relative_difference

pytestmark = test_images.pytestmark
pipeline_of, generate = test_images.pipeline_of, test_images.generate
assert_task_equal = task_comparison.assert_task_equal

TASK = "control nets"
NETS = {"sd15": "control-sd15", "sd21-v": "control-sd21", "sdxl": "control-sdxl"}


def steered(model: str, *pictures: str, **more: Any) -> Case:
    """A case of the model with its net, once for each picture."""
    return Case(model=model, control=tuple((NETS[model], picture) for picture in pictures or ("photo",)), **more)


def of_every_family() -> list[Case]:
    """One net and two, one and two halves, each uncached and cached."""
    plain = []
    for model in NETS:
        plain += [
            steered(model, sampler="ddim"),
            steered(model, "photo", "odd", control_strength=(0.7, 1.3), sampler="euler", guidance=1),
        ]
    return plain + cached_in_turns(plain)


MODES = [
    steered("sd15", control_guess=True),
    steered("sdxl", control_guess=True, control_strength=(0.8,), interval=2, branch=1),
    steered("sd15", control_guess=True, guidance=1, interval=3, branch=LARGEST),
    steered("sd15", control_start=(0.2,), control_end=(0.7,), sampler="ddim", steps=8),
    steered("sdxl", control_start=(0.3,), control_end=(0.9,), interval=3, branch=LARGEST, steps=8),
    steered("sd15", "photo", "odd", control_start=(0.0, 0.5), control_end=(0.5, 1.0), interval=2, branch=0, steps=8),
    Case(control=(("control-sd15-shuffle", "photo"),), sampler="ddim"),
    Case(control=(("control-sd15-shuffle", "photo"),), sampler="ddim", interval=2, branch=1),
    steered("sd15", sampler="heun", steps=5, control_end=(0.6,)),
    steered("sd21-v", images=3, sampler="euler_a", interval=2, branch=2),
]

# Each of a picture that is changed, in part or wholly.
FROM_PICTURES = [
    steered("sd15", "odd", init_img="photo", strength=0.6, steps=8),
    steered("sdxl", "odd", init_img="photo", strength=0.6, steps=8, sampler="euler", interval=2, branch=0),
    steered("sd21-v", "odd", init_img="photo", strength=0.5, steps=10, interval=3, branch=LARGEST, control_end=(0.6,)),
    steered("sd15", "odd", init_img="photo", mask="disc", strength=1.0, interval=2, branch=1),
    steered("sdxl", "odd", init_img="photo", mask="disc", strength=0.7, steps=8, interval=2, branch=LARGEST),
    steered("sd15", "photo", init_img="photo", mask="disc", mask_only=8, strength=1.0),
    Case(
        model="sd15-inpaint", control=(("control-sd15", "odd"),), init_img="photo", mask="corner", strength=1.0,
        interval=2, branch=1,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", of_every_family() + MODES + FROM_PICTURES, ids=str)
def test_pictures_equal_diffusers(case: Case, assert_task_equal: AssertEqual) -> None:
    assert_task_equal(TASK, case)


def test_nets_pictures_and_strengths_change_what_is_made(generate: Generate) -> None:
    """Else the comparisons would say nothing of them."""
    case = steered("sd15", interval=2, branch=1)
    others = [
        Case(interval=2, branch=1),
        steered("sd15", "odd", interval=2, branch=1),
        *(
            Case(**vars(case) | change)
            for change in ({"control_strength": (0.5,)}, {"control_guess": True}, {"control_end": (0.5,)})
        ),
    ]
    for other in others:
        assert relative_difference(generate(case).latents, generate(other).latents) > 100 * LATENT_TOLERANCE


@pytest.mark.parametrize("branch", [0, 1, LARGEST])
def test_a_net_that_runs_wholly_adds_the_same(generate: Generate, branch: int) -> None:
    case = steered("sd15", interval=3, branch=branch)
    shallow, full, held = (generate(case, "--control-cache", how).latents for how in ("shallow", "full", "held"))
    assert (shallow == full).all()
    assert relative_difference(held, shallow) > LATENT_TOLERANCE


def test_held_and_shallow_are_one_where_nothing_is_cached(generate: Generate) -> None:
    case = steered("sdxl")
    assert (generate(case, "--control-cache", "held").latents == generate(case).latents).all()


def test_each_pass_of_hires_is_steered(generate: Generate) -> None:
    case = steered("sd15", hires_scale=1.5, steps=6, interval=2, branch=1)
    late = Case(**vars(case) | {"control_start": (0.5,)})
    plain = Case(**vars(case) | {"control": ()})
    assert relative_difference(generate(late).latents, generate(plain).latents) > 100 * LATENT_TOLERANCE
    assert generate(case).pictures.shape[1:3] == (96, 96)


def test_an_image_of_a_batch_is_the_image_alone(generate: Generate) -> None:
    both, alone = generate(steered("sd15", images=2)), generate(steered("sd15"))
    assert relative_difference(both.latents[[0]], alone.latents) <= LATENT_TOLERANCE
