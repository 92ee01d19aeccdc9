"""Closed or full streams, Ctrl-C, and progress on and off a terminal."""

import os
import random
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from expectations import DONE, ERROR, FAILED, INTERRUPTED, Run, files_below
from PIL import Image
from terminals import shown_on_terminal

CAT = ("-p", "a cat", "-W", 64, "-H", 64, "-t", 1, "-s", 7)


def command(program: Path, model: Path, *arguments: object) -> list[str]:
    return [str(word) for word in (program, "-m", model, *CAT, *arguments)]


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize("arguments", [["-p", "a cat", "--steps", "1", "-o", "a.png", "-b", "2"], ["--help"]], ids=str)
def test_stdout_that_can_not_be_written(
    program: Path, tiny_model: Path, tmp_path: Path, redirection: str, arguments: list[str]
) -> None:
    """The picture that was finished is whole, and the failure is said."""
    model = ["-m", str(tiny_model), "-W", "64", "-H", "64", "-t", "1"]
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", str(program), *model, *arguments]
    result = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == FAILED
    assert result.stderr.splitlines()[-1].startswith(f"{ERROR}standard output: ")
    for name in files_below(tmp_path):
        Image.open(tmp_path / name).load()


def test_reader_that_went_away(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = command(program, tiny_model, "--steps", 1, "-o", "a.png")
    result = subprocess.run(words, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, timeout=120, check=False)
    os.close(writing)
    assert result.returncode == FAILED
    assert result.stderr.decode().splitlines()[-1].startswith(f"{ERROR}standard output: ")


def test_a_page_that_is_not_read_to_its_end(program: Path) -> None:
    """As `deepcache-gen --help-all | head` does: nothing is said, as with every other tool."""
    reading, writing = os.pipe()
    os.close(reading)
    result = subprocess.run([program, "--help-all"], stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert (result.returncode, result.stderr) == (-signal.SIGPIPE, b"")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "<&-"])
def test_other_streams_do_not_matter(program: Path, tiny_model: Path, tmp_path: Path, redirection: str) -> None:
    words = command(program, tiny_model, "--steps", 1, "-o", "a.png")
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *words]
    result = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (result.returncode, result.stdout) == (DONE, "a.png\n")
    Image.open(tmp_path / "a.png").load()


def test_interrupted_batch_keeps_what_is_finished(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    words = command(program, tiny_model, "--steps", 20, "-b", 500, "--batch-size", 1, "-o", "out/%03d.png")
    process = subprocess.Popen(
        [*words, "--save-latents", "out/l.npy"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    first = process.stdout.readline().strip()
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED
    assert said.splitlines()[-1] == "deepcache-gen: interrupted"
    finished = [first, *rest.splitlines()]
    assert first == "out/000.png" and len(finished) < 500
    assert files_below(tmp_path) == sorted([*finished, "out/l.npy"])
    for name in finished:
        assert Image.open(tmp_path / name).load() is not None
    assert len(np.load(tmp_path / "out/l.npy")) == len(finished)


def test_killed_it_leaves_whole_latents(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    """At any moment the file is an array of finished images, among them all whose paths were printed."""
    words = command(program, tiny_model, "--steps", 1, "--batch-size", 1, "-o", "%03d.png", "--save-latents", "l.npy")
    subprocess.run([*words, "-b", "30"], cwd=tmp_path, capture_output=True, timeout=120, check=True)
    expected = np.load(tmp_path / "l.npy")
    assert len(expected) == 30
    chance = random.Random(8)
    for _ in range(10):
        (tmp_path / "l.npy").unlink()
        process = subprocess.Popen(
            [*words, "-b", "500"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        printed = [process.stdout.readline() for _ in range(chance.randint(1, 20))]
        process.kill()
        printed += process.communicate()[0].splitlines(keepends=True)
        for mapped in (None, "r"):
            latents = np.load(tmp_path / "l.npy", mmap_mode=mapped)
            assert latents.shape[1:] == expected.shape[1:]
            assert len(latents) >= sum(line.endswith("\n") for line in printed)
            assert np.array_equal(latents[:30], expected[: len(latents)])
            assert np.isfinite(latents).all() and latents.any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("presses", [1, 2])
def test_interrupted_first_picture(program: Path, tiny_model: Path, tmp_path: Path, presses: int) -> None:
    """Once is heard between two steps, at any time; nothing is left behind."""
    words = command(program, tiny_model, "--steps", 900, "-o", "a.png")
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stderr.readline()
    for _ in range(presses):
        process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=120)
    assert (process.returncode, rest) == (INTERRUPTED, "")
    assert files_below(tmp_path) == []


def test_progress_lines_where_there_is_no_terminal(draw: Run) -> None:
    result = draw("-p", "a cat", "--steps", 8, "-o", "a.png")
    assert result.returncode == DONE
    assert "step 9/9" in result.stderr and "it" in result.stderr
    assert "\r" not in result.stderr and "\x1b" not in result.stderr


def test_progress_bar_on_a_terminal(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    words = command(program, tiny_model, "--steps", 4, "--interval", 2, "--branch", 0, "-o", "a.png")
    result, shown = shown_on_terminal(words, tmp_path)
    assert (result.returncode, result.stdout) == (DONE, "a.png\n")
    assert "\r" in shown and "5/5" in shown and "cached" in shown and "full" in shown
