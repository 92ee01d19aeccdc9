"""The things that stand in a landscape, each drawn from its base line upwards.

Every function paints one object into `picture` in place. `x`, `y` are pixel coordinates, `base`
is the (x, y) of the middle of the foot and `height` the size in pixels. Colours are daylight
colours; `brush` applies the light of the hour and, for a reflection, the transparency.
"""

from dataclasses import dataclass

import numpy as np
from canvas import Array, Colour, blend, box, coverage, ellipse, polygon
from palette import LAMP, PAINT, ROCK, Light


@dataclass(frozen=True)
class Brush:
    """Paints shapes into a picture under a light.

    opacity: 1 for the thing itself, less for its mirror image in water.
    """

    picture: Array
    light: Light
    opacity: float = 1.0

    def paint(self, distance: Array, colour: Colour | Array, shade: Array | float = 1.0) -> None:
        """Fills a shape (signed distance) with a daylight colour times shade (0..1)."""
        lit = np.asarray(colour, dtype=np.float32) * np.asarray(self.light.tint, dtype=np.float32)
        if isinstance(shade, np.ndarray):
            lit = lit * shade[..., None]
        else:
            lit = lit * np.float32(shade)
        blend(self.picture, coverage(distance) * np.float32(self.opacity), lit)

    def lamp(self, distance: Array, dark: Colour) -> None:
        """Fills a window: `dark` by day, glowing by night."""
        tinted = np.asarray(dark, dtype=np.float32) * np.asarray(self.light.tint, np.float32)
        colour = tinted + (np.asarray(LAMP, np.float32) - tinted) * np.float32(self.light.lamps)
        blend(self.picture, coverage(distance) * np.float32(self.opacity), colour)


def draw_lighthouse(
    brush: Brush, x: Array, y: Array, base: tuple[float, float], height: float, paint: str
) -> None:
    """A tapered tower with three stripes, a gallery, a lantern room and a dome."""
    foot_x, foot_y = base
    foot, top = height * 0.13, height * 0.08
    tower = height * 0.74
    up = np.clip((foot_y - y) / tower, 0.0, 1.0)
    half = foot + (top - foot) * up
    body = np.maximum(np.abs(x - foot_x) - half, np.maximum(foot_y - tower - y, y - foot_y))
    shade = 1.0 - 0.38 * np.clip((x - foot_x) / half * 0.5 + 0.5, 0.0, 1.0)
    other = "white" if paint != "white" else "blue"
    brush.paint(body, PAINT[other], shade)
    for stripe in (0.0, 0.4, 0.8):
        band = np.maximum(foot_y - tower * (stripe + 0.2) - y, y - foot_y + tower * stripe)
        brush.paint(np.maximum(body, band), PAINT[paint], shade)
    deck = foot_y - tower
    room, room_top = top * 0.72, deck - height * 0.12
    glass = box(x, y, foot_x - room, room_top, foot_x + room, deck)
    brush.lamp(glass, (0.62, 0.75, 0.82))
    gallery = box(
        x, y, foot_x - top * 1.35, deck - height * 0.015, foot_x + top * 1.35, deck + height * 0.02
    )
    brush.paint(gallery, (0.20, 0.19, 0.21))
    roof = polygon(
        x,
        y,
        [
            (foot_x - room * 1.35, room_top),
            (foot_x, room_top - height * 0.13),
            (foot_x + room * 1.35, room_top),
        ],
    )
    brush.paint(roof, PAINT["red"] if paint in ("red", "white") else (0.25, 0.25, 0.30), 0.85)
    door = box(x, y, foot_x - foot * 0.3, foot_y - height * 0.1, foot_x + foot * 0.3, foot_y)
    brush.paint(door, (0.25, 0.18, 0.14))


def draw_beam(picture: Array, x: Array, y: Array, lamp: tuple[float, float], glow: float) -> None:
    """Two light cones and a halo around a lighthouse's lamp, glow in 0..1."""
    dx, dy = x - lamp[0], y - lamp[1]
    far = np.abs(dx)
    cone = np.exp(-((dy / (1.5 + far * 0.11)) ** 2)) * np.exp(-far / 34.0)
    halo = np.exp(-np.sqrt(dx * dx + dy * dy) / 5.0)
    alpha = np.clip((cone * 0.55 + halo * 0.8) * glow, 0.0, 1.0)
    blend(picture, alpha, (1.0, 0.92, 0.62))


