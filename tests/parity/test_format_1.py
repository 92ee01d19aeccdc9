"""Folders of format 1, which exporters wrote before: the program makes the same pictures with them."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from exporter.describe_command import main as describe
from exporter.run_command import FAILED
from format_1 import make_format_1
from PIL import Image

ASKED = ["-p", "a cat", "-n", "a dog", "--steps", "2", "-W", "64", "-H", "64", "-s", "8", "-t", "1", "-q"]


@pytest.fixture(params=["sd15", "sdxl"])
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def old(models_dir: Path, tmp_path: Path, family: str) -> Path:
    return make_format_1(models_dir / f"{family}-diffusers", models_dir / family, tmp_path / "old")


def picture(program: Path, model: Path, output: Path, dtype: str) -> np.ndarray:
    subprocess.run([program, "-m", model, *ASKED, "--dtype", dtype, "-o", output], check=True, capture_output=True)
    with Image.open(output) as image:
        return np.asarray(image)


def test_makes_the_same_picture(program: Path, models_dir: Path, tmp_path: Path, family: str, old: Path) -> None:
    before = picture(program, old, tmp_path / "before.png", "fp32")
    after = picture(program, models_dir / family, tmp_path / "after.png", "fp32")
    assert np.array_equal(before, after)


@pytest.mark.parametrize("family", ["sd15"], indirect=True)
def test_makes_the_same_picture_in_bfloat16(
    program: Path, models_dir: Path, tmp_path: Path, family: str, old: Path
) -> None:
    """Not SDXL: a whole encoder that also returns what enters its last layer rounds the residual there once more."""
    before = picture(program, old, tmp_path / "before.png", "bf16")
    after = picture(program, models_dir / family, tmp_path / "after.png", "bf16")
    assert np.array_equal(before, after)


def test_is_inspected(program: Path, models_dir: Path, family: str, old: Path) -> None:
    def about(model: Path) -> list[str]:
        result = subprocess.run([program, "inspect", model], check=True, capture_output=True, text=True)
        return [line for line in result.stdout.splitlines() if "folder" not in line and "bytes" not in line]

    assert about(old) == about(models_dir / family)


def test_is_exported_again_to_be_described(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert describe([str(old)]) == FAILED
    assert "is not of format version 2; export the model again" in capsys.readouterr().err
