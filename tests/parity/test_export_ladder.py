"""The exported UNet against diffusers' UNet, and cached passes against the published DeepCache.

In double precision, where what a processor rounds in its way and what is a mistake are far apart (see `judgement`).
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from DeepCache import DeepCacheSDHelper
from diffusers import DDIMScheduler, UNet2DConditionModel
from exporter.double_precision import cast
from exporter.judgement import BOUND, Tensors, largest_difference
from exporter.ladder import Ladder, run_diffusers, run_ladder
from exporter.ladder import example_inputs as float32_inputs
from tiny_models import EXPORTED, cached_pass, full_pass

BRANCHES = {"sd15": 12, "sd21-v": 12, "sdxl": 9}
STEPS, INTERVAL = 5, 3
# Batch, height and width in latent pixels, tokens: even and odd sizes, one below one pixel a rung.
SHAPES = [(1, 16, 16, 77), (2, 13, 20, 3), (4, 8, 9, 40), (1, 7, 22, 1)]


@pytest.fixture(scope="module", params=EXPORTED)
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def unet(models_dir: Path, family: str) -> UNet2DConditionModel:
    folder = models_dir / f"{family}-diffusers" / "unet"
    return UNet2DConditionModel.from_pretrained(folder).double().eval()


@pytest.fixture(scope="module")
def ladder(models_dir: Path, family: str) -> Ladder:
    return torch.jit.load(models_dir / family / "unet.pt").double()


def example_inputs(*arguments: Any, **keywords: Any) -> Tensors:
    return cast(float32_inputs(*arguments, **keywords), torch.float64)


def equal(got: torch.Tensor, expected: torch.Tensor) -> bool:
    """Whether they differ by rounding at most."""
    return largest_difference(got, (expected,)) <= BOUND


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@torch.inference_mode()
def test_full_pass_equals_diffusers(
    ladder: Ladder, unet: UNet2DConditionModel, shape: tuple[int, int, int, int]
) -> None:
    inputs = example_inputs(unet, *shape, seed=5)
    assert equal(run_ladder(ladder, inputs), run_diffusers(unet, inputs))


@torch.inference_mode()
def test_one_timestep_for_the_batch_equals_diffusers(ladder: Ladder, unet: UNet2DConditionModel) -> None:
    latents, _, context, *added = example_inputs(unet, 3, 8, 8, 5)
    expected = run_diffusers(unet, (latents, torch.tensor(601), context, *added))
    got = run_ladder(ladder, (latents, torch.full((3,), 601.0), context, *added))
    assert equal(got, expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@torch.inference_mode()
def test_runs_in_half_precision(models_dir: Path, family: str, unet: UNet2DConditionModel, dtype: torch.dtype) -> None:
    inputs = example_inputs(unet, 1, 8, 10, 5)
    expected = run_diffusers(unet, inputs)
    got = run_ladder(torch.jit.load(models_dir / family / "unet.pt").to(dtype), inputs)
    assert got.dtype == dtype
    # A guard against nonsense only: 8 significant bits of bfloat16 through some fifty layers.
    assert (got - expected).abs().mean() < 0.05 * expected.abs().mean()


@torch.inference_mode()
def test_cached_passes_equal_the_published_helper_at_every_branch(
    ladder: Ladder, unet: UNet2DConditionModel, family: str
) -> None:
    for branch in range(BRANCHES[family]):
        inputs = example_inputs(unet, 2, 8, 9, 5, seed=branch)
        expected = helper_trajectory(unet, inputs, branch)
        got = ladder_trajectory(ladder, inputs, branch)
        for step, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
            assert equal(ours, theirs), f"branch {branch}, step {step}"


@torch.inference_mode()
def test_a_cached_pass_differs_from_a_full_one(ladder: Ladder, unet: UNet2DConditionModel) -> None:
    """Else the comparisons above would say nothing."""
    first, second = example_inputs(unet, 1, 8, 8, 5, seed=1), example_inputs(unet, 1, 8, 8, 5, seed=2)
    _, deep = full_pass(ladder, first, branch=0)
    cached, full = cached_pass(ladder, second, 0, deep), run_ladder(ladder, second)
    assert (cached - full).std() > 0.05 * full.std()


def helper_trajectory(unet: UNet2DConditionModel, inputs: Tensors, branch: int) -> list[torch.Tensor]:
    """Latents after every DDIM step with diffusers' UNet under DeepCacheSDHelper."""
    scheduler = DDIMScheduler()
    scheduler.set_timesteps(STEPS)
    helper = DeepCacheSDHelper(pipe=SimpleNamespace(unet=unet, scheduler=scheduler))
    helper.set_params(cache_interval=INTERVAL, cache_branch_id=branch)
    helper.enable()
    latents, _, context, *added = inputs
    trajectory = []
    for timestep in scheduler.timesteps:
        noise = run_diffusers(unet, (latents, timestep, context, *added))
        latents = scheduler.step(noise, timestep, latents).prev_sample
        trajectory.append(latents)
    helper.disable()
    return trajectory


def ladder_trajectory(ladder: Ladder, inputs: Tensors, branch: int) -> list[torch.Tensor]:
    """The same with the exported rungs, deciding by a step counter."""
    scheduler = DDIMScheduler()
    scheduler.set_timesteps(STEPS)
    latents, _, context, *added = inputs
    trajectory, deep = [], latents
    for step, timestep in enumerate(scheduler.timesteps):
        now = (latents, timestep.expand(len(latents)).float(), context, *added)
        if step % INTERVAL == 0:
            noise, deep = full_pass(ladder, now, branch)
        else:
            noise = cached_pass(ladder, now, branch, deep)
        latents = scheduler.step(noise, timestep, latents).prev_sample
        trajectory.append(latents)
    return trajectory
