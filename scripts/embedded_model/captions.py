"""Writes an English caption for a `Scene`: synonyms, changing order, and left-out facts.

Two kinds in equal shares: short ones ("a lighthouse by the sea at dusk") and fuller ones that add
places, colours, clouds, sun, relief. Objects are hardly ever left out, so that an object that a
prompt does not name hardly ever appears; the sea, the desert and the snow likewise.
"""

import numpy as np
from scenes import Scene

OPENINGS = (
    "a photo of ",
    "a picture of ",
    "a painting of ",
    "an illustration of ",
    "a drawing of ",
    "a view of ",
    "an image of ",
    "landscape with ",
    "digital art of ",
    "a beautiful view of ",
)
ENDINGS = (
    ", digital art",
    ", highly detailed",
    ", beautiful landscape",
    ", concept art",
    ", scenic",
    ", oil painting",
    ", 4k",
    ", masterpiece",
    ", soft light",
    ", calm mood",
)
HOUR_PHRASES = {
    "dawn": (
        "at dawn",
        "at sunrise",
        "in the early morning",
        "in the morning light",
        "at daybreak",
    ),
    "day": (
        "by day",
        "on a sunny day",
        "in the daytime",
        "at noon",
        "on a bright day",
        "in the afternoon",
        "under a blue sky",
    ),
    "dusk": (
        "at dusk",
        "at dusk",
        "at sunset",
        "in the evening",
        "at twilight",
        "under an orange sky",
        "in the evening light",
    ),
    "night": (
        "at night",
        "by night",
        "at midnight",
        "in the dark",
        "under a dark sky",
        "late at night",
    ),
}
HOUR_NOUNS = {
    "dawn": ("sunrise", "a sunrise", "dawn", "early morning"),
    "day": ("a sunny day", "a bright day", "daylight"),
    "dusk": ("sunset", "a sunset", "dusk", "an orange sunset"),
    "night": ("night", "a dark night"),
}
MOONLIGHT = ("in the moonlight", "under the moon", "on a moonlit night", "in moonlight")
STARLIGHT = ("under the stars", "on a starry night", "under a starry sky")
SUN_PHRASES = {
    "dawn": ("the sun rising", "the rising sun", "the morning sun", "the sun"),
    "day": ("the sun", "a bright sun", "the sun high up"),
    "dusk": ("the setting sun", "the sun going down", "the evening sun", "the sun"),
    "night": ("the moon", "a full moon", "a bright moon"),
}
GROUND_NOUNS = {
    "sea": (
        "the sea",
        "the sea",
        "the ocean",
        "the water",
        "a calm sea",
        "the coast",
        "a lake",
        "the bay",
        "the shore",
        "the seaside",
    ),
    "meadow": ("a meadow", "a green field", "the grass", "a meadow", "the fields", "a green plain"),
    "desert": ("the desert", "the desert", "sand dunes", "a sandy desert", "the sand"),
    "snow": ("the snow", "a snowy field", "a winter landscape", "snow", "a snowy plain"),
}
BARE_GROUNDS = {
    "sea": ("the sea", "the open sea", "the ocean", "a calm sea", "a seascape", "empty water"),
    "meadow": ("a meadow", "a green field", "a grassy plain", "an empty meadow"),
    "desert": ("the desert", "sand dunes", "an empty desert"),
    "snow": ("a snowy field", "a winter landscape", "a snowy plain", "fresh snow", "winter"),
}
DRY = ("the coast", "the shore", "the seaside")
OVER = ("over", "over", "at", "on")
LINKS = {
    "sea": ("by", "by", "at", "near", "beside"),
    "boat": ("on", "on", "sailing on"),
    "meadow": ("in", "on"),
    "desert": ("in", "in"),
    "snow": ("in", "in", "on"),
}
NOUNS = {
    "lighthouse": ("lighthouse", "lighthouse", "lighthouse", "light tower"),
    "house": ("house", "house", "cottage", "home", "little house"),
    "boat": ("boat", "sailing boat", "sailboat", "ship"),
}
TREES = {
    "sea": ("palm trees", "palms", "trees", "an island with palm trees"),
    "desert": ("palm trees", "palms", "trees", "an oasis with palm trees"),
    "meadow": ("trees", "a group of trees", "three trees", "some trees", "a small forest"),
    "snow": ("fir trees", "firs", "trees", "pine trees", "a small forest"),
}
RELIEF_PHRASES = {
    "hills": ("hills", "low hills", "rolling hills", "hills in the distance"),
    "mountains": (
        "mountains",
        "high mountains",
        "mountains in the background",
        "mountains in the distance",
        "snowy mountains",
    ),
}
CLOUD_PHRASES = {
    "none": ("a clear sky", "no clouds", "a cloudless sky"),
    "few": ("a few clouds", "some clouds", "clouds"),
    "many": ("many clouds", "a cloudy sky", "clouds in the sky", "clouds"),
}
STAR_PHRASES = ("stars", "a starry sky", "stars in the sky", "many stars")
PLACE_PHRASES = {
    "left": ("on the left", "on the left", "on the left side", "to the left"),
    "centre": ("in the middle", "in the centre", "in the center"),
    "right": ("on the right", "on the right", "on the right side", "to the right"),
}


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """One caption of a scene, lower case, at most about 35 words; drawn anew at every call."""
    return _Writer(scene, rng).write()


