"""Painting with analytic coverage: shapes are signed distances, edges are one pixel soft.

Pictures are float32 arrays (height, width, 3) in 0..1, display-referred. Coordinates are pixels
with x to the right and y downwards; the centre of the first pixel is (0.5, 0.5).
"""

import numpy as np

Array = np.ndarray
Colour = tuple[float, float, float]
Point = tuple[float, float]


def pixel_grid(size: int) -> tuple[Array, Array]:
    """x and y of all pixel centres, float32 (1, size) and (size, 1)."""
    centres = np.arange(size, dtype=np.float32) + 0.5
    return centres[None, :], centres[:, None]


def coverage(distance: Array, softness: float = 1.0) -> Array:
    """Share of a pixel (0..1) inside a shape whose edge, `softness` wide, lies `distance` away."""
    return np.clip(0.5 - distance / softness, 0.0, 1.0)


def ellipse(x: Array, y: Array, centre: Point, rx: float, ry: float) -> Array:
    """Approximate signed distance to an ellipse with half-axes rx and ry."""
    radius = np.sqrt(((x - centre[0]) / rx) ** 2 + ((y - centre[1]) / ry) ** 2)
    return (radius - 1.0) * min(rx, ry)


def box(x: Array, y: Array, left: float, top: float, right: float, bottom: float) -> Array:
    """Signed distance to an axis-aligned box."""
    return np.maximum(
        np.maximum(left - x, x - right),
        np.maximum(top - y, y - bottom),
    )


def segment(x: Array, y: Array, begin: Point, end: Point, half: float) -> Array:
    """Signed distance to a line from begin to end with round ends, `half` thick on each side."""
    dx, dy = end[0] - begin[0], end[1] - begin[1]
    along = ((x - begin[0]) * dx + (y - begin[1]) * dy) / max(dx * dx + dy * dy, 1e-6)
    along = np.clip(along, 0.0, 1.0)
    return np.hypot(x - begin[0] - along * dx, y - begin[1] - along * dy) - half


def polygon(x: Array, y: Array, corners: list[Point]) -> Array:
    """Signed distance to a convex polygon, corners clockwise as seen on the screen."""
    distance = None
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        length = max(float(np.hypot(x1 - x0, y1 - y0)), 1e-6)
        side = ((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / length
        distance = side if distance is None else np.maximum(distance, side)
    return distance


def blend(picture: Array, alpha: Array, colour: Colour | Array) -> None:
    """Lays a colour (or a picture) over `picture` in place, alpha (height, width) in 0..1."""
    picture += alpha[..., None] * (np.asarray(colour, dtype=np.float32) - picture)


def mix(first: Colour | Array, second: Colour | Array, share: float) -> Array:
    """first * (1 - share) + second * share, as a float32 array."""
    a, b = np.asarray(first, dtype=np.float32), np.asarray(second, dtype=np.float32)
    return a + (b - a) * np.float32(share)


def gradient(stops: list[tuple[float, Colour | Array]], t: Array) -> Array:
    """Piecewise linear colours at t: shape of t plus a last axis of 3."""
    positions = [stop for stop, _ in stops]
    colours = np.asarray([colour for _, colour in stops], dtype=np.float32)
    channels = [np.interp(t, positions, colours[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def smooth_noise(rng: np.random.Generator, length: int, cells: float, octaves: int) -> Array:
    """One-dimensional noise of `length` samples, about -1..1, with `cells` bumps and overtones."""
    total = np.zeros(length, dtype=np.float32)
    position = np.arange(length) / length
    for octave in range(octaves):
        knots = max(int(np.ceil(cells * 2**octave)) + 2, 3)
        values = rng.uniform(-1.0, 1.0, knots)
        at = position * cells * 2**octave
        cell = np.minimum(at.astype(int), knots - 2)
        share = at - cell
        share = share * share * (3.0 - 2.0 * share)
        total += (values[cell] * (1 - share) + values[cell + 1] * share) * 0.5**octave
    return total
