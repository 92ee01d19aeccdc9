"""What lies under the sky: far relief, the sea with its reflections, and four kinds of land."""

import numpy as np

from drawing import palette
from drawing.canvas import Array, blend, coverage, ellipse, gradient, mix, smooth_noise
from drawing.view import View

SUN_PATH = {"dawn": 0.6, "day": 0.4, "dusk": 0.75, "night": 0.5}
ROLL = {"meadow": 0.022, "desert": 0.055, "snow": 0.03, "lavender": 0.012}


def paint_relief(view: View) -> None:
    """Hills, mountains or a volcano behind the ground; far chains fade into the haze."""
    relief = view.scene.relief
    if relief == "hills":
        for layer in range(2):
            _ridge(view, layer, 0.5 + 0.5 * layer)
    elif relief == "mountains":
        for layer in range(3):
            _ridge(view, layer, (layer + 1) / 3)
    elif relief == "volcano":
        _volcano(view)


def _ridge(view: View, layer: int, nearness: float) -> None:
    """One chain; its slopes are lighter where they face the sun."""
    mountains = view.scene.relief == "mountains"
    if mountains:
        noise = 1.0 - 1.2 * np.abs(smooth_noise(view.rng, view.size, 3.0 + layer, 3))
        top = view.unit * (0.33 - 0.09 * layer) * np.clip(0.5 + 0.5 * noise, 0.12, 1.0)
    else:
        noise = smooth_noise(view.rng, view.size, 2.2 + layer, 1)
        top = view.unit * (0.15 - 0.055 * layer) * (0.75 + 0.4 * noise)
    crest = view.horizon - top
    colour = view.tinted(palette.RELIEF[view.land])
    lit = mix(colour, view.light.haze, 0.6 - 0.42 * nearness)
    depth = np.clip((view.y - crest[None, :]) / (view.unit * 0.25), 0.0, 1.0)
    shaded = lit + depth[..., None] * (mix(lit, view.light.haze, 0.45) - lit)
    if mountains:
        shaded = shaded * _facets(view, crest, depth)[..., None]
        if view.winter or (layer == 0 and view.scene.ground != "desert"):
            _snow_caps(view, shaded, top, depth)
    elif view.winter:
        blend(shaded, 0.8 * (1.0 - 0.5 * depth), view.tinted(palette.SNOW))
    inside = np.maximum(crest[None, :] - view.y, view.y - view.horizon)
    blend(view.picture, coverage(inside), shaded)


