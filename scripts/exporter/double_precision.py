"""Runs float32 modules in double precision without a second copy of all their weights."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook


@contextmanager
def double_precision(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Inside, each of the modules has float64 weights while it is called, and its own ones between calls.

    modules: eager or TorchScript. Where one calls another, the outer one counts. So the memory needed is that of the
    largest one, not of all: an SDXL UNet of 10 GiB would take 20 GiB more.
    """
    # By identity: TorchScript's wrappers pass comparisons on to what they wrap.
    listed = {id(module): module for module in modules}
    running: list[nn.Module] = []
    own: list[tuple[torch.Tensor, torch.Tensor]] = []

    def widen(module: nn.Module, _inputs: Any) -> None:
        if running or id(module) not in listed:
            return
        running.append(module)
        for weight in floating_weights(module):
            own.append((weight, weight.data))
            weight.data = weight.data.double()

    def restore(module: nn.Module, _inputs: Any, _outputs: Any) -> None:
        if running and module is running[0]:
            running.clear()
            _put_back(own)

    # Modules loaded from an archive take no hooks of their own.
    hooks = [register_module_forward_pre_hook(widen), register_module_forward_hook(restore)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        _put_back(own)


def _put_back(own: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
    while own:
        weight, data = own.pop()
        weight.data = data


def floating_weights(module: nn.Module) -> list[torch.Tensor]:
    """The floating-point parameters and buffers of a module and all that it holds, each once."""
    return [tensor for tensor in [*module.parameters(), *module.buffers()] if tensor.is_floating_point()]


def holders_of_weights(model: nn.Module) -> list[nn.Module]:
    """The parts of a model that hold weights themselves: linears, convolutions, norms."""
    return [module for module in model.modules() if any(True for _ in module.parameters(recurse=False))]


def cast(inputs: tuple[torch.Tensor, ...], dtype: torch.dtype) -> tuple[torch.Tensor, ...]:
    """The inputs with the floating-point ones in another type."""
    return tuple(each.to(dtype) if each.is_floating_point() else each for each in inputs)
