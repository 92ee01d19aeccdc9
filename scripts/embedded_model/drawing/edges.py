"""The edges of pictures: what the control net that comes with the model is steered by."""

import numpy as np
from skimage.color import rgb2gray
from skimage.feature import canny

# Standard deviation of the blur before, pixels; of the thresholds in 0..1 the lower one holds beside a stronger edge.
BLUR, LOW, HIGH = 1.4, 0.04, 0.1


def edges(picture: np.ndarray) -> np.ndarray:
    """Canny's edges of a uint8 picture (height, width, 3): bool (height, width)."""
    return canny(rgb2gray(picture), sigma=BLUR, low_threshold=LOW, high_threshold=HIGH)


def edge_picture(found: np.ndarray) -> np.ndarray:
    """White edges on black, uint8 (height, width, 3), as published control nets for edges have them."""
    return np.repeat(found[..., None] * np.uint8(255), 3, axis=2)
