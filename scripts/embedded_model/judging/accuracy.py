"""How often what is seen is what was asked for: attribute by attribute, over the attributes that count."""

from world.captions import Caption
from world.scenes import ATTRIBUTES, Scene

Values = dict[str, str]


def told_values(scene: Scene, caption: Caption) -> Values:
    """The attributes of a scene that its caption tells and the picture can show, with their values."""
    return {name: value for name, value in scene.labels().items() if name in caption.told}


def attribute_accuracy(seen: list[Values], wanted: list[Values]) -> dict:
    """Of each picture, what is seen (all attributes) and what is wanted (only those that count).

    Returns {"mean", "lowest", "attributes": {name: {"accuracy", "count"}}}: the share of pictures in
    which the attribute is as wanted, over those in which it counts; attributes that never count are
    left out; mean and lowest are over attributes, each weighing the same, and None if there is none.
    """
    table = {}
    for name in ATTRIBUTES:
        hits = [have[name] == want[name] for have, want in zip(seen, wanted, strict=True) if name in want]
        if hits:
            table[name] = {"accuracy": round(sum(hits) / len(hits), 4), "count": len(hits)}
    shares = [row["accuracy"] for row in table.values()]
    mean = round(sum(shares) / len(shares), 4) if shares else None
    return {"mean": mean, "lowest": min(shares, default=None), "attributes": table}


def rate(seen: list[Values], attribute: str, values: tuple[str, ...]) -> float:
    """The share of pictures in which the attribute has one of the values; there is at least one picture."""
    return round(sum(have[attribute] in values for have in seen) / len(seen), 4)
