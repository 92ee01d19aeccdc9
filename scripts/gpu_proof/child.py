"""Runs other programs in process groups of their own, which end with all that they have begun."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpu_proof.errors import CheckError, OutOfTime

SECONDS_TO_END = 2.0


@dataclass(frozen=True)
class Ended:
    """code: exit status. seconds: wall time from start to end."""

    code: int
    stdout: str
    stderr: str
    seconds: float


def run(command: Sequence[object], *, environment: Mapping[str, str], seconds: float, folder: Path) -> Ended:
    """Runs a command to its end; throws OutOfTime if that takes too long, and CheckError if it can't be started."""
    words = [str(word) for word in command]
    begin = time.monotonic()
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = start(words, environment=environment, folder=folder, stdout=stdout, stderr=stderr)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise OutOfTime(f"{Path(words[0]).name} took longer than {seconds:.0f} s") from None
        finally:
            end(process)
        return Ended(code, _text(stdout), _text(stderr), time.monotonic() - begin)


def start(
    command: Sequence[object],
    *,
    environment: Mapping[str, str],
    folder: Path,
    stdin: object = subprocess.DEVNULL,
    stdout: object = subprocess.DEVNULL,
    stderr: object = subprocess.DEVNULL,
    niceness: int = 0,
) -> subprocess.Popen[bytes]:
    """Starts a command as the first of a new process group; throws CheckError if it can't be."""
    words = [str(word) for word in command]
    if niceness:
        words = ["nice", "-n", str(niceness), *words]
    try:
        return subprocess.Popen(
            words, env=dict(environment), cwd=folder, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
        )
    except OSError as error:
        raise CheckError(f"cannot start {words[0]}: {error.strerror}") from error


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends the whole group of a process that `start` has started, if there is anything left of it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def reason(ended: Ended) -> str:
    """Why a command failed: the last line that it wrote to stderr, or its exit status."""
    lines = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"it ended with {ended.code}"


def _text(file: object) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
