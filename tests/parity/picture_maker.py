"""The program's engine as a process that stays: hundreds of cases are made with a few models."""

import json
import subprocess
from pathlib import Path
from select import select
from tempfile import TemporaryFile

SECONDS = 300  # the longest that a case may take


class PictureMaker:
    """A `make_pictures` of one model and one way to compute, begun when it is first asked and again where it ended."""

    def __init__(self, program: Path, *flags: str | Path) -> None:
        """flags: the program's for a whole run, such as --model."""
        self._command = [program, "--prompts", "-", "--quiet", *flags]
        self._process: subprocess.Popen[str] | None = None
        self._messages = TemporaryFile("w+")

    def make(self, latents: Path, *flags: str) -> list[Path]:
        """Makes the pictures of one prompt and writes their final latents; returns the files of the pictures.

        flags: the program's for one prompt. Fails with the program's message where it makes none.
        """
        answer = self._ask(json.dumps([str(latents), *flags]))
        assert answer, f"{self._command} ended, or took longer than {SECONDS} s, at {flags}: {self._said()}"
        found = json.loads(answer)
        assert "error" not in found, found["error"]
        return [Path(file) for file in found["results"].splitlines()]

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.communicate(timeout=60)
        self._messages.close()

    def _ask(self, line: str) -> str:
        """The answer to a line; empty where there is none."""
        if self._process is None or self._process.poll() is not None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._messages}
            self._process = subprocess.Popen(self._command, **pipes, text=True)
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return ""
        if not select([self._process.stdout], [], [], SECONDS)[0]:
            self._process.kill()
        return self._process.stdout.readline()

    def _said(self) -> str:
        self._messages.seek(0)
        return self._messages.read()[-2000:]
