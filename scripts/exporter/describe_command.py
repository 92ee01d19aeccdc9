"""The command that adds the measured facts to an exported folder whose source is not at hand."""

import argparse
import subprocess
from pathlib import Path
from typing import Any

from exporter.errors import ExportError
from exporter.json_file import read_json
from exporter.model_folder import FORMAT_VERSION, MODEL_JSON, fingerprint, is_export, replace_description
from exporter.progress import stage
from exporter.run_command import run_command

# It has the one reader of archives that runs nothing of them; the script builds it where it is not built.
PROGRAM = Path(__file__).resolve().parents[1] / "deepcache-gen"

DESCRIPTION = """Measures an exported model on its archives and writes what was found into its model.json:
multiply-adds, and the map from latents to colours that previews are drawn with. Exports made by an older
export_model.py lack them. Nothing else in the folder is changed."""


def main(arguments: list[str]) -> int:
    """Runs the command and returns its exit code; prints one line for an error."""
    parser = argparse.ArgumentParser(prog="describe_model.py", description=DESCRIPTION)
    parser.add_argument("folder", type=Path, help="a model folder that export_model.py wrote")
    folder = parser.parse_args(arguments).folder
    return run_command("describe_model", lambda: _describe(folder))


def _describe(folder: Path) -> None:
    if not is_export(folder):
        raise ExportError(f"{folder} is no exported model; give a folder that export_model.py wrote")
    description = read_json(folder / MODEL_JSON)
    if description.get("format_version") != FORMAT_VERSION:
        raise ExportError(f"{folder} is not of format version {FORMAT_VERSION}; export the model again")
    with stage("checksums"):
        _check_files(folder, description["files"])
    with stage("archives"):
        _check_archives(folder)
    # Imported late: it takes seconds, and a wrong folder should not.
    from exporter.measured_facts import with_measured_facts

    replace_description(folder, with_measured_facts(folder, description))


def _check_archives(folder: Path) -> None:
    """Throws ExportError where an archive holds more than the exporter writes: loading it may run its code."""
    result = subprocess.run([PROGRAM, "inspect", folder.absolute()], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ExportError(result.stderr.strip().splitlines()[-1].removeprefix("deepcache-gen: error: "))


def _check_files(folder: Path, files: dict[str, Any]) -> None:
    """Throws ExportError naming the first file that is not the one that was exported."""
    for name, expected in files.items():
        found = fingerprint(folder / name)
        if any(expected.get(key) != value for key, value in found.items()):
            raise ExportError(f"{folder / name} is not the file that model.json describes; export the model again")