def draw_house(
    brush: Brush, x: Array, y: Array, base: tuple[float, float], height: float, paint: str
) -> None:
    """A cottage: walls, gable roof, chimney, door and two windows."""
    foot_x, foot_y = base
    half, wall = height * 0.52, height * 0.52
    eaves = foot_y - wall
    chimney_x = foot_x + half * 0.5
    chimney = box(
        x, y, chimney_x - height * 0.06, foot_y - height, chimney_x + height * 0.06, eaves
    )
    brush.paint(chimney, (0.45, 0.28, 0.24))
    shade = 1.0 - 0.18 * np.clip((x - foot_x) / half * 0.5 + 0.5, 0.0, 1.0)
    brush.paint(box(x, y, foot_x - half, eaves, foot_x + half, foot_y), PAINT[paint], shade)
    roof = polygon(
        x,
        y,
        [
            (foot_x - half * 1.18, eaves),
            (foot_x - half * 0.55, foot_y - height * 0.96),
            (foot_x + half * 0.55, foot_y - height * 0.96),
            (foot_x + half * 1.18, eaves),
        ],
    )
    dark = (0.36, 0.22, 0.20) if paint not in ("white", "yellow") else (0.66, 0.26, 0.18)
    brush.paint(roof, dark)
    door = box(x, y, foot_x - height * 0.08, foot_y - wall * 0.68, foot_x + height * 0.08, foot_y)
    brush.paint(door, (0.30, 0.19, 0.12))
    for side in (-0.58, 0.58):
        middle = foot_x + half * side
        pane = box(
            x,
            y,
            middle - height * 0.10,
            eaves + wall * 0.28,
            middle + height * 0.10,
            eaves + wall * 0.68,
        )
        brush.lamp(pane, (0.38, 0.52, 0.66))


def draw_boat(
    brush: Brush, x: Array, y: Array, base: tuple[float, float], height: float, paint: str
) -> None:
    """A sailing boat seen from the side: hull, mast, main sail and foresail."""
    foot_x, foot_y = base
    half, deck = height * 0.42, foot_y - height * 0.15
    hull = polygon(
        x,
        y,
        [
            (foot_x - half, deck),
            (foot_x + half * 1.15, deck - height * 0.03),
            (foot_x + half * 0.7, foot_y),
            (foot_x - half * 0.75, foot_y),
        ],
    )
    mast = box(x, y, foot_x - height * 0.018, foot_y - height, foot_x + height * 0.018, deck)
    brush.paint(mast, (0.35, 0.24, 0.16))
    main = polygon(
        x,
        y,
        [
            (foot_x - height * 0.03, foot_y - height * 0.97),
            (foot_x - height * 0.03, deck - height * 0.06),
            (foot_x - half * 0.92, deck - height * 0.06),
        ],
    )
    shade = 1.0 - 0.22 * np.clip((foot_x - x) / half, 0.0, 1.0) + 0.0 * y
    brush.paint(main, PAINT[paint], shade)
    fore = polygon(
        x,
        y,
        [
            (foot_x + height * 0.03, foot_y - height * 0.86),
            (foot_x + half * 0.95, deck - height * 0.07),
            (foot_x + height * 0.03, deck - height * 0.07),
        ],
    )
    brush.paint(fore, PAINT[paint], 0.84)
    brush.paint(hull, (0.42, 0.26, 0.16) if paint != "white" else (0.60, 0.18, 0.14))


def draw_trees(
    brush: Brush,
    x: Array,
    y: Array,
    base: tuple[float, float],
    height: float,
    ground: str,
    rng: np.random.Generator,
) -> None:
    """A group of three trees: firs on snow, palms in the desert and by the sea, else broadleaf."""
    draw = {"snow": _draw_fir, "desert": _draw_palm, "sea": _draw_palm}.get(ground, _draw_broadleaf)
    for offset, scale in ((-0.42, 0.72), (0.45, 0.8), (0.0, 1.0)):
        size = height * scale * rng.uniform(0.9, 1.1)
        foot = (base[0] + height * offset * rng.uniform(0.85, 1.15), base[1] + rng.uniform(-1, 1))
        draw(brush, x, y, foot, size, rng)


