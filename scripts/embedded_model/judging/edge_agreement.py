"""How well pictures have the edges that they were steered by."""

import numpy as np
from skimage.morphology import dilation

# Pixels that an edge may be off.
TOLERANCE = 2


def edge_f1(found: np.ndarray, wanted: np.ndarray, tolerance: int = TOLERANCE) -> float:
    """The harmonic mean of precision and recall, 0 to 1; bool (height, width).

    An edge pixel counts as right where the other picture has one at most `tolerance` pixels away, along both sides.
    """
    precision, recall = _share_near(found, wanted, tolerance), _share_near(wanted, found, tolerance)
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def _share_near(edges: np.ndarray, others: np.ndarray, tolerance: int) -> float:
    if not edges.any():
        return 0.0
    near = dilation(others, np.ones((2 * tolerance + 1, 2 * tolerance + 1), bool))
    return float((edges & near).sum() / edges.sum())
