"""The sky: its gradient, stars, sun or moon, clouds and fog."""

import numpy as np

from drawing.canvas import Array, blend, coverage, ellipse, gradient, mix
from drawing.view import View

GLOW_REACH = {"dawn": 0.26, "day": 0.16, "dusk": 0.28, "night": 0.13}
DISC_RADIUS = {"dawn": 0.068, "day": 0.066, "dusk": 0.078, "night": 0.062}


def paint_sky(view: View) -> None:
    """Everything above the horizon, back to front."""
    _gradient(view)
    clear = view.scene.weather == "clear"
    if view.scene.hour == "night" and clear:
        _stars(view)
    if view.sun is not None:
        _disc(view)
    if view.scene.weather == "cloudy":
        _clouds(view)


def _gradient(view: View) -> None:
    light = view.light
    warmth = view.rng.uniform(-0.04, 0.04, 3)
    stops = [(0.0, light.zenith), (0.6, light.middle), (1.0, light.horizon)]
    column = gradient(stops, np.clip(view.y[:, 0] / view.horizon, 0.0, 1.0)) + warmth
    if view.scene.weather == "cloudy":
        column = mix(column, mix(light.cloud_shade, light.haze, 0.5), 0.3)
    view.picture += column[:, None, :].astype(np.float32)
    if view.sun is not None:
        glow = np.exp(-distance_to_sun(view) / (GLOW_REACH[view.scene.hour] * view.unit))
        view.picture += glow[..., None] * np.asarray(light.glow, dtype=np.float32)


def distance_to_sun(view: View) -> Array:
    """Distance of every pixel from the sun or moon, pixels."""
    return np.hypot(view.x - view.sun[0], view.y - view.sun[1])


def _stars(view: View) -> None:
    """Soft points, few and large enough for an eightfold smaller code to keep."""
    count, reach = int(view.rng.integers(24, 40)), 4
    columns = view.rng.integers(reach, view.size - reach, count)
    rows = view.rng.integers(reach, int(view.horizon * 0.85), count)
    bright = view.rng.uniform(0.45, 1.0, count)
    sigma = view.unit * view.rng.uniform(0.0035, 0.006, count)
    span = np.arange(-reach, reach + 1)
    for column, row, light, width in zip(columns, rows, bright, sigma, strict=True):
        bump = np.exp(-0.5 * (span[:, None] ** 2 + span[None, :] ** 2) / width**2)
        part = view.picture[row - reach : row + reach + 1, column - reach : column + reach + 1]
        part += (light * bump)[..., None].astype(np.float32) * (1.0 - part)


def _disc(view: View) -> None:
    distance = distance_to_sun(view) - DISC_RADIUS[view.scene.hour] * view.unit
    blend(view.picture, coverage(distance, 1.8), view.light.disc)


def _clouds(view: View) -> None:
    """Five to seven heaps in a loose grid, so that they fill the sky evenly; none over the sun."""
    count = int(view.rng.integers(5, 8))
    for index in range(count):
        across = (index + view.rng.uniform(0.1, 0.9)) / count
        down = view.rng.uniform(0.06, 0.24) + 0.34 * (index % 2)
        width = view.unit * view.rng.uniform(0.13, 0.21) * (1.15 - 0.5 * down)
        centre = (across * view.unit, down * view.horizon)
        near = view.sun is not None and abs(centre[0] - view.sun[0]) < width * 1.1
        if near and abs(centre[1] - view.sun[1]) < view.unit * 0.13:
            continue
        _cloud(view, centre, width)


def _cloud(view: View, top_middle: tuple[float, float], width: float) -> None:
    """A flat-bottomed heap of puffs, lit from above."""
    tall = width * view.rng.uniform(0.42, 0.56)
    centre_x, bottom = top_middle[0], top_middle[1] + tall
    alpha = np.zeros((view.size, view.size), dtype=np.float32)
    for offset, puff in ((-0.6, 0.55), (-0.18, 1.0), (0.25, 0.8), (0.66, 0.5)):
        puff *= view.rng.uniform(0.85, 1.1)
        centre = (centre_x + offset * width, bottom - tall * puff * 0.45)
        blob = ellipse(view.x, view.y, centre, width * 0.42, tall * puff)
        np.maximum(alpha, coverage(blob, 3.0), out=alpha)
    alpha *= np.clip((bottom + tall * 0.12 - view.y) / (tall * 0.3), 0.0, 1.0)
    up = np.clip((bottom - view.y[:, 0]) / (1.4 * tall), 0.0, 1.0)
    shades = gradient([(0.0, view.light.cloud_shade), (0.75, view.light.cloud)], up)
    blend(view.picture, alpha * 0.92, shades[:, None, :])


def paint_fog(view: View, nearness: float) -> None:
    """A veil over everything painted so far; later layers, which are nearer, stay clearer.

    Fog lies low: it is thickest at the horizon and thins out upwards and towards the viewer.
    """
    if view.scene.weather != "foggy":
        return
    colour = mix(view.light.haze, view.light.horizon, 0.35)
    up = np.clip((view.horizon - view.y) / (view.horizon * 0.9), 0.0, 1.0)
    down = np.clip((view.y - view.horizon) / (view.unit - view.horizon), 0.0, 1.0)
    thickness = (0.84 - 0.5 * up - 0.7 * down) * (1.0 - nearness)
    blend(view.picture, np.clip(thickness, 0.0, 1.0) + 0.0 * view.x, colour)
