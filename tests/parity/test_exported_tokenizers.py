"""The exporter: tokenizers."""

import json
from pathlib import Path
from typing import Any

import pytest
from exporter.errors import ExportError
from exporter.tokenizer import export_tokenizer
from transformers import CLIPTokenizer


def test_both_forms_of_a_clip_tokenizer_are_written_alike(models_dir: Path, tmp_path: Path) -> None:
    old = models_dir / "sdxl-diffusers" / "tokenizer_2"
    new = tmp_path / "new" / "tokenizer_2"
    CLIPTokenizer.from_pretrained(str(old)).save_pretrained(str(new))
    (new / "vocab.json").unlink(missing_ok=True)
    (new / "merges.txt").unlink(missing_ok=True)
    outputs = [tmp_path / "from_old", tmp_path / "from_new"]
    facts = []
    for source, target in zip([old, new], outputs, strict=True):
        target.mkdir()
        facts.append(export_tokenizer(source, target, 600, 77))
    assert facts[0] == facts[1]
    vocabularies, merges = zip(*(written(target) for target in outputs), strict=True)
    assert vocabularies[0] == vocabularies[1]
    assert merges[0] == merges[1]


def written(folder: Path) -> tuple[dict[str, int], list[str]]:
    tokenizer = folder / "tokenizer_2"
    merges = (tokenizer / "merges.txt").read_text(encoding="utf-8").splitlines()
    return json.loads((tokenizer / "vocab.json").read_text(encoding="utf-8")), merges


def sentencepiece_folder(folder: Path, **changes: Any) -> Path:
    config = {
        "tokenizer_class": "SentencePiece",
        "model_max_length": 40,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
        "add_bos": True,
        "add_eos": True,
    }
    folder.mkdir()
    (folder / "tokenizer.model").write_bytes(b"a model")
    (folder / "tokenizer_config.json").write_text(json.dumps(config | changes))
    return folder


def test_a_sentencepiece_tokenizer_is_copied(tmp_path: Path, output: Path) -> None:
    output.mkdir()
    facts = export_tokenizer(sentencepiece_folder(tmp_path / "tokenizer"), output, 600, 40)
    assert facts == {
        "type": "sentencepiece",
        "model": "tokenizer/tokenizer.model",
        "max_length": 40,
        "bos_id": 1,
        "eos_id": 2,
        "pad_id": 0,
    }
    assert (output / "tokenizer" / "tokenizer.model").read_bytes() == b"a model"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eos_token_id": 600}, "eos_id 600.*0 to 599"),
        ({"pad_token_id": None}, "pad_id None"),
        ({"model_max_length": 41}, "model_max_length 41.*3 to 40"),
        ({"add_bos": False}, "bos and eos"),
    ],
)
def test_a_tokenizer_that_does_not_fit_is_an_error(
    tmp_path: Path, output: Path, changes: dict[str, Any], message: str
) -> None:
    output.mkdir()
    folder = sentencepiece_folder(tmp_path / "tokenizer", **changes)
    with pytest.raises(ExportError, match=message):
        export_tokenizer(folder, output, 600, 40)
