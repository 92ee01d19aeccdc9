"""Embeddings that a stranger might have made, or that did not arrive whole: what makes each, and what is said of it."""

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

WIDTH = 32  # of the tiny model's text encoder

Make = Callable[[], bytes]


class RunsACommand:
    """Unpickled, it makes a file."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, ("touch made-by-the-pickle",)


def vectors(count: int = 2, width: int = WIDTH, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def automatic1111(numbers: torch.Tensor | None = None, **more: Any) -> bytes:
    """As AUTOMATIC1111 saves it; further values of the dictionary."""
    parameter = torch.nn.Parameter(vectors() if numbers is None else numbers)
    return saved({"string_to_token": {"*": 265}, "string_to_param": {"*": parameter}, "name": "x", "step": 5} | more)


def saved(value: Any, **how: Any) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, **how)
    return file.getvalue()


def safetensors(entries: dict[str, Any], data: bytes) -> bytes:
    """A file with any header."""
    header = json.dumps(entries).encode()
    return struct.pack("<Q", len(header)) + header + data


def entry(shape: list[int], first: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [first, end]}


def numbers(tensor: torch.Tensor) -> bytes:
    return tensor.numpy().tobytes()


def whole(tensor: torch.Tensor | None = None) -> bytes:
    tensor = vectors() if tensor is None else tensor
    return safetensors({"emb_params": entry(list(tensor.shape), 0, tensor.nbytes)}, numbers(tensor))


def with_records(change: Callable[[str, bytes], bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A whole .pt, each record of which is another."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(automatic1111())) as old, zipfile.ZipFile(changed, "w", method) as new:
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info)))
    return changed.getvalue()


def with_pickle(content: bytes) -> bytes:
    return with_records(lambda name, record: content if name.endswith("data.pkl") else record)


def one_number(value: float) -> torch.Tensor:
    tensor = vectors()
    tensor[1, 3] = value
    return tensor


def in_turns(record: bytes) -> bytes:
    """A pickle whose tensor claims a thousand million numbers."""
    return record.replace(b"K\x02K \x86", b"J\x00\xca\x9a\x3bK \x86")


def not_utf8() -> bytes:
    header = b'{"emb\xff\xfe": {"dtype": "F32", "shape": [1, 32], "data_offsets": [0, 128]}}'
    return struct.pack("<Q", len(header)) + header + bytes(128)


# What the line says of each; the name is the file's.
HOSTILE: dict[str, tuple[Make, str]] = {
    "empty.pt": (lambda: b"", "no safetensors file"),
    "text.pt": (lambda: b"<html>Not found</html>" * 9, "no safetensors file"),
    "cut.pt": (lambda: automatic1111()[:-100], "no directory"),
    "cut-early.pt": (lambda: automatic1111()[:30], "no directory"),
    "longer.pt": (lambda: automatic1111() + b"x", "no directory"),
    "cut.bin": (lambda: saved({"<x>": vectors()})[:1000], "no directory"),
    "cut.safetensors": (lambda: whole()[:-4], "no safetensors file"),
    "cut-early.safetensors": (lambda: whole()[:20], "no safetensors file"),
    "longer.safetensors": (lambda: whole() + b"x", "no safetensors file"),
    "nan.pt": (lambda: automatic1111(one_number(float("nan"))), "NaN"),
    "nan.safetensors": (lambda: whole(one_number(float("nan"))), "NaN"),
    "infinite.bin": (lambda: saved({"<x>": one_number(float("inf"))}), "infinite"),
    "half-nan.pt": (lambda: automatic1111(one_number(float("nan")).half()), "NaN"),
    "wide.pt": (lambda: automatic1111(vectors(width=1024)), "has vectors of 1024 numbers, the text encoder of"),
    "wide.safetensors": (lambda: whole(vectors(width=768)), "numbers, the text encoder of model tiny reads 32"),
    "many.safetensors": (lambda: whole(vectors(76)), "has 76 vectors, model tiny reads 75"),
    "whole-numbers.pt": (lambda: saved({"<x>": torch.ones(2, WIDTH, dtype=torch.int64)}), "torch.LongStorage"),
    "two.bin": (lambda: saved({"<x>": vectors(), "<y>": vectors()}), "2 entries"),
    "flat.safetensors": (lambda: safetensors({"emb_params": entry([1, 1, WIDTH], 0, 128)}, bytes(128)), "3 sizes"),
    "pair.safetensors": (
        lambda: safetensors({"clip_l": entry([1, 32], 0, 128), "clip_g": entry([1, 48], 128, 320)}, bytes(320)),
        "is for SDXL: it has clip_l and clip_g, model tiny reads one set of vectors",
    ),
    "half-a-pair.safetensors": (lambda: safetensors({"clip_l": entry([1, 32], 0, 128)}, bytes(128)), "no clip_g"),
    "command.pt": (lambda: automatic1111(name=RunsACommand()), "its pickle names posix.system; nothing of it was run"),
    "command.bin": (lambda: saved(RunsACommand()), "its pickle names posix.system"),
    "old-command.pt": (lambda: pickle.dumps(RunsACommand(), 2), "PyTorch before 1.6"),
    "old.pt": (lambda: saved({"<x>": vectors()}, _use_new_zipfile_serialization=False), "PyTorch before 1.6"),
    "eval.pt": (lambda: with_pickle(b"\x80\x02c__builtin__\neval\nX\x01\x00\x00\x001\x85R."), "__builtin__.eval"),
    "itself.pt": (lambda: with_pickle(b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s."), "holds itself"),
    "deep.pt": (lambda: with_pickle(b"\x80\x02" + b"]" * 100000 + b"a" * 99999 + b"."), "nests deeper"),
    "protocol.pt": (lambda: saved({"<x>": vectors()}, pickle_protocol=4), "not of protocol 2"),
    "claims.pt": (lambda: with_records(lambda name, record: in_turns(record)), "reaches beyond its record"),
    "claims.safetensors": (
        lambda: safetensors({"emb_params": entry([1000000000, 1000000000], 0, 128)}, bytes(128)),
        "no safetensors file",
    ),
    "overlap.safetensors": (
        lambda: safetensors({"clip_l": entry([1, 32], 0, 128), "clip_g": entry([1, 32], 64, 192)}, bytes(192)),
        "no safetensors file",
    ),
    "negative.safetensors": (lambda: safetensors({"a": entry([1, 32], -128, 0)}, bytes(128)), "no safetensors file"),
    "long-header.safetensors": (lambda: struct.pack("<Q", 1 << 62) + b"{}", "no safetensors file"),
    "names.safetensors": (not_utf8, "no safetensors file"),
    "compressed.pt": (lambda: with_records(lambda name, record: record, zipfile.ZIP_DEFLATED), "is compressed"),
    "large.pt": (lambda: automatic1111(vectors(200000)), "is larger than 16 MiB"),
}  # fmt: skip


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
