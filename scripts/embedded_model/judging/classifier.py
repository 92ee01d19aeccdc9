"""The judge: a small CNN that says what a picture shows. It has seen renders only, no generated picture.

One trunk and a linear head for every attribute of `scenes.ATTRIBUTES`. Its features, what all heads
read, are the space in which `frechet.py` compares generated with rendered pictures.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from networks.attribute_heads import attribute_heads
from networks.checkpoint import load_state
from networks.pictures import to_tensor
from torch import nn
from world.scenes import ATTRIBUTES

# Pixels along a side of what it looks at; pictures are shrunk to it.
INPUT = 128
FEATURES = 128
BATCH = 64


class Classifier(nn.Module):
    """From pictures, float32 (n, 3, INPUT, INPUT) in -1..1, to logits. Widths are multiples of 32, the
    width of AMX tiles; the first layer sees blocks of 4x4 pixels, so that none works on three channels."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.PixelUnshuffle(4),
            _convolution(48, 64),
            _Residual(64),
            _convolution(64, 128, stride=2),
            _Residual(128),
            _convolution(128, 192, stride=2),
            _Residual(192),
            _convolution(192, 128, stride=2),
            # Not an average over the picture: left and right have to stay apart.
            nn.Flatten(),
            nn.Dropout(0.1),
            nn.Linear(128 * (INPUT // 32) ** 2, FEATURES),
        )
        self.heads = attribute_heads(FEATURES)

    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        """What the heads read, before its ReLU: (n, FEATURES)."""
        return self.trunk(pictures)

    def logits(self, features: torch.Tensor) -> dict[str, torch.Tensor]:
        """For every attribute (n, number of values), in the order of ATTRIBUTES."""
        return {name: head(torch.relu(features)) for name, head in self.heads.items()}

    def forward(self, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
        return self.logits(self.features(pictures))


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.branch = nn.Sequential(_convolution(width, width), second, nn.BatchNorm2d(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.branch(x))


def shrink(pictures: np.ndarray) -> np.ndarray:
    """uint8 (n, k * INPUT, k * INPUT, 3) to (n, INPUT, INPUT, 3), means of k x k pixels; ValueError for other sizes."""
    count, height, width, channels = pictures.shape
    factor = max(height // INPUT, 1)
    if (height, width) != (factor * INPUT, factor * INPUT):
        raise ValueError(f"pictures of {width}x{height}: expected squares with a side that is a multiple of {INPUT}")
    if factor == 1:
        return np.ascontiguousarray(pictures)
    blocks = pictures.reshape(count, INPUT, factor, INPUT, factor, channels)
    sums = blocks.sum(axis=(2, 4), dtype=np.uint32)
    return ((sums + factor * factor // 2) // (factor * factor)).astype(np.uint8)


@dataclass(frozen=True)
class Judgement:
    """What the judge sees in pictures: a value for every attribute of each, and features (n, FEATURES), float64.

    Attributes that do not apply get a value too (the place of a house that is not there): whoever
    compares knows which apply.
    """

    values: list[dict[str, str]]
    features: np.ndarray


class Judge:
    """A trained classifier, in float32."""

    def __init__(self, model: Classifier, device: torch.device) -> None:
        self.model, self.device = model.to(device).eval(), device

    @classmethod
    def load(cls, path: Path, device: torch.device) -> "Judge":
        """From what `train_classifier.py` wrote; SystemExit if it is not there."""
        state = load_state(path, device)
        if state is None:
            raise SystemExit(f"no {path}: run train_classifier.py first")
        model = Classifier()
        model.load_state_dict(state["average"]["weights"]["classifier"])
        return cls(model, device)

    @torch.no_grad()
    def look(self, pictures: np.ndarray) -> Judgement:
        """Judges uint8 (n, size, size, 3), of a size that `shrink` takes."""
        values: list[dict[str, str]] = []
        features = []
        for begin in range(0, len(pictures), BATCH):
            batch = self.model.features(to_tensor(shrink(pictures[begin : begin + BATCH])).to(self.device))
            chosen = {name: logits.argmax(dim=1).tolist() for name, logits in self.model.logits(batch).items()}
            features.append(batch.double().cpu().numpy())
            for row in range(len(batch)):
                values.append({name: ATTRIBUTES[name][index[row]] for name, index in chosen.items()})
        return Judgement(values, np.concatenate(features))
