"""The wheels in a pack, and which of them a Python needs."""

import platform
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from gpu_proof.requirements import Requirement, normalised, python_bounds, requirements_of, unmet

# What the packages are for: diffusers' pipelines with the DeepCache helper, and the exporter.
ROOTS = ("diffusers", "deepcache", "transformers", "torch", "accelerate", "safetensors", "numpy", "pillow")
# What the machine is known to have, and the versions where they are known.
ON_THE_MACHINE = {
    "torch": "2.11.0", "transformers": "5.17.0", "safetensors": None, "accelerate": None, "numpy": None,
    "sentencepiece": None, "pillow": None, "huggingface-hub": None, "filelock": None, "regex": None, "requests": None,
    "packaging": None, "pyyaml": None, "tqdm": None, "jinja2": None, "httpx": None, "typing-extensions": None,
}  # fmt: skip


@dataclass(frozen=True)
class Wheel:
    """One wheel file."""

    path: Path
    name: str
    version: str
    requirements: tuple[Requirement, ...]
    python: Requirement


def read_wheels(folder: Path) -> dict[str, Wheel]:
    """The wheels in a folder, by name."""
    return {wheel.name: wheel for wheel in map(read_wheel, sorted(folder.glob("*.whl")))}


def read_wheel(path: Path) -> Wheel:
    """What a wheel says of itself."""
    name, version = path.name.split("-")[:2]
    with zipfile.ZipFile(path) as archive:
        [record] = [entry for entry in archive.namelist() if entry.endswith(".dist-info/METADATA")]
        text = archive.read(record).decode("utf-8")
    return Wheel(path, normalised(name), version, tuple(requirements_of(text)), python_bounds(text))


def marker_variables(python: str) -> dict[str, str]:
    """What markers may ask about, on the machine: Linux on x86-64 with this Python."""
    return {
        "python_version": ".".join(python.split(".")[:2]), "python_full_version": python, "sys_platform": "linux",
        "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix",
        "implementation_name": "cpython", "platform_python_implementation": "CPython",
    }  # fmt: skip


def this_python() -> str:
    """The version of the running Python."""
    return platform.python_version()


def closure_problems(wheels: dict[str, Wheel], there: dict[str, str | None], python: str) -> list[str]:
    """What the packed packages ask for that is neither packed nor on the machine, or not in a version that will do.

    Where both have a package, either may do; the packed one is taken where the machine's does not (`needed`).
    """
    environment, problems = marker_variables(python), []
    versions = there | {name: wheel.version for name, wheel in wheels.items()}
    for wheel in wheels.values():
        problems += [f"{wheel.name}: {text}" for text in unmet(wheel.requirements, versions, environment)]
        if not wheel.python.accepts(python):
            problems.append(f"{wheel.name}: {wheel.python} is {python}")
    return problems


def needed(
    wheels: dict[str, Wheel], version_of: Callable[[str], str | None], python: str, roots: Iterable[str] = ROOTS
) -> tuple[list[Wheel], list[str]]:
    """The wheels that a Python with packages of these versions needs, and what stays unmet with them.

    A package that is there is kept unless something that is needed asks for another version of it.
    """
    environment, chosen, problems = marker_variables(python), {}, []
    to_do = [Requirement(name, (("==", wheels[name].version),) if name in wheels else ()) for name in roots]
    while to_do:
        requirement = to_do.pop(0)
        if requirement.name in chosen or not requirement.applies(environment):
            continue
        version = version_of(requirement.name)
        if version is not None and requirement.accepts(version):
            continue
        wheel = wheels.get(requirement.name)
        if wheel is None or not requirement.accepts(wheel.version):
            problems.append(f"{requirement} is {version}" if version else f"{requirement} is not there")
            continue
        chosen[wheel.name] = wheel
        to_do += wheel.requirements
    return list(chosen.values()), problems


def unpack(wheels: Iterable[Wheel], folder: Path) -> Path:
    """Puts the packages of wheels into a folder, which Python then finds them in."""
    folder.mkdir(parents=True, exist_ok=True)
    for wheel in wheels:
        with zipfile.ZipFile(wheel.path) as archive:
            archive.extractall(folder)
    return folder