def _draw_fir(brush, x, y, foot, height, rng) -> None:
    trunk = box(
        x, y, foot[0] - height * 0.05, foot[1] - height * 0.2, foot[0] + height * 0.05, foot[1]
    )
    brush.paint(trunk, (0.30, 0.21, 0.15))
    green = (0.12 + rng.uniform(0, 0.05), 0.34 + rng.uniform(0, 0.06), 0.24)
    for bottom, top, half in ((0.12, 0.55, 0.27), (0.34, 0.78, 0.21), (0.58, 1.0, 0.14)):
        corners = [
            (foot[0] - height * half, foot[1] - height * bottom),
            (foot[0], foot[1] - height * top),
            (foot[0] + height * half, foot[1] - height * bottom),
        ]
        cone = polygon(x, y, corners)
        brush.paint(cone, green, 0.8 + 0.3 * top)
        snow = np.maximum(cone, y - foot[1] + height * (top - 0.16) + 0.0 * x)
        brush.paint(snow, (0.93, 0.95, 1.0))


def _draw_palm(brush, x, y, foot, height, rng) -> None:
    lean = rng.uniform(-0.14, 0.14) * height
    up = np.clip((foot[1] - y) / (height * 0.85), 0.0, 1.0)
    stem = np.abs(x - foot[0] - lean * up * up) - height * (0.05 - 0.02 * up)
    stem = np.maximum(stem, np.maximum(foot[1] - height * 0.85 - y, y - foot[1]))
    brush.paint(stem, (0.47, 0.33, 0.20))
    crown = (foot[0] + lean, foot[1] - height * 0.85)
    for angle in np.linspace(-0.35, np.pi + 0.35, 7):
        along_x, along_y = np.cos(angle), -np.sin(angle) * 0.62
        dx, dy = x - crown[0], y - crown[1]
        along = dx * along_x + dy * along_y
        droop = np.clip(along / (height * 0.4), 0, 1) ** 2 * height * 0.16
        across = np.abs(dx * -along_y + (dy - droop) * along_x)
        reach = height * 0.36
        width = height * 0.065 * np.clip(1.15 - along / reach, 0, 1)
        leaf = np.maximum(across - width, np.maximum(-along, along - reach))
        brush.paint(leaf, (0.16, 0.44, 0.20), 0.85 + 0.25 * abs(along_x))


def _draw_broadleaf(brush, x, y, foot, height, rng) -> None:
    trunk = box(
        x, y, foot[0] - height * 0.06, foot[1] - height * 0.45, foot[0] + height * 0.06, foot[1]
    )
    brush.paint(trunk, (0.36, 0.25, 0.17))
    green = np.asarray((0.16, 0.40, 0.13)) + rng.uniform(-0.03, 0.06, 3)
    for dx, up, radius in ((-0.16, 0.5, 0.22), (0.17, 0.52, 0.22), (0.0, 0.70, 0.27)):
        centre = (foot[0] + height * dx, foot[1] - height * up)
        blob = ellipse(x, y, centre, height * radius, height * radius)
        light = 0.78 + 0.3 * np.clip((centre[1] - y) / (height * radius) * 0.5 + 0.5, 0, 1)
        brush.paint(blob, green, light + 0.0 * x)


def draw_islet(
    brush: Brush, x: Array, y: Array, base: tuple[float, float], half: float, grassy: bool
) -> None:
    """The rock or grassy mound an object stands on in the sea; its top is at the base."""
    mound = ellipse(x, y, (base[0], base[1] + half * 0.32), half, half * 0.36)
    mound = np.maximum(mound, y - base[1] - half * 0.32 + 0.0 * x)
    shade = 1.05 - 0.5 * np.clip((y - base[1]) / (half * 0.36), 0.0, 1.0) + 0.0 * x
    brush.paint(mound, (0.34, 0.46, 0.24) if grassy else ROCK, shade)
