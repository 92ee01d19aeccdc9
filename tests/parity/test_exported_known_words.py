"""The exporter: the words that a model says it knows."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from export_run import description, run
from exporter.errors import ExportError
from exporter.known_words import export_known_words

KNOWN_WORDS = {"subject": "seascapes", "words": ["sea", "na\u00efve", "4k", "boat", "don't", "boat"]}


def known_words_folder(folder: Path, **changes: Any) -> Path:
    (folder / "known_words.json").write_text(json.dumps(KNOWN_WORDS | changes), encoding="utf-8")
    return folder


def test_known_words_become_a_file_of_the_model(sd15: Path, output: Path) -> None:
    assert run(known_words_folder(sd15), output) == 0
    model = description(output)
    assert model["known_words"] == {"subject": "seascapes", "file": "words.txt"}
    written = (output / "words.txt").read_bytes()
    assert written.decode().splitlines() == ["4k", "boat", "don't", "na\u00efve", "sea"]
    assert model["files"]["words.txt"] == {"size": len(written), "sha256": hashlib.sha256(written).hexdigest()}


def test_sizes_become_facts_of_the_model(tmp_path: Path) -> None:
    facts = export_known_words(known_words_folder(tmp_path, sizes=[[256, 256]]), tmp_path)
    assert facts == {"subject": "seascapes", "file": "words.txt", "sizes": [[256, 256]]}


@pytest.mark.parametrize("sizes", [256, [256], [[256]], [[256, 0]], [[256, 25.5]], [[True, 256]]], ids=repr)
def test_sizes_are_pairs_of_pixels(tmp_path: Path, sizes: Any) -> None:
    with pytest.raises(ExportError, match=r"known_words.json has sizes .*; expected pairs"):
        export_known_words(known_words_folder(tmp_path, sizes=sizes), tmp_path)


def test_a_model_without_known_words_says_nothing(models_dir: Path, tmp_path: Path) -> None:
    assert export_known_words(models_dir / "sd15-diffusers", tmp_path) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("subject", [None, "", " ", 3, "two\nlines"], ids=repr)
def test_known_words_need_a_subject(tmp_path: Path, output: Path, subject: Any) -> None:
    output.mkdir()
    with pytest.raises(ExportError, match=r"known_words.json has subject"):
        export_known_words(known_words_folder(tmp_path, subject=subject), output)


@pytest.mark.parametrize(
    "word", ["Sea", "two words", "", " sea", "sea\n", "hot-air", "12", "boat's", "'sea", "sea''s", 4, None], ids=repr
)
def test_known_words_are_single_words_in_lower_case(tmp_path: Path, output: Path, word: Any) -> None:
    output.mkdir()
    with pytest.raises(ExportError, match=r"known_words.json has .* among its words; expected one word in lower case"):
        export_known_words(known_words_folder(tmp_path, words=["boat", word]), output)
    assert not list(output.iterdir())


@pytest.mark.parametrize("words", [None, [], "sea"], ids=repr)
def test_known_words_need_words(tmp_path: Path, output: Path, words: Any) -> None:
    output.mkdir()
    with pytest.raises(ExportError, match=r"known_words.json has no list of words"):
        export_known_words(known_words_folder(tmp_path, words=words), output)
