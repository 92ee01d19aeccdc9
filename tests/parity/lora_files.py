"""LoRA files made up for tests, and what our reading of one adds to the weights of a model."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from single_file import unet_name
from torch import nn

# By role and published name of the weight.
Parts = Mapping[str, Mapping[str, list[int]]]


def layers(model: nn.Module) -> dict[str, list[int]]:
    """The weights of all linears and convolutions of a model, by the paths of these layers, with their sizes."""
    kinds = (nn.Linear, nn.Conv2d)
    return {path: list(module.weight.shape) for path, module in model.named_modules() if isinstance(module, kinds)}


def pair(sizes: list[int], rank: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Random down and up for a weight, as kohya's trainer makes them."""
    outputs, *inputs = sizes
    return torch.randn(rank, *inputs), torch.randn(outputs, rank, *[1] * (len(sizes) - 2))


def kohya_name(path: str, prefix: str = "lora_unet") -> str:
    """What kohya's trainer names a layer."""
    return f"{prefix}_{path.replace('.', '_')}"


def original_name(path: str, unet: UNet2DConditionModel) -> str:
    """A layer's name in the UNet that was published first."""
    name = unet_name(f"{path}.weight").removesuffix(".weight")
    # There every first up block is without transformers, as in SD 1.5.
    is_crossed = unet.config.up_block_types[0] == "CrossAttnUpBlock2D"
    return name.replace("output_blocks.2.1.conv", "output_blocks.2.2.conv") if is_crossed else name


def save(path: Path, tensors: Mapping[str, torch.Tensor], metadata: dict[str, str] | None = None) -> Path:
    """Writes a LoRA file and returns its path."""
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, metadata)
    return path


def resolved(build_dir: Path, file: Path, parts: Parts, *options: str) -> list[dict[str, Any]]:
    """What our reading of a file changes, a dictionary for every weight; fails where it refuses the file."""
    program = build_dir / "tests" / "resolve_lora"
    result = subprocess.run(
        [program, file, *options], input=json.dumps(parts), capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stdout[-500:] + result.stderr[-500:]
    return [json.loads(line) for line in result.stdout.splitlines()]
