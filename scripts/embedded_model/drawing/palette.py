"""Colours of the hours and of the grounds, and the grading of whole pictures, sRGB in 0..1."""

from dataclasses import dataclass

import numpy as np

from drawing.canvas import Array, Colour, gradient, mix


@dataclass(frozen=True)
class Light:
    """How an hour looks. The sky runs from `zenith` over `middle` to `horizon`.

    glow:    colour added around the sun or the moon.
    disc:    the sun or the moon itself.
    tint:    factor on everything that reflects light.
    haze:    colour far things fade into.
    cloud:   lit side of the clouds; `cloud_shade` the other.
    lamps:   brightness of windows and of the lighthouse, 0..1.
    """

    zenith: Colour
    middle: Colour
    horizon: Colour
    glow: Colour
    disc: Colour
    tint: Colour
    haze: Colour
    cloud: Colour
    cloud_shade: Colour
    lamps: float


LIGHTS = {
    "dawn": Light(
        zenith=(0.42, 0.55, 0.80),
        middle=(0.78, 0.72, 0.84),
        horizon=(1.00, 0.85, 0.72),
        glow=(0.45, 0.30, 0.12),
        disc=(1.00, 0.95, 0.78),
        tint=(0.90, 0.80, 0.80),
        haze=(0.88, 0.76, 0.80),
        cloud=(1.00, 0.83, 0.80),
        cloud_shade=(0.72, 0.62, 0.76),
        lamps=0.45,
    ),
    "day": Light(
        zenith=(0.20, 0.48, 0.88),
        middle=(0.45, 0.70, 0.96),
        horizon=(0.80, 0.91, 0.99),
        glow=(0.30, 0.26, 0.12),
        disc=(1.00, 0.97, 0.72),
        tint=(1.00, 1.00, 1.00),
        haze=(0.70, 0.82, 0.94),
        cloud=(1.00, 1.00, 1.00),
        cloud_shade=(0.76, 0.82, 0.90),
        lamps=0.0,
    ),
    "dusk": Light(
        zenith=(0.23, 0.17, 0.42),
        middle=(0.74, 0.32, 0.42),
        horizon=(1.00, 0.62, 0.26),
        glow=(0.55, 0.30, 0.06),
        disc=(1.00, 0.88, 0.52),
        tint=(0.78, 0.55, 0.52),
        haze=(0.82, 0.44, 0.40),
        cloud=(0.98, 0.55, 0.40),
        cloud_shade=(0.46, 0.26, 0.42),
        lamps=0.9,
    ),
    "night": Light(
        zenith=(0.02, 0.03, 0.12),
        middle=(0.05, 0.09, 0.24),
        horizon=(0.13, 0.20, 0.40),
        glow=(0.16, 0.18, 0.22),
        disc=(0.97, 0.97, 0.90),
        tint=(0.28, 0.34, 0.52),
        haze=(0.12, 0.18, 0.36),
        cloud=(0.24, 0.29, 0.44),
        cloud_shade=(0.11, 0.14, 0.27),
        lamps=1.0,
    ),
}

# Near and far colour of each ground in plain daylight.
GROUND_NEAR = {
    "sea": (0.05, 0.27, 0.44),
    "meadow": (0.27, 0.52, 0.16),
    "desert": (0.86, 0.62, 0.34),
    "snow": (0.93, 0.95, 1.00),
    "lavender": (0.47, 0.27, 0.66),
}
GROUND_FAR = {
    "sea": (0.25, 0.52, 0.66),
    "meadow": (0.55, 0.70, 0.32),
    "desert": (0.95, 0.78, 0.52),
    "snow": (0.84, 0.89, 0.97),
    "lavender": (0.64, 0.50, 0.78),
}
RELIEF = {
    "sea": (0.33, 0.40, 0.46),
    "meadow": (0.30, 0.42, 0.32),
    "desert": (0.62, 0.40, 0.28),
    "snow": (0.52, 0.58, 0.68),
    "lavender": (0.38, 0.42, 0.44),
}
PAINT = {
    "red": (0.84, 0.16, 0.13),
    "blue": (0.15, 0.35, 0.80),
    "white": (0.96, 0.95, 0.92),
    "yellow": (0.97, 0.80, 0.22),
    "green": (0.18, 0.58, 0.30),
}
# A frozen sea.
ICE_NEAR, ICE_FAR = (0.70, 0.82, 0.92), (0.82, 0.90, 0.96)
LAMP = (1.0, 0.86, 0.45)
LAVA = (1.0, 0.45, 0.10)
ROCK = (0.36, 0.33, 0.31)
GRASS = (0.34, 0.46, 0.24)
STONE = (0.66, 0.64, 0.62)
WOOD = (0.42, 0.27, 0.17)
SNOW = (0.93, 0.95, 1.0)

# From black to white, for the palettes that colour by brightness.
SEPIA = (
    (0.0, (0.10, 0.06, 0.03)),
    (0.5, (0.56, 0.41, 0.26)),
    (1.0, (1.00, 0.94, 0.80)),
)
NEON = (
    (0.0, (0.05, 0.01, 0.16)),
    (0.3, (0.40, 0.05, 0.58)),
    (0.6, (0.98, 0.20, 0.62)),
    (0.85, (0.35, 0.85, 1.00)),
    (1.0, (0.93, 1.00, 1.00)),
)
DUSTYROSE = (
    (0.0, (0.20, 0.07, 0.12)),
    (0.5, (0.76, 0.42, 0.46)),
    (1.0, (1.00, 0.92, 0.86)),
)
BY_BRIGHTNESS = {"sepia": SEPIA, "neon": NEON, "dustyrose": DUSTYROSE}
KEPT_HUE = 0.28


def grade(picture: Array, palette: str) -> Array:
    """The picture (height, width, 3) in the colours of a palette.

    Those of BY_BRIGHTNESS follow brightness and keep a little of the hue, so that green grass and yellow
    sand of one brightness stay different.
    """
    if palette == "natural":
        return picture
    if palette == "pastel":
        grey = picture.mean(axis=2, keepdims=True)
        soft = grey + (picture - grey) * 0.62
        return soft * 0.55 + np.asarray((0.45, 0.42, 0.44), dtype=np.float32)
    luma = np.clip(picture, 0.0, 1.0) @ np.asarray((0.299, 0.587, 0.114), dtype=np.float32)
    return mix(gradient(list(BY_BRIGHTNESS[palette]), luma), picture, KEPT_HUE)
