"""JSON for people: what fits on a line is on one line."""

import json
from typing import Any

WIDTH = 120


def json_text(value: Any) -> str:
    """A JSON document with a line break at the end; lines are at most WIDTH wide where they can be."""
    return _text(value, indent=0, used=0) + "\n"


def _text(value: Any, indent: int, used: int) -> str:
    """`used`: columns that are taken on the line where the value begins."""
    line = json.dumps(value, ensure_ascii=False)
    if used + len(line) < WIDTH or not isinstance(value, dict) or not value:
        return line
    margin = " " * (indent + 2)
    rows = []
    for key, part in value.items():
        head = f"{margin}{json.dumps(key)}: "
        rows.append(head + _text(part, indent + 2, len(head)))
    return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
