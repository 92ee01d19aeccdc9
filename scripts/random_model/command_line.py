"""The command line of scripts/make_random_model.py."""

import argparse
from collections.abc import Callable
from pathlib import Path

from random_model.families import FAMILIES

DESCRIPTION = "Writes a model with random weights in diffusers' format, tiny to test with or full to time."
DTYPES = ("float32", "float16", "bfloat16")


def main(arguments: list[str], prepare: Callable[[], None] = lambda: None) -> int:
    """Runs the command and returns its exit code. prepare: makes the packages ready; called where flags are right."""
    parser = argparse.ArgumentParser(prog="make_random_model.py", description=DESCRIPTION)
    parser.add_argument("--family", required=True, choices=FAMILIES)
    parser.add_argument("--size", default="tiny", choices=("tiny", "full"))
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--seed", default=0, type=int)
    parser.add_argument("--dtype", default="float32", choices=DTYPES)
    options = parser.parse_args(arguments)
    if options.output.exists():
        parser.error(f"{options.output} exists")
    prepare()
    # Imported late: they take seconds, and wrong flags should not.
    import torch

    from random_model.folder import make_model

    make_model(options.output, options.family, options.size == "tiny", options.seed, getattr(torch, options.dtype))
    return 0
