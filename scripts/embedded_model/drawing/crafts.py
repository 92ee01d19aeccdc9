"""What moves: a sailing boat on the water, a balloon or a flock of birds in the sky."""

import numpy as np

from drawing.canvas import Point, blend, box, coverage, ellipse, polygon, segment
from drawing.palette import LAMP, PAINT, WOOD
from drawing.view import Brush, View

BOAT_HEIGHT = 0.36
BALLOON_HEIGHT = 0.3


def draw_boat(brush: Brush, base: Point, height: float, paint: str) -> None:
    """A sailing boat seen from the side: hull, mast, main sail and foresail."""
    x, y, (foot_x, foot_y) = brush.x, brush.y, base
    half, deck = height * 0.44, foot_y - height * 0.16
    hull = [
        (foot_x - half, deck),
        (foot_x + half * 1.15, deck - height * 0.03),
        (foot_x + half * 0.7, foot_y),
        (foot_x - half * 0.75, foot_y),
    ]
    mast = box(x, y, foot_x - height * 0.018, foot_y - height, foot_x + height * 0.018, deck)
    brush.paint(mast, WOOD, 0.8)
    main = [
        (foot_x - height * 0.03, foot_y - height * 0.97),
        (foot_x - height * 0.03, deck - height * 0.06),
        (foot_x - half * 0.92, deck - height * 0.06),
    ]
    colour = PAINT[paint]
    brush.paint(polygon(x, y, main), colour, brush.across(foot_x - half / 2, half / 2, 0.2))
    fore = [
        (foot_x + height * 0.03, foot_y - height * 0.86),
        (foot_x + half * 0.95, deck - height * 0.07),
        (foot_x + height * 0.03, deck - height * 0.07),
    ]
    brush.paint(polygon(x, y, fore), colour, 0.86)
    brush.paint(polygon(x, y, hull), WOOD)
    rail = np.maximum(polygon(x, y, hull), y - deck - height * 0.035 + 0.0 * x)
    brush.paint(rail, (0.93, 0.9, 0.84))


def draw_balloon(brush: Brush, top: Point, height: float, paint: str) -> None:
    """A hot-air balloon hanging from `top`: a coloured envelope with pale gores, ropes, a basket."""
    x, y, (middle, roof) = brush.x, brush.y, top
    radius = height * 0.36
    centre = (middle, roof + radius)
    taper = [
        (middle - radius * 0.93, centre[1] + radius * 0.36),
        (middle + radius * 0.93, centre[1] + radius * 0.36),
        (middle + radius * 0.26, roof + height * 0.8),
        (middle - radius * 0.26, roof + height * 0.8),
    ]
    basket = height * 0.075
    for side in (-1, 1):
        begin = (middle + side * radius * 0.24, roof + height * 0.79)
        end = (middle + side * basket * 0.9, roof + height * 0.9)
        brush.paint(segment(x, y, begin, end, height * 0.008), WOOD, 0.6)
    brush.paint(box(x, y, middle - basket, roof + height * 0.89, middle + basket, roof + height), WOOD)
    envelope = np.minimum(ellipse(x, y, centre, radius, radius), polygon(x, y, taper))
    shade = brush.across(middle, radius, 0.3)
    brush.paint(envelope, PAINT[paint], shade)
    burner = 0.45 * brush.view.light.lamps * np.exp(-np.hypot(x - middle, y - centre[1]) / radius)
    pale = (0.55, 0.55, 0.60) if paint == "white" else PAINT["white"]
    drop = np.clip((y - roof) / (height * 0.8), 0.0, 1.0)
    bulge = radius * np.sqrt(np.clip(1.0 - (2.0 * drop * 0.8 - 0.72) ** 2, 0.05, 1.0))
    for begin, end in ((-0.62, -0.3), (0.3, 0.62)):
        gore = np.maximum(begin * bulge - (x - middle), (x - middle) - end * bulge)
        brush.paint(np.maximum(envelope, gore), pale, shade)
    lit = np.asarray(PAINT[paint], np.float32) * 0.7 + np.asarray(LAMP, np.float32) * 0.3
    blend(brush.picture, coverage(envelope) * burner * brush.opacity, lit)


def draw_birds(view: View, middle: Point, rng: np.random.Generator) -> None:
    """Five birds in a loose flock, each two bent wings, dark against the sky."""
    night = view.scene.hour == "night"
    colour = (0.62, 0.66, 0.78) if night else (0.12, 0.11, 0.16)
    for dx, dy in ((0.0, 0.0), (-0.085, 0.05), (0.085, 0.045), (-0.02, 0.105), (0.1, -0.045)):
        jitter = rng.uniform(-0.012, 0.012, 2)
        centre = (middle[0] + (dx + jitter[0]) * view.unit, middle[1] + (dy + jitter[1]) * view.unit)
        span, thick = view.unit * rng.uniform(0.032, 0.042), view.unit * 0.0065
        brush = Brush(view, centre, span * 2)
        lift = rng.uniform(0.3, 0.6)
        for side in (-1, 1):
            elbow = (centre[0] + side * span * 0.5, centre[1] - span * lift)
            tip = (centre[0] + side * span, centre[1] - span * lift * 0.55)
            for begin, end, half in ((centre, elbow, thick), (elbow, tip, thick * 0.8)):
                wing = segment(brush.x, brush.y, begin, end, half)
                blend(brush.picture, coverage(wing), colour)
