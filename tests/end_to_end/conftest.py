"""What the end-to-end tests share: models, and the program as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from expectations import Run
from made_once import alone_with

REPOSITORY = Path(__file__).resolve().parents[2]
EMBEDDED_MODEL = REPOSITORY / "models" / "scenes"
sys.path.insert(0, str(REPOSITORY / "scripts"))


@pytest.fixture(autouse=True, scope="session")
def no_settings_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The program reads nobody's configuration and finds nobody's models."""
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        os.environ[variable] = str(tmp_path_factory.mktemp("empty"))
    os.environ.pop("DEEPCACHE_GEN_MODELS", None)


@pytest.fixture(scope="session")
def tiny_model(shared_folder: Callable[[str], Path]) -> Path:
    """A tiny Stable Diffusion model with random weights, as the exporter writes it.

    All workers have the same; nobody may change it.
    """
    import torch
    from exporter.command_line import main as export
    from random_model.folder import make_model

    # The model is tiny: more threads would only wait for each other.
    torch.set_num_threads(1)
    folder = shared_folder("end-to-end-models")
    with alone_with(folder, "tiny"):
        if not (folder / "tiny").exists():
            make_model(folder / "tiny-diffusers", "sd15", tiny=True, seed=0, dtype=torch.float32)
            assert export(["--source", str(folder / "tiny-diffusers"), "--output", str(folder / "tiny")]) == 0
    return folder / "tiny"


@pytest.fixture(scope="session")
def net(shared_folder: Callable[[str], Path]) -> Path:
    """A tiny control net for the tiny model, with random weights. Nobody may change it."""
    import torch
    from exporter.command_line import main as export
    from random_model.folder import make_model

    torch.set_num_threads(1)
    folder = shared_folder("control-nets")
    with alone_with(folder, "tiny-net"):
        if not (folder / "tiny-net").exists():
            make_model(folder / "tiny-net-diffusers", "control-sd15", tiny=True, seed=0, dtype=torch.float32)
            words = ["--controlnet", folder / "tiny-net-diffusers", "--output", folder / "tiny-net"]
            assert export([str(word) for word in words]) == 0
    return folder / "tiny-net"


@pytest.fixture
def embedded_model() -> Path:
    """The model that comes with the program."""
    if not (EMBEDDED_MODEL / "model.json").is_file():
        pytest.skip("models/scenes holds no model yet")
    return EMBEDDED_MODEL


@pytest.fixture(params=["tiny_model", "embedded_model"])
def model(request: pytest.FixtureRequest) -> Path:
    """Each of the two models."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def run(program: Path, tmp_path: Path) -> Run:
    """Runs the program with these arguments in an empty folder and returns how it went."""

    def run_program(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        texts = [argument if isinstance(argument, bytes) else str(argument) for argument in arguments]
        settings = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 120, "check": False}
        return subprocess.run([program, *texts], **settings | options)

    return run_program


@pytest.fixture
def draw(run: Run, tiny_model: Path) -> Run:
    """Runs the program on the tiny model at a small size; later arguments are added."""

    def draw_small(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        return run("-m", tiny_model, "-W", 64, "-H", 64, "-t", 1, *arguments, **options)

    return draw_small


@pytest.fixture
def control_pictures(tmp_path: Path) -> None:
    """Pictures to steer by, in the folder of the run."""
    # Imported late: with torch it takes seconds.
    from steering import write_pictures

    write_pictures(tmp_path)
