"""Disks that are full or may not be written: one clear line, exit code 1, and what was made stays whole."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from expectations import ERROR, FAILED, Run, assert_fails, files_below
from PIL import Image

SMALL = ("-W", 64, "-H", 64, "-t", 1, "-p", "a cat", "--steps", 1, "-s", 7)
SIZE_OF_DISK = 64  # KiB

Mount = Callable[..., Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Makes a tiny disk in memory below the test's folder."""
    mounted: list[Path] = []

    def make_disk(name: str, *more: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        options = ",".join([f"size={SIZE_OF_DISK}k", *more])
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if shutil.which("mount") is None:
            pytest.skip("mount is not installed")
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            pytest.skip(f"no disk can be mounted here: {result.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield make_disk
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def assert_whole(folder: Path, *, at_least: int) -> list[str]:
    """The pictures in a folder, which holds nothing else; each can be read."""
    names = files_below(folder)
    assert len(names) >= at_least and all(name.endswith(".png") for name in names)
    for name in names:
        Image.open(folder / name).load()
    return names


def test_a_disk_that_fills_up(run: Run, tiny_model: Path, mount: Mount) -> None:
    """Most of the pictures find no room: the run ends at the first of them."""
    disk = mount("disk")
    result = run("-m", tiny_model, *SMALL, "-b", 50, "--batch-size", 1, "-o", disk / "%d.png")
    made = assert_whole(disk, at_least=1)
    assert result.returncode == FAILED
    assert sorted(result.stdout.splitlines()) == sorted(str(disk / name) for name in made)
    errors = [line for line in result.stderr.splitlines() if line.startswith(ERROR)]
    assert errors == [f"{ERROR}{disk}/{len(made)}.png: cannot be written: No space left on device"]
    assert result.stderr.splitlines()[-1] == errors[0]


def test_latents_that_fill_a_disk(run: Run, tiny_model: Path, mount: Mount, tmp_path: Path) -> None:
    """The run ends at the first that find no room, and the file is an array of the others."""
    disk = mount("disk")
    flags = ("-b", 80, "--batch-size", 1, "-o", "%d.png", "--save-latents", disk / "l.npy")
    result = run("-m", tiny_model, *SMALL, *flags)
    assert result.returncode == FAILED
    assert result.stderr.splitlines()[-1] == f"{ERROR}{disk}/l.npy: cannot be written: No space left on device"
    latents = np.load(disk / "l.npy")
    assert len(latents) == len(result.stdout.splitlines()) > 0
    assert np.isfinite(latents).all() and latents.any(axis=(1, 2, 3)).all()
    assert files_below(disk) == ["l.npy"]


def test_a_profile_that_finds_no_room(run: Run, tiny_model: Path, mount: Mount) -> None:
    """LibTorch's profiler says nothing of it. The picture, made before, stays."""
    disk = mount("disk")
    result = run("-m", tiny_model, *SMALL, "-o", "a.png", "--profile", disk / "profile.json")
    assert result.returncode == FAILED
    assert result.stderr.splitlines()[-1].startswith(f"{ERROR}{disk}/profile.json: cannot be written: ")
    assert result.stdout.splitlines() == ["a.png"]
    assert files_below(disk) == []


def test_a_disk_that_is_full_from_the_start(run: Run, tiny_model: Path, mount: Mount) -> None:
    disk = mount("disk")
    (disk / "big").write_bytes(bytes(SIZE_OF_DISK * 1024))
    result = run("-m", tiny_model, *SMALL, "-o", disk / "a.png")
    assert_fails(result, FAILED, f"{disk}/a.png", "No space left")
    assert files_below(disk) == ["big"]


def test_a_full_disk_does_not_stop_a_run_for_its_log(run: Run, tiny_model: Path, mount: Mount, tmp_path: Path) -> None:
    disk = mount("disk")
    (disk / "big").write_bytes(bytes(SIZE_OF_DISK * 1024))
    result = run("-m", tiny_model, *SMALL, "-o", "a.png", "--log-file", disk / "log")
    assert (result.returncode, result.stdout) == (0, "a.png\n")


def test_the_largest_size_of_a_file(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    """`ulimit -f`, as shared machines set it; without more the system would kill the program."""
    words = [program, "-m", tiny_model, *SMALL[4:], "-W", 256, "-H", 256, "-b", 2, "-o", "%d.png"]
    limited = ["bash", "-c", 'ulimit -f 4; exec "$@"', "bash", *map(str, words)]
    result = subprocess.run(limited, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == FAILED, result.stderr
    assert f"{ERROR}0.png: 0.png: cannot be written: File too large" in result.stderr
    assert result.stderr.splitlines()[-1].startswith(f"{ERROR}2 of 2 images could not be made")
    assert files_below(tmp_path) == []


def test_a_read_only_disk(run: Run, tiny_model: Path, mount: Mount) -> None:
    disk = mount("disk", "ro")
    for flags in (["-o", disk / "a.png"], ["-o", "a.png", "--save-latents", disk / "l.npy"]):
        result = run("-m", tiny_model, *SMALL, *flags)
        assert_fails(result, FAILED, str(disk), "Read-only file system")
        assert len(result.stderr.splitlines()) == 1, "said before the work"


@pytest.fixture
def open_folder(tiny_model: Path) -> Iterator[Path]:
    """A folder that everybody may look into, with the model in it and a folder `theirs` that only root may write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(tiny_model, folder / "model")
        (folder / "theirs").mkdir(mode=0o555)
        yield folder


def as_somebody(program: Path) -> list[str]:
    """What to write before a command that root's rights must not help."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run([*words, program, "--version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("nobody may not run the program where it lies")
    return words


def test_a_folder_of_somebody_else(program: Path, open_folder: Path) -> None:
    """Permissions do not bind root: the program runs as nobody then."""
    target = open_folder / "theirs/a.png"
    words = [*as_somebody(program), program, "-m", open_folder / "model", *SMALL, "-o", target]
    command = [str(word) for word in words]
    result = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=120, check=False)
    assert_fails(result, FAILED, str(target), "Permission denied")
    assert files_below(open_folder / "theirs") == []
