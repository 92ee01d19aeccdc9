"""The folder that is written: model.json, and all or nothing."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exporter.errors import ExportError

FORMAT_VERSION = 2
MODEL_JSON = "model.json"
CHUNK = 2**22
# Strings have no line breaks in JSON, so that this never matches inside of one.
NUMBERS = re.compile(r"\[\n\s*([-+.\deE,\s]+)\n\s*\]")


def check_output(output: Path, overwrite: bool) -> None:
    """Throws ExportError if `output` exists, unless it may go: empty, or an export and allowed; or can't be made."""
    there = next(folder for folder in output.parents if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ExportError(f"{there} is no folder that may be written to; choose another --output than {output}")
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not is_export(output):
        raise ExportError(f"{output} exists and is no exported model; choose another --output")
    if not overwrite:
        raise ExportError(f"{output} exists; --overwrite replaces it")


def is_export(folder: Path) -> bool:
    """Whether this program wrote the folder."""
    try:
        description = json.loads((folder / MODEL_JSON).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(description, dict) and "exporter" in description


@contextmanager
def new_folder(output: Path) -> Iterator[Path]:
    """A folder to write into that becomes `output` if the body succeeds, and else disappears.

    Folders that lead there are made.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.name}.partial-{os.getpid()}")
    partial.mkdir()
    try:
        yield partial
        _put_in_place(partial, output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _put_in_place(partial: Path, output: Path) -> None:
    if not output.exists():
        partial.rename(output)
        return
    old = output.with_name(f".{output.name}.old-{os.getpid()}")
    output.rename(old)
    partial.rename(output)
    shutil.rmtree(old)


def write_description(folder: Path, description: dict[str, Any], exporter: dict[str, str]) -> None:
    """Writes model.json: the description, size and sha256 of every file, and what exported it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    listed = {path.relative_to(folder).as_posix(): fingerprint(path) for path in files}
    complete = {"format_version": FORMAT_VERSION, **description}
    complete |= {"files": listed, "exporter": exporter}
    (folder / MODEL_JSON).write_text(description_text(complete), encoding="utf-8")


def replace_description(folder: Path, description: dict[str, Any]) -> None:
    """Puts a complete description in the place of the one that is there, at once."""
    partial = folder / f".{MODEL_JSON}.partial-{os.getpid()}"
    try:
        partial.write_text(description_text(description), encoding="utf-8")
        partial.replace(folder / MODEL_JSON)
    finally:
        partial.unlink(missing_ok=True)


def description_text(description: dict[str, Any]) -> str:
    """A description as it is written: one field a line, and lists of numbers on one line."""
    text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
    return NUMBERS.sub(lambda found: f"[{', '.join(found[1].replace(',', ' ').split())}]", text)


def fingerprint(path: Path) -> dict[str, int | str]:
    """Size and SHA-256 of a file, as model.json has them."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return {"size": path.stat().st_size, "sha256": digest.hexdigest()}
