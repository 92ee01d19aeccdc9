"""What the parity tests share."""

import os
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "scripts"))


@pytest.fixture(scope="session")
def build_dir() -> Path:
    """The build folder with the program and the tests' executables: DEEPCACHE_GEN_BUILD, or build-dev."""
    folder = Path(os.environ.get("DEEPCACHE_GEN_BUILD", REPOSITORY / "build-dev"))
    if not folder.is_dir():
        pytest.fail(f"{folder} is not there; build with: cmake --preset dev && cmake --build --preset dev")
    return folder


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny models of `tiny_models.MADE` (NAME-diffusers) and the exports of them (NAME)."""
    import torch
    from tiny_models import make_and_export

    # The models are tiny: more threads would only wait for each other.
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("models")
    make_and_export(folder)
    return folder
