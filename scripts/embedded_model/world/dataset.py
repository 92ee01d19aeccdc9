"""The data set on disk: `images.npy` uint8 (count, SIZE, SIZE, 3) and `scenes.jsonl`, a scene a line."""

import json
from pathlib import Path

import numpy as np

from world.scenes import Scene, sample_scene

SIZE = 256
# The first pictures are never trained on.
HELD_OUT = 256


def scene_at(seed: int, index: int) -> Scene:
    """The scene number `index` of the data set `seed`."""
    return sample_scene(np.random.default_rng((seed, index)))


def load_scenes(work: Path) -> list[Scene]:
    """All scenes of a data set, in the order of its pictures."""
    lines = (work / "scenes.jsonl").read_text().splitlines()
    return [Scene(**json.loads(line)) for line in lines]


def load_images(work: Path) -> np.ndarray:
    """The pictures of a data set, memory-mapped uint8 (count, SIZE, SIZE, 3)."""
    return np.load(work / "images.npy", mmap_mode="r")