def _facets(view: View, crest: Array, depth: Array) -> Array:
    """Light on mountain sides: by the slope of the crest above, fading towards the foot."""
    wide = max(view.size // 32, 1)
    slope = np.convolve(np.gradient(crest), np.ones(wide) / wide, mode="same")
    facing = np.clip(slope * view.sunward(view.unit / 2) * -1.0, -1.0, 1.0)
    return 1.0 + 0.26 * facing[None, :] * (1.0 - depth)


def _snow_caps(view: View, shaded: Array, top: Array, depth: Array) -> None:
    """Whitens the upper part of the high peaks, with a ragged lower edge."""
    ragged = smooth_noise(view.rng, view.size, 16.0, 1) * 0.05
    reach = np.clip(top / view.unit - (0.0 if view.winter else 0.14), 0.0, 0.2) * 2.0 + ragged
    snow = np.clip((reach[None, :] - depth) * 14.0, 0.0, 1.0)
    blend(shaded, snow * 0.9, mix((0.97, 0.97, 1.0), view.light.tint, 0.75))


def _volcano(view: View) -> None:
    """One tall cone with a glowing crater, lava on its side and a plume of smoke."""
    unit, middle = view.unit, view.unit * view.rng.uniform(0.3, 0.7)
    height, lip = unit * view.rng.uniform(0.32, 0.38), unit * 0.055
    peak = view.horizon - height
    _plume(view, middle, peak, lip)
    for side in (-1, 1):
        foot = middle + side * unit * 0.42
        low = ellipse(view.x, view.y, (foot, view.horizon), unit * 0.3, unit * 0.07)
        far = mix(view.tinted(palette.RELIEF[view.land]), view.light.haze, 0.5)
        blend(view.picture, coverage(np.maximum(low, view.y - view.horizon)), far)
    fall = np.clip((view.y - peak) / height, 0.0, 1.0)
    half = lip + (unit * 0.36 - lip) * (0.55 * fall + 0.45 * fall**2)
    cone = np.maximum(np.abs(view.x - middle) - half, np.maximum(peak - view.y, view.y - view.horizon))
    side = np.clip((view.x - middle) / half * view.sunward(middle), -1.0, 1.0)
    rock = (0.62, 0.63, 0.68) if view.winter else (0.33, 0.26, 0.26)
    stone = mix(view.tinted(rock), view.light.haze, 0.22)
    haze = (mix(stone, view.light.haze, 0.45) - stone) * fall[..., None]
    blend(view.picture, coverage(cone), (stone + haze) * (1.0 + 0.2 * side)[..., None])
    stream = middle + lip * (0.2 + 0.55 * np.sin(fall * 5.0))
    glow = np.abs(view.x - stream) - unit * (0.012 + 0.012 * fall)
    glow = np.maximum(glow, np.maximum(peak - view.y, view.y - peak - height * 0.5))
    blend(view.picture, coverage(glow, 2.5), palette.LAVA)
    crater = ellipse(view.x, view.y, (middle, peak), lip, unit * 0.014)
    blend(view.picture, coverage(crater, 1.5), palette.LAVA)
    halo = np.exp(-np.hypot(view.x - middle, view.y - peak) / (unit * 0.045))
    blend(view.picture, 0.5 * halo, palette.LAVA)


def _plume(view: View, middle: float, peak: float, lip: float) -> None:
    drift = view.rng.choice((-1.0, 1.0)) * view.unit * 0.05
    smoke = mix(view.tinted((0.42, 0.38, 0.40)), view.light.haze, 0.3)
    for puff in range(4):
        centre = (middle + drift * puff * 0.9, peak - view.unit * (0.015 + 0.05 * puff))
        radius = lip * (0.75 + 0.28 * puff)
        blob = ellipse(view.x, view.y, centre, radius, radius * 0.8)
        blend(view.picture, coverage(blob, 5.0) * (0.85 - 0.13 * puff), smoke * (0.9 + 0.06 * puff))


def paint_ground(view: View) -> None:
    """The sea or the land, from the horizon to the lower edge."""
    if view.scene.ground == "sea":
        _sea(view)
    else:
        _land(view)


def _sea(view: View) -> None:
    """Water: mirrored sky and relief, darker towards the viewer, with swell and a sun path."""
    rows = np.arange(view.size)
    below = _below(view)
    mirrored = np.clip(2 * view.horizon - rows - 1, 0, view.size - 1).astype(int)
    mirror = view.picture[mirrored]
    far, near = (
        (palette.ICE_FAR, palette.ICE_NEAR) if view.winter else (palette.GROUND_FAR["sea"], palette.GROUND_NEAR["sea"])
    )
    base = view.tinted(gradient([(0.0, far), (1.0, near)], below))[:, None, :]
    gloss = (0.62 - 0.3 * below) * (0.3 if view.winter else 1.0)
    water = base + (mirror - base) * gloss[:, None, None]
    water *= 1.0 + _swell(view, below)[..., None] * (0.03 if view.winter else 0.11)
    if view.sun is not None:
        path = _sun_path(view, below)
        water += path[..., None] * (np.asarray(view.light.disc, dtype=np.float32) - water)
    blend(view.picture, coverage(view.horizon - view.y) + 0.0 * view.x, water)


def _below(view: View) -> Array:
    """How far each row lies below the horizon: 0 there, 1 at the lower edge; (height,)."""
    return np.clip((view.y[:, 0] - view.horizon) / (view.unit - view.horizon), 0.0, 1.0)


def _swell(view: View, below: Array) -> Array:
    """Waves (height, width), about -1..1: bands that widen towards the viewer."""
    phase = view.rng.uniform(0, 2 * np.pi, 3)
    depth = (26.0 * np.sqrt(below + 0.02))[:, None]
    across = view.x / view.unit
    first = np.sin(depth * 2.2 + 5.0 * np.sin(across * 5.0 + phase[0]) + phase[1])
    second = np.sin(depth * 1.1 - 9.0 * across + phase[2])
    return (0.6 * first + 0.4 * second) * (0.25 + below)[:, None]


def _sun_path(view: View, below: Array) -> Array:
    """Opacity of the sun's glitter on the water, broken into streaks."""
    width = view.unit * (0.035 + 0.075 * below)[:, None]
    beam = np.exp(-(((view.x - view.sun[0]) / width) ** 2))
    streaks = 0.55 + 0.45 * np.sin(30.0 * np.sqrt(below + 0.01) * 2.6)
    clear = 0.4 if view.scene.weather == "foggy" else 1.0
    strength = SUN_PATH[view.scene.hour] * clear
    return beam * (streaks * strength * (1.0 - 0.45 * below))[:, None]


def _land(view: View) -> None:
    """Ground in three rolling layers, each nearer one lower, lit from where the sun stands."""
    ground = view.land
    for layer, depth in enumerate((0.0, 0.3, 0.65)):
        noise = smooth_noise(view.rng, view.size, 1.3 + 0.5 * layer, 1)
        crest = view.horizon + depth * (view.unit - view.horizon)
        crest = crest + view.unit * ROLL[ground] * (0.2 if layer == 0 else 1.0) * noise
        colour = mix(palette.GROUND_FAR[ground], palette.GROUND_NEAR[ground], min(depth * 1.5, 1.0))
        colour = mix(view.tinted(colour), view.light.haze, 0.3 * (1.0 - depth) ** 2)
        slope = np.gradient(crest) * -view.sunward(view.unit / 2)
        steep = (-0.26, 0.14) if ground == "desert" else (-0.16, 0.12)
        shade = 1.0 + np.clip(slope * (0.8 if ground == "desert" else 0.4), *steep)[None, :]
        fall = np.clip((view.y - crest[None, :]) / (view.unit * 0.3), 0.0, 1.0)
        lit = colour * (shade * (1.06 - 0.22 * fall))[..., None]
        blend(view.picture, coverage(crest[None, :] - view.y), lit)
    if ground == "lavender":
        _rows(view)


def _rows(view: View) -> None:
    """Green furrows between the lavender, running to one point on the horizon."""
    vanishing = view.unit * view.rng.uniform(0.3, 0.7)
    depth = np.maximum(view.y - view.horizon, 1.0) / (view.unit - view.horizon)
    across = (view.x - vanishing) / (view.unit * 0.17 * (depth + 0.08))
    furrow = np.clip((np.cos(2.0 * np.pi * across) - 0.35) * 2.2, 0.0, 1.0)
    fade = np.clip(depth * 5.0 - 0.35, 0.0, 0.85) * np.clip(3.2 - np.abs(across) * 0.2, 0.0, 1.0)
    blend(view.picture, furrow * fade, view.tinted((0.36, 0.42, 0.24)))
