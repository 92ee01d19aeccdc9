#!/usr/bin/env python3
"""What 8-bit weights and activations could gain on this processor, before anyone builds them.

Every convolution and linear layer of one Stable Diffusion 2.1 UNet pass is timed alone with oneDNN's packed operators,
in turns: in bfloat16, in int8 with its input given as int8, and in int8 with its input rounded from bfloat16 by the
library (at a scale that is known beforehand, so without the pass that finds it). Attention, norms and activations stay
in bfloat16 and are not counted. Weights and inputs are random: this is about speed alone.

usage: bench_int8.py [--side LATENTS] [--rows ROWS] [--rounds N]
"""

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch
from diffusers import UNet2DConditionModel

ZERO_POINT = 128  # inputs are unsigned, as oneDNN's convolutions want them
SHORTEST = 0.03  # seconds that an operator is repeated for, each turn


@dataclass(frozen=True)
class Layer:
    """A convolution, or a linear layer where `stride` is 0, with the shape of its input."""

    input: tuple[int, ...]
    weight: tuple[int, ...]
    stride: int = 0
    padding: int = 0


def layers_of_a_pass(side: int, rows: int) -> Counter[Layer]:
    """The layers that a pass over latents of rows x 4 x side x side calls, and how often."""
    with torch.device("meta"):
        unet = UNet2DConditionModel(
            sample_size=side, cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20), use_linear_projection=True
        )
        latents, text = torch.empty(rows, 4, side, side), torch.empty(rows, 77, 1024)
        calls: Counter[Layer] = Counter()

        def count(module: torch.nn.Module, inputs: tuple[torch.Tensor], _: torch.Tensor) -> None:
            shape, weight = tuple(inputs[0].shape), tuple(module.weight.shape)
            if isinstance(module, torch.nn.Conv2d):
                calls[Layer(shape, weight, module.stride[0], module.padding[0])] += 1
            else:
                calls[Layer((inputs[0].numel() // shape[-1], shape[-1]), weight)] += 1

        for module in unet.modules():
            if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
                module.register_forward_hook(count)
        unet(latents, torch.empty(()), text)
    return calls


def quantized(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The weight in int8 and the scale of each output channel."""
    scales = weight.abs().flatten(1).amax(1) / 127
    return (weight / scales.view(-1, *[1] * (weight.dim() - 1))).round().to(torch.int8), scales


def variants(layer: Layer) -> list[Callable[[], torch.Tensor]]:
    """The layer in bfloat16, in int8, and in int8 with the rounding of its input."""
    weight, bias = torch.randn(layer.weight), torch.randn(layer.weight[0])
    weight8, scales = quantized(weight)
    zeros = torch.zeros(len(scales), dtype=torch.int32)
    x = torch.randn(layer.input).bfloat16()
    scale = float(x.abs().max()) / 127
    weight16, bias16 = weight.bfloat16(), bias.bfloat16()
    mkldnn, onednn = torch.ops.mkldnn, torch.ops.onednn
    rest = (1.0, 0, torch.bfloat16, "none", [], "")
    if layer.stride:
        x = x.to(memory_format=torch.channels_last)
        at = ([layer.stride] * 2, [layer.padding] * 2, [1, 1], 1)
        order = (at[1], at[0], *at[2:])
        packed16 = mkldnn._reorder_convolution_weight(weight16, *order, list(layer.input))
        packed8 = onednn.qconv_prepack(weight8, scales, scale, ZERO_POINT, *at, list(layer.input))

        def in_bfloat16() -> torch.Tensor:
            return mkldnn._convolution_pointwise(x, packed16, bias16, *order, "none", [], "")

        def in_int8(given: torch.Tensor) -> torch.Tensor:
            return onednn.qconv2d_pointwise(given, scale, ZERO_POINT, packed8, scales, zeros, bias, *at, *rest)
    else:
        packed16 = mkldnn._reorder_linear_weight(weight16, layer.input[0])
        packed8 = onednn.qlinear_prepack(weight8, list(layer.input))

        def in_bfloat16() -> torch.Tensor:
            return mkldnn._linear_pointwise(x, packed16, bias16, "none", [], "")

        def in_int8(given: torch.Tensor) -> torch.Tensor:
            return onednn.qlinear_pointwise(given, scale, ZERO_POINT, packed8, scales, zeros, bias, *rest)

    def rounded() -> torch.Tensor:
        return torch.quantize_per_tensor(x.float(), scale, ZERO_POINT, torch.quint8).int_repr()

    given = rounded()
    return [in_bfloat16, lambda: in_int8(given), lambda: in_int8(rounded())]


def seconds_in_turns(functions: list[Callable[[], torch.Tensor]], rounds: int) -> list[float]:
    """The median seconds of a call of each."""
    seconds: list[list[float]] = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(rounds):
        for function, measured in zip(functions, seconds, strict=True):
            begin, calls = time.perf_counter(), 0
            while time.perf_counter() - begin < SHORTEST:
                function()
                calls += 1
            measured.append((time.perf_counter() - begin) / calls)
    return [statistics.median(measured) for measured in seconds]


def main() -> None:
    """Prints a table with the seconds of a pass for convolutions, linear layers and both."""
    parser = argparse.ArgumentParser(description="int8 against bfloat16, for the layers of a UNet pass")
    parser.add_argument("--side", type=int, default=64, help="of the latents; 64 for pictures of 512x512")
    parser.add_argument("--rows", type=int, default=2, help="of the batch; 2 for one picture under guidance")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    totals = {"convolutions": [0.0] * 3, "linear layers": [0.0] * 3, "both": [0.0] * 3}
    for layer, calls in layers_of_a_pass(arguments.side, arguments.rows).items():
        for i, seconds in enumerate(seconds_in_turns(variants(layer), arguments.rounds)):
            for kind in ("convolutions" if layer.stride else "linear layers", "both"):
                totals[kind][i] += calls * seconds
    print("| layers of a pass | bf16, s | int8, s | bf16 / int8 | int8 with rounding, s | bf16 / that |")
    print("|---|---|---|---|---|---|")
    for kind, (bfloat16, int8, with_rounding) in totals.items():
        ratios = f"{bfloat16 / int8:.2f} | {with_rounding:.3f} | {bfloat16 / with_rounding:.2f}"
        print(f"| {kind} | {bfloat16:.3f} | {int8:.3f} | {ratios} |")


if __name__ == "__main__":
    main()
