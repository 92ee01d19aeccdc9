#!/usr/bin/env python3
"""Checks the include lines of src/ against the layers of the design.

    main -> cli -> evaluation -> pipeline -> { schedulers, caching, text, model, image, adapters } -> backend -> support
    and inside cli: commands -> run -> prompts -> output -> terminal -> options

usage: check_layers.py [SRC]     prints one line per violation and exits 1 if there is any
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

# What the files of a folder may include besides their own folder. src/main.cc is the folder "main".
ALLOWED = {
    "main": {
        "cli",
        "evaluation",
        "pipeline",
        "schedulers",
        "caching",
        "text",
        "model",
        "image",
        "adapters",
        "backend",
        "support",
    },
    "cli": {
        "evaluation",
        "pipeline",
        "schedulers",
        "caching",
        "text",
        "model",
        "image",
        "adapters",
        "backend",
        "support",
    },
    "evaluation": {"pipeline", "schedulers", "caching", "text", "model", "image", "adapters", "backend", "support"},
    "pipeline": {"schedulers", "caching", "text", "model", "image", "adapters", "backend", "support"},
    "schedulers": {"backend", "support"},
    "caching": {"backend", "support"},
    "text": {"backend", "support"},
    "model": {"backend", "support"},
    "image": {"backend", "support"},
    "adapters": {"backend", "support"},
    "backend": {"support"},
    "support": set(),
}

# The folders inside cli, highest first: each may include itself and those after it.
CLI_ORDER = ["commands", "run", "prompts", "output", "terminal", "options"]

# Only these bring several of the siblings together; a file of another folder includes one of them at most.
SIBLINGS = {"schedulers", "caching", "text", "model", "image", "adapters"}
SEES_SEVERAL = {"main", "evaluation", "pipeline"}

# Folders that no Torch header may reach, not even through the project's own headers: they are built without LibTorch.
TORCH_FREE = {"cli", "evaluation", "caching", "text", "image", "support"}

# Header prefix -> the only folders that may include it.
OWNERS = {
    "CLI/": {"cli"},
    "torch/": {"backend"},
    "cuda": {"backend"},
    "ATen/cuda/": {"backend"},
    "c10/cuda/": {"backend"},
}

TORCH_PREFIXES = ("ATen/", "c10/", "torch/")
TORCH_IN_HEADERS = ("ATen/core/Tensor.h", "ATen/core/Generator.h", "c10/core/", "c10/util/")
SCRIPT_HEADER = "torch/script.h"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


class Source:
    """One file of src/: its place, its folder, and what it includes."""

    def __init__(self, root: Path, path: Path) -> None:
        self.name = path.relative_to(root).as_posix()
        self.folder = self.name.split("/")[0] if "/" in self.name else "main"
        self.is_header = path.suffix == ".h"
        self.text = path.read_text(encoding="utf-8")
        found = INCLUDE.findall(self.text)
        self.project_includes = [name for mark, name in found if mark == '"']
        self.foreign_includes = [name for mark, name in found if mark == "<"]


def read_sources(root: Path) -> dict[str, Source]:
    paths = sorted(path for path in root.rglob("*") if path.suffix in {".h", ".cc", ".cu"})
    return {source.name: source for source in (Source(root, path) for path in paths)}


def check_folders(source: Source, root: Path) -> Iterator[str]:
    """The order of the layers; and that a quoted include is a path below src/ (X.h may be generated from X.h.in)."""
    if source.folder not in ALLOWED:
        yield f"{source.name}: '{source.folder}' is no layer; those are {', '.join(ALLOWED)}"
        return
    for include in source.project_includes:
        if not (root / include).is_file() and not (root / f"{include}.in").is_file():
            yield f'{source.name}: "{include}" is not a file of src/ (its path from src/; <> for libraries)'
            continue
        folder = include.split("/")[0]
        if folder != source.folder and folder not in ALLOWED[source.folder]:
            yield f"{source.name}: {source.folder} may not include {folder} ({include})"


def check_cli_order(source: Source) -> Iterator[str]:
    if source.folder != "cli":
        return
    own = source.name.split("/")[1]
    if own not in CLI_ORDER:
        yield f"{source.name}: cli/{own} is no part of cli; those are {', '.join(CLI_ORDER)}"
        return
    for include in source.project_includes:
        folder, *rest = include.split("/")
        if folder == "cli" and rest[0] in CLI_ORDER[: CLI_ORDER.index(own)]:
            yield f"{source.name}: cli/{own} may not include cli/{rest[0]} ({include})"


def check_siblings(source: Source) -> Iterator[str]:
    seen = {include.split("/")[0] for include in source.project_includes} & SIBLINGS
    if source.folder not in SEES_SEVERAL and len(seen) > 1:
        yield f"{source.name}: only main, evaluation and pipeline may bring {' and '.join(sorted(seen))} together"


def check_owners(source: Source) -> Iterator[str]:
    for include in source.foreign_includes:
        for prefix, folders in OWNERS.items():
            if include.startswith(prefix) and source.folder not in folders:
                yield f"{source.name}: only {', '.join(sorted(folders))} may include <{include}>"


def check_header(source: Source) -> Iterator[str]:
    if not source.is_header:
        return
    if not re.search(r"^#pragma once$", source.text, re.MULTILINE):
        yield f"{source.name}: a header needs #pragma once"
    for include in source.foreign_includes:
        if not include.startswith(TORCH_PREFIXES):
            continue
        if include == SCRIPT_HEADER or (source.folder != "backend" and not include.startswith(TORCH_IN_HEADERS)):
            yield f"{source.name}: <{include}> is too heavy for a header; ATen/core/Tensor.h at most"


def path_to_torch(start: Source, sources: dict[str, Source]) -> list[str]:
    """The chain of includes that leads from `start` to a Torch header; empty if there is none."""
    chains, seen = [[start.name]], {start.name}
    while chains:
        chain = chains.pop(0)
        source = sources[chain[-1]]
        for include in source.foreign_includes:
            if include.startswith(TORCH_PREFIXES):
                return [*chain, include]
        new = [name for name in source.project_includes if name in sources and name not in seen]
        seen.update(new)
        chains.extend([*chain, name] for name in new)
    return []


def check_torch_free(source: Source, sources: dict[str, Source]) -> Iterator[str]:
    if source.folder in TORCH_FREE and (chain := path_to_torch(source, sources)):
        yield f"{source.name}: {source.folder} knows no Torch, but {' -> '.join(chain)}"


def check_single_script_file(sources: dict[str, Source]) -> Iterator[str]:
    users = [source.name for source in sources.values() if SCRIPT_HEADER in source.foreign_includes]
    if len(users) > 1:
        yield f"<{SCRIPT_HEADER}> costs 20 s a file and is for one .cc, but these include it: {', '.join(users)}"


def violations(root: Path) -> list[str]:
    sources = read_sources(root)
    found = list(check_single_script_file(sources))
    for source in sources.values():
        found += check_folders(source, root)
        found += check_cli_order(source)
        found += check_siblings(source)
        found += check_owners(source)
        found += check_header(source)
        found += check_torch_free(source, sources)
    return found


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "src"
    if not root.is_dir():
        print(f"{root} is not a folder", file=sys.stderr)
        return 2
    found = violations(root)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
