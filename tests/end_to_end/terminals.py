"""A terminal for a program's stderr, as a test sees it."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from pathlib import Path


def shown_on_terminal(
    command: list[str], folder: Path, *, columns: int = 80, **environment: str
) -> tuple[subprocess.CompletedProcess[str], str]:
    """Runs the command with stderr on a terminal that wide. Returns how it went, with stdout, and what was shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    settings = {"cwd": folder, "env": os.environ | {"TERM": "xterm"} | environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, **settings) as process:
        os.close(theirs)
        shown = _read_until_closed(ours)
        out, _ = process.communicate(timeout=120)
    return subprocess.CompletedProcess(command, process.returncode, out.decode(), ""), shown


def _read_until_closed(terminal: int) -> str:
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # how Linux ends a terminal that nobody writes to any more
        pass
    os.close(terminal)
    return shown.decode()


def answered_on_terminal(
    command: list[str], folder: Path, answer: str, **environment: str
) -> tuple[subprocess.CompletedProcess[str], str]:
    """Runs the command with stdin and stderr on a terminal on which `answer` was typed. Returns as the other does."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    settings = {"cwd": folder, "env": os.environ | {"TERM": "xterm"} | environment}
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, **settings) as process:
        os.close(theirs)
        shown = _read_until_closed(ours)
        out, _ = process.communicate(timeout=120)
    return subprocess.CompletedProcess(command, process.returncode, out.decode(), ""), shown
