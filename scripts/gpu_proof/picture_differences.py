"""How pictures and latents differ, in a process that may import NumPy and Pillow.

Use: `picture_differences.py REFERENCE OTHER...`

Each is a folder with pictures and, for all or each of them, an array of latents (.npy). Prints a JSON object with, for
every other folder, by its name: `psnr`, a list, null where pictures are equal; `latents`, |other - reference| /
|reference|, a list; `equal`, whether latents are, a list.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image


def signal_to_noise(reference: np.ndarray, other: np.ndarray) -> float | None:
    """Peak signal-to-noise ratio in decibels of 8-bit pictures; None where they are equal."""
    error = np.mean((reference.astype(np.float64) - other) ** 2)
    return None if error == 0 else float(10 * np.log10(255**2 / error))


def latents_in(folder: Path, files: list[Path]) -> list[np.ndarray]:
    """Those of all images in a folder's files of these names."""
    return [image for file in files for image in np.load(folder / file.name)]


def differences(reference: Path, other: Path) -> dict[str, list]:
    """What is printed of one folder."""
    pictures = sorted(path.name for path in reference.glob("*.png"))
    pairs = [[np.asarray(Image.open(folder / name)) for folder in (reference, other)] for name in pictures]
    ours, theirs = (latents_in(folder, sorted(reference.glob("*.npy"))) for folder in (reference, other))
    far = [float(np.linalg.norm(b - a) / np.linalg.norm(a)) for a, b in zip(ours, theirs, strict=True)]
    equal = [bool(np.array_equal(a, b)) for a, b in zip(ours, theirs, strict=True)]
    return {"psnr": [signal_to_noise(*pair) for pair in pairs], "latents": far, "equal": equal}


if __name__ == "__main__":
    first, *others = map(Path, sys.argv[1:])
    print(json.dumps({folder.name: differences(first, folder) for folder in others}))
