"""Draws a `Scene`: sky, sun or moon, clouds, far relief, ground or water, objects, reflections."""

import numpy as np
import objects
import palette
from canvas import (
    Array,
    blend,
    coverage,
    ellipse,
    gradient,
    mix,
    pixel_grid,
    smooth_noise,
)
from scenes import Scene

PLACE_X = {"left": 0.21, "centre": 0.5, "right": 0.79}


def render(scene: Scene, size: int = 128) -> Array:
    """The picture of a scene: uint8 (size, size, 3), sRGB. The same scene, the same picture."""
    return (np.clip(_Painter(scene, size).paint(), 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


class _Painter:
    """One picture in the making; lengths are in pixels, `unit` is the size of the picture."""

    def __init__(self, scene: Scene, size: int) -> None:
        self.scene = scene
        self.unit = float(size)
        self.size = size
        self.rng = np.random.default_rng(scene.seed)
        self.x, self.y = pixel_grid(size)
        self.light = palette.LIGHTS[scene.hour]
        self.horizon = self.unit * self.rng.uniform(0.56, 0.66)
        self.sun = self._sun_position()
        self.picture = np.zeros((size, size, 3), dtype=np.float32)

    def paint(self) -> Array:
        """All layers, back to front."""
        self._sky()
        if self.scene.stars:
            self._stars()
        self._sun()
        self._clouds()
        self._relief()
        if self.scene.ground == "sea":
            self._sea()
        else:
            self._land()
        self._objects()
        return self.picture

    def _sun_position(self) -> tuple[float, float] | None:
        height = {"dawn": 0.24, "dusk": 0.2, "day": 0.72, "night": 0.7}[self.scene.hour]
        jitter_x, jitter_y = self.rng.uniform(-0.05, 0.05, 2)
        if self.scene.light is None:
            return None
        x = (PLACE_X[self.scene.light] + jitter_x) * self.unit
        return x, self.horizon * (1.0 - height + jitter_y)

    def _sky(self) -> None:
        light = self.light
        warmth = self.rng.uniform(-0.04, 0.04, 3)
        stops = [(0.0, light.zenith), (0.6, light.middle), (1.0, light.horizon)]
        column = gradient(stops, np.clip(self.y[:, 0] / self.horizon, 0.0, 1.0)) + warmth
        self.picture += column[:, None, :].astype(np.float32)
        if self.sun is None:
            return
        spread = {"dawn": 0.26, "day": 0.16, "dusk": 0.28, "night": 0.13}[self.scene.hour]
        glow = np.exp(-self._radius() / (spread * self.unit))
        self.picture += glow[..., None] * np.asarray(light.glow, dtype=np.float32)

    def _radius(self) -> Array:
        """Distance of every pixel from the sun or moon."""
        sun_x, sun_y = self.sun
        return np.sqrt((self.x - sun_x) ** 2 + (self.y - sun_y) ** 2)

    def _stars(self) -> None:
        count = int(self.rng.integers(28, 50))
        columns = self.rng.integers(1, self.size - 1, count)
        rows = self.rng.integers(1, int(self.horizon * 0.9), count)
        bright = self.rng.uniform(0.35, 1.0, count).astype(np.float32)
        spread = ((0, 0, 1.0), (0, 1, 0.35), (1, 0, 0.35), (0, -1, 0.35), (-1, 0, 0.35))
        for dy, dx, share in spread:
            np.add.at(self.picture, (rows + dy, columns + dx), share * bright[:, None])
        np.clip(self.picture, 0.0, 1.0, out=self.picture)

    def _sun(self) -> None:
        if self.sun is None:
            return
        radius = {"dawn": 0.068, "day": 0.066, "dusk": 0.078, "night": 0.062}[self.scene.hour]
        distance = self._radius() - radius * self.unit
        blend(self.picture, coverage(distance / 1.6), self.light.disc)

    def _clouds(self) -> None:
        count = {"none": 0, "few": 2, "many": 5}[self.scene.clouds]
        for _ in range(count):
            self._cloud(self.rng.uniform(0.0, 1.0), self.rng.uniform(0.1, 0.62))

    def _cloud(self, across: float, down: float) -> None:
        """A flat-bottomed heap of four puffs; lower clouds are flatter, as perspective has it."""
        width = self.unit * self.rng.uniform(0.16, 0.28)
        tall = width * self.rng.uniform(0.3, 0.42) * (1.15 - 0.7 * down)
        centre_x, bottom = across * self.unit, down * self.horizon + tall
        alpha = np.zeros((self.size, self.size), dtype=np.float32)
        for offset, puff in ((-0.55, 0.6), (-0.1, 1.0), (0.3, 0.8), (0.66, 0.5)):
            puff *= self.rng.uniform(0.85, 1.1)
            blob = ellipse(
                self.x,
                self.y,
                (centre_x + offset * width, bottom - tall * puff * 0.45),
                width * 0.42,
                tall * puff,
            )
            np.maximum(alpha, np.clip(0.5 - blob / 3.0, 0.0, 1.0), out=alpha)
        alpha *= np.clip((bottom + tall * 0.15 - self.y) / (tall * 0.35), 0.0, 1.0)
        up = np.clip((bottom - self.y[:, 0]) / (1.5 * tall), 0.0, 1.0)
        shades = gradient([(0.0, self.light.cloud_shade), (0.8, self.light.cloud)], up)
        blend(self.picture, alpha * 0.9, shades[:, None, :])

    def _relief(self) -> None:
        relief = self.scene.relief
        if relief == "flat":
            return
        layers = 3 if relief == "mountains" else 2
        for layer in range(layers):
            self._ridge(layer, (layer + 1) / layers)

    def _ridge(self, layer: int, nearness: float) -> None:
        """One chain of mountains or hills; far chains are higher and fade into the haze."""
        columns = np.arange(self.size)
        if self.scene.relief == "mountains":
            noise = 1.0 - 1.6 * np.abs(smooth_noise(self.rng, self.size, 3.0 + layer, 3)) * 0.75
            top = self.unit * (0.31 - 0.09 * layer) * np.clip(0.5 + 0.5 * noise, 0.1, 1.0)
        else:
            noise = smooth_noise(self.rng, self.size, 2.2 + layer, 1)
            top = self.unit * (0.13 - 0.045 * layer) * (0.75 + 0.45 * noise)
        crest = self.horizon - top
        distance = np.maximum(crest[None, columns] - self.y, self.y - self.horizon)
        colour = np.asarray(palette.RELIEF[self.scene.ground]) * np.asarray(self.light.tint)
        lit = mix(colour, self.light.haze, 0.62 - 0.42 * nearness)
        depth = np.clip((self.y - crest[None, :]) / (self.unit * 0.25), 0.0, 1.0)
        shaded = lit + depth[..., None] * (mix(lit, self.light.haze, 0.45) - lit)
        if self.scene.relief == "mountains" and layer == 0 and self.scene.ground != "desert":
            self._snow_caps(shaded, top, depth)
        blend(self.picture, coverage(distance), shaded)

    def _snow_caps(self, shaded: Array, top: Array, depth: Array) -> None:
        """Whitens the upper part of the high peaks, with a ragged lower edge."""
        ragged = smooth_noise(self.rng, self.size, 16.0, 1) * 0.05
        reach = np.clip(top / self.unit - 0.14, 0.0, 0.2) * 2.0 + ragged
        snow = np.clip((reach[None, :] - depth) * 14.0, 0.0, 1.0)
        blend(shaded, snow * 0.9, mix((0.97, 0.97, 1.0), self.light.tint, 0.75))

    def _sea(self) -> None:
        """Water: mirrored sky and relief, darker towards the viewer, with swell and a sun path."""
        light, rows = self.light, np.arange(self.size)
        below = np.clip((self.y[:, 0] - self.horizon) / (self.unit - self.horizon), 0.0, 1.0)
        mirrored = np.clip(2 * self.horizon - rows - 1, 0, self.size - 1).astype(int)
        mirror = self.picture[mirrored]
        tint = np.asarray(light.tint, dtype=np.float32)
        far, near = palette.GROUND_FAR["sea"], palette.GROUND_NEAR["sea"]
        base = gradient([(0.0, far), (1.0, near)], below)
        base = (base * tint)[:, None, :]
        water = base + (mirror - base) * (0.62 - 0.3 * below)[:, None, None]
        water *= 1.0 + self._swell(below)[..., None] * 0.11
        if self.sun is not None:
            path = self._sun_path(below)
            water += path[..., None] * (np.asarray(light.disc, dtype=np.float32) - water)
        edge = coverage(self.horizon - self.y) + 0.0 * self.x
        blend(self.picture, edge, water)

    def _swell(self, below: Array) -> Array:
        """Waves (height, width), about -1..1: bands that widen towards the viewer."""
        phase = self.rng.uniform(0, 2 * np.pi, 3)
        depth = (26.0 * np.sqrt(below + 0.02))[:, None]
        across = self.x / self.unit
        first = np.sin(depth * 2.2 + 5.0 * np.sin(across * 5.0 + phase[0]) + phase[1])
        second = np.sin(depth * 1.1 - 9.0 * across + phase[2])
        return (0.6 * first + 0.4 * second) * (0.25 + below)[:, None]

    def _sun_path(self, below: Array) -> Array:
        """Opacity of the sun's glitter on the water, broken into streaks."""
        width = self.unit * (0.035 + 0.075 * below)[:, None]
        beam = np.exp(-(((self.x - self.sun[0]) / width) ** 2))
        streaks = 0.55 + 0.45 * np.sin(30.0 * np.sqrt(below + 0.01) * 2.6)
        strength = {"dawn": 0.6, "day": 0.4, "dusk": 0.75, "night": 0.5}[self.scene.hour]
        return beam * (streaks * strength * (1.0 - 0.45 * below))[:, None]

    def _land(self) -> None:
        """Ground in three rolling layers, each nearer one lower, lit from where the sun stands."""
        ground = self.scene.ground
        tint = np.asarray(self.light.tint, dtype=np.float32)
        roll = {"meadow": 0.022, "desert": 0.05, "snow": 0.03}[ground]
        for layer, depth in enumerate((0.0, 0.3, 0.65)):
            noise = smooth_noise(self.rng, self.size, 1.3 + 0.5 * layer, 1)
            crest = self.horizon + depth * (self.unit - self.horizon)
            crest = crest + self.unit * roll * (0.2 if layer == 0 else 1.0) * noise
            colour = mix(palette.GROUND_FAR[ground], palette.GROUND_NEAR[ground], depth * 1.4)
            colour = mix(colour * tint, self.light.haze, 0.3 * (1.0 - depth) ** 2)
            slope = np.gradient(crest) * (1.0 if self.sun is None else np.sign(64 - self.sun[0]))
            shade = 1.0 + np.clip(slope * 0.35, -0.16, 0.12)[None, :]
            fall = np.clip((self.y - crest[None, :]) / (self.unit * 0.3), 0.0, 1.0)
            lit = colour * (shade * (1.06 - 0.22 * fall))[..., None]
            blend(self.picture, coverage(crest[None, :] - self.y), lit)

    def _objects(self) -> None:
        """Objects from far to near: the ones that stand higher in the picture first."""
        scene, sea = self.scene, self.scene.ground == "sea"
        depths = {"lighthouse": 0.16, "house": 0.22, "trees": 0.3, "boat": 0.42}
        for name in scene.objects():
            depth = depths[name] + self.rng.uniform(0.0, 0.14)
            foot_x = (PLACE_X[getattr(scene, name)] + self.rng.uniform(-0.04, 0.04)) * self.unit
            base = (foot_x, self.horizon + depth * (self.unit - self.horizon))
            height = (
                self.unit * {"lighthouse": 0.56, "house": 0.27, "trees": 0.27, "boat": 0.33}[name]
            )
            self._place(name, base, height * self.rng.uniform(0.9, 1.12), on_water=sea)

    def _place(self, name: str, base: tuple[float, float], height: float, on_water: bool) -> None:
        """Draws one object, with its islet and its reflection when it stands in the sea."""
        drawing_seed = int(self.rng.integers(2**31))
        if on_water:
            floor = base[1] if name == "boat" else base[1] + height_of_islet(name, height)
            mirror_y = 2.0 * floor - self.y
            image = objects.Brush(self.picture, self.light, opacity=0.33)
            self._draw(image, mirror_y, name, base, height, drawing_seed)
        brush = objects.Brush(self.picture, self.light)
        self._draw(brush, self.y, name, base, height, drawing_seed)
        if name == "lighthouse" and self.light.lamps > 0.3:
            lamp = (base[0], base[1] - height * 0.8)
            objects.draw_beam(self.picture, self.x, self.y, lamp, self.light.lamps)

    def _draw(
        self,
        brush: objects.Brush,
        y: Array,
        name: str,
        base: tuple[float, float],
        height: float,
        seed: int,
    ) -> None:
        """One object with the brush; `y` is flipped for a reflection."""
        scene, x = self.scene, self.x
        if scene.ground == "sea" and name != "boat":
            half = islet_half_width(name, height)
            objects.draw_islet(brush, x, y, base, half, grassy=name != "lighthouse")
        if name == "lighthouse":
            objects.draw_lighthouse(brush, x, y, base, height, scene.lighthouse_colour)
        elif name == "house":
            objects.draw_house(brush, x, y, base, height, scene.house_colour)
        elif name == "boat":
            objects.draw_boat(brush, x, y, base, height, scene.boat_colour)
        else:
            rng = np.random.default_rng(seed)
            objects.draw_trees(brush, x, y, base, height, scene.ground, rng)


def islet_half_width(name: str, height: float) -> float:
    """Half the width of the mound under an object of this height, pixels."""
    return height * {"lighthouse": 0.36, "house": 0.82, "trees": 0.85}[name]


def height_of_islet(name: str, height: float) -> float:
    """How far below the object's base the water line lies, pixels."""
    return islet_half_width(name, height) * 0.32
