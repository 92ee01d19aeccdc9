"""The headers of .safetensors files, read by hand: before the libraries that take seconds to import, or to install."""

import json
import struct
from pathlib import Path
from typing import Any

from exporter.errors import ExportError

SUFFIX = ".safetensors"
# Bytes: the number before a header, and the format's limit of a header.
START = 8
LONGEST_HEADER = 100_000_000


def check_safetensors(source: Path) -> None:
    """Throws ExportError, naming the file, where `source`, or a file in it, is not all of a .safetensors file.

    source: a single file or a diffusers folder; any other passes.
    """
    files = sorted(source.rglob(f"*{SUFFIX}")) if source.is_dir() else [source]
    for path in files:
        if path.suffix == SUFFIX and path.is_file():
            read_header(path, str(path.relative_to(source)) if source.is_dir() else path.name)


def read_header(path: Path, name: str = "") -> dict[str, Any]:
    """The names, shapes and metadata of a file whose tensors are all in it; throws ExportError for another.

    name: how a message calls it, its own unless given.
    """
    name = name or path.name
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(START)
        if len(start) < START:
            raise _cut_off(name, f"it has {size} bytes")
        (length,) = struct.unpack("<Q", start)
        if length > LONGEST_HEADER:
            raise ExportError(f"'{name}' is no {SUFFIX} file: it does not begin with the length of a header")
        if START + length > size:
            raise _cut_off(name, f"its header ends at byte {START + length}, the file at byte {size}")
        text = file.read(length)
    header = _parse(name, text)
    end = START + length + max((_end(entry) for entry in header.values()), default=0)
    if end > size:
        raise _cut_off(name, f"its last tensor ends at byte {end}, the file at byte {size}")
    return header


def _parse(name: str, text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or not all(isinstance(entry, dict) for entry in header.values()):
        raise ExportError(f"'{name}' is no {SUFFIX} file: its header is no JSON object of tensors")
    return header


def _end(entry: dict[str, Any]) -> int:
    """Where a tensor ends, in bytes after the header; 0 for what says nothing of it, as the metadata."""
    offsets = entry.get("data_offsets")
    return max((each for each in offsets if type(each) is int), default=0) if isinstance(offsets, list) else 0


def _cut_off(name: str, reason: str) -> ExportError:
    return ExportError(f"'{name}' is truncated: {reason}; download or copy it again")
