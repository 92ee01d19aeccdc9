"""How much pictures look like others, pixel by pixel: PSNR and SSIM, as the program's `compare` has them."""

import math

import numpy as np
from skimage.metrics import structural_similarity


def psnr(picture: np.ndarray, other: np.ndarray) -> float:
    """Peak signal-to-noise ratio of two uint8 pictures, dB; infinite where they are the same."""
    error = np.square(picture.astype(np.float64) - other.astype(np.float64)).mean()
    return math.inf if error == 0.0 else 10.0 * math.log10(255.0**2 / error)


def likeness(pictures: np.ndarray, others: np.ndarray) -> dict:
    """Means over pairs of uint8 (n, height, width, 3): {"psnr", "ssim", "identical"}.

    Pairs of identical pictures have no PSNR: they are counted, and left out of its mean, which is None
    if there is no other pair. SSIM is 1 for them.
    """
    decibels = [psnr(a, b) for a, b in zip(pictures, others, strict=True)]
    similarities = [structural_similarity(a, b, channel_axis=2) for a, b in zip(pictures, others, strict=True)]
    finite = [value for value in decibels if math.isfinite(value)]
    return {
        "psnr": round(sum(finite) / len(finite), 2) if finite else None,
        "ssim": round(float(np.mean(similarities)), 4),
        "identical": len(decibels) - len(finite),
    }
