#!/usr/bin/env python3
"""Copies a Markdown document and all that it links to, of the same checkout, to another folder in the same arrangement.

usage: linked_documents.py CHECKOUT DESTINATION DOCUMENT…

So the links of an installed README lead to files. Run by `cmake --install`, hence of the standard library only.
"""

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

# [text](target) and ![text](target); not in blocks of code, which are taken out before.
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.M | re.S)


class BrokenLinkError(Exception):
    """A document links to what is not there; the message names both."""


def links_of(document: Path) -> Iterator[Path]:
    """The files and folders that a Markdown document links to beside it, without anchors."""
    for target in _LINK.findall(_CODE.sub("", document.read_text(encoding="utf-8"))):
        path = unquote(target.partition("#")[0])
        if path and not re.match(r"[a-z]+:", path):
            yield document.parent / path


def linked_files(checkout: Path, documents: Sequence[str]) -> list[Path]:
    """The documents and what they lead to, below `checkout`; of a folder its README. Throws BrokenLinkError."""
    found: dict[Path, None] = {}
    waiting = [(checkout / name).resolve() for name in documents]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found[file] = None
        if file.suffix != ".md":
            continue
        for link in links_of(file):
            target = link.resolve()
            if target.is_dir():
                target /= "README.md"
            if not target.is_file() or not target.is_relative_to(checkout):
                raise BrokenLinkError(f"{file.relative_to(checkout)} links to {link}, which is not there")
            waiting.append(target)
    return sorted(found)


def copy_documents(checkout: Path, destination: Path, documents: Sequence[str]) -> None:
    """Writes them below `destination`. Throws BrokenLinkError before anything is written."""
    for file in linked_files(checkout, documents):
        copy = destination / file.relative_to(checkout)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        copy.chmod(0o644)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        copy_documents(Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3:])
    except (BrokenLinkError, OSError) as error:
        sys.exit(f"linked_documents.py: {error}")
