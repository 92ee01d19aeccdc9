"""What cannot be measured is said before anything starts."""

import argparse
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cpu_benchmark.case import DTYPES, GUIDANCE_SCALES, PIXELS_PER_LATENT
from cpu_benchmark.errors import BenchmarkError
from cpu_benchmark.exported_model import unet_facts
from cpu_benchmark.situation import situations

# What a peer imports besides diffusers, and the file of scripts/ that pins it.
PACKAGES = {
    "openvino": ("openvino", "requirements-bench.txt"),
    "diffusers": ("DeepCache", "requirements-test.txt"),
}


def check(options: argparse.Namespace) -> None:
    """Throws BenchmarkError for what cannot be measured, before anything starts."""
    _check_numbers(options)
    _check_folders(options)
    _check_files(options)
    _check_packages(options.peers)


def _check_packages(peers: tuple[str, ...]) -> None:
    for peer, (package, file) in PACKAGES.items():
        if peer in peers and find_spec(package) is None:
            pip = f"{sys.executable} -m pip install -r scripts/{file}"
            raise BenchmarkError(f"--peers {peer} needs the Python package {package}: {pip}")


def _check_numbers(options: argparse.Namespace) -> None:
    for copies in options.beside:
        if copies < 1:
            raise BenchmarkError(f"--beside has {copies}; it must be at least 1 copy")
    for loops in options.beside_load:
        if loops < 0:
            raise BenchmarkError(f"--beside-load has {loops}; it must be at least 0 busy loops")
    for flag in ("rounds", "steps", "threads"):
        if getattr(options, flag) < 1:
            raise BenchmarkError(f"--{flag} is {getattr(options, flag)}; it must be at least 1")
    for size in options.sizes:
        if size < 1 or size % PIXELS_PER_LATENT:
            raise BenchmarkError(f"--sizes has {size}; a size must be divisible by {PIXELS_PER_LATENT}")
    for batch in options.batches:
        if batch not in GUIDANCE_SCALES:
            raise BenchmarkError(f"--batches has {batch}; one image is a batch of 1, or of 2 with guidance")
    if not options.dtypes:
        raise BenchmarkError(f"--dtypes is empty; accepted: {', '.join(DTYPES)}")


def _check_folders(options: argparse.Namespace) -> None:
    exported = _json(options.model / "model.json", "--model must be a folder that scripts/export_model.py wrote")
    exported_unet = unet_facts(exported)
    if exported_unet.get("guidance_embedding"):
        raise BenchmarkError(
            f"{options.model} has a UNet that takes the guidance scale, so that guidance is no batch of 2; "
            "measure it with deepcache-gen bench"
        )
    rungs = exported_unet["rungs"]
    for branch in options.branches:
        if not 0 <= branch < rungs:
            raise BenchmarkError(f"--branches has {branch}; this model has branches 0 to {rungs - 1}")
    if options.diffusers is None:
        if options.peers:
            raise BenchmarkError(
                f"--peers {options.peers[0]} needs the model in diffusers' format: add --diffusers DIR"
            )
        return
    unet = _json(options.diffusers / "unet" / "config.json", "--diffusers must be a model in diffusers' format")
    if exported_unet["context_size"] != unet.get("cross_attention_dim"):
        raise BenchmarkError(f"{options.model} is no export of {options.diffusers}: their UNets read different text")


def _json(path: Path, otherwise: str) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BenchmarkError(f"{path} is missing or no JSON; {otherwise}") from None


def _check_files(options: argparse.Namespace) -> None:
    _check_executable("--program", options.program, "; scripts/deepcache-gen --version builds build/deepcache-gen")
    if (options.sd_cpp is None) != (options.sd_cpp_model is None):
        raise BenchmarkError("--sd-cpp and --sd-cpp-model go together")
    if options.images == "only" and situations(options.beside, options.beside_load):
        raise BenchmarkError("--images only does not go with --beside and --beside-load, which measure passes too")
    if options.apart and not situations(options.beside, options.beside_load):
        raise BenchmarkError("--apart goes with --beside or --beside-load only")
    if options.sd_cpp and situations(options.beside, options.beside_load):
        raise BenchmarkError("--sd-cpp does not go with --beside and --beside-load")
    if options.sd_cpp and not options.images:
        raise BenchmarkError("--sd-cpp makes whole images only; add --images")
    if options.sd_cpp:
        _check_executable("--sd-cpp", options.sd_cpp, "")
        if not options.sd_cpp_model.exists():
            raise BenchmarkError(f"--sd-cpp-model {options.sd_cpp_model} does not exist")
    if options.output and (options.output.suffix not in (".md", ".json") or not options.output.parent.is_dir()):
        raise BenchmarkError(f"--output {options.output} must end in .md or .json and be in a folder that exists")


def _check_executable(flag: str, path: Path, hint: str) -> None:
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise BenchmarkError(f"{flag} {path} is no program{hint}")
