"""What an export ends with: the command that makes a picture with it."""

import os
import shlex
import shutil
from pathlib import Path

from setup.in_environment import user_data_folder

from exporter.families import AUTOENCODER, CONTROL_NET, XL_REFINER

LAUNCHER = Path(__file__).resolve().parents[1] / "deepcache-gen"
# How a model is given that makes no pictures by itself.
FLAGS = {
    AUTOENCODER: "--vae",
    CONTROL_NET: "-m MODEL --control-image PICTURE --control-net",
    XL_REFINER.name: "-m MODEL --refiner",
}


def next_command(output: Path, kind: str) -> str:
    """A shell command that uses the exported folder: by its name where the program looks names up.

    kind: the family of a model, or CONTROL_NET.
    """
    name = output.name if output.parent in _places() else _shortest(output)
    return f'{_program()} {FLAGS.get(kind, "-m")} {shlex.quote(name)} -p "a lighthouse by the sea"'


def _places() -> list[Path]:
    """The folders in which the program looks for models by name: those that the user has chosen, and the usual one."""
    chosen = [Path(folder) for folder in os.environ.get("DEEPCACHE_GEN_MODELS", "").split(":") if folder]
    return [*(folder.absolute() for folder in chosen), user_data_folder() / "models"]


def _program() -> str:
    """In a checkout the script that builds the program if need be; where it is installed, its name if that is found."""
    found = shutil.which("deepcache-gen")
    if not LAUNCHER.is_file() or (found and LAUNCHER.samefile(found)):
        return "deepcache-gen"
    return shlex.quote(_shortest(LAUNCHER.resolve()))


def _shortest(path: Path) -> str:
    """A path that lies below the current folder as seen from there; always with a slash, so that it is no name."""
    here = Path.cwd()
    text = str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
    return text if "/" in text else f"./{text}"
