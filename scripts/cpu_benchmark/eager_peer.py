"""diffusers' UNet as it is, with the published DeepCache helper around it."""

from collections.abc import Callable
from types import SimpleNamespace

import torch
from DeepCache import DeepCacheSDHelper
from exporter.ladder import run_diffusers

from cpu_benchmark.case import INTERVAL, STEPS, PeerSetup, Turn
from cpu_benchmark.turn_clock import timed_turn
from cpu_benchmark.unet_passes import load_unet, pass_inputs


def start(setup: PeerSetup) -> Callable[[int], Turn]:
    """What answers a branch with a turn of timed passes."""
    torch.set_num_threads(setup.threads)
    torch.set_grad_enabled(False)
    unet = load_unet(setup.model, setup.case.dtype)
    latents, _, context, *added = pass_inputs(unet, setup.case)
    # The helper finds out which step it is by looking the timestep up here.
    timesteps = torch.linspace(900, 100, STEPS).long()
    pipeline = SimpleNamespace(unet=unet, scheduler=SimpleNamespace(timesteps=timesteps))

    def run_step(step: int) -> torch.Tensor:
        with torch.inference_mode():
            return run_diffusers(unet, (latents, timesteps[step], context, *added))

    def turn(branch: int) -> Turn:
        helper = DeepCacheSDHelper(pipe=pipeline)
        helper.set_params(cache_interval=INTERVAL, cache_branch_id=branch)
        helper.enable()
        try:
            return timed_turn(run_step)
        finally:
            helper.disable()

    return turn
