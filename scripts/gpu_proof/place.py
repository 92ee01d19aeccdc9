"""Where everything is on the machine that is checked, and what runs in the background."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gpu_proof import child
from gpu_proof.budget import Deadline
from gpu_proof.errors import CheckError, Missing
from gpu_proof.libraries import library_folders, missing_libraries, same_build, torch_folder, version_of
from gpu_proof.peer_process import PROGRAM as PEER_PROGRAM
from gpu_proof.peer_process import Peer
from gpu_proof.scale import Scale
from gpu_proof.wheels import needed, read_wheels, this_python, unpack

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
EMBEDDED_MODEL = ROOT / "models" / "scenes"
FAMILIES = ("sd21", "sdxl")
# So that what is measured has processors to itself.
MODEL_THREADS, MODEL_NICENESS = 8, {"full": 10, "tiny": 0}


class Place:
    """The pack, this Python's LibTorch, a scratch folder, and processes that live longer than a stage."""

    def __init__(self, pack: Path, device: str, scale: Scale, scratch: Path, output: Path) -> None:
        """Throws CheckError where the pack is incomplete or this Python has no torch."""
        self.pack, self.device, self.scale, self.scratch, self.output = pack, device, scale, scratch, output
        self.program = pack / "bin" / "deepcache-gen"
        if not self.program.is_file():
            raise CheckError(f"{pack} is no pack: it has no bin/deepcache-gen; make one with scripts/gpu_check --pack")
        self.packed = json.loads((pack / "pack.json").read_text(encoding="utf-8"))
        torch = torch_folder()
        wheels, self.problems = needed(read_wheels(pack / "wheels"), version_of, this_python())
        self.problems += [f"{name} is not in {torch}/lib" for name in missing_libraries(torch, device)]
        if not same_build(version_of("torch"), self.packed["torch"]):
            self.problems.append(
                f"the program was built with torch {self.packed['torch']}, here is {version_of('torch')}"
            )
        self.unpacked = [wheel.path.name for wheel in wheels]
        self.environment = _environment(unpack(wheels, scratch / "packages"))
        # For the program alone: other programs have their system's libraries, and Python its own.
        libraries = [*library_folders(torch), pack / "lib", pack / "bin"]
        self.libraries = {"LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries))}
        self.environment["HOME"] = self.environment["XDG_CACHE_HOME"] = str(scratch)
        if scale.size == "tiny":
            # More threads would only wait for each other.
            self.environment["OMP_NUM_THREADS"] = "1"
        self._maker: subprocess.Popen[bytes] | None = None
        self._peers: dict[str, Peer] = {}

    @property
    def dtype(self) -> str:
        """What the models that are measured are stored in and run in, as the exporter calls it."""
        return "float16" if self.device == "cuda" else "float32"

    def facts(self) -> dict[str, Any]:
        """What is checked, with what."""
        versions = {name: version_of(name) for name in ("torch", "transformers", "diffusers")}
        return {
            "device": _gpu() if self.device == "cuda" else "CPU",
            "processors": os.cpu_count(),
            "size": self.scale.size,
            "commit": self.packed["commit"],
            "CUDA plugin": "packed" if self.packed["plugin"] else "not in the pack",
            "Python": this_python(),
            **{f"{name} here": version or "not installed" for name, version in versions.items()},
            "taken from the pack": ", ".join(self.unpacked) or "nothing",
            "problems": "; ".join(self.problems) or "none",
        }

    def begin_models(self) -> None:
        """Begins to make the models that are measured, in the background."""
        self.models.mkdir()
        environment = {"OMP_NUM_THREADS": str(min(MODEL_THREADS, os.cpu_count() or 1))} | self.environment
        command = [sys.executable, FOLDER / "make_models.py", self.scale.size, self.dtype, self.models, *FAMILIES]
        with self._maker_log.open("wb") as log:
            self._maker = child.start(
                command,
                environment=environment,
                folder=self.scratch,
                stderr=log,
                niceness=MODEL_NICENESS[self.scale.size],
            )

    def model(self, family: str, deadline: Deadline) -> Path:
        """An exported model, once it is there; throws Missing if it can't be had in time."""
        folder = self.models / family
        while not (folder / "model.json").is_file():
            if self._maker is None or self._maker.poll() not in (None, 0):
                lines = self._maker_log.read_text(errors="replace").strip().splitlines() if self._maker else []
                raise Missing(f"no {family} model could be made: {lines[-1] if lines else 'nothing made it'}")
            if not deadline.left():
                raise Missing(f"the {family} model was not made in time")
            time.sleep(min(0.2, deadline.left()))
        return folder

    def begin_peer(self, family: str) -> None:
        """Begins to load diffusers' pipeline if its model is there and it has not begun."""
        source = self.models / f"{family}-diffusers"
        if family not in self._peers and source.is_dir():
            command = [sys.executable, PEER_PROGRAM, source, self.device, self.dtype]
            self._peers[family] = Peer(command, self.environment, self.scratch, self.scratch / f"peer-{family}.log")

    def peer(self, family: str, deadline: Deadline) -> Peer:
        """diffusers with a model, loaded; throws Missing if it can't be had."""
        self.model(family, deadline)
        if family in self._peers and not self._peers[family].is_alive():
            self._peers.pop(family).close()
        self.begin_peer(family)
        peer = self._peers[family]
        peer.ready(deadline.require())
        return peer

    def close_peers(self) -> None:
        """Ends them, and so frees the device's memory."""
        while self._peers:
            self._peers.popitem()[1].close()

    def close(self) -> None:
        """Ends all that runs."""
        self.close_peers()
        if self._maker is not None:
            child.end(self._maker)

    @property
    def models(self) -> Path:
        """The folder of the models that are made here."""
        return self.scratch / "models"

    @property
    def _maker_log(self) -> Path:
        return self.scratch / "models.log"


def _environment(packages: Path) -> dict[str, str]:
    """What children need to find the packages unpacked from the pack."""
    environment = dict(os.environ)
    _prepend(environment, "PYTHONPATH", [packages, FOLDER.parent])
    environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "PYTHONDONTWRITEBYTECODE": "1"}
    # The names of our modules are not for the libraries that scripts of this folder import.
    environment["PYTHONSAFEPATH"] = "1"
    return environment


def _prepend(environment: dict[str, str], name: str, folders: list[Path]) -> None:
    before = [environment[name]] if environment.get(name) else []
    environment[name] = os.pathsep.join([*map(str, folders), *before])


def _gpu() -> str:
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        return (
            subprocess.run(query, capture_output=True, text=True, check=False, timeout=20).stdout.strip() or "unknown"
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown: nvidia-smi does not answer"
