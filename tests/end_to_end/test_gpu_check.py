"""scripts/gpu_check from a pack to its results, on the CPU and with tiny models, so that a GPU's minutes are not lost.

It runs as it will there: by a Python that has torch and transformers and no diffusers, away from .venv.
"""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

Check = Callable[[int, int], subprocess.CompletedProcess[str]]

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = REPOSITORY / "scripts" / "gpu_check"
# What the machine lacks, and what no Python finds in a folder that is not its own.
LACKING = ("diffusers", "DeepCache", "importlib_metadata", "zipp", "lazy_importer", "pip", "setuptools", "distutils")
UNREACHABLE = ("No matching distribution", "Could not find a version", "Connection", "connection")


@pytest.fixture(scope="module")
def pack(build_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of the built program."""
    folder = tmp_path_factory.mktemp("pack") / "pack"
    command = [sys.executable, COMMAND, "--pack", folder, "--build", build_dir]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if "pip download" in ended.stderr and any(text in ended.stderr for text in UNREACHABLE):
        pytest.skip(f"pip reaches no package index: {ended.stderr.strip()}")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1].endswith("MiB of 64")
    return folder


@pytest.fixture
def bare_python(tmp_path: Path) -> tuple[str, dict[str, str]]:
    """A Python outside .venv, and an environment in which it has the packages that the machine has."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not entry.name.startswith((*LACKING, "_", "__")):
            (packages / entry.name).symlink_to(entry)
    waiting = {name: value for name, value in os.environ.items() if name == "OMP_WAIT_POLICY"}
    return sys._base_executable, {"PATH": os.defpath, "HOME": str(tmp_path), "PYTHONPATH": str(packages), **waiting}


@pytest.fixture
def check(pack: Path, bare_python: tuple[str, dict[str, str]], tmp_path: Path) -> Check:
    """Runs all stages within so many seconds, killed after another number; results are in tmp_path/out."""
    python, environment = bare_python

    def run(seconds: int, timeout: int) -> subprocess.CompletedProcess[str]:
        command = [python, COMMAND, "--pack-folder", pack, "--device", "cpu", "--size", "tiny", "--output", "out"]
        return subprocess.run(
            [*command, "--seconds", str(seconds)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=timeout,
        )  # fmt: skip

    return run


def test_every_stage_passes_on_the_cpu(check: Check, build_dir: Path, tmp_path: Path) -> None:
    ended = check(420, 500)
    page = (tmp_path / "out/gpu_check.md").read_text()
    assert ended.returncode == 0, f"{ended.stderr}\n{page}"
    content = json.loads((tmp_path / "out/gpu_check.json").read_text())
    states = {stage["name"]: stage["state"] for stage in content["stages"]}
    if not (build_dir / "tests" / "gpu_test").exists():
        assert states.pop("tests") == "left out"
    assert set(states.values()) == {"done"}, page
    assert "diffusers-" in content["facts"]["taken from the pack"] and content["facts"]["problems"] == "none"
    values = {stage["name"]: stage["values"] for stage in content["stages"]}
    assert values["pictures"]["fp32"]["equal"] == [True, True]
    for cell in (*values["speed"].values(), *values["cells"].values(), *values["sdxl"].values()):
        for figures in cell.values():
            assert set(figures) == {"original", "3/0"} and all(min(seconds) > 0 for seconds in figures.values())
    assert min(values["compiled"]["seconds"]["seconds"]) > 0
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert files == ["gpu_check.json", "gpu_check.md", "gpu_check_timeline.json.gz"]


def test_what_is_not_reached_in_time_is_left_out(check: Check, tmp_path: Path) -> None:
    """With no time for any stage all are listed, and nothing has failed."""
    ended = check(1, 120)
    assert ended.returncode == 0, ended.stderr
    content = json.loads((tmp_path / "out/gpu_check.json").read_text())
    assert {stage["state"] for stage in content["stages"]} == {"left out"}
