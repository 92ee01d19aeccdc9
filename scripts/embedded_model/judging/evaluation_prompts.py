"""Which prompts a model is evaluated on: captions of scenes whose seed no training has used."""

from dataclasses import dataclass

import numpy as np
from world.captions import Caption, caption
from world.dataset import scene_at
from world.scenes import ATTRIBUTES, Scene

from judging.accuracy import Values, told_values

# A prompt this short leaves the model free, so that things come up which a negative prompt can hold back.
FEWEST_FACTS = 2


@dataclass(frozen=True)
class Question:
    """A scene, its caption, and the attributes that count: told by the caption and visible."""

    scene: Scene
    caption: Caption

    @property
    def wanted(self) -> Values:
        return told_values(self.scene, self.caption)


@dataclass(frozen=True)
class Exclusion:
    """A negative prompt, and the values of an attribute that it should make rarer."""

    negative_prompt: str
    attribute: str
    values: tuple[str, ...]


EXCLUSIONS = (
    Exclusion("clouds", "weather", ("cloudy",)),
    Exclusion("lighthouse", "building", ("lighthouse",)),
    Exclusion("mountains", "relief", ("mountains",)),
    Exclusion("trees", "trees", tuple(value for value in ATTRIBUTES["trees"] if value != "none")),
)


def questions(seed: int, count: int) -> list[Question]:
    """The first `count` scenes of the data set `seed`, each with one caption."""
    return [question_at(seed, index) for index in range(count)]


def question_at(seed: int, index: int) -> Question:
    """Depends on the seed and the index alone."""
    scene = scene_at(seed, index)
    return Question(scene, caption(scene, np.random.default_rng((seed, index, 1))))


def open_questions(seed: int, first: int, count: int) -> list[Question]:
    """The first `count` from index `first` on that tell at most FEWEST_FACTS and nothing about any exclusion."""
    silent = {exclusion.attribute for exclusion in EXCLUSIONS}
    found: list[Question] = []
    index = first
    while len(found) < count:
        question = question_at(seed, index)
        told = question.caption.told
        if len(told) <= FEWEST_FACTS and not told & silent:
            found.append(question)
        index += 1
    return found
