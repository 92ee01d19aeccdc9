"""GroupNorm and SiLU as one operator for training on a CPU; on a GPU the models stay as they are.

PyTorch's own took half of a training step on channels-last tensors. The kernel (`norm_silu.cc`) is
compiled by PyTorch at first use; weights and what is computed do not change.
"""

from functools import cache
from pathlib import Path

import torch
from diffusers.models.resnet import ResnetBlock2D
from torch import Tensor, nn
from torch.utils.cpp_extension import load


@cache
def _kernel():
    return load(
        name="deepcache_gen_norm_silu",
        sources=[str(Path(__file__).with_suffix(".cc"))],
        extra_cflags=["-O3", "-ffast-math", "-march=native", "-fopenmp"],
    )


class _NormSilu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float):
        ctx.save_for_backward(x, weight, bias)
        ctx.settings = groups, eps
        return _kernel().norm_silu(x, weight, bias, groups, eps)

    @staticmethod
    def backward(ctx, dy: Tensor):
        x, weight, bias = ctx.saved_tensors
        dy = dy.contiguous(memory_format=torch.channels_last)
        gradients = _kernel().norm_silu_backward(dy, x, weight, bias, *ctx.settings)
        return *gradients, None, None


def use_fused_norms(model: nn.Module, device: torch.device) -> None:
    """Makes the resnets of a diffusers model, and its last norm, use the fused operator on a CPU."""
    if device.type != "cpu":
        return
    for module in model.modules():
        if isinstance(module, ResnetBlock2D):
            module.norm1.forward = _fused(module.norm1)
            module.norm2.forward = _fused(module.norm2)
            module.nonlinearity = nn.Identity()
            if module.time_emb_proj is not None:
                module.time_emb_proj.forward = _after_silu(module.time_emb_proj)
        elif hasattr(module, "conv_norm_out"):
            module.conv_norm_out.forward = _fused(module.conv_norm_out)
            module.conv_act = nn.Identity()


def _fused(norm: nn.GroupNorm):
    def forward(x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        return _NormSilu.apply(x, norm.weight, norm.bias, norm.num_groups, norm.eps)

    return forward


def _after_silu(linear: nn.Linear):
    def forward(x: Tensor) -> Tensor:
        return nn.functional.linear(nn.functional.silu(x), linear.weight, linear.bias)

    return forward
