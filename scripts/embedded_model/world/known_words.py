"""What the model says of its own world, `known_words.json`, which export_model.py reads.

The program names the words of a prompt that are not among these, so that nobody waits for a cat.
"""

import re
from collections import Counter
from typing import Any

import numpy as np

from world.captions import caption
from world.scenes import sample_scene

SUBJECT = "scenes of land, sea and sky"
SIZES = [[256, 256]]  # pixels
CAPTIONS = 20000
# A word in fewer captions than 1 of 2,000 was hardly seen in training.
LEAST = CAPTIONS // 2000
# Of letters and digits, with at least one letter; an apostrophe may stand inside.
WORD = re.compile(r"[0-9]*[a-z][a-z0-9]*(?:'[a-z0-9]+)*")
# Words that ask for nothing one could miss in the picture, so that they need no mention.
HARMLESS = """
    a about across all along also an and any are around as at be behind below beside between both but by do
    don't down during each for from front full had has have having here how i if in inside into is it its itself
    just like many me more most my near next no not of off on one or other our out outside over own please same
    several show some such than thank thanks that the their them there these they this those through to together
    too toward towards under up upon us very want we were what when where which while who with within without
    would you your
    art beautiful create depicting draw drawing drawn featuring generate image looking make nice paint painting
    photo photograph picture pretty render scene scenery showing view
""".split()


def words_of(text: str) -> list[str]:
    """The words of a caption as the program would cut them: src/text/prompt_words.h, for plain English."""
    return [word.removesuffix("'s") for word in WORD.findall(text.lower())]


def caption_words(count: int, seed: int = 1) -> Counter[str]:
    """In how many of `count` captions, drawn anew with `seed`, each word stands."""
    rng = np.random.default_rng(seed)
    found: Counter[str] = Counter()
    for _ in range(count):
        found.update(set(words_of(caption(sample_scene(rng), rng).text)))
    return found


def known_words() -> dict[str, Any]:
    """The content of `known_words.json`: what the model draws, and the words of captions and harmless ones, sorted,
    and the sizes of the pictures it was trained on."""
    learned = [word for word, captions in caption_words(CAPTIONS).items() if captions >= LEAST]
    return {"subject": SUBJECT, "words": sorted({*learned, *HARMLESS}), "sizes": SIZES}
