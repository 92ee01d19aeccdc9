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


def test_the_embedded_model_s_place_is_not_known(hidden: list[str], program: Path) -> None:
    result = run(hidden, program, "-p", "a lighthouse")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "/proc is not mounted" in line and "mount -t proc" in line and "--model DIR" in line


def test_a_named_model_is_used_with_a_warning(
    hidden: list[str], program: Path, tiny_model: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "x.png"
    result = run(hidden, program, "-m", tiny_model, "-p", "a", "--steps", 1, "-W", 64, "-H", 64, "-o", picture)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("/proc is not mounted") == 1
    assert picture.read_bytes().startswith(b"\x89PNG")
