"""Where this Python's LibTorch and its CUDA libraries lie, found without loading them."""

import importlib.util
from importlib import metadata
from pathlib import Path

from gpu_proof.errors import CheckError

# What the program needs of it, and what it opens for a GPU.
CPU_LIBRARIES, CUDA_LIBRARIES = ("libtorch_cpu.so", "libc10.so"), ("libtorch_cuda.so", "libc10_cuda.so")


def torch_folder() -> Path:
    """The folder of the package torch; throws CheckError if this Python has none."""
    found = importlib.util.find_spec("torch")
    if found is None or not found.origin:
        raise CheckError("this Python has no torch; start gpu_check with one that has")
    return Path(found.origin).parent


def library_folders(torch: Path) -> list[Path]:
    """torch/lib and the folders of the NVIDIA wheels that lie beside torch."""
    nvidia = torch.parent / "nvidia"
    return [torch / "lib", *sorted(path for path in nvidia.glob("*/lib") if path.is_dir())]


def missing_libraries(torch: Path, device: str) -> list[str]:
    """Those of LibTorch's own libraries that a device needs and that are not there."""
    wanted = CPU_LIBRARIES + (CUDA_LIBRARIES if device == "cuda" else ())
    return [name for name in wanted if not (torch / "lib" / name).exists()]


def version_of(package: str) -> str | None:
    """A package's version here; None without it."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def same_build(version: str | None, expected: str) -> bool:
    """Whether a torch is of the version that the program was built with; what follows a + is the kind of build."""
    return version is not None and version.split("+")[0] == expected.split("+")[0]
