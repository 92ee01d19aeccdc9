"""The process of `peer.py`, from outside."""

import json
import select
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpu_proof import child
from gpu_proof.errors import CheckError, OutOfTime

PROGRAM = Path(__file__).with_name("peer.py")


class Peer:
    """Loads a model; every request has a time limit, after which the process is ended."""

    def __init__(self, command: list[object], environment: Mapping[str, str], folder: Path, log: Path) -> None:
        self._log = log
        with log.open("wb") as stderr:
            self._process = child.start(
                command, environment=environment, folder=folder, stdin=-1, stdout=-1, stderr=stderr
            )
        self.load_seconds: float | None = None

    def ready(self, seconds: float) -> None:
        """Waits until the model is loaded."""
        if self.load_seconds is None:
            self.load_seconds = self._answer(seconds)["load"]

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """What a request is answered with; throws CheckError if it fails and OutOfTime if it takes too long."""
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._answer(seconds)
        if "error" in answer:
            raise CheckError(f"diffusers: {answer['error']}")
        return answer

    def is_alive(self) -> bool:
        """Whether it may be asked."""
        return self._process.poll() is None

    def close(self) -> None:
        """Ends it and so frees its memory."""
        child.end(self._process)
        for pipe in (self._process.stdin, self._process.stdout):
            pipe.close()

    def _answer(self, seconds: float) -> dict[str, Any]:
        # A line at a time comes, so that nothing of a later one is left in the buffer.
        readable, _, _ = select.select([self._process.stdout], [], [], seconds)
        if not readable:
            child.end(self._process)
            raise OutOfTime(f"diffusers took longer than {seconds:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            lines = self._log.read_text(errors="replace").strip().splitlines()
            raise CheckError(f"diffusers ended: {lines[-1] if lines else self._process.returncode}")
        return json.loads(line)
