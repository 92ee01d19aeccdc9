"""What the Python tests share."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

# Threads of several workers share the processors, and OpenMP's would take them from each other while they wait: a test
# of a second takes ten. The program then does not look for crowds itself (`BarrierWaiting`); without workers it does.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@pytest.fixture(autouse=True, scope="session")
def no_memory_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The program leaves nothing in anybody's cache, and believes nothing in it."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True, scope="session")
def signals_arrive() -> None:
    """Programs are begun with SIGHUP as terminals have it, also where nohup began the tests: it is not ignored."""
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture(scope="session")
def build_dir() -> Path:
    """The build folder with the program and the tests' executables: DEEPCACHE_GEN_BUILD, or build-dev."""
    folder = Path(os.environ.get("DEEPCACHE_GEN_BUILD", REPOSITORY / "build-dev"))
    if not folder.is_dir():
        pytest.fail(f"{folder} is not there; build with: cmake --preset dev && cmake --build --preset dev")
    return folder


@pytest.fixture(scope="session")
def program(build_dir: Path) -> Path:
    """The built program."""
    path = build_dir / "deepcache-gen"
    assert path.is_file(), f"{path} is not built"
    return path


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a folder of this session that all workers of pytest-xdist share; who fills it takes care of the others."""

    def shared(name: str) -> Path:
        own = tmp_path_factory.getbasetemp()
        folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / f"shared-{name}"
        folder.mkdir(exist_ok=True)
        return folder

    return shared
