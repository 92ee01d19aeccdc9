"""Embeddings (textual inversion) as their trainers write them into files."""

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file

Vectors = torch.Tensor  # count x width, or one alone
Pair = dict[str, torch.Tensor]  # of SDXL: clip_l, clip_g

WIDTHS = {"sd15": (32,), "sd21-v": (32,), "sdxl": (32, 48)}


def vectors_for(model: str, count: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> list[Vectors]:
    """Random ones for each text encoder of a tiny model, as large as its own."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(count, width, generator=generator).to(dtype) for width in WIDTHS[model]]


def write_automatic1111(path: Path, vectors: Vectors) -> None:
    torch.save(_noted({"*": torch.nn.Parameter(vectors)}), path)


def write_parameter_dict(path: Path, vectors: Vectors) -> None:
    """As the first trainers did, whose parameters are an object of PyTorch."""
    torch.save(_noted(torch.nn.ParameterDict({"*": torch.nn.Parameter(vectors)})), path)


def _noted(parameters: object) -> dict[str, object]:
    notes = {"name": "noted", "step": 500, "sd_checkpoint": "a1b2c3d4", "sd_checkpoint_name": "sd-v1-5"}
    return {"string_to_token": {"*": 265}, "string_to_param": parameters, **notes}


def write_bin(path: Path, vectors: Vectors) -> None:
    torch.save({"<noted>": vectors}, path)


def write_bin_of_one(path: Path, vectors: Vectors) -> None:
    """A vector alone has one size."""
    torch.save({"<noted>": vectors.squeeze(0)}, path)


def write_params(path: Path, vectors: Vectors) -> None:
    save_file({"emb_params": vectors.contiguous()}, path)


def write_named(path: Path, vectors: Vectors) -> None:
    save_file({"<noted>": vectors.contiguous()}, path)


def write_pair(path: Path, first: Vectors, second: Vectors) -> None:
    save_file({"clip_l": first.contiguous(), "clip_g": second.contiguous()}, path)


# By what they are called in a test: the file's ending, and what writes it.
FORMS: dict[str, tuple[str, Callable[[Path, Vectors], None]]] = {
    "automatic1111": (".pt", write_automatic1111),
    "parameter-dict": (".pt", write_parameter_dict),
    "bin": (".bin", write_bin),
    "bin-of-one": (".bin", write_bin_of_one),
    "emb-params": (".safetensors", write_params),
    "named": (".safetensors", write_named),
}
