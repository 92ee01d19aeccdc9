"""What a Dockerfile does, as steps that can be taken without Docker: of the instructions that ours have."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


class DockerfileError(Exception):
    """A Dockerfile can't be followed; the message names the line."""


@dataclass
class Container:
    """Where a Dockerfile begins, what it copies and runs in turn, and how what comes of it is started."""

    base: str = ""
    steps: list[tuple[str, str]] = field(default_factory=list)  # COPY or RUN, and its words
    environment: dict[str, str] = field(default_factory=dict)
    user: str = "root"
    folder: str = "/"
    entrypoint: list[str] = field(default_factory=list)


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Name and words of each, comments left out and continued lines joined."""
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            name, _, words = line.strip().partition(" ")
            yield name.upper(), words.strip()


def read_container(file: Path) -> Container:
    """What the file describes. Throws DockerfileError for an instruction that is not known here."""
    container = Container()
    for name, words in instructions(file.read_text(encoding="utf-8")):
        match name:
            case "FROM":
                container.base = words
            case "COPY" | "RUN":
                container.steps.append((name, words))
            case "ENV":
                container.environment |= dict(word.split("=", 1) for word in shlex.split(words))
            case "USER":
                container.user = words
            case "WORKDIR":
                container.folder = words
            case "ENTRYPOINT":
                container.entrypoint = json.loads(words)
            case _:
                raise DockerfileError(f"{file}: {name} is no instruction that can be followed here")
    if not container.base or not container.entrypoint:
        raise DockerfileError(f"{file}: FROM and ENTRYPOINT are needed")
    return container
