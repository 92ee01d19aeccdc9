"""Changes to the files of a model folder that a test has for itself."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def edit_description(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Calls `change` with the content of model.json and keeps what it made of it."""
    description = json.loads((folder / "model.json").read_text())
    change(description)
    (folder / "model.json").write_text(json.dumps(description))


def replace_file(folder: Path, name: str, content: bytes) -> None:
    """Puts a content into a file, and its size and checksum into model.json."""
    (folder / name).write_bytes(content)
    facts = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    edit_description(folder, lambda description: description["files"].update({name: facts}))
