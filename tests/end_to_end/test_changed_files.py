"""Files of a model that change while the program uses them: one clear line, and no picture of other numbers."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from expectations import DONE, FAILED, Result, Run, assert_fails

SMALL = ("--steps", "2", "-W", "64", "-H", "64", "-t", "1")
LOADED_WITHIN = 60  # seconds


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model, to be changed; old enough for its checksums to be remembered."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


@contextmanager
def worker(program: Path, model: Path) -> Iterator[subprocess.Popen[str]]:
    """A program that has loaded the model and waits for prompts on stdin."""
    words = [program, "-m", model, "--prompts", "-", "-o", "made.png", *SMALL, "--seed", "1"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(words, cwd=model.parent, text=True, **pipes)
    try:
        wait_until_loaded(process)
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until_loaded(process: subprocess.Popen[str]) -> None:
    """The decoder comes last; then the process waits, which takes no time of the processor."""
    end = time.monotonic() + LOADED_WITHIN
    while "vae_decoder.pt" not in Path(f"/proc/{process.pid}/maps").read_text() and time.monotonic() < end:
        time.sleep(0.01)
    used = -1
    while used != (used := processor_time(process)) and time.monotonic() < end:
        time.sleep(0.3)


def processor_time(process: subprocess.Popen[str]) -> int:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def finish(process: subprocess.Popen[str], prompts: str) -> Result:
    stdout, stderr = process.communicate(prompts, timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def cut(file: Path) -> None:
    os.truncate(file, 4096)


def overwrite(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as stream:
        stream.write(b"\0" * size)


@pytest.mark.parametrize("change", [cut, overwrite])
def test_before_the_first_picture(program: Path, model: Path, change: Callable[[Path], None]) -> None:
    """Weights of convolutions are read when the first picture is made."""
    with worker(program, model) as process:
        change(model / "unet.pt")
        result = finish(process, "a cat\n")
    assert (result.returncode, result.stdout) == (FAILED, ""), result.stderr
    assert [line for line in result.stderr.splitlines() if "unet.pt: was changed or cut short" in line]
    assert not list(model.parent.glob("made*"))


@pytest.mark.parametrize("change", [cut, overwrite])
def test_between_pictures(program: Path, run: Run, model: Path, change: Callable[[Path], None]) -> None:
    """What was read stays as it was: the second picture is the one that is made with the right file."""
    expected = run("-m", model, "--prompts", "-", *SMALL, "--seed", 1, "-o", "expected.png", input="a cat\na dog\n")
    assert expected.returncode == DONE, expected.stderr
    with worker(program, model) as process:
        assert process.stdin and process.stdout
        process.stdin.write("a cat\n")
        process.stdin.flush()
        assert process.stdout.readline() == "made_000.png\n"
        change(model / "unet.pt")
        result = finish(process, "a dog\n")
    assert result.returncode == DONE, result.stderr
    pictures = [model.parent / name for name in ("made_001.png", "expected_001.png")]
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


@pytest.mark.parametrize("change", [cut, overwrite])
def test_a_changed_file_is_compared_again(run: Run, model: Path, change: Callable[[Path], None]) -> None:
    assert run("-m", model, "-p", "a cat", *SMALL, "-o", "made.png").returncode == DONE
    change(model / "unet.pt")
    assert_fails(run("-m", model, "-p", "a dog", *SMALL, "-o", "other.png"), FAILED, "unet.pt")
