"""What is found, written whenever something is: gpu_check.json to read by programs, gpu_check.md by people."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

JSON_NAME, MARKDOWN_NAME = "gpu_check.json", "gpu_check.md"
DONE, FAILED, OVERDUE, LEFT_OUT, RUNNING = "done", "failed", "out of time", "left out", "running"


class Results:
    """All stages so far. Files that are there are always whole."""

    def __init__(self, folder: Path, facts: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._begin = folder, time.monotonic()
        self._content: dict[str, Any] = {"version": 1, "facts": facts, "seconds": 0.0, "stages": []}
        self.write()

    def begin(self, name: str, title: str) -> "StageResults":
        """A new stage, which is running from now on."""
        stage = {"name": name, "title": title, "state": RUNNING, "seconds": 0.0, "reason": None}
        stage |= {"checks": [], "values": {}, "tables": [], "notes": []}
        self._content["stages"].append(stage)
        self.write()
        return StageResults(stage, self)

    def all_is_well(self) -> bool:
        """Whether no stage has failed; one that ran out of time or was left out has not."""
        return all(stage["state"] != FAILED for stage in self._content["stages"])

    def write(self) -> None:
        """Both files as things are now."""
        self._content["seconds"] = round(time.monotonic() - self._begin, 1)
        _replace(self._folder / JSON_NAME, json.dumps(self._content, indent=1) + "\n")
        _replace(self._folder / MARKDOWN_NAME, markdown(self._content))


class StageResults:
    """What one stage finds."""

    def __init__(self, content: dict[str, Any], results: Results) -> None:
        self._content, self._results, self._begin = content, results, time.monotonic()

    def check(self, what: str, holds: bool, found: str) -> None:
        """Something that must hold; if it does not, the stage has failed, and goes on."""
        self._content["checks"].append({"what": what, "holds": bool(holds), "found": found})
        self._results.write()

    def value(self, name: str, value: Any) -> None:
        """A figure for programs."""
        self._content["values"][name] = value
        self._results.write()

    def note(self, text: str) -> None:
        """A sentence."""
        self._content["notes"].append(text)
        self._results.write()

    def table(self, title: str, header: Sequence[str]) -> list[list[str]]:
        """A new table; `rows_changed` says that rows were added to what this returns."""
        rows: list[list[str]] = []
        self._content["tables"].append({"title": title, "header": list(header), "rows": rows})
        return rows

    def rows_changed(self) -> None:
        """Writes what was added to tables."""
        self._results.write()

    def end(self, state: str, reason: str | None = None) -> str:
        """The stage is over; returns its state, which is FAILED if a check has failed."""
        broken = [check["what"] for check in self._content["checks"] if not check["holds"]]
        if broken:
            state, reason = FAILED, "; ".join([*broken, *([reason] if reason else [])])
        seconds = round(time.monotonic() - self._begin, 1)
        self._content |= {"state": state, "reason": reason, "seconds": seconds}
        self._results.write()
        return state


def markdown(content: dict[str, Any]) -> str:
    """The page of all results."""
    lines = ["# GPU check", "", f"{content['seconds']} s.", ""]
    lines += [f"- {name}: {value}" for name, value in content["facts"].items()]
    lines += ["", *_table(["stage", "state", "s", ""], [_summary(stage) for stage in content["stages"]])]
    for stage in content["stages"]:
        lines += ["", f"## {stage['title']}", ""]
        lines += [f"- {'holds' if check['holds'] else '**does not hold**'}: {check['what']} ({check['found']})"
                  for check in stage["checks"]]  # fmt: skip
        lines += [f"- {note}" for note in stage["notes"]]
        for table in stage["tables"]:
            lines += ["", f"{table['title']}:", "", *_table(table["header"], table["rows"])]
    return "\n".join(lines) + "\n"


def _summary(stage: dict[str, Any]) -> list[str]:
    return [stage["title"], stage["state"], str(stage["seconds"]), stage["reason"] or ""]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in (header, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [lines[0], f"|{'---|' * len(header)}", *lines[1:]]


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
