"""How much of a look a picture has: snow on the ground, the colours of a palette.

Pictures are uint8 (height, width, 3).
"""

import numpy as np
from drawing.canvas import Array, gradient
from drawing.palette import BY_BRIGHTNESS


def whiteness(picture: Array) -> float:
    """The lower third's mean of the least of red, green and blue, 0..1: high where it is bright and of no colour."""
    return float(picture[-(len(picture) // 3) :].min(axis=2).mean() / 255.0)


def distance_to_palette(picture: Array, palette: str) -> float:
    """Mean distance of the pixels to the nearest colour of the palette, in 0..1 along a channel."""
    curve = gradient(list(BY_BRIGHTNESS[palette]), np.linspace(0.0, 1.0, 65))
    colours = picture[::4, ::4].reshape(-1, 1, 3) / 255.0
    return float(np.linalg.norm(colours - curve, axis=2).min(axis=1).mean())
