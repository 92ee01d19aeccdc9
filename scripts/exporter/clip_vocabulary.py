"""CLIP's tokenizer, which is the same in all Stable Diffusion models but for the token that fills up a prompt.

The byte-pair merges are those that CLIP's authors published (github.com/openai/CLIP, simple_tokenizer.py); the package
open_clip_torch ships the file. No code of that package is run.
"""

import gzip
import importlib.util
import json
import shutil
from pathlib import Path

from exporter.errors import ExportError
from exporter.tokenizer import write_vocabulary

BOS, EOS = "<|startoftext|>", "<|endoftext|>"
LENGTH = 77
# Ids: all bytes, all bytes at a word's end, the merges, the two special tokens.
SIZE = 49408
MERGES = SIZE - 2 * 256 - 2
FILE = "bpe_simple_vocab_16e6.txt.gz"
PACKAGE = "open_clip"


def write_clip_tokenizer(folder: Path, pad_token: str, users: Path | None) -> None:
    """Writes the tokenizer folder of a diffusers model.

    users: a folder with vocab.json and merges.txt, or tokenizer.json, taken instead of the package's vocabulary.
    Throws ExportError where that holds none, or the package is not there.
    """
    folder.mkdir(parents=True)
    special = {"bos_token": BOS, "eos_token": EOS, "unk_token": EOS, "pad_token": pad_token}
    config = special | {"tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, "do_lower_case": True}
    _write_json(folder / "special_tokens_map.json", special)
    _write_json(folder / "tokenizer_config.json", config)
    if users is None:
        merges = _published_merges()
        write_vocabulary(folder, {piece: index for index, piece in enumerate(_pieces(merges))}, merges)
        return
    names = [name for name in ("vocab.json", "merges.txt", "tokenizer.json") if (users / name).is_file()]
    if names not in (["vocab.json", "merges.txt"], ["tokenizer.json"], ["vocab.json", "merges.txt", "tokenizer.json"]):
        raise ExportError(f"--tokenizer '{users}' has neither vocab.json and merges.txt nor tokenizer.json")
    for name in names:
        shutil.copyfile(users / name, folder / name)


def _published_merges() -> list[str]:
    package = importlib.util.find_spec(PACKAGE)
    path = Path(package.origin).parent / FILE if package and package.origin else None
    if path is None or not path.is_file():
        raise ExportError(
            "CLIP's vocabulary is not here: install open_clip_torch (scripts/requirements-no-deps.txt), or name a "
            "folder with vocab.json and merges.txt with --tokenizer"
        )
    # The first line is a heading; the file has more merges than CLIP uses.
    return gzip.decompress(path.read_bytes()).decode().split("\n")[1 : MERGES + 1]


def _pieces(merges: list[str]) -> list[str]:
    """All pieces in the order of their ids, as CLIP's SimpleTokenizer makes them."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = [chr(byte) for byte in printable] + [chr(0x100 + index) for index in range(256 - len(printable))]
    ends = [f"{letter}</w>" for letter in letters]
    return [*letters, *ends, *(merge.replace(" ", "") for merge in merges), BOS, EOS]


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
