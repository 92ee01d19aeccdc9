"""An export as a user runs it, and what it says of itself."""

import json
from pathlib import Path
from typing import Any

import pytest
from exporter import run_command
from exporter.command_line import main as export

# The first text encoder of a diffusers folder.
TEXT_WEIGHTS = "text_encoder/model.safetensors"


def run(source: Path | str, output: Path, *options: str) -> int:
    """Exports and returns the exit code."""
    return export(["--source", str(source), "--output", str(output), *options])


def description(folder: Path) -> dict[str, Any]:
    """The model.json of an exported folder."""
    return json.loads((folder / "model.json").read_text())


def refusal(capsys: pytest.CaptureFixture[str], source: Path | str, output: Path, *options: str) -> str:
    """The message of an export that fails and leaves nothing behind."""
    before = sorted(output.parent.iterdir())
    assert run(source, output, *options) == run_command.FAILED
    assert sorted(output.parent.iterdir()) == before
    return capsys.readouterr().err.splitlines()[-1]
