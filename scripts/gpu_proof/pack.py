"""Makes the folder that is carried to a machine with a GPU, beside the repository's tracked files."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from gpu_proof.errors import CheckError
from gpu_proof.place import ROOT
from gpu_proof.wheels import ON_THE_MACHINE, closure_problems, read_wheels

# All that may travel: the pack and the repository's tracked files.
LARGEST = 64 << 20
MEBIBYTE = 1 << 20
PYTHON_THERE = "3.12.0"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
PLUGIN = "libdeepcache_gen_cuda.so"
REQUIREMENTS = ROOT / "scripts" / "requirements-gpu-check.txt"
# On every machine with a C++ program on it, and tied to its kernel or its loader.
OF_THE_SYSTEM = re.compile(
    r"(linux-vdso|ld-linux-x86-64|libc|libm|libstdc\+\+|libgcc_s|libpthread|libdl|librt|libutil|libresolv)\.so(\.|$)"
)
# What ctest reads. The tests' own folder is where it looks for the executable.
CTEST_FILE = """add_test(gpu "sh" "-c" "LD_LIBRARY_PATH=$GPU_TEST_LIBRARIES exec ./gpu_test --gtest_color=no")
set_tests_properties(gpu PROPERTIES LABELS "gpu" TIMEOUT 600)
"""


def make_pack(folder: Path, build: Path) -> list[str]:
    """Fills a folder, which is made anew, from a build folder; returns what each part takes, in lines.

    Throws CheckError where something can't be packed or all is larger than may travel.
    """
    program = build / "deepcache-gen"
    if not program.is_file():
        raise CheckError(f"{program} is not built")
    _clear(folder)
    plugin, tests = _find(build, PLUGIN), build / "tests" / "gpu_test"
    _strip(program, folder / "bin")
    if plugin:
        _strip(plugin, folder / "bin")
    if tests.is_file():
        _strip(tests, folder / "tests")
        (folder / "tests" / "CTestTestfile.cmake").write_text(CTEST_FILE)
    _copy_libraries([program, *([tests] if tests.is_file() else [])], folder / "lib")
    _download(folder / "wheels")
    problems = closure_problems(read_wheels(folder / "wheels"), ON_THE_MACHINE, PYTHON_THERE)
    if problems:
        raise CheckError(f"the wheels do not fit together: {'; '.join(problems)}")
    facts = {"torch": pinned_torch(), "commit": _commit(), "plugin": plugin is not None}
    (folder / "pack.json").write_text(json.dumps(facts, indent=1) + "\n")
    return _require_small(folder, missing=[] if plugin else [PLUGIN], tests=tests.is_file())


def shared_libraries(listing: str) -> dict[str, Path]:
    """The libraries in the output of ldd that have to travel, by name: neither the system's nor LibTorch's.

    libgomp travels as well, in case torch's own is not found.
    """
    found = {}
    for name, path in re.findall(r"^\s*(\S+) => (/\S+)", listing, re.MULTILINE):
        of_torch = "/torch/lib/" in path or "/nvidia/" in path
        if not OF_THE_SYSTEM.match(name) and (not of_torch or name.startswith("libgomp")):
            found[name] = Path(path)
    return found


def pinned_torch() -> str:
    """The version of torch that programs are built with, whatever the Python that packs has."""
    text = (ROOT / "scripts" / "requirements.txt").read_text(encoding="utf-8")
    found = re.search(r"^torch==(\S+)", text, re.MULTILINE)
    if not found:
        raise CheckError("scripts/requirements.txt does not pin torch")
    return found[1]


def missing_libraries(listing: str) -> list[str]:
    """The names that ldd found no library for."""
    return re.findall(r"^\s*(\S+) => not found", listing, re.MULTILINE)


def tracked_bytes() -> int:
    """What the files take that git tracks."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    paths = (ROOT / name.decode() for name in names if name)
    return sum(path.lstat().st_size for path in paths if path.exists() or path.is_symlink())


def _clear(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / "pack.json").is_file():
        raise CheckError(f"{folder} holds something else than a pack; choose another folder")
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("bin", "lib", "tests", "wheels"):
        (folder / name).mkdir(parents=True)
    # So that an interrupted one is recognised.
    (folder / "pack.json").write_text("{}\n")


def _find(build: Path, name: str) -> Path | None:
    return next(iter(sorted(build.rglob(name))), None)


def _strip(source: Path, folder: Path) -> None:
    _run(["strip", "--strip-unneeded", "-o", folder / source.name, source])


def _copy_libraries(executables: Iterable[Path], folder: Path) -> None:
    for executable in executables:
        listing = _run(["ldd", executable])
        if missing := missing_libraries(listing):
            raise CheckError(f"{executable} finds no {', '.join(missing)}")
        for name, path in shared_libraries(listing).items():
            shutil.copy(path.resolve(), folder / name)


def _download(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder]
    command += [
        "--implementation",
        "cp",
        "--python-version",
        "3.12",
        "--abi",
        "cp312",
        "--abi",
        "abi3",
        "--abi",
        "none",
    ]
    command += [word for platform in PLATFORMS for word in ("--platform", platform)]
    _run([*command, "--requirement", REQUIREMENTS])


def _run(command: list[object]) -> str:
    words = [str(word) for word in command]
    try:
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CheckError(f"cannot start {words[0]}: {error.strerror}") from error
    if ended.returncode != 0:
        lines = (ended.stderr or ended.stdout).strip().splitlines()
        raise CheckError(f"{' '.join(words[:4])} failed: {lines[-1] if lines else ended.returncode}")
    return ended.stdout


def _commit() -> str:
    ended = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return ended.stdout.strip() or "unknown"


def _require_small(folder: Path, missing: list[str], tests: bool) -> list[str]:
    sizes = {part.name: _bytes(part) for part in sorted(folder.iterdir())}
    sizes["tracked files, the embedded model among them"] = tracked_bytes()
    lines = [f"{name}: {size / MEBIBYTE:.1f} MiB" for name, size in sizes.items()]
    lines += [f"not in it, since it is not built: {name}" for name in [*missing, *([] if tests else ["gpu_test"])]]
    total = sum(sizes.values())
    lines.append(f"all: {total / MEBIBYTE:.1f} MiB of {LARGEST // MEBIBYTE}")
    if total > LARGEST:
        raise CheckError("\n".join([*lines, "that is too much to carry"]))
    return lines


def _bytes(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file() and not file.is_symlink()]
    return sum(file.stat().st_size for file in files)
