"""diffusers' UNet as it is, with the published DeepCache helper around it."""

from collections.abc import Iterator
from types import SimpleNamespace

import torch
from exporter.ladder import run_diffusers

from cpu_benchmark.case import INTERVAL, STEPS, PeerSetup, Repeated, Turn
from cpu_benchmark.published_helper import helper_around
from cpu_benchmark.repeated_passes import repeated
from cpu_benchmark.throughput import Span
from cpu_benchmark.turn_clock import Answers, timed_turn
from cpu_benchmark.unet_passes import load_unet, pass_inputs


def start(setup: PeerSetup) -> Answers:
    """What answers requests with timed passes."""
    torch.set_num_threads(setup.threads)
    torch.set_grad_enabled(False)
    unet = load_unet(setup.model, setup.case.dtype)
    latents, _, context, *added = pass_inputs(unet, setup.case, setup.tokens)
    # The helper finds out which step it is by looking the timestep up here.
    timesteps = torch.linspace(900, 100, STEPS).long()
    pipeline = SimpleNamespace(unet=unet, scheduler=SimpleNamespace(timesteps=timesteps))

    def run_step(step: int) -> torch.Tensor:
        with torch.inference_mode():
            return run_diffusers(unet, (latents, timesteps[step], context, *added))

    def repeated_cached(branch: int) -> Iterator[list[Span]]:
        with helper_around(pipeline, INTERVAL, branch):
            run_step(0)
            # The helper caches by the step's number, so that the second one is cached however often it comes.
            yield from repeated(lambda: run_step(1))

    def answer(request: int | Repeated) -> Turn | Iterator[list[Span]]:
        if not isinstance(request, Repeated):
            with helper_around(pipeline, INTERVAL, request):
                return timed_turn(run_step)
        return repeated(lambda: run_step(0)) if request.branch is None else repeated_cached(request.branch)

    return answer
