"""PSNR and SSIM of the program against scikit-image."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

TOLERANCE = 1e-4  # of both, as decibels and as similarity


def smooth(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [np.sin(rows / 9 + k) * np.cos(columns / (5 + k)) for k in range(3)]
    return np.clip(128 + 100 * np.stack(waves, axis=-1), 0, 255).astype(np.uint8)


def noisy(picture: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, deviation, picture.shape)
    return np.clip(picture + noise, 0, 255).round().astype(np.uint8)


def random(height: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


PAIRS = {
    "smallest": (random(7, 7, 0), random(7, 7, 1)),
    "odd sizes": (random(33, 71, 0), random(33, 71, 1)),
    "one level": (smooth(64, 96), np.minimum(smooth(64, 96), 254) + np.uint8(1)),
    "a little noise": (smooth(256, 256), noisy(smooth(256, 256), 3)),
    "much noise": (smooth(131, 64), noisy(smooth(131, 64), 60)),
    "constant": (np.full((16, 9, 3), 3, np.uint8), np.full((16, 9, 3), 250, np.uint8)),
    "black and white": (np.zeros((20, 20, 3), np.uint8), np.full((20, 20, 3), 255, np.uint8)),
    "large": (smooth(700, 1024), noisy(smooth(700, 1024), 10)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_quality_is_that_of_scikit_image(build_dir: Path, tmp_path: Path, name: str) -> None:
    first, second = PAIRS[name]
    for file, picture in (("a", first), ("b", second)):
        (tmp_path / file).write_bytes(picture.tobytes())
    height, width, _ = first.shape
    words = [build_dir / "tests" / "compare_pictures", str(width), str(height), tmp_path / "a", tmp_path / "b"]
    psnr, ssim = map(float, subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())
    assert psnr == pytest.approx(peak_signal_noise_ratio(first, second, data_range=255), abs=TOLERANCE)
    expected = structural_similarity(first, second, data_range=255, channel_axis=-1)
    assert ssim == pytest.approx(expected, abs=TOLERANCE)
