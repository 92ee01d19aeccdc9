"""What every painter of a picture needs: the canvas, the scene, its light, and where things are."""

from dataclasses import dataclass

import numpy as np
from world.scenes import Scene

from drawing.canvas import Array, Colour, Point, blend, coverage, pixel_grid
from drawing.palette import LAMP, LIGHTS, SNOW, Light

PLACE_X = {"left": 0.21, "centre": 0.5, "right": 0.79}
# How much the lamps of the evening lighten the things near them.
NEAR_LAMPS = 0.16
SUN_HEIGHT = {"dawn": 0.36, "day": 0.72, "dusk": 0.32, "night": 0.72}


@dataclass
class View:
    """One picture in the making. Lengths are in pixels; `unit` is the size of the picture.

    horizon: y of the line where the sky ends.
    sun:     where the sun or moon stands, None if hidden.
    winter:  whether snow lies on everything and the sea is frozen.
    """

    scene: Scene
    size: int
    rng: np.random.Generator
    light: Light
    unit: float
    x: Array
    y: Array
    horizon: float
    sun: Point | None
    picture: Array
    winter: bool

    @staticmethod
    def of(scene: Scene, size: int, winter: bool = False) -> "View":
        """An empty picture of the scene."""
        rng = np.random.default_rng(scene.seed)
        x, y = pixel_grid(size)
        horizon = size * rng.uniform(0.56, 0.66)
        jitter = rng.uniform(-0.05, 0.05, 2)
        sun = None
        if scene.light != "hidden":
            above = SUN_HEIGHT[scene.hour] + jitter[1]
            sun = ((PLACE_X[scene.light] + jitter[0]) * size, horizon * (1.0 - above))
        black = np.zeros((size, size, 3), dtype=np.float32)
        return View(scene, size, rng, LIGHTS[scene.hour], float(size), x, y, horizon, sun, black, winter)

    @property
    def land(self) -> str:
        """What the ground looks like, a value of scenes.ATTRIBUTES["ground"]."""
        return "snow" if self.winter else self.scene.ground

    def tinted(self, colour: Colour | Array, lamps: float = 0.0) -> Array:
        """A daylight colour in the light of the hour, brightened by a share of its lamps' light."""
        tint = np.asarray(self.light.tint, np.float32)
        tint = tint + (1.0 - tint) * np.float32(lamps * self.light.lamps)
        return np.asarray(colour, np.float32) * tint

    def sunward(self, x: float) -> float:
        """-1 if the light comes from the left of x, 1 if from the right; -1 without a sun."""
        return -1.0 if self.sun is None or self.sun[0] <= x else 1.0


class Brush:
    """Paints shapes in a window of a view: the thing itself or its mirror image in water."""

    def __init__(self, view: View, middle: Point, reach: float, mirror: float | None = None) -> None:
        """A window `reach` pixels around `middle`; `mirror` is the y of the water line."""
        self.view, self.opacity = view, 1.0 if mirror is None else 0.36
        centre_y = middle[1] if mirror is None else 2.0 * mirror - middle[1]
        left, top = int(max(middle[0] - reach, 0)), int(max(centre_y - reach, 0))
        rows = slice(top, max(int(centre_y + reach) + 1, top))
        columns = slice(left, max(int(middle[0] + reach) + 1, left))
        self.picture = view.picture[rows, columns]
        self.x, y = view.x[:, columns], view.y[rows]
        self.y = y if mirror is None else 2.0 * mirror - y
        self.covered = np.zeros(self.picture.shape[:2], np.float32)

    def paint(
        self,
        distance: Array,
        colour: Colour | Array,
        shade: Array | float = 1.0,
        opacity: float = 1.0,
    ) -> None:
        """Fills a shape (signed distance) with a daylight colour times shade (0..1)."""
        lit = self.view.tinted(colour, NEAR_LAMPS)
        lit = lit * (shade[..., None] if isinstance(shade, np.ndarray) else np.float32(shade))
        self._cover(coverage(distance) * np.float32(self.opacity * opacity), lit)

    def lamp(self, distance: Array, dark: Colour) -> None:
        """Fills a window: `dark` by day, glowing by night."""
        tinted = self.view.tinted(dark)
        colour = tinted + (np.asarray(LAMP, np.float32) - tinted) * np.float32(self.view.light.lamps)
        self._cover(coverage(distance) * np.float32(self.opacity), colour)

    def across(self, middle: float, half: Array | float, dark: float = 0.4) -> Array:
        """Shade of a round or square body: 1 on the side of the light, 1 - dark on the other."""
        side = (self.x - middle) / half * -self.view.sunward(middle)
        return 1.0 - dark * np.clip(0.5 + 0.5 * side, 0.0, 1.0) + 0.0 * self.y

    def snow(self, depth: float) -> None:
        """Lays snow on what was painted so far, `depth` pixels deep, where there is nothing right above it."""
        rows = max(round(depth), 1)
        above = np.zeros_like(self.covered)
        above[rows:] = self.covered[:-rows]
        blend(self.picture, self.covered * (1.0 - above), self.view.tinted(SNOW, NEAR_LAMPS))

    def _cover(self, alpha: Array, colour: Colour | Array) -> None:
        np.maximum(self.covered, alpha, out=self.covered)
        blend(self.picture, alpha, colour)
