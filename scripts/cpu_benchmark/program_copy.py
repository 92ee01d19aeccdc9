"""deepcache-gen at work: reports what it does while it runs, and is ended when that is enough."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from typing import Any

from cpu_benchmark.child import KIBIBYTE, reason
from cpu_benchmark.errors import BenchmarkError
from cpu_benchmark.throughput import Span

MOST_BYTES = 1 << 16


class ProgramCopy:
    """Runs a command that makes pictures, as a context.

    traced: a span is a step, from the end of the step before it to its own end, as the lines of `--trace`
    arrive here; otherwise it is a picture, as the records of `--json` arrive. The trace's own cost,
    a comparison of latents and a line of text, is in the step, to the program's disadvantage. counts:
    which of these JSON objects end a span that counts.

    ready: seconds from the start until the first report. peak: most resident memory, bytes; known when
    the context has ended.
    """

    def __init__(self, command: list[str], traced: bool, counts: Callable[[dict[str, Any]], bool]) -> None:
        self.ready, self.peak = 0.0, 0
        self._counts, self._rest = counts, b""
        self._started = time.monotonic()
        self._last: float | None = None
        self._log = tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace")
        self._pipe, theirs = os.pipe()
        trace = ["--trace", f"/dev/fd/{theirs}"] if traced else []
        try:
            self._process = subprocess.Popen(
                [*command, *trace],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if traced else theirs,
                stderr=self._log,
                pass_fds=(theirs,) if traced else (),
            )
        except OSError as error:
            self._close()
            raise BenchmarkError(f"cannot start {command[0]}: {error.strerror}") from error
        finally:
            os.close(theirs)

    def __enter__(self) -> "ProgramCopy":
        return self

    def __exit__(self, *_: object) -> None:
        self._end(kill=True)
        self._close()

    def fileno(self) -> int:
        """What becomes readable when there is something to `take`."""
        return self._pipe

    def take(self) -> list[Span]:
        """The spans that ended since the last call; throws BenchmarkError if the program ended."""
        data = os.read(self._pipe, MOST_BYTES)
        now = time.monotonic()
        if not data:
            self._end(kill=False)
            self._log.seek(0)
            raise BenchmarkError(f"the program ended too early: {reason(self._log.read(), self._process.returncode)}")
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [span for line in lines if (span := self._span(line, now))]

    def _span(self, line: bytes, now: float) -> Span | None:
        begin, self._last = self._last, now
        if begin is None:
            self.ready = now - self._started
            return None
        return Span(begin, now) if self._counts(json.loads(line)) else None

    def _end(self, kill: bool) -> None:
        if self._process.returncode is not None:
            return
        if kill:
            self._process.kill()
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self.peak = usage.ru_maxrss * KIBIBYTE

    def _close(self) -> None:
        os.close(self._pipe)
        self._log.close()
