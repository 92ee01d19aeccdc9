"""What the parity tests share."""

import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from picture_maker import PictureMaker
from worst_differences import WorstDifferences

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "scripts"))

WORST_DIFFERENCES = pytest.StashKey[WorstDifferences]()


@pytest.fixture(scope="session")
def models_dir(shared_folder: Callable[[str], Path]) -> Path:
    """A folder with the tiny models of `tiny_models.MADE` (NAME-diffusers) and the exports of them (NAME).

    All workers have the same; nobody may change what is there.
    """
    import torch
    from tiny_models import make_and_export

    # The models are tiny: more threads would only wait for each other.
    torch.set_num_threads(1)
    folder = shared_folder("models")
    make_and_export(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(models_dir: Path) -> Callable[[str], Path]:
    """The export of a tiny model of any family of random_model, made when it is first asked for; NAME-diffusers beside.

    So sd15-inpaint, sdxl-refiner, taesd and the others cost those tests only that use them.
    """
    from tiny_models import exported

    return partial(exported, models_dir)


@pytest.fixture(scope="session")
def picture_maker(build_dir: Path) -> Iterator[Callable[..., PictureMaker]]:
    """The process that makes pictures with these flags of a whole run; one is kept for all that ask for the same."""
    program = build_dir / "tests" / "make_pictures"
    assert program.is_file(), f"{program} is not built"
    makers: list[PictureMaker] = []

    @cache
    def maker_of(*flags: str | Path) -> PictureMaker:
        makers.append(PictureMaker(program, *flags))
        return makers[-1]

    yield maker_of
    for maker in makers:
        maker.close()


@pytest.fixture
def sd15(models_dir: Path, tmp_path: Path) -> Path:
    """A copy of the SD 1.5 miniature, to be spoilt."""
    from tiny_models import copy_model

    return copy_model(models_dir / "sd15-diffusers", tmp_path / "source")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder that is not there yet, alone in its folder."""
    (tmp_path / "outputs").mkdir()
    return tmp_path / "outputs" / "model"


@pytest.fixture(scope="session")
def worst_differences(pytestconfig: pytest.Config) -> WorstDifferences:
    """Where tests that compare pictures note how far apart they were; the summary names the worst."""
    return pytestconfig.stash.setdefault(WORST_DIFFERENCES, WorstDifferences())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under pytest-xdist, a worker hands what it noted to the session that reports."""
    if hasattr(session.config, "workeroutput"):
        noted = session.config.stash.get(WORST_DIFFERENCES, WorstDifferences())
        session.config.workeroutput["worst_differences"] = noted.worst


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes what a worker of pytest-xdist noted; one that died has noted nothing."""
    noted = node.config.stash.setdefault(WORST_DIFFERENCES, WorstDifferences())
    for kind, (value, case) in getattr(node, "workeroutput", {}).get("worst_differences", {}).items():
        noted.note(kind, value, case)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Ends the report with the worst differences of the session."""
    for line in config.stash.get(WORST_DIFFERENCES, WorstDifferences()).lines():
        terminalreporter.write_line(line)
