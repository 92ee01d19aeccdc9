"""The commands of a page, run as its readers run them."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    """The lines of the page's blocks."""
    return [line for block in BLOCK.findall(page.read_text()) for line in block.splitlines() if line.strip()]


def make_checkout(folder: Path, program: Path, models: dict[str, Path]) -> Path:
    """Makes a folder in which the commands work: the program by the name of its script, models by these names."""
    scripts = folder / "scripts"
    scripts.mkdir()
    (folder / "models").mkdir()
    starter = scripts / "deepcache-gen"
    starter.write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
    starter.chmod(starter.stat().st_mode | stat.S_IXUSR)
    for name, model in models.items():
        (folder / "models" / name).symlink_to(model)
    return folder


def run_commands(lines: Iterable[str], checkout: Path) -> None:
    """Runs them there in turn; all must succeed."""
    environment = os.environ | {"PATH": f"{checkout / 'scripts'}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for line in lines:
        script = ["bash", "-euo", "pipefail", "-c", line]
        result = subprocess.run(
            script, cwd=checkout, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert result.returncode == 0, f"{line}\n{result.stderr}"
