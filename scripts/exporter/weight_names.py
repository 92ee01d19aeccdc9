"""The names of weights: an archive's, and those that diffusers and transformers publish them under.

model.json maps prefixes of the one to prefixes of the other, so that whatever names weights as published (LoRA,
textual inversion) finds them in an archive.
"""

from collections.abc import Iterable

import torch
from torch import nn

from exporter.errors import ExportError

# Published files have it, transformers' own modules no longer do.
TEXT_MODEL = "text_model."
OUTSIDE_TEXT_MODEL = "text_projection."


def published_names(model: nn.Module) -> dict[str, torch.Tensor]:
    """The parameters of a diffusers or transformers model by their published names."""
    return {published_name(model, name): weight for name, weight in model.named_parameters()}


def published_name(model: nn.Module, name: str) -> str:
    """The name that a parameter `name` of the model is published under."""
    is_text = type(model).__name__.startswith("CLIPText")
    return name if not is_text or name.startswith((TEXT_MODEL, OUTSIDE_TEXT_MODEL)) else TEXT_MODEL + name


def weight_prefixes(archive: nn.Module, model: nn.Module) -> dict[str, str]:
    """The prefixes of an archive's names with what stands in their place in `model`, whose memory the archive shares.

    The longest prefix of a name counts. Throws ExportError should they not lead to each weight's own name.
    """
    published = {weight.data_ptr(): name for name, weight in published_names(model).items()}
    names = {name: published[weight.data_ptr()] for name, weight in archive.named_parameters()}
    prefixes = dict(_prefixes(*pair) for pair in names.items())
    for name, expected in names.items():
        if translated(name, prefixes) != expected:
            raise ExportError(f"no prefix of {name} leads to {expected}")
    return prefixes


def translated(name: str, prefixes: dict[str, str]) -> str:
    """The published name of an archive's weight."""
    prefix = max(_known(name, prefixes), key=len)
    return prefixes[prefix] + name.removeprefix(prefix)


def _known(name: str, prefixes: dict[str, str]) -> Iterable[str]:
    return (prefix for prefix in prefixes if name.startswith(f"{prefix}."))


def _prefixes(name: str, published: str) -> tuple[str, str]:
    """Both names without their common end; at least one part of each is left."""
    ours, theirs = name.split("."), published.split(".")
    while len(ours) > 1 and len(theirs) > 1 and ours[-1] == theirs[-1]:
        del ours[-1], theirs[-1]
    return ".".join(ours), ".".join(theirs)
