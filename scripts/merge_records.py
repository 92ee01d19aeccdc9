#!/usr/bin/env python3
"""Merges the JSON records of several runs of deepcache-gen over the shards of one prompt list.

usage: merge_records.py DIR     reads DIR/task-*.jsonl, writes DIR/all.jsonl

One record is kept of every picture: that it was made, else that it was found made, else why it was not. Lines that a
killed run left unfinished are passed over. Exits 1 if a picture could not be made.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def read_records(files: Iterable[Path]) -> list[Record]:
    """All whole records of the files, in order."""
    records = []
    for file in files:
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                records.append(record)
    return records


def worth(record: Record) -> int:
    """How much a record says: 2 made, 1 found made, 0 failed."""
    if "error" in record:
        return 0
    return 1 if record.get("skipped") else 2


def merge(records: Iterable[Record]) -> list[Record]:
    """One record of every picture, the one that says most and of those the last, in the order of the list.

    A line of the list that could not be read has no path; it counts by its number.
    """
    best: dict[object, Record] = {}
    for record in records:
        key = record.get("path", record.get("item"))
        if key not in best or worth(record) >= worth(best[key]):
            best[key] = record
    return sorted(best.values(), key=lambda record: (record.get("item", 0), record.get("path", "")))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: merge_records.py DIR, a folder with task-*.jsonl", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    merged = merge(read_records(sorted(folder.glob("task-*.jsonl"))))
    partial = folder / ".all.jsonl.partial"
    partial.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in merged), encoding="utf-8")
    partial.replace(folder / "all.jsonl")
    failed = sum(worth(record) == 0 for record in merged)
    print(f"{len(merged) - failed} pictures made, {failed} failed: {folder / 'all.jsonl'}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
