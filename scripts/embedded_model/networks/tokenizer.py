"""How a prompt becomes ids: [bos] pieces [eos], cut so that eos stays, and padding to MAX_LENGTH."""

import json
from pathlib import Path

import sentencepiece

MAX_LENGTH = 64
PAD, UNK, BOS, EOS = 0, 1, 2, 3


def encode_prompt(tokenizer: sentencepiece.SentencePieceProcessor, prompt: str) -> list[int]:
    """MAX_LENGTH ids: [bos] pieces [eos] and padding."""
    pieces = tokenizer.encode(prompt)[: MAX_LENGTH - 2]
    ids = [BOS, *pieces, EOS]
    return ids + [PAD] * (MAX_LENGTH - len(ids))


def load_tokenizer(folder: Path) -> sentencepiece.SentencePieceProcessor:
    """The tokenizer in a work folder or a model folder, as train_tokenizer.py writes it."""
    path = folder / "tokenizer" / "tokenizer.model"
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


def write_tokenizer_config(folder: Path) -> None:
    """What exporters ask of a tokenizer, beside its sentencepiece model in `folder`, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "tokenizer_class": "SentencePiece",
        "model_max_length": MAX_LENGTH,
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "pad_token_id": PAD,
        "add_bos": True,
        "add_eos": True,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
