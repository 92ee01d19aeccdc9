"""What a cached pass would cost if time were multiply-adds."""

from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from torch.utils.flop_counter import FlopCounterMode

from cpu_benchmark.case import DTYPES, Case
from cpu_benchmark.unet_passes import CachedPass, FullPass, deep_feature, pass_inputs


def start(model: Path, branches: tuple[int, ...], tokens: int) -> Callable[[int], dict[int, float]]:
    """What answers a size in pixels with `ideal_ratios` of the model's UNet."""
    unet = meta_unet(UNet2DConditionModel.load_config(model / "unet"))
    return lambda size: {branch: ideal_ratio(unet, size, branch, tokens) for branch in branches}


def meta_unet(config: dict[str, object]) -> UNet2DConditionModel:
    """A UNet of this configuration that has shapes but no weights."""
    with torch.device("meta"):
        return UNet2DConditionModel.from_config(config).eval()


def ideal_ratio(unet: UNet2DConditionModel, size: int, branch: int, tokens: int) -> float:
    """Multiply-adds of a cached pass divided by those of a full one, at size x size pixels, with tokens of text."""
    inputs = tuple(tensor.to("meta") for tensor in pass_inputs(unet, Case(size, 1, DTYPES[0]), tokens))
    with torch.no_grad():
        deep = deep_feature(unet, inputs, branch)
        cached = multiply_adds(CachedPass(unet, branch), (deep, *inputs))
        return cached / multiply_adds(FullPass(unet), inputs)


def multiply_adds(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> int:
    """Multiply-adds of a module on inputs on the meta device: convolutions, linears and attention."""
    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    return counter.get_total_flops() // 2
