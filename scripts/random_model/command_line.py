"""The command line of scripts/make_random_model.py."""

import argparse
from pathlib import Path

import torch

from random_model.families import FAMILIES
from random_model.folder import make_model

DESCRIPTION = "Writes a model with random weights in diffusers' format, tiny to test with or full to time."
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def main(arguments: list[str]) -> int:
    """Runs the command and returns its exit code."""
    parser = argparse.ArgumentParser(prog="make_random_model.py", description=DESCRIPTION)
    parser.add_argument("--family", required=True, choices=FAMILIES)
    parser.add_argument("--size", default="tiny", choices=("tiny", "full"))
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--seed", default=0, type=int)
    parser.add_argument("--dtype", default="float32", choices=DTYPES)
    options = parser.parse_args(arguments)
    if options.output.exists():
        parser.error(f"{options.output} exists")
    make_model(options.output, options.family, options.size == "tiny", options.seed, DTYPES[options.dtype])
    return 0
