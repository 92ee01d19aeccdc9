"""Lets a script of this folder be started with any Python: it goes on in .venv, which is made first if need be.

Where the scripts are installed, by a marker beside this file, the environment is `venv` in the user's data folder.

Use, before any import of what is not in the standard library:

    from setup.in_environment import ensure_environment
    ensure_environment("export")
"""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

_SETUP_FOLDER = Path(__file__).resolve().parent
# As scripts/setup/python_packages.sh has them.
_FILES = {
    "export": ("requirements.txt", "requirements-export.txt", "requirements-no-deps.txt"),
    "plot": ("requirements-plot.txt",),
}
_GUARD = "DEEPCACHE_GEN_IN_ENVIRONMENT"


def ensure_environment(level: str) -> None:
    """Returns if this Python has the packages of `level` ("export"); otherwise starts the script again in .venv.

    Set-up reports on stderr; if it fails, the script ends with its exit code.
    """
    if not _missing_packages(level):
        os.environ.pop(_GUARD, None)
        return
    if os.environ.get(_GUARD) == level:
        sys.exit(f"{_environment()} still lacks {', '.join(_missing_packages(level))}; delete it and run this again")
    setup = subprocess.run([str(_SETUP_FOLDER / "ensure"), level], check=False)
    if setup.returncode != 0:
        sys.exit(setup.returncode)
    os.environ[_GUARD] = level
    python = str(_environment() / "bin" / "python")
    os.execv(python, [python, *sys.orig_argv[1:]])


def user_data_folder() -> Path:
    """Where the program and these scripts keep what is a user's; only absolute paths count (XDG Base Directory)."""
    data = os.environ.get("XDG_DATA_HOME", "")
    home = Path(data) if data.startswith("/") else Path.home() / ".local" / "share"
    return home / "deepcache-gen"


def _environment() -> Path:
    """As scripts/setup/places.sh has it."""
    is_installed = (_SETUP_FOLDER / "installed").exists()
    return user_data_folder() / "venv" if is_installed else _SETUP_FOLDER.parents[1] / ".venv"


def _missing_packages(level: str) -> list[str]:
    """The requirements of `level` that this Python does not have in the pinned version."""
    wanted: list[str] = []
    for name in _FILES[level]:
        lines = (_SETUP_FOLDER.parent / name).read_text(encoding="utf-8").splitlines()
        wanted += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [requirement for requirement in wanted if not _is_installed(requirement)]


def _is_installed(requirement: str) -> bool:
    """Also a build of that version for certain machines: torch 2.11.0+cpu, of PyTorch's own index, is torch 2.11.0."""
    name, _, version = requirement.partition("==")
    try:
        return metadata.version(name).partition("+")[0] == version
    except metadata.PackageNotFoundError:
        return False
