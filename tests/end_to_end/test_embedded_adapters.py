"""The LoRA and the embedding that come with the embedded model do what they were trained for, in the pictures."""

import sys
from pathlib import Path

import numpy as np
import pytest
from expectations import Run, assert_done, files_below
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

from judging.looks import distance_to_palette, whiteness

PROMPTS = ("a red house in a green field on a sunny day", "palm trees in the desert by day")
WORD = "dustyrose"
SEEDS = 3
ORIGINAL, CACHED = ("--interval", 1), ("--interval", 3, "--branch", 0)


class Artist:
    """Makes the pictures of all prompts and seeds with some flags."""

    def __init__(self, run: Run, model: Path, folder: Path) -> None:
        self.run, self.model, self.folder = run, model, folder
        self.lora = model / "lora" / "winter.safetensors"
        self.embedding = model / "embeddings" / f"{WORD}.safetensors"

    def draw(self, *flags: object, ending: str = "") -> np.ndarray:
        """uint8 (prompts x seeds, height, width, 3)."""
        made = []
        for number, prompt in enumerate(PROMPTS):
            name = f"{number}.%02d.png"
            asked = ("-p", prompt + ending, "-s", 1, "-b", SEEDS, "--steps", 15, "-o", name, "--overwrite")
            assert_done(self.run("-m", self.model, *asked, *flags), *(name % seed for seed in range(SEEDS)))
            made += [np.asarray(Image.open(self.folder / (name % seed)).convert("RGB")) for seed in range(SEEDS)]
        return np.stack(made)


@pytest.fixture
def artist(run: Run, embedded_model: Path, tmp_path: Path) -> Artist:
    return Artist(run, embedded_model, tmp_path)


@pytest.mark.parametrize("caching", [ORIGINAL, CACHED])
def test_winter_whitens_every_ground(artist: Artist, caching: tuple) -> None:
    without = [whiteness(picture) for picture in artist.draw(*caching)]
    strong = [whiteness(picture) for picture in artist.draw(*caching, "--lora", f"{artist.lora}:0.8")]
    assert min(np.subtract(strong, without)) > 0.15
    weak = [whiteness(picture) for picture in artist.draw(*caching, "--lora", f"{artist.lora}:0.3")]
    assert np.mean(without) < np.mean(weak) < np.mean(strong)


def test_weight_0_makes_the_pictures_of_none(artist: Artist) -> None:
    assert np.array_equal(artist.draw(), artist.draw("--lora", f"{artist.lora}:0"))


def test_the_word_colours_every_picture(artist: Artist) -> None:
    told = (f", {WORD}", "--embedding", artist.embedding)
    without = [distance_to_palette(picture, WORD) for picture in artist.draw()]
    with_word = [distance_to_palette(picture, WORD) for picture in artist.draw(*told[1:], ending=told[0])]
    assert max(np.divide(with_word, without)) < 0.8


def test_the_word_alone_means_nothing(artist: Artist) -> None:
    """Without the file it is a word that the model does not know; with it and unused, nothing changes."""
    unknown = [distance_to_palette(picture, WORD) for picture in artist.draw(ending=f", {WORD}")]
    assert np.mean(unknown) > 0.8 * np.mean([distance_to_palette(picture, WORD) for picture in artist.draw()])
    assert np.array_equal(artist.draw(), artist.draw("--embedding", artist.embedding))


def test_both_work_together(artist: Artist) -> None:
    snow = ("--lora", f"{artist.lora}:0.8")
    both = artist.draw(*snow, "--embedding", artist.embedding, ending=f", {WORD}")
    assert np.mean([whiteness(picture) for picture in both]) > np.mean(
        [whiteness(picture) for picture in artist.draw()]
    )
    rosy = np.mean([distance_to_palette(picture, WORD) for picture in both])
    assert rosy < np.mean([distance_to_palette(picture, WORD) for picture in artist.draw(*snow)])


def test_they_are_small(embedded_model: Path) -> None:
    """They lie in the repository and in every package of the program."""
    sizes = [
        (embedded_model / kind / name).stat().st_size
        for kind in ("lora", "embeddings")
        for name in files_below(embedded_model / kind)
    ]
    assert len(sizes) == 2
    assert sum(sizes) < 300_000
