"""Writes an English caption for a `Scene`: synonyms, changing order, and left-out facts.

Three kinds: sentences, short ("a lighthouse by the sea at dusk") or fuller with places, colours,
clouds, sun and relief; lists of keywords ("castle, snow, night, fog"); and, rarely, one or two facts
alone, which teach what a negative prompt such as "clouds" means. Things are hardly ever left out of
the first two, so that a thing a prompt does not name hardly ever appears.
"""

from dataclasses import dataclass

import numpy as np

from world import phrases
from world.phrases import Phrases
from world.scenes import Scene

KEYWORDS = 0.16
FEW_FACTS = 0.06
# How often the colour of a thing is told. It changes few pixels, so that it takes many captions to be learned.
COLOUR_TOLD = 0.85


@dataclass(frozen=True)
class Caption:
    """The text, lower case, at most about 45 words, and the attributes whose values it tells."""

    text: str
    told: frozenset[str]


def caption(scene: Scene, rng: np.random.Generator) -> Caption:
    """One caption of a scene; drawn anew at every call."""
    writer = _Writer(scene, rng)
    form = rng.random()
    if form < FEW_FACTS:
        text = writer.few_facts()
    elif form < FEW_FACTS + KEYWORDS:
        text = writer.keywords()
    else:
        text = writer.sentence()
    return Caption(text, frozenset(writer.told))


