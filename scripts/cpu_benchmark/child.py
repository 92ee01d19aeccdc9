"""Runs another program to its end and says what it took."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass

from cpu_benchmark.errors import BenchmarkError

KIBIBYTE = 1024


@dataclass(frozen=True)
class Ended:
    """seconds: wall time from start to end. peak: most resident memory, bytes."""

    stdout: str
    stderr: str
    seconds: float
    peak: int


def run(command: list[str]) -> Ended:
    """Runs a command; throws BenchmarkError with the last line of its stderr if it fails."""
    start = time.perf_counter()
    with tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace") as log:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        except OSError as error:
            raise BenchmarkError(f"cannot start {command[0]}: {error.strerror}") from error
        with process:
            stdout = process.stdout.read() if process.stdout else ""
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        log.seek(0)
        stderr = log.read()
    if process.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)} failed: {reason(stderr, process.returncode)}")
    return Ended(stdout, stderr, seconds, usage.ru_maxrss * KIBIBYTE)


def reason(stderr: str, code: int) -> str:
    """Why a process failed: the last line that it wrote to stderr, or else how it ended."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return lines[-1] if lines else ending(code)


def ending(code: int | None) -> str:
    """How a process with this exit code ended, in words."""
    if code == -9:
        return "it was killed, probably for want of memory"
    return f"it ended with {code}"