class _Writer:
    """One caption in the making. `detail` is the chance that a minor fact is told."""

    def __init__(self, scene: Scene, rng: np.random.Generator) -> None:
        self.scene, self.rng = scene, rng
        self.short = rng.random() < 0.5
        self.detail = 0.12 if self.short else rng.uniform(0.3, 0.8)

    def write(self) -> str:
        """Opening, subject and ground, then hour and companions in a changing order."""
        if self._chance(0.1):
            return self._hour_first()
        head = self._subject()
        extras = self._extras()
        hour = self._hour() if self._chance(0.9) else ""
        company = " with " + _enumerate(extras) if extras else ""
        form = self.rng.random()
        if form < 0.62 or not hour:
            text = head + (" " + hour if hour else "") + company
        elif form < 0.82:
            text = head + company + (", " if company else " ") + hour
        else:
            text = f"{hour}, {head}{company}"
        if self._chance(0.15) and not text.startswith(hour or " "):
            text = self._pick(OPENINGS) + text
        return text + (self._pick(ENDINGS) if self._chance(0.08) else "")

    def _hour_first(self) -> str:
        """For example "sunset over the sea with a lighthouse and clouds"."""
        scene = self.scene
        ground = self._pick(GROUND_NOUNS[scene.ground])
        told = [self._object(name) for name in scene.objects()] + self._extras()
        company = " with " + _enumerate(told) if told else ""
        return f"{self._pick(HOUR_NOUNS[scene.hour])} {self._pick(OVER)} {ground}{company}"

    def _hour(self) -> str:
        """When it is; nights also by what lights them."""
        scene, phrases = self.scene, HOUR_PHRASES[self.scene.hour]
        if scene.hour == "night" and scene.light and self._chance(0.2):
            phrases = MOONLIGHT
        elif scene.stars and self._chance(0.25):
            phrases = STARLIGHT
        return self._pick(phrases)

    def _subject(self) -> str:
        """The objects and the ground they are on, or the ground alone."""
        scene = self.scene
        told = [name for name in scene.objects() if self._chance(0.96)]
        if not told:
            return self._pick(BARE_GROUNDS[scene.ground])
        self.rng.shuffle(told)
        phrase = _enumerate([self._object(name) for name in told])
        keep = 0.95 if scene.ground in ("sea", "desert", "snow") else 0.75
        if "boat" in told and len(told) == 1:
            return phrase + f" {self._pick(LINKS['boat'])} {self._water()}" * self._chance(0.75)
        if self._chance(keep):
            phrase += f" {self._pick(LINKS[scene.ground])} {self._pick(GROUND_NOUNS[scene.ground])}"
        return phrase

    def _water(self) -> str:
        return self._pick(tuple(n for n in GROUND_NOUNS["sea"] if n not in DRY))

    def _object(self, name: str) -> str:
        """An object with its colour and its place where they are told."""
        scene = self.scene
        if name == "trees":
            phrase = self._pick(TREES[scene.ground])
        else:
            noun, colour = self._pick(NOUNS[name]), getattr(scene, f"{name}_colour")
            phrase = f"a {noun}"
            if self._chance(self.detail * 0.8):
                phrase = self._coloured(name, noun, colour)
        if self._chance(self.detail * 0.7):
            phrase += " " + self._pick(PLACE_PHRASES[getattr(scene, name)])
        return phrase

    def _coloured(self, name: str, noun: str, colour: str) -> str:
        """For example "a red house" or "a boat with a red sail"."""
        if name == "boat" and self._chance(0.6):
            return f"a {noun} with {self._pick((f'a {colour} sail', f'{colour} sails'))}"
        if name == "lighthouse" and self._chance(0.35):
            other = "white" if colour != "white" else "blue"
            return f"a {self._pick((f'{colour} and {other}', f'{colour} striped'))} {noun}"
        return f"a {colour} {noun}"

    def _extras(self) -> list[str]:
        """Relief, sun or moon, stars and clouds, in random order."""
        scene, extras = self.scene, []
        if scene.relief != "flat" and self._chance(0.35 + 0.6 * self.detail):
            extras.append(self._pick(RELIEF_PHRASES[scene.relief]))
        if scene.light and self._chance(0.1 + 0.8 * self.detail):
            sun = self._pick(SUN_PHRASES[scene.hour])
            where = (
                " " + self._pick(PLACE_PHRASES[scene.light]) if self._chance(self.detail) else ""
            )
            extras.append(sun + where)
        if scene.stars and self._chance(0.3 + 0.6 * self.detail):
            extras.append(self._pick(STAR_PHRASES))
        if self._chance(self.detail * (0.5 if scene.clouds == "none" else 1.0)):
            extras.append(self._pick(CLOUD_PHRASES[scene.clouds]))
        self.rng.shuffle(extras)
        return extras

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _pick(self, phrases: tuple[str, ...]) -> str:
        return phrases[int(self.rng.integers(len(phrases)))]


def _enumerate(parts: list[str]) -> str:
    """a; a and b; a, b and c."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