class _Writer:
    """One caption in the making.

    detail: the chance that a minor fact is told.
    told:   attributes told so far.
    """

    def __init__(self, scene: Scene, rng: np.random.Generator) -> None:
        self.scene, self.rng = scene, rng
        self.detail = 0.15 if rng.random() < 0.25 else rng.uniform(0.5, 1.0)
        self.told: set[str] = set()

    def sentence(self) -> str:
        """Opening, things and ground, then hour and companions in a changing order."""
        if self._chance(0.1):
            return self._dress(self._hour_first())
        head = self._subject()
        extras = self._extras()
        hour = self._hour() if self._chance(0.92) else ""
        company = " with " + _enumerate(extras) if extras else ""
        form = self.rng.random()
        if form < 0.6 or not hour:
            return self._dress(head + (" " + hour if hour else "") + company)
        if form < 0.8:
            return self._dress(head + company + (", " if company else " ") + hour)
        return self._dress(f"{hour}, {head}{company}", opening=False)

    def keywords(self) -> str:
        """For example "lighthouse, sea, sunset, clouds, pastel colors"."""
        scene, words = self.scene, [*self._things(articles=False), *self._extras()]
        words.append(self._tell("ground", phrases.BARE_GROUNDS[scene.ground]))
        words.append(self._tell("hour", phrases.HOUR_NOUNS[scene.hour]))
        if scene.palette != "natural":
            words.append(self._tell("palette", phrases.PALETTES[scene.palette]))
        self.rng.shuffle(words)
        return ", ".join(words)

    def few_facts(self) -> str:
        """One or two facts alone, for example "clouds" or "a castle, night"."""
        scene = self.scene
        facts = [
            lambda: self._tell("ground", phrases.BARE_GROUNDS[scene.ground]),
            lambda: self._tell("hour", phrases.HOUR_NOUNS[scene.hour]),
            lambda: self._tell("weather", phrases.WEATHERS[scene.weather]),
        ]
        if scene.relief != "flat":
            facts.append(lambda: self._tell("relief", phrases.RELIEFS[scene.relief]))
        if scene.light != "hidden":
            facts.append(self._light)
        if scene.building != "none":
            facts.append(self._building)
        if scene.trees != "none":
            facts.append(self._trees)
        if scene.craft != "none":
            facts.append(self._craft)
        if scene.palette != "natural":
            facts.append(lambda: self._tell("palette", phrases.PALETTES[scene.palette]))
        count = 1 + int(self._chance(0.5))
        chosen = self.rng.choice(len(facts), size=count, replace=False)
        return ", ".join(facts[index]() for index in chosen)

    def _dress(self, text: str, opening: bool = True) -> str:
        """The palette, and an opening and an ending that mean nothing."""
        palette = self.scene.palette
        if palette != "natural" and self._chance(0.97):
            if opening and self._chance(0.35):
                return self._tell("palette", phrases.PALETTE_ADJECTIVES[palette]) + text
            comma = ", " if self._chance(0.6) else " "
            text += comma + self._tell("palette", phrases.PALETTES[palette])
        if opening and self._chance(0.15):
            text = self._pick(phrases.OPENINGS) + text
        return text + (self._pick(phrases.ENDINGS) if self._chance(0.08) else "")

    def _hour_first(self) -> str:
        """For example "sunset over the sea with a lighthouse and clouds"."""
        scene = self.scene
        hour = self._tell("hour", phrases.HOUR_NOUNS[scene.hour])
        ground = self._tell("ground", phrases.GROUNDS[scene.ground])
        told = self._things() + self._extras()
        company = " with " + _enumerate(told) if told else ""
        return f"{hour} {self._pick(phrases.OVER)} {ground}{company}"

    def _hour(self) -> str:
        """When it is; nights also by what lights them."""
        scene, ways = self.scene, phrases.HOURS[self.scene.hour]
        night = scene.hour == "night"
        if night and scene.light != "hidden" and self._chance(0.2):
            ways = phrases.MOONLIGHT
        elif night and scene.weather == "clear" and self._chance(0.3):
            ways = phrases.STARLIGHT
            self.told.add("weather")
        return self._tell("hour", ways)

    def _subject(self) -> str:
        """The things and the ground they are on, or the ground alone."""
        scene, told = self.scene, self._things()
        if not told:
            return self._tell("ground", phrases.BARE_GROUNDS[scene.ground])
        if scene.craft == "boat" and len(told) == 1:
            water = tuple(n for n in phrases.GROUNDS["sea"] if n not in phrases.DRY)
            self.told.add("ground")
            return f"{told[0]} {self._pick(phrases.LINKS['boat'])} {self._pick(water)}"
        text = _enumerate(told)
        if self._chance(0.88 if scene.ground == "meadow" else 0.97):
            link = self._pick(phrases.LINKS[scene.ground])
            text += f" {link} {self._tell('ground', phrases.GROUNDS[scene.ground])}"
        return text

    def _things(self, articles: bool = True) -> list[str]:
        """Building, trees and craft, in a random order."""
        scene, told = self.scene, []
        if scene.building != "none" and self._chance(0.98):
            told.append(self._building(articles))
        if scene.trees != "none" and self._chance(0.98):
            told.append(self._trees())
        if scene.craft != "none" and self._chance(0.98):
            told.append(self._craft(articles))
        self.rng.shuffle(told)
        return told

    def _building(self, articles: bool = True) -> str:
        """For example "a red and white lighthouse on the left"."""
        scene = self.scene
        noun = self._tell("building", phrases.BUILDINGS[scene.building])
        colour = scene.labels().get("building_colour")
        if colour and self._chance(COLOUR_TOLD):
            self.told.add("building_colour")
            noun = self._coloured_building(noun, colour)
        article = ("an " if noun[0] in "aeio" else "a ") if articles else ""
        return article + noun + self._place("building")

    def _coloured_building(self, noun: str, colour: str) -> str:
        building = self.scene.building
        if building == "lighthouse" and colour != "white" and self._chance(0.3):
            return f"{self._pick((f'{colour} and white', f'{colour} striped'))} {noun}"
        if building == "castle" and self._chance(0.6):
            return f"{noun} with {colour} {self._pick(('roofs', 'towers', 'roofs'))}"
        if building == "windmill" and self._chance(0.2):
            return f"{noun} with a {colour} {self._pick(('cap', 'roof'))}"
        return f"{colour} {noun}"

    def _trees(self) -> str:
        """For example "some pine trees on the right"."""
        noun = self._tell("trees", phrases.TREES[self.scene.trees])
        article = self._pick(("", "", "", "three ", "some ", "a group of "))
        return article + noun + self._place("trees")

    def _craft(self, articles: bool = True) -> str:
        """For example "a boat with a red sail" or "a flock of birds"."""
        scene = self.scene
        noun = self._tell("craft", phrases.CRAFTS[scene.craft])
        noun = noun if articles else noun.removeprefix("a ")
        colour = scene.labels().get("craft_colour")
        if colour and self._chance(COLOUR_TOLD):
            self.told.add("craft_colour")
            if scene.craft == "boat" and self._chance(0.55):
                noun += f" with {self._pick((f'a {colour} sail', f'{colour} sails'))}"
            elif noun.startswith("a "):
                noun = f"a {colour} {noun[2:]}"
            else:
                noun = f"{colour} {noun}"
        if scene.craft != "boat" and self._chance(0.2):
            noun += self._pick((" in the sky", " in the air"))
        return noun + self._place("craft")

    def _place(self, name: str) -> str:
        """Where a thing stands, if it is told."""
        if not self._chance(self.detail * 0.8):
            return ""
        place = getattr(self.scene, f"{name}_place")
        return " " + self._tell(f"{name}_place", phrases.PLACES[place])

    def _extras(self) -> list[str]:
        """Relief, sun or moon, and weather, in random order."""
        scene, extras = self.scene, []
        telling = {"flat": 0.12 * self.detail, "volcano": 0.97}
        if self._chance(telling.get(scene.relief, 0.55 + 0.45 * self.detail)):
            far = "" if scene.relief == "flat" else self._pick(phrases.DISTANCE)
            extras.append(self._tell("relief", phrases.RELIEFS[scene.relief]) + far)
        if scene.light == "hidden":
            if self._chance(0.25 * self.detail):
                extras.append(self._tell("light", phrases.NO_LIGHTS[scene.hour]))
        elif self._chance(0.1 + 0.8 * self.detail):
            extras.append(self._light())
        telling = {"clear": 0.5 * self.detail, "cloudy": 0.5 + 0.5 * self.detail, "foggy": 0.97}
        if self._chance(telling[scene.weather]):
            extras.append(self._tell("weather", phrases.WEATHERS[scene.weather]))
        self.rng.shuffle(extras)
        return extras

    def _light(self) -> str:
        """The sun or the moon; its place is the attribute, so that it counts as told only with it."""
        scene = self.scene
        text = self._pick(phrases.LIGHTS[scene.hour])
        if self._chance(0.3 + 0.6 * self.detail):
            text += " " + self._tell("light", phrases.PLACES[scene.light])
        return text

    def _tell(self, attribute: str, ways: Phrases) -> str:
        self.told.add(attribute)
        return self._pick(ways)

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _pick(self, ways: Phrases) -> str:
        return ways[int(self.rng.integers(len(ways)))]


def _enumerate(parts: list[str]) -> str:
    """a; a and b; a, b and c."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
