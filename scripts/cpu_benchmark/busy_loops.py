"""Processes that take processor time and do nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cpu_benchmark.errors import BenchmarkError

# Ends by itself when the process that started it is gone, however that ended.
LOOP = """
import os, sys
while os.getppid() == int(sys.argv[1]):
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """As many processes that spin until the block ends; throws BenchmarkError if one ended before.

    Each would have a core for itself. They have the usual priority and are not pinned: real neighbours
    are neither, and where they run is for the system to decide, which may move them out of the way.
    """
    command = [sys.executable, "-I", "-S", "-c", LOOP, str(os.getpid())]
    nothing = subprocess.DEVNULL
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            processes.append(subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing))
        yield
        if any(process.poll() is not None for process in processes):
            raise BenchmarkError("a busy loop ended while others were measured beside it")
    finally:
        for process in processes:
            process.kill()
            process.wait()
