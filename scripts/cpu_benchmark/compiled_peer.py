"""diffusers' UNet through torch.compile with frozen weights."""

from functools import partial

import torch
import torch._inductor.config

from cpu_benchmark.case import PeerSetup
from cpu_benchmark.turn_clock import Answers, separate_passes
from cpu_benchmark.unet_passes import CachedPass, FullPass, deep_feature, load_unet, pass_inputs


def start(setup: PeerSetup) -> Answers:
    """What answers requests with timed passes. Compiling a full-size UNet takes minutes."""
    torch.set_num_threads(setup.threads)
    # Freezing needs no_grad; it passes inference mode by.
    torch.set_grad_enabled(False)
    torch._inductor.config.freezing = True
    unet = load_unet(setup.model, setup.case.dtype)
    inputs = pass_inputs(unet, setup.case, setup.tokens)
    cached = {}
    for branch in setup.branches:
        deep = deep_feature(unet, inputs, branch)
        cached[branch] = partial(torch.compile(CachedPass(unet, branch)), deep, *inputs)
    full = partial(torch.compile(FullPass(unet)), *inputs)
    for compile_by_running in (full, *cached.values()):
        compile_by_running()
    return separate_passes(full, cached)
