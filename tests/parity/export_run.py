"""An export as a user runs it, and what it says of itself."""

import json
from pathlib import Path
from typing import Any

from exporter.command_line import main as export


def run(source: Path | str, output: Path, *options: str) -> int:
    """Exports and returns the exit code."""
    return export(["--source", str(source), "--output", str(output), *options])


def description(folder: Path) -> dict[str, Any]:
    """The model.json of an exported folder."""
    return json.loads((folder / "model.json").read_text())
