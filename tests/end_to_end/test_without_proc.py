"""Where /proc is not mounted, as in a bare chroot, the program names it."""

import shutil
import subprocess
from pathlib import Path

import pytest

# A mount namespace of its own, in which an empty folder lies over /proc.
HIDE = 'mount --make-rprivate / && mount -t tmpfs none /proc && exec "$@"'


@pytest.fixture
def hidden() -> list[str]:
    """The beginning of a command that runs without /proc."""
    command = ["unshare", "--mount", "bash", "-c", HIDE, "hidden"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody hide /proc")
    return command


def run(hidden: list[str], program: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [*hidden, str(program), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_it_is_named_in_one_line(hidden: list[str], program: Path, tiny_model: Path) -> None:
    picture = ["-p", "a lighthouse", "-W", 64, "-H", 64]
    of_tiny = ["-m", tiny_model]
    for words in (
        picture,
        [*of_tiny, *picture],
        ["compare", *of_tiny, *picture],
        ["bench", *of_tiny],
        ["tune", *of_tiny],
    ):
        result = run(hidden, program, *words, "-q")
        assert result.returncode == 1
        (line,) = result.stderr.splitlines()
        assert "/proc is not mounted" in line and line.endswith("mount it: mount -t proc proc /proc")


def test_what_needs_no_libtorch_works(hidden: list[str], program: Path, tiny_model: Path) -> None:
    result = run(hidden, program, "--plan", "-m", tiny_model, "-p", "a", "-W", 64, "-H", 64, "--steps", 2)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) > 2
