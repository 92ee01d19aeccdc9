"""Progress on stderr: one line a stage."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter.errors import visible

MEBIBYTE = 2**20


def say(text: str) -> None:
    """Prints one line to stderr, whatever is in it."""
    print(visible(text), file=sys.stderr, flush=True)


@contextmanager
def stage(name: str, written: Path | None = None) -> Iterator[None]:
    """Reports the seconds that its body took and, if it wrote a file, the file's size in MiB.

    A body that fails reports nothing.
    """
    start = time.monotonic()
    yield
    size = f", {written.stat().st_size / MEBIBYTE:.1f} MiB" if written else ""
    say(f"{name}: {time.monotonic() - start:.1f} s{size}")
