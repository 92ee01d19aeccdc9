"""Reading JSON files that may be missing, broken or of a stranger's making."""

import json
from pathlib import Path
from typing import Any

from exporter.errors import ExportError

# Bytes. A tokenizer.json of CLIP has 2 million.
LARGEST = 2**26


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object; throws ExportError naming the file if it is missing, broken, too large or too deep."""
    name = f"{path.parent.name}/{path.name}"
    if path.exists() and not path.is_file():
        raise ExportError(f"{name} is no regular file; nothing else is read")
    try:
        if path.stat().st_size > LARGEST:
            raise ExportError(f"{name} has {path.stat().st_size} bytes; at most {LARGEST} are read")
        content = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ExportError(f"{name} is nested too deep") from error
    except (OSError, ValueError) as error:
        raise ExportError(f"cannot read {name}: {error}") from error
    if not isinstance(content, dict):
        raise ExportError(f"{name} holds no JSON object")
    return content
