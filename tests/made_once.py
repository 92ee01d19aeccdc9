"""What is slow to make, and the same for all workers of pytest-xdist: one makes it, the others wait."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone_with(folder: Path, name: str, wait: bool = True) -> Iterator[bool]:
    """Keeps other processes from what is called `name` in the folder, until the block ends.

    Yields true; without `wait`, false where another process has it now.
    """
    with (folder / f".{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
