"""The words that the embedded model says it knows are those of its captions, and a few that mean nothing to it."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

from exporter.known_words import export_known_words
from world.captions import caption
from world.known_words import HARMLESS, caption_words, known_words, words_of
from world.scenes import sample_scene


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    """What is written into known_words.json."""
    return known_words()


@pytest.fixture
def known(content: dict[str, Any]) -> set[str]:
    return set(content["words"])


def test_captions_are_cut_into_words() -> None:
    assert words_of("A hot-air balloon, 4k, the sailor's 2 boats; don't") == [
        "a", "hot", "air", "balloon", "4k", "the", "sailor", "boats", "don't",
    ]  # fmt: skip


def test_words_are_counted_once_a_caption_and_the_same_every_time() -> None:
    counts = caption_words(50)
    assert counts == caption_words(50)
    assert max(counts.values()) <= 50
    assert counts != caption_words(50, seed=2)


def test_every_caption_is_known(known: set[str]) -> None:
    rng = np.random.default_rng(99)
    for _ in range(2000):
        text = caption(sample_scene(rng), rng).text
        assert known.issuperset(words_of(text)), text


def test_what_the_model_can_not_draw_is_not_known(known: set[str]) -> None:
    assert known.isdisjoint("cat playing chess dog people car city blurry".split())
    assert {"lighthouse", "sea", "red", "left", "please", "the"} <= known


def test_harmless_words_are_words_once_each() -> None:
    assert [word for text in HARMLESS for word in words_of(text)] == HARMLESS
    assert len(set(HARMLESS)) == len(HARMLESS)


def test_the_exporter_takes_them(content: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "known_words.json").write_text(json.dumps(content))
    (tmp_path / "model").mkdir()
    facts = export_known_words(tmp_path, tmp_path / "model")
    assert facts is not None and facts["subject"] == content["subject"]
    assert (tmp_path / "model" / facts["file"]).read_text().splitlines() == content["words"]
