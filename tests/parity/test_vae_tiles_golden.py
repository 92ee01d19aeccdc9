"""The golden file of tests/model's tiles must not drift from diffusers."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "golden" / "make_vae_tiles_golden.py"


def test_golden_file_is_what_diffusers_gives() -> None:
    check = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr
