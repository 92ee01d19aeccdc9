"""The golden file of tests/schedulers must not drift from diffusers."""

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))

from make_scheduler_golden import differences

GOLDEN = Path(__file__).parents[1] / "golden"
SCRIPT = GOLDEN / "make_scheduler_golden.py"


def test_golden_file_is_what_diffusers_gives() -> None:
    check = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize(("what", "mistake"), [("timesteps", 1e-3), ("sigmas", 1e-4), ("init_noise_sigma", 1e-4)])
def test_a_mistake_would_be_found(what: str, mistake: float) -> None:
    stored = json.loads((GOLDEN / "schedulers.json").read_text())
    case = next(index for index, each in enumerate(stored["cases"]) if each["steps"] == 10)
    fresh = deepcopy(stored)
    if what == "init_noise_sigma":
        fresh["cases"][case][what] += mistake
    else:
        fresh["cases"][case][what][3] += mistake
    (found,) = differences(stored, fresh)
    assert found.startswith(f".cases[{case}].{what}: differs by {mistake:g}")
