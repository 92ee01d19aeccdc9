"""A small CLIP byte-pair vocabulary: all bytes, a few merges, the two special tokens."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

SIZE = 600
BOS, EOS = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
WORDS = (
    "a photo of an astronaut riding a horse on the moon a red cat and a blue dog in the green "
    "garden of the old house with yellow flowers under a dark sky painting by a great artist "
    "highly detailed portrait of the woman in white light the best quality landscape with water "
    "and mountains at night two small birds above the tree it's three cats they're here 1 2 3"
).split()


def byte_characters() -> list[str]:
    """CLIP's printable stand-ins for the 256 bytes, in the order of CLIP's vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = len([byte for byte in range(256) if byte not in printable])
    return [chr(byte) for byte in printable] + [chr(256 + index) for index in range(others)]


def learn_merges(count: int) -> list[tuple[str, str]]:
    """The `count` most useful byte-pair merges of WORDS, most frequent first."""
    words = [[*word[:-1], word[-1] + WORD_END] for word in WORDS]
    merges = []
    for _ in range(count):
        pairs = Counter(pair for word in words for pair in pairwise(word))
        best = max(sorted(pairs), key=lambda pair: pairs[pair])
        merges.append(best)
        words = [_merged(word, best) for word in words]
    return merges


def _merged(word: list[str], pair: tuple[str, str]) -> list[str]:
    result: list[str] = []
    for symbol in word:
        # A symbol made by this very merge is longer than the pair's first half, so it never matches.
        if result and (result[-1], symbol) == pair:
            result[-1] += symbol
        else:
            result.append(symbol)
    return result


def write_tokenizer(folder: Path, pad_token: str) -> None:
    """Writes a tokenizer folder as the published models have it (vocab.json and merges.txt)."""
    characters = byte_characters()
    base = characters + [character + WORD_END for character in characters]
    merges = learn_merges(SIZE - len(base) - 2)
    tokens = [*base, *("".join(merge) for merge in merges), BOS, EOS]
    special = {"bos_token": BOS, "eos_token": EOS, "unk_token": EOS, "pad_token": pad_token}
    config = special | {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77}
    folder.mkdir(parents=True)
    _write_json(folder / "vocab.json", {token: index for index, token in enumerate(tokens)})
    _write_json(folder / "special_tokens_map.json", special)
    _write_json(folder / "tokenizer_config.json", config | {"do_lower_case": True})
    lines = ["#version: 0.2", *(" ".join(merge) for merge in merges), ""]
    (folder / "merges.txt").write_text("\n".join(lines), encoding="utf-8")


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
