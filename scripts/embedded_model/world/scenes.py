"""What a landscape of the embedded model's data set contains, and how one is drawn by lot.

A `Scene` is the ground truth that the renderer, the caption writer and the judge read. Everything a
caption may name is an attribute with a word for a value; everything else (exact positions, colour
jitter, cloud shapes) comes from `Scene.seed`, which only the renderer uses.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

PLACES = ("left", "centre", "right")
COLOURS = ("red", "blue", "white", "yellow", "green")

# Every attribute and its values, in the order of the fields of `Scene`.
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "hour": ("dawn", "day", "dusk", "night"),
    "weather": ("clear", "cloudy", "foggy"),
    "light": ("hidden", *PLACES),
    "relief": ("flat", "hills", "mountains", "volcano"),
    "ground": ("sea", "meadow", "desert", "snow", "lavender"),
    "building": ("none", "lighthouse", "house", "windmill", "castle"),
    "building_place": PLACES,
    "building_colour": COLOURS,
    "trees": ("none", "broadleaf", "firs", "palms"),
    "trees_place": PLACES,
    "craft": ("none", "boat", "balloon", "birds"),
    "craft_place": PLACES,
    "craft_colour": COLOURS,
    "palette": ("natural", "pastel", "sepia", "neon"),
}
# How often each tree stands on each ground, in the order of ATTRIBUTES["trees"].
TREE_WEIGHTS = {
    "sea": (0.55, 0.1, 0.1, 0.25),
    "meadow": (0.4, 0.3, 0.22, 0.08),
    "desert": (0.45, 0.08, 0.07, 0.4),
    "snow": (0.38, 0.12, 0.43, 0.07),
    "lavender": (0.45, 0.25, 0.2, 0.1),
}
# The number of a value where the attribute has none.
NOT_APPLICABLE = -1
MIRRORED = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class Scene:
    """One landscape; the values are in ATTRIBUTES, None where an attribute does not apply.

    light:           where the sun stands (the moon at night), or hidden.
    building_colour: stripes of the lighthouse, walls of the house, cap of the windmill, roofs and
                     flags of the castle.
    craft:           something that moves: a boat (only on the sea), a balloon or a flock of birds.
    craft_colour:    the boat's sails, the balloon; None for birds.
    palette:         how the whole picture is coloured; sepia and neon hide the colour of things.
    seed:            drives everything a caption never names.
    """

    hour: str
    weather: str
    light: str
    relief: str
    ground: str
    building: str
    building_place: str | None
    building_colour: str | None
    trees: str
    trees_place: str | None
    craft: str
    craft_place: str | None
    craft_colour: str | None
    palette: str
    seed: int

    def labels(self) -> dict[str, str]:
        """The attributes that can be seen in the picture, and their values."""
        values = {name: getattr(self, name) for name in ATTRIBUTES}
        if self.palette in ("sepia", "neon"):
            values["building_colour"] = values["craft_colour"] = None
        return {name: value for name, value in values.items() if value is not None}

    def mirrored(self) -> "Scene":
        """The scene of the picture with left and right exchanged."""
        places = ("light", "building_place", "trees_place", "craft_place")
        changes = {name: MIRRORED.get(getattr(self, name), getattr(self, name)) for name in places}
        return dataclasses.replace(self, **changes)


def label_numbers(labels: dict[str, str]) -> list[int]:
    """For every attribute the number of its value in `labels`, NOT_APPLICABLE where that names none."""
    return [values.index(labels[name]) if name in labels else NOT_APPLICABLE for name, values in ATTRIBUTES.items()]


def sample_scene(rng: np.random.Generator) -> Scene:
    """Draws one scene. Attributes are independent but for what the eye demands: boats need the sea,
    trees grow more where they belong, and no two things stand in one place."""
    ground = _pick(rng, ATTRIBUTES["ground"], (0.34, 0.2, 0.15, 0.16, 0.15))
    light = _pick(rng, ATTRIBUTES["light"], (0.25, 0.25, 0.25, 0.25))
    building = _pick(rng, ATTRIBUTES["building"], (0.24, 0.24, 0.2, 0.16, 0.16))
    trees = _pick(rng, ATTRIBUTES["trees"], TREE_WEIGHTS[ground])
    craft = _sample_craft(rng, ground)
    places = _sample_places(rng, building, trees, craft, light)
    colours = [_pick(rng, COLOURS, (0.28, 0.2, 0.2, 0.17, 0.15)) for _ in range(2)]
    return Scene(
        hour=_pick(rng, ATTRIBUTES["hour"], (0.22, 0.27, 0.26, 0.25)),
        weather=_pick(rng, ATTRIBUTES["weather"], (0.48, 0.34, 0.18)),
        light=light,
        relief=_pick(rng, ATTRIBUTES["relief"], (0.32, 0.22, 0.3, 0.16)),
        ground=ground,
        building=building,
        building_place=places["building"] if building != "none" else None,
        building_colour=colours[0] if building != "none" else None,
        trees=trees,
        trees_place=places["trees"] if trees != "none" else None,
        craft=craft,
        craft_place=places["craft"] if craft != "none" else None,
        craft_colour=colours[1] if craft in ("boat", "balloon") else None,
        palette=_pick(rng, ATTRIBUTES["palette"], (0.64, 0.12, 0.12, 0.12)),
        seed=int(rng.integers(2**31)),
    )


def _pick(rng: np.random.Generator, names: tuple[str, ...], weights: tuple[float, ...]) -> str:
    """One of names, with the given weights (which sum to 1)."""
    return str(rng.choice(names, p=weights))


def _sample_craft(rng: np.random.Generator, ground: str) -> str:
    weights = (0.36, 0.38, 0.15, 0.11) if ground == "sea" else (0.52, 0.0, 0.27, 0.21)
    return _pick(rng, ATTRIBUTES["craft"], weights)


def _sample_places(rng: np.random.Generator, building: str, trees: str, craft: str, light: str) -> dict[str, str]:
    """A place for each thing: on the ground none shares one; in the sky the sun is left alone."""
    order = [str(place) for place in rng.permutation(PLACES)]
    first, second, third = sorted(order, key=lambda place: place == light and place == order[0])
    places = {"building": first, "trees": second, "craft": third}
    if craft in ("balloon", "birds"):
        taken = {light} | ({first} if building != "none" else set())
        free = [place for place in PLACES if place not in taken]
        places["craft"] = str(rng.choice(free))
    elif craft == "boat" and (building == "none" or trees == "none"):
        free = [third, first if building == "none" else second]
        places["craft"] = str(rng.choice(free))
    return places
