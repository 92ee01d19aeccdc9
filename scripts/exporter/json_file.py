"""Reading JSON files that may be missing or broken."""

import json
from pathlib import Path
from typing import Any

from exporter.errors import ExportError


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object; throws ExportError naming the file if it is missing or broken."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ExportError(f"cannot read {path.parent.name}/{path.name}: {error}") from error
    if not isinstance(content, dict):
        raise ExportError(f"{path.parent.name}/{path.name} holds no JSON object")
    return content
