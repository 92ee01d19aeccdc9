"""Judges whether an exported module computes what diffusers computes, by comparing the two in double precision.

In float32 they may be 3e-6 apart without a mistake: where a tensor begins in memory and how wide a processor's vectors
are decide in which order a routine adds, and the deeper the model, the more of it reaches the output. A bound that lets
this pass on every processor lets mistakes pass too, such as a norm's epsilon of 1e-6 that should be 1e-5. In float64
rounding is 2^29 times smaller, and a mistake as large as ever. So graph and weights are judged, not a processor.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from exporter.double_precision import cast, double_precision
from exporter.errors import ExportError, last_line

Tensors = tuple[torch.Tensor, ...]
Runner = Callable[[Any, Tensors], torch.Tensor | Tensors]

# Relative to the largest value. Rounding in another way moves a full-size SD 2.1 by 6e-15, the wrong epsilon of its
# innermost layer norm, the mildest mistake that the tests plant, by 1e-7.
BOUND = 1e-10


@dataclass(frozen=True)
class Case:
    """Inputs that differ in size and batch from the traced ones, and diffusers' float64 outputs for them."""

    inputs: Tensors
    expected: Tensors


def judge(name: str, module: nn.Module, run: Runner, cases: Sequence[Case]) -> float:
    """The largest difference to diffusers in double precision, relative to the largest value.

    The module's weights may have any floating-point type. Throws ExportError, beginning with `name`, if it does not run
    in double precision or is off by more than rounding.
    """
    try:
        # Unoptimized: the optimizer would specialize for a type that is left again.
        with torch.no_grad(), double_precision(module.modules()), torch.jit.optimized_execution(False):
            outputs = [run(module, cast(case.inputs, torch.float64)) for case in cases]
    except RuntimeError as error:
        raise ExportError(f"{name} does not run in double precision: {last_line(error)}") from error
    difference = max(map(largest_difference, outputs, (case.expected for case in cases)))
    if difference > BOUND:
        raise ExportError(f"{name} differs from diffusers by {difference:.1e} in double precision")
    return difference


def largest_difference(outputs: torch.Tensor | Tensors, expected: Tensors) -> float:
    """The largest over all outputs, relative to the largest value; infinite if a shape, a type or a NaN differs."""
    outputs = (outputs,) if isinstance(outputs, torch.Tensor) else outputs
    return max(_relative_difference(got, want) for got, want in zip(outputs, expected, strict=True))


def _relative_difference(got: torch.Tensor, want: torch.Tensor) -> float:
    if got.shape != want.shape or got.dtype != want.dtype:
        return float("inf")
    if torch.equal(got, want):
        return 0.0
    difference = (got - want).abs().max() / want.abs().max()
    return difference.item() if difference.isfinite() else float("inf")
