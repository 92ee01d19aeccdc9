"""Groups of three trees: broadleaf, firs or palms. `foot` is the middle of the foot of a trunk."""

import numpy as np

from drawing.canvas import Point, box, ellipse, polygon
from drawing.palette import SNOW, WOOD
from drawing.view import Brush

HEIGHT = 0.28
FOOT = 0.75


def draw_trees(brush: Brush, kind: str, base: Point, height: float, rng: np.random.Generator) -> None:
    """Three trees of a kind of scenes.ATTRIBUTES["trees"], the middle one tallest and nearest."""
    draw = {"broadleaf": _broadleaf, "firs": _fir, "palms": _palm}[kind]
    for offset, scale in ((-0.44, 0.74), (0.46, 0.8), (0.0, 1.0)):
        size = height * scale * rng.uniform(0.9, 1.1)
        foot = (base[0] + height * offset * rng.uniform(0.85, 1.15), base[1] + rng.uniform(-1, 2))
        draw(brush, foot, size, rng)


def _snowy(brush: Brush) -> bool:
    return brush.view.land == "snow"


def _fir(brush: Brush, foot: Point, height: float, rng: np.random.Generator) -> None:
    x, y = brush.x, brush.y
    half = height * 0.05
    brush.paint(box(x, y, foot[0] - half, foot[1] - height * 0.2, foot[0] + half, foot[1]), WOOD, 0.75)
    green = (0.10 + rng.uniform(0, 0.05), 0.32 + rng.uniform(0, 0.06), 0.22)
    for bottom, top, wide in ((0.12, 0.55, 0.28), (0.34, 0.78, 0.22), (0.58, 1.0, 0.15)):
        corners = [
            (foot[0] - height * wide, foot[1] - height * bottom),
            (foot[0], foot[1] - height * top),
            (foot[0] + height * wide, foot[1] - height * bottom),
        ]
        cone = polygon(x, y, corners)
        brush.paint(cone, green, brush.across(foot[0], height * wide, 0.35) * (0.85 + 0.25 * top))
        if _snowy(brush):
            snow = np.maximum(cone, y - foot[1] + height * (top - 0.17) + 0.0 * x)
            brush.paint(snow, SNOW)


def _palm(brush: Brush, foot: Point, height: float, rng: np.random.Generator) -> None:
    x, y = brush.x, brush.y
    lean = rng.uniform(-0.16, 0.16) * height
    up = np.clip((foot[1] - y) / (height * 0.85), 0.0, 1.0)
    stem = np.abs(x - foot[0] - lean * up * up) - height * (0.05 - 0.02 * up)
    stem = np.maximum(stem, np.maximum(foot[1] - height * 0.85 - y, y - foot[1]))
    brush.paint(stem, (0.47, 0.33, 0.20))
    crown = (foot[0] + lean, foot[1] - height * 0.85)
    dx, dy, reach = x - crown[0], y - crown[1], height * 0.4
    for angle in np.linspace(-0.35, np.pi + 0.35, 7):
        out_x, out_y = np.cos(angle), -np.sin(angle) * 0.62
        along = dx * out_x + dy * out_y
        droop = np.clip(along / reach, 0, 1) ** 2 * height * 0.18
        across = np.abs(dx * -out_y + (dy - droop) * out_x)
        width = height * 0.072 * np.clip(1.15 - along / reach, 0, 1)
        leaf = np.maximum(across - width, np.maximum(-along, along - reach))
        brush.paint(leaf, (0.16, 0.44, 0.20), 0.85 + 0.25 * abs(out_x))


def _broadleaf(brush: Brush, foot: Point, height: float, rng: np.random.Generator) -> None:
    x, y = brush.x, brush.y
    half = height * 0.055
    brush.paint(box(x, y, foot[0] - half, foot[1] - height * 0.45, foot[0] + half, foot[1]), WOOD, 0.85)
    green = np.asarray((0.18, 0.42, 0.14)) + rng.uniform(-0.03, 0.06, 3)
    for dx, up, radius in ((-0.17, 0.5, 0.23), (0.18, 0.52, 0.23), (0.0, 0.71, 0.28)):
        centre = (foot[0] + height * dx, foot[1] - height * up)
        size = height * radius
        blob = ellipse(x, y, centre, size, size)
        light = 0.76 + 0.32 * np.clip((centre[1] - y) / size * 0.5 + 0.5, 0, 1)
        brush.paint(blob, green, light * brush.across(centre[0], size, 0.2))
        if _snowy(brush):
            top = np.maximum(blob, y - centre[1] + size * 0.45 + 0.0 * x)
            brush.paint(top, SNOW)
