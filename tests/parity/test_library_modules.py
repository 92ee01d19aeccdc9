"""What runs models on GPUs, run without one: on LibTorch's meta device, and in float16 on the CPU, by the same code.

Weights in float16 are the file's rounded, so that pictures are close to float32's, not equal.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

FAMILIES = ("sd15", "sd21-v", "sdxl", "lcm15", "sdxl-inpaint", "sdxl-refiner")


@pytest.mark.parametrize("family", FAMILIES)
def test_no_number_is_read_and_no_device_mixed(family: str, tiny_model: Callable[[str], Path], build_dir: Path) -> None:
    model = tiny_model(family)
    words = [build_dir / "tests" / "outline_run", model]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count(" unet ") == 3, "in three dtypes"


@pytest.mark.parametrize("family", ["sd15", "sd21-v", "sdxl"])
@pytest.mark.parametrize("caching", [["--interval", "1"], ["--interval", "3", "--branch", "1"]], ids=" ".join)
def test_float16_is_close_to_float32(
    family: str, caching: list[str], tiny_model: Callable[[str], Path], build_dir: Path, tmp_path: Path
) -> None:
    latents = {}
    for dtype in ("fp32", "fp16"):
        file = tmp_path / f"{dtype}.npy"
        words = [build_dir / "deepcache-gen", "--model", tiny_model(family), "--device", "cpu", "--dtype", dtype]
        words += ["--prompt", "a lake", "--steps", "6", "--seed", "1", "--width", "64", "--height", "96", *caching]
        words += ["--save-latents", file, "--output", tmp_path / f"{dtype}.png", "--quiet"]
        subprocess.run(words, check=True, capture_output=True)
        latents[dtype] = np.load(file).astype(np.float64)
    difference = np.linalg.norm(latents["fp16"] - latents["fp32"]) / np.linalg.norm(latents["fp32"])
    assert difference < 0.02
