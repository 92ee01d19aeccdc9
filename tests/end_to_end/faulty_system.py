"""A system with faults for the program to run on: see faulty_system.c."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_suffix(".c")

# The environment in which a program meets these faults, by their names without FAULTY_ in front.
Faults = Callable[..., dict[str, str]]


def build_faults(folder: Path) -> Faults:
    """Compiles the faults into `folder`; skips the test where no C compiler is installed."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler is installed")
    library = folder / "faulty_system.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, SOURCE, "-ldl"]
    subprocess.run(command, check=True)

    def environment(**faults: object) -> dict[str, str]:
        chosen = {f"FAULTY_{name.upper()}": str(value) for name, value in faults.items()}
        return os.environ | {"LD_PRELOAD": str(library)} | chosen

    return environment
