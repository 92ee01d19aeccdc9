"""Pickled weights (.ckpt, .bin) of strangers: read for their tensors only, and no larger than their file says.

Nothing in such a file is executed: torch's weights-only unpickler knows tensors, numbers, text and their containers.
"""

import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from exporter.errors import ExportError, first_line

ZIP_MAGIC = b"PK\x03\x04"
# What torch's unpickler says of what it does not know: "GLOBAL os.system was not an allowed global".
REFUSED = re.compile(r"GLOBAL (\S+)|[Cc]lass (\S+)")
ADVICE = "get the model as .safetensors, or convert it where you trust it"


def require_weights_only(path: Path) -> None:
    """Throws ExportError, naming the file, unless a pickled file holds weights only, and no more than fit into it."""
    size = path.stat().st_size
    is_zip = _is_zip(path)
    if is_zip:
        _require_stored(path, size)
    content = _load(path, is_zip)
    _require_end(content, path)
    for tensor in _tensors(content):
        _require_dense(tensor, path, size)


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ZIP_MAGIC)) == ZIP_MAGIC


def _require_stored(path: Path, size: int) -> None:
    """Refuses records that are larger than the file: of those with weights, torch compresses none."""
    try:
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise ExportError(f"'{path.name}' is broken: {first_line(error)}") from error
    stored = all(record.compress_type == zipfile.ZIP_STORED for record in records)
    if not stored or sum(record.file_size for record in records) > size:
        raise ExportError(f"'{path.name}' has compressed records, as archives with code have; {ADVICE}")


def _load(path: Path, is_zip: bool) -> Any:
    """The content with tensors that have no memory; of an archive (`is_zip`) weights are not even read."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return torch.load(path, map_location="meta", weights_only=True, mmap=is_zip)
    except Exception as error:  # A broken pickle raises whatever its bytes provoke.
        raise ExportError(_explain(path, error)) from error


def _explain(path: Path, error: Exception) -> str:
    text = str(error)
    if found := REFUSED.search(text):
        return f"'{path.name}' holds more than weights ({found[1] or found[2]}), which is not run; {ADVICE}"
    if "weights_only" in text:
        return f"'{path.name}' holds code, or is of a kind that cannot be read without running code; {ADVICE}"
    return f"'{path.name}' cannot be read as weights ({type(error).__name__}: {first_line(error)}); {ADVICE}"


def _require_end(content: Any, path: Path) -> None:
    """Refuses dictionaries that hold each other in a ring: diffusers looks for the innermost "state_dict"."""
    seen = set()
    while isinstance(content, dict) and "state_dict" in content:
        if id(content) in seen:
            raise ExportError(f"'{path.name}' has a state_dict that holds itself; {ADVICE}")
        seen.add(id(content))
        content = content["state_dict"]


def _tensors(content: Any) -> Iterator[torch.Tensor]:
    """Every tensor in dictionaries and lists, which may hold each other many times over."""
    seen, waiting = set(), [content]
    while waiting:
        each = waiting.pop()
        if isinstance(each, torch.Tensor):
            yield each
        elif isinstance(each, dict | list | tuple) and id(each) not in seen:
            seen.add(id(each))
            waiting.extend(each.values() if isinstance(each, dict) else each)


def _require_dense(tensor: torch.Tensor, path: Path, size: int) -> None:
    """Refuses a tensor that is spread over more than the file holds: it would be that large in memory."""
    if tensor.layout != torch.strided or tensor.numel() * tensor.element_size() > size:
        raise ExportError(f"'{path.name}' has a tensor {list(tensor.shape)} larger than the file; {ADVICE}")
