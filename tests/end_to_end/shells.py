"""Interactive shells for a test: what a line becomes when Tab is pressed."""

import fcntl
import os
import re
import select
import shutil
import struct
import subprocess
import termios
import time
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

LONGEST_WAIT = 60  # seconds
TO_START, TO_END, DELETE_LINE = "\x01", "\x05", "\x15"


class Shell(Protocol):
    """A shell in which the program's completion is set up."""

    def completed(self, typed: str) -> str:
        """The last word of the line `deepcache-gen TYPED` after Tab, for which there is one completion."""

    def offered(self, typed: str, expected: Collection[str]) -> str:
        """What the shell shows when there are several; it is waited for until all that is expected is there."""

    def close(self) -> None:
        """Ends the shell."""


class TerminalShell:
    """A shell at a terminal of its own, driven by its keys."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path, setup: str) -> None:
        self.terminal, end = os.openpty()
        # So wide that no line is broken.
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 1000, 0, 0))
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment | {"TERM": "xterm"}, preexec_fn=lambda: os.login_tty(end)
        )
        os.close(end)
        self.shown = ""
        self._type(f"{setup}; printf '%s\\n' REA''DY\r")
        self._wait_for(r"READY\r?\n")

    def completed(self, typed: str) -> str:
        self._press_tab(typed)
        return self._words()[-1]

    def offered(self, typed: str, expected: Collection[str]) -> str:
        self._press_tab(typed)
        for text in expected:
            self._wait_for(re.escape(text))
        self._words()
        # Behind the echo of what was typed and before that of `_words`.
        return self.shown.split(typed, 1)[-1].split("printf", 1)[0]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)

    def _press_tab(self, typed: str) -> None:
        self.shown = ""
        self._type(f"{DELETE_LINE}deepcache-gen {typed}\t")

    def _words(self) -> list[str]:
        """The words of the line, as the shell takes it apart: it is made the arguments of printf."""
        self._type(f"{TO_START}printf '%s\\n' BEG''IN {TO_END} E''ND\r")
        return self._wait_for(r"BEGIN\r?\n(.*?)\r?\nEND\r?\n")[1].splitlines()

    def _type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def _wait_for(self, pattern: str) -> re.Match[str]:
        end = time.monotonic() + LONGEST_WAIT
        while not (found := re.search(pattern, self.shown, re.DOTALL)):
            if not select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError(f"no {pattern!r} in {self.shown!r}")
            self.shown += os.read(self.terminal, 65536).decode(errors="replace")
        return found


BASH_SETUP = """PS1='$ '; bind 'set show-all-if-ambiguous on'; bind 'set bell-style none'
 bind 'set enable-bracketed-paste off'; bind 'set completion-query-items 0'; bind 'set page-completions off'
 source script.bash"""
ZSH_SETUP = """PS1='$ '; unsetopt prompt_sp prompt_cr beep auto_menu list_ambiguous; LISTMAX=10000; bindkey -e
 fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D"""


def open_shell(name: str, scripts: dict[str, str], environment: dict[str, str], folder: Path) -> Shell:
    """The shell of that name in `folder`, with the script for it."""
    if name == "bash":
        (folder / "script.bash").write_text(scripts[name])
        return TerminalShell(["bash", "--norc", "--noprofile", "-i"], environment, folder, one_line(BASH_SETUP))
    if name == "zsh":
        (folder / "functions").mkdir()
        (folder / "functions/_deepcache-gen").write_text(scripts[name])
        return TerminalShell(["zsh", "-f", "-i"], environment, folder, one_line(ZSH_SETUP))
    (folder / "script.fish").write_text(scripts[name])
    return Fish(environment, folder)


def one_line(commands: str) -> str:
    return commands.replace("\n", ";")


class Fish:
    """fish says itself what it would offer."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment, self.folder = environment, folder

    def completed(self, typed: str) -> str:
        (candidate,) = self._candidates(typed)
        return candidate

    def offered(self, typed: str, expected: Collection[str]) -> str:
        return "\n".join(self._candidates(typed))

    def close(self) -> None:
        pass

    def _candidates(self, typed: str) -> list[str]:
        command = ["fish", "--no-config", "-c", "source script.fish; complete -C $argv[1]", f"deepcache-gen {typed}"]
        settings = {"cwd": self.folder, "env": self.environment, "text": True, "timeout": LONGEST_WAIT}
        result = subprocess.run(command, capture_output=True, check=True, **settings)
        assert not result.stderr
        return [line.split("\t")[0] for line in result.stdout.splitlines()]


def why_not(name: str) -> str:
    """Why that shell can't be tried; empty where it can."""
    return "" if shutil.which(name) else f"{name} is not installed"
