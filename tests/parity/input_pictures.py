"""Pictures and masks to begin from, made up: smooth colours, edges, noise, and no side that is like another."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

FOLDER = tempfile.TemporaryDirectory(prefix="deepcache-gen-input-pictures-")
# width, height
SIZES = {"photo": (150, 116), "odd": (131, 75), "small": (48, 40)}
# The masks: what they lie on, and the ellipse that is painted anew, as parts of the sides.
MASKS = {
    "disc": ("photo", (0.25, 0.3, 0.7, 0.95)),
    "corner": ("photo", (-0.2, -0.1, 0.4, 0.5)),
    "other-size": ("odd", (0.3, 0.2, 0.8, 0.7)),
}


@cache
def picture_file(name: str) -> Path:
    """The PNG file of a picture or a mask."""
    path = Path(FOLDER.name) / f"{name}.png"
    (_mask(name) if name in MASKS else _picture(name)).save(path)
    return path


def picture(name: str) -> Image.Image:
    """The picture, RGB."""
    return Image.open(picture_file(name)).convert("RGB")


def mask(name: str, blur: float | None = None) -> Image.Image:
    """The mask, grey, blurred as diffusers' mask processor does it."""
    from diffusers.image_processor import VaeImageProcessor

    grey = Image.open(picture_file(name)).convert("L")
    return VaeImageProcessor.blur(grey, blur) if blur else grey


def _picture(name: str) -> Image.Image:
    width, height = SIZES[name]
    rows, columns = np.mgrid[:height, :width] / np.array([height, width])[:, None, None]
    waves = [np.sin(2 * np.pi * (a * columns + b * rows + c)) for a, b, c in ((1, 2, 0), (3, -1, 0.3), (-2, 5, 0.7))]
    noise = np.random.default_rng(len(name)).normal(0, 20, (height, width, 3))
    levels = 128 + 90 * np.stack(waves, axis=-1) + noise
    made = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
    ImageDraw.Draw(made).rectangle((width // 3, height // 4, width // 2, height // 2), fill=(250, 240, 20))
    return made


def _mask(name: str) -> Image.Image:
    """White on black, with a ring of grey: levels around the one that divides them, 127 and 128."""
    below, ellipse = MASKS[name]
    width, height = SIZES[below]
    left, top, right, bottom = (part * (width, height)[index % 2] for index, part in enumerate(ellipse))
    made = Image.new("L", (width, height))
    for ring, level in enumerate((90, 127, 128, 160, 255)):
        grown = 8 - 2 * ring
        ImageDraw.Draw(made).ellipse((left - grown, top - grown, right + grown, bottom + grown), fill=level)
    return made
