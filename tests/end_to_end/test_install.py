"""An installed tree runs after being moved, and uses nothing of the build or of .venv."""

import gzip
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def moved_tree(build_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("install")
    installed, moved = folder / "here", folder / "moved to there"
    command = ["cmake", "--install", str(build_dir), "--prefix", str(installed)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    installed.rename(moved)
    yield moved
    shutil.rmtree(moved)  # it has LibTorch in it


def run(tree: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the installed program with an otherwise empty environment."""
    command = [str(tree / "bin/deepcache-gen"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd="/")


def test_moved_tree_runs(moved_tree: Path) -> None:
    result = run(moved_tree, "--version")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def test_libraries_come_from_the_tree_or_the_system(moved_tree: Path) -> None:
    lines = run(moved_tree, LD_TRACE_LOADED_OBJECTS="1").stdout.splitlines()
    paths = [Path(line.split(" => ")[1].split(" (")[0]).resolve() for line in lines if " => " in line]
    own = {path.name.split(".")[0] for path in paths if path.is_relative_to(moved_tree)}
    assert {"libtorch_cpu", "libc10", "libgomp", "libcudart", "libcupti", "libsentencepiece", "libutf8proc"} <= own
    assert {"libpng16", "libjpeg", "libwebp", "libwebpmux"} <= own
    system = [path for path in paths if not path.is_relative_to(moved_tree)]
    assert all(path.is_relative_to("/usr/lib") or path.is_relative_to("/lib") for path in system), system


def test_cuda_plugin_is_in_the_tree(build_dir: Path, moved_tree: Path) -> None:
    plugin = "libdeepcache_gen_cuda.so"
    if not (build_dir / plugin).exists():
        pytest.skip("this build has no CUDA plugin")
    installed = (moved_tree / "lib/deepcache-gen" / plugin).read_bytes()
    assert installed.startswith(b"\x7fELF")
    assert b"nvidia/cu13/lib" not in installed  # where the build looks for libraries


def test_installed_program_finds_its_embedded_model(moved_tree: Path, tmp_path: Path) -> None:
    if not (moved_tree / "share/deepcache-gen/models/scenes/model.json").is_file():
        pytest.skip("models/scenes holds no model yet")
    image = tmp_path / "image.png"
    result = run(moved_tree, "--prompt", "a lighthouse", "--steps", "2", "--seed", "1", "--output", str(image))
    assert result.returncode == 0, result.stderr
    assert image.read_bytes().startswith(b"\x89PNG")


def test_licences_are_in_the_tree(moved_tree: Path) -> None:
    licences = moved_tree / "share/doc/deepcache-gen"
    for name in ("copyright", "third_party/README.md", "torch/LICENSE", "nvidia_cuda_runtime", "nvidia_cuda_cupti"):
        assert (licences / name).exists(), name


def test_pages_are_in_the_tree(moved_tree: Path) -> None:
    share = moved_tree / "share"
    page = gzip.decompress((share / "man/man1/deepcache-gen.1.gz").read_bytes()).decode()
    assert page == run(moved_tree, "man").stdout
    completions = {
        "bash": "bash-completion/completions/deepcache-gen",
        "zsh": "zsh/vendor-completions/_deepcache-gen",
        "fish": "fish/vendor_completions.d/deepcache-gen.fish",
    }
    for shell, path in completions.items():
        assert (share / path).read_text() == run(moved_tree, "completion", shell).stdout
