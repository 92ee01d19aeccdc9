"""Traces modules so that the result runs in any floating-point type, on any device, at any size."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from exporter.errors import ExportError

# Scalar types of c10/core/ScalarType.h: half, float, double and bfloat16.
FLOATING = {5, 6, 7, 15}


@contextmanager
def unrecorded_casts() -> Iterator[None]:
    """Makes `Tensor.to` and `Tensor.float` return the tensor itself where they would change nothing.

    A traced cast names its type for ever; a cast that is not recorded names none.
    """
    original_to, original_float = torch.Tensor.to, torch.Tensor.float

    def to(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        unchanged = not kwargs.get("copy") and args[:1] + tuple(kwargs.values()) == (tensor.dtype,)
        return tensor if unchanged else original_to(tensor, *args, **kwargs)

    def to_float(tensor: torch.Tensor) -> torch.Tensor:
        return tensor if tensor.dtype == torch.float32 else original_float(tensor)

    torch.Tensor.to, torch.Tensor.float = to, to_float
    try:
        yield
    finally:
        torch.Tensor.to, torch.Tensor.float = original_to, original_float


def trace(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> torch.jit.ScriptModule:
    """Traces a float32 module, sharing its weights, not copying them.

    The weights keep requiring gradients, as in diffusers' pipelines: only then do linear layers
    fold the batch of a transposed input (`should_fold` in ATen's LinearAlgebra.cpp), which rounds
    differently.

    Throws ExportError if the trace would be bound to one floating-point type or device.
    """
    with warnings.catch_warnings(), torch.no_grad(), unrecorded_casts():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(module.eval(), inputs, check_trace=False)
    check_unbound(traced, type(module).__name__)
    return traced


def script(module: nn.Module) -> torch.jit.ScriptModule:
    """Compiles a module whose children are traced already."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.script(module.eval())


def check_unbound(traced: torch.jit.ScriptModule, name: str) -> None:
    """Throws ExportError if the graph casts to a floating-point type, or names a device."""
    for node in traced.inlined_graph.nodes():
        if _names_a_device(node) or _casts_to_a_floating_type(node):
            raise ExportError(f"the trace of {name} is bound to one type or device by {' '.join(str(node).split())}")


def _names_a_device(node: torch._C.Node) -> bool:
    return node.kind() == "prim::Constant" and node.output().type().kind() == "DeviceObjType"


def _casts_to_a_floating_type(node: torch._C.Node) -> bool:
    if node.kind() != "aten::to":
        return False
    arguments = [value.node() for value in node.inputs()][1:]
    return any(_constant(argument) in FLOATING for argument in arguments[:1])


def _constant(node: torch._C.Node) -> object:
    return node.output().toIValue() if node.kind() == "prim::Constant" else None
