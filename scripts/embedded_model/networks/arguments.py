"""The flags that all trainings have."""

import argparse
from pathlib import Path


def training_arguments(description: str, steps: int, batch: int, examples: str) -> argparse.ArgumentParser:
    """A parser for them, with these defaults; `examples`: what a batch consists of."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--work", type=Path, required=True, help="folder for data and checkpoints")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--batch", type=int, default=batch, help=f"{examples} a step, of each worker")
    parser.add_argument("--rate", type=float, default=2e-3, help="the highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    return parser
