"""Linear heads that tell what a scene contains, one for every attribute, and the loss they are trained with."""

import torch
from torch import nn
from world.scenes import ATTRIBUTES, NOT_APPLICABLE


def attribute_heads(width: int) -> nn.ModuleDict:
    """From features (n, width) to logits (n, number of values), by attribute in the order of ATTRIBUTES."""
    return nn.ModuleDict({name: nn.Linear(width, len(values)) for name, values in ATTRIBUTES.items()})


def attribute_loss(logits: dict[str, torch.Tensor], labels: torch.Tensor) -> torch.Tensor:
    """Mean over attributes of the mean cross entropy over the rows to which the attribute applies.

    `labels`: int64 (n, number of attributes), rows of `label_numbers`.
    """
    losses = []
    for column, scores in enumerate(logits.values()):
        wanted = labels[:, column]
        total = nn.functional.cross_entropy(scores.float(), wanted, ignore_index=NOT_APPLICABLE, reduction="sum")
        losses.append(total / (wanted != NOT_APPLICABLE).sum().clamp(min=1))
    return torch.stack(losses).mean()
