"""Makes renders a little worse, as autoencoders make pictures: what the judge is trained on.

Without it a judge trained on perfect edges may misread a picture whose edges are only a little soft.
"""

import math

import torch
from torch.nn import functional

# Of the noise, in the units of pictures in -1..1.
MOST_NOISE = 0.04
# The step by which the lowest frequency of a block is rounded, and by how much it grows with frequency.
COARSEST_STEP = 0.05
BLOCK = 8


def soften(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Blurs, rounds in the frequency domain, and adds noise to float32 (n, 3, height, width) in -1..1.

    Each of the three is done to about half of the pictures, to each with a strength of its own. Height
    and width are multiples of BLOCK.
    """
    pictures = pictures.contiguous().clone()
    for change in (_blurred, _rounded, _noisy):
        chosen = torch.rand(len(pictures), generator=generator) < 0.5
        strength = torch.rand(int(chosen.sum()), 1, 1, 1, generator=generator)
        pictures[chosen] = change(pictures[chosen], strength, generator)
    return pictures.clamp(-1.0, 1.0)


def _blurred(pictures: torch.Tensor, strength: torch.Tensor, _: torch.Generator) -> torch.Tensor:
    """At strength 1 the mean of 3x3 pixels, twice."""
    return torch.lerp(pictures, _box_mean(_box_mean(pictures)), strength)


def _box_mean(pictures: torch.Tensor) -> torch.Tensor:
    return functional.avg_pool2d(pictures, 3, stride=1, padding=1, count_include_pad=False)


def _rounded(pictures: torch.Tensor, strength: torch.Tensor, _: torch.Generator) -> torch.Tensor:
    """What is left of the cosine coefficients of 8x8 pixels after rounding them, as in a JPEG file."""
    count, channels, height, width = pictures.shape
    blocks = pictures.reshape(count, channels, height // BLOCK, BLOCK, width // BLOCK, BLOCK).transpose(3, 4)
    cosines, frequency = _cosines(), torch.arange(BLOCK)
    step = COARSEST_STEP * (1.0 + frequency[:, None] + frequency[None, :]) * strength[..., None, None] + 1e-4
    coefficients = cosines @ blocks @ cosines.T
    blocks = cosines.T @ ((coefficients / step).round() * step) @ cosines
    return blocks.transpose(3, 4).reshape(pictures.shape)


def _noisy(pictures: torch.Tensor, strength: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return pictures + MOST_NOISE * strength * torch.randn(pictures.shape, generator=generator)


def _cosines() -> torch.Tensor:
    """The orthonormal cosine transform (DCT-II) of BLOCK samples, a row for each frequency."""
    at = torch.arange(BLOCK, dtype=torch.float32)
    rows = torch.cos(math.pi / BLOCK * (at[None, :] + 0.5) * at[:, None]) * math.sqrt(2.0 / BLOCK)
    rows[0] *= math.sqrt(0.5)
    return rows
