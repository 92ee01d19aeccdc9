"""Low-rank additions to the weights of a UNet, and their file in the form that kohya's scripts write."""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

# What is added to: where the text is read, and the second convolution of every resnet, at all sizes.
SUFFIXES = (*(f"attn2.{name}" for name in ("to_q", "to_k", "to_v", "to_out.0")), "proj_out", "conv2")
# alpha / rank in the file.
SCALE = 0.5


class LowRank(nn.Module):
    """weight -> weight + SCALE up @ down, the sum that whoever applies a LoRA file makes.

    down: (rank, in[, height, width]), random; up: (out, rank[, 1, 1]), zero, so that nothing is added at first.
    """

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        kernel = (1,) * (weight.dim() - 2)
        self.down = nn.Parameter(torch.empty(rank, *weight.shape[1:]))
        self.up = nn.Parameter(torch.zeros(len(weight), rank, *kernel))
        nn.init.kaiming_uniform_(self.down, a=5**0.5)

    def forward(self, weight: Tensor) -> Tensor:
        """A weight of the shape it was made for."""
        return weight + SCALE * (self.up.flatten(1) @ self.down.flatten(1)).view_as(weight)


def add_low_ranks(unet: nn.Module, rank: int) -> nn.ModuleDict:
    """Adds to every module named in SUFFIXES; returns the additions by the names that kohya's files have for them."""
    additions = nn.ModuleDict()
    for name, module in list(unet.named_modules()):
        if name.endswith(SUFFIXES):
            addition = LowRank(module.weight, rank)
            parametrize.register_parametrization(module, "weight", addition)
            additions["lora_unet_" + name.replace(".", "_")] = addition
    return additions


def file_tensors(additions: nn.ModuleDict, at: float = 1.0) -> dict[str, Tensor]:
    """What the file holds, half precision. at: the weight at which the file adds what was trained."""
    tensors = {}
    for name, addition in additions.items():
        tensors[f"{name}.lora_down.weight"] = addition.down.detach().half().contiguous()
        tensors[f"{name}.lora_up.weight"] = (addition.up.detach() / at).half().contiguous()
        tensors[f"{name}.alpha"] = torch.tensor(SCALE * len(addition.down)).half()
    return tensors


@torch.no_grad()
def merge(unet: nn.Module, tensors: dict[str, Tensor], weight: float) -> None:
    """Adds what a file holds to the weights of a UNet, `weight` times."""
    left = dict(tensors)
    for name, module in unet.named_modules():
        key = "lora_unet_" + name.replace(".", "_")
        if f"{key}.alpha" in left:
            down, up, alpha = (
                left.pop(f"{key}.{end}").float() for end in ("lora_down.weight", "lora_up.weight", "alpha")
            )
            module.weight += weight * alpha / len(down) * (up.flatten(1) @ down.flatten(1)).view_as(module.weight)
    if left:
        raise KeyError(f"the UNet has no module for {min(left)}")
