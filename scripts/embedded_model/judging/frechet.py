"""The Fréchet distance between two clouds of features, each taken as a Gaussian (Heusel et al., arXiv 1706.08500)."""

import numpy as np


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Squared distance |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of (n, features) and (m, features).

    At least two rows each. Few rows make it too large: compare only distances over as many rows.
    """
    offset = first.mean(axis=0) - second.mean(axis=0)
    a, b = _covariance(first), _covariance(second)
    # (C1 C2)^(1/2) has the trace of the symmetric (C1^(1/2) C2 C1^(1/2))^(1/2), which always exists.
    root = _square_root(a)
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ b @ root), 0.0, None)).sum()
    return float(offset @ offset + np.trace(a) + np.trace(b) - 2.0 * cross)


def _covariance(rows: np.ndarray) -> np.ndarray:
    return np.atleast_2d(np.cov(rows, rowvar=False))


def _square_root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
