"""What a landscape of the embedded model's data set contains, and how one is drawn by lot.

A `Scene` is the ground truth that both the renderer and the caption writer read. Fields that a
caption may name are words; everything else (exact positions, colour jitter, cloud shapes) comes
from `Scene.seed`, which only the renderer uses.
"""

from dataclasses import dataclass

import numpy as np

HOURS = ("dawn", "day", "dusk", "night")
GROUNDS = ("sea", "meadow", "desert", "snow")
RELIEFS = ("flat", "hills", "mountains")
PLACES = ("left", "centre", "right")
CLOUDS = ("none", "few", "many")
COLOURS = ("red", "blue", "white", "yellow", "green")


@dataclass(frozen=True)
class Scene:
    """One landscape. A place is one of PLACES, or None where the thing is absent.

    light:      where the sun stands (the moon at night).
    lighthouse, house, boat, trees: where each stands; no two share a place.
    *_colour:   stripes of the lighthouse, walls of the house, sail of the boat; from COLOURS.
    seed:       drives everything a caption never names.
    """

    hour: str
    ground: str
    relief: str
    clouds: str
    stars: bool
    light: str | None
    lighthouse: str | None
    house: str | None
    boat: str | None
    trees: str | None
    lighthouse_colour: str
    house_colour: str
    boat_colour: str
    seed: int

    def objects(self) -> list[str]:
        """Names of the things that stand in the scene, in the order of the fields."""
        names = ("lighthouse", "house", "boat", "trees")
        return [name for name in names if getattr(self, name) is not None]


def sample_scene(rng: np.random.Generator) -> Scene:
    """Draws one scene: mostly one object, sometimes none, two or three."""
    hour = _pick(rng, HOURS, (0.2, 0.27, 0.3, 0.23))
    ground = _pick(rng, GROUNDS, (0.46, 0.24, 0.13, 0.17))
    relief = _pick(rng, RELIEFS, (0.4, 0.25, 0.35))
    clouds = _pick(rng, CLOUDS, (0.45, 0.35, 0.2))
    stars = hour == "night" and rng.random() < 0.75
    light = str(rng.choice(PLACES)) if rng.random() < 0.75 else None
    places = _place_objects(rng, ground)
    return Scene(
        hour=hour,
        ground=ground,
        relief=relief,
        clouds=clouds,
        stars=stars,
        light=light,
        lighthouse=places.get("lighthouse"),
        house=places.get("house"),
        boat=places.get("boat"),
        trees=places.get("trees"),
        lighthouse_colour=_pick(rng, COLOURS, (0.6, 0.2, 0.08, 0.05, 0.07)),
        house_colour=_pick(rng, COLOURS, (0.28, 0.17, 0.3, 0.15, 0.1)),
        boat_colour=_pick(rng, COLOURS, (0.22, 0.14, 0.44, 0.12, 0.08)),
        seed=int(rng.integers(2**31)),
    )


def _pick(rng: np.random.Generator, names: tuple[str, ...], weights: tuple[float, ...]) -> str:
    """One of names, with the given weights (which sum to 1)."""
    return str(rng.choice(names, p=weights))


def _place_objects(rng: np.random.Generator, ground: str) -> dict[str, str]:
    """Chooses the objects and gives each its own place; a boat needs the sea."""
    kinds, weights = ["lighthouse", "house", "trees"], [0.3, 0.35, 0.35]
    if ground == "sea":
        kinds, weights = ["lighthouse", "boat", "house", "trees"], [0.5, 0.3, 0.1, 0.1]
    count = int(rng.choice(4, p=(0.1, 0.52, 0.3, 0.08)))
    chosen = rng.choice(kinds, size=count, replace=False, p=weights)
    places = rng.permutation(PLACES)[:count]
    return {str(kind): str(place) for kind, place in zip(chosen, places, strict=True)}
