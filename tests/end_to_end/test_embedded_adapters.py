"""The LoRA and the embedding that come with the embedded model do what they were trained for, in the pictures."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from expectations import assert_done, files_below
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

from judging.looks import distance_to_palette, whiteness

MODEL = Path(__file__).parents[2] / "models" / "scenes"
WORD = "dustyrose"
WINTER, EMBEDDING = MODEL / "lora" / "winter.safetensors", MODEL / "embeddings" / f"{WORD}.safetensors"
SNOW, TAUGHT = ("--lora", f"{WINTER}:0.8"), ("--embedding", str(EMBEDDING))
PROMPTS = ("a red house in a green field on a sunny day", "palm trees in the desert by day")
SEEDS = 2
CACHED, ORIGINAL = ("--interval", "3", "--branch", "0"), ("--interval", "1")


class Artist:
    """Makes the pictures of all prompts and seeds with some flags, once."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.made: dict[tuple[str, ...], np.ndarray] = {}

    def draw(self, *flags: str, ending: str = "", caching: tuple[str, ...] = CACHED) -> np.ndarray:
        """uint8 (prompts x seeds, height, width, 3)."""
        key = (*caching, *flags, ending)
        if key not in self.made:
            self.made[key] = np.concatenate([self._draw(prompt + ending, *caching, *flags) for prompt in PROMPTS])
        return self.made[key]

    def _draw(self, prompt: str, *flags: str) -> np.ndarray:
        asked = ("-p", prompt, "-s", "1", "-b", str(SEEDS), "--steps", "12", "-o", "%d.png", "--overwrite", *flags)
        settings = {"cwd": self.folder, "capture_output": True, "text": True, "timeout": 120, "check": False}
        result = subprocess.run([self.program, "-m", MODEL, *asked], **settings)
        names = result.stdout.splitlines()
        assert_done(result, *names)
        assert len(names) == SEEDS
        return np.stack([np.asarray(Image.open(self.folder / name).convert("RGB")) for name in names])


@pytest.fixture(scope="module")
def artist(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Artist:
    if not (MODEL / "model.json").is_file():
        pytest.skip("models/scenes holds no model yet")
    return Artist(program, tmp_path_factory.mktemp("pictures"))


def whitenesses(pictures: np.ndarray) -> list[float]:
    return [whiteness(picture) for picture in pictures]


def distances(pictures: np.ndarray) -> list[float]:
    """To the palette that the word stands for."""
    return [distance_to_palette(picture, WORD) for picture in pictures]


@pytest.mark.parametrize("caching", [ORIGINAL, CACHED])
def test_winter_whitens_every_ground(artist: Artist, caching: tuple[str, ...]) -> None:
    without = whitenesses(artist.draw(caching=caching))
    snowy = whitenesses(artist.draw(*SNOW, caching=caching))
    assert min(np.subtract(snowy, without)) > 0.2


def test_a_weight_between_makes_less_winter(artist: Artist) -> None:
    weak = np.mean(whitenesses(artist.draw("--lora", f"{WINTER}:0.4")))
    assert np.mean(whitenesses(artist.draw())) < weak < np.mean(whitenesses(artist.draw(*SNOW)))


def test_weight_0_makes_the_pictures_of_none(artist: Artist) -> None:
    assert np.array_equal(artist.draw(), artist.draw("--lora", f"{WINTER}:0"))


def test_the_word_colours_every_picture(artist: Artist) -> None:
    coloured = distances(artist.draw(*TAUGHT, ending=f", {WORD}"))
    assert max(np.divide(coloured, distances(artist.draw()))) < 0.75


def test_the_word_without_its_file_means_nothing(artist: Artist) -> None:
    unknown = np.mean(distances(artist.draw(ending=f", {WORD}")))
    assert unknown > 0.85 * np.mean(distances(artist.draw()))


def test_the_file_without_its_word_changes_nothing(artist: Artist) -> None:
    assert np.array_equal(artist.draw(), artist.draw(*TAUGHT))


def test_both_work_together(artist: Artist) -> None:
    both = artist.draw(*SNOW, *TAUGHT, ending=f", {WORD}")
    assert np.mean(distances(both)) < np.mean(distances(artist.draw(*SNOW)))
    assert np.mean(whitenesses(both)) > np.mean(whitenesses(artist.draw(*TAUGHT, ending=f", {WORD}")))


def test_they_are_small() -> None:
    """They lie in the repository and in every package of the program."""
    files = [MODEL / kind / name for kind in ("lora", "embeddings") for name in files_below(MODEL / kind)]
    assert sorted(files) == sorted([WINTER, EMBEDDING])
    assert sum(file.stat().st_size for file in files) < 300_000
