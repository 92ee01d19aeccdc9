"""Tokenizers: copies what the engine reads, in one form whatever the source's, and says the ids."""

import json
import shutil
from pathlib import Path
from typing import Any

from exporter.errors import ExportError, first_line
from exporter.json_file import read_json

MERGES_HEADER = "#version: 0.2"


def export_tokenizer(
    source: Path, output: Path, vocabulary_size: int, positions: int, name: str | None = None
) -> dict[str, Any]:
    """Writes the tokenizer in folder `source` to `output`/`name`, or the same name, and returns its facts.

    Throws ExportError for a kind that the engine does not know, and for ids or lengths beyond what
    the text encoder knows: `vocabulary_size` ids and `positions` tokens.
    """
    target = output / (name or source.name)
    target.mkdir()
    sentencepiece = (source / "tokenizer.model").is_file()
    facts = (_export_sentencepiece if sentencepiece else _export_clip)(source, target)
    for key in ("bos_id", "eos_id", "pad_id"):
        if facts[key] not in range(vocabulary_size):
            raise ExportError(
                f"{source.name}/ has {key} {facts[key]}, but its text encoder knows the ids 0 to {vocabulary_size - 1}"
            )
    if facts["max_length"] not in range(3, positions + 1):
        raise ExportError(
            f"{source.name}/ has model_max_length {facts['max_length']}, but its text encoder "
            f"reads 3 to {positions} tokens"
        )
    return facts


def _export_sentencepiece(source: Path, target: Path) -> dict[str, Any]:
    config = read_json(source / "tokenizer_config.json")
    shutil.copyfile(source / "tokenizer.model", target / "tokenizer.model")
    if not (config.get("add_bos", True) and config.get("add_eos", True)):
        raise ExportError(f"{source.name}/ does not frame its prompts with bos and eos; both needed")
    return {
        "type": "sentencepiece",
        "model": f"{target.name}/tokenizer.model",
        "max_length": config.get("model_max_length"),
        "bos_id": config.get("bos_token_id"),
        "eos_id": config.get("eos_token_id"),
        "pad_id": config.get("pad_token_id"),
    }


def _export_clip(source: Path, target: Path) -> dict[str, Any]:
    # Imported late: it takes seconds, and a sentencepiece model does without.
    from transformers import CLIPTokenizer

    _write_byte_pairs(source, target)
    try:
        tokenizer = CLIPTokenizer.from_pretrained(str(source), local_files_only=True)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # The tokenizers' own panics are no `Exception`.
        raise ExportError(f"cannot read {source.name}/: {first_line(error)}") from error
    return {
        "type": "clip",
        "vocabulary": f"{target.name}/vocab.json",
        "merges": f"{target.name}/merges.txt",
        "max_length": tokenizer.model_max_length,
        "bos_id": tokenizer.bos_token_id,
        "eos_id": tokenizer.eos_token_id,
        "pad_id": tokenizer.pad_token_id,
        "unk_id": tokenizer.unk_token_id,
    }


def _write_byte_pairs(source: Path, target: Path) -> None:
    if (source / "vocab.json").is_file() and (source / "merges.txt").is_file():
        for name in ("vocab.json", "merges.txt"):
            shutil.copyfile(source / name, target / name)
        return
    if not (source / "tokenizer.json").is_file():
        raise ExportError(
            f"{source.name}/ holds no tokenizer: neither vocab.json and merges.txt, nor "
            "tokenizer.json, nor tokenizer.model"
        )
    model = read_json(source / "tokenizer.json").get("model")
    kind = model.get("type") if isinstance(model, dict) else None
    if kind != "BPE":
        raise ExportError(f"{source.name}/tokenizer.json is a {kind} model, not BPE")
    write_vocabulary(target, model["vocab"], model["merges"])


def write_vocabulary(target: Path, vocabulary: dict[str, int], merges: list[str] | list[list[str]]) -> None:
    """Writes vocab.json and merges.txt; a merge is "a b" or [a, b]."""
    lines = [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
    text = json.dumps(vocabulary, ensure_ascii=False)
    (target / "vocab.json").write_text(text, encoding="utf-8")
    (target / "merges.txt").write_text("\n".join([MERGES_HEADER, *lines, ""]), encoding="utf-8")
