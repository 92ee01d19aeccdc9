#!/usr/bin/env python3
"""Many tiny pictures over stdin to one worker: memory, descriptors and threads stay flat, and pictures the same.

usage: tests/end_to_end/soak.py [--pictures 5000] [--program build-test/deepcache-gen] [--samples samples.csv]
Exits 1 and says what grew, or that the first and the last picture differ.
"""

import argparse
import csv
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# Lines that are sent at once, and so may share UNet calls.
TOGETHER = 5
SAMPLES = 200
# The part of the pictures before which nothing is judged: caches fill, and the heap finds its size.
WARM_UP = 0.2
# Descriptors and threads do not grow by one; of a heap of 200 MiB this part is half a KiB a picture, of 5000.
MOST_MEMORY_GROWTH = 0.01
FLAGS = ["--width", "64", "--height", "64", "--steps", "2", "--interval", "2", "--branch", "0", "--threads", "1"]


@dataclass(frozen=True)
class Sample:
    """What a worker held when so many pictures were made; memory in KiB."""

    pictures: int
    memory: int
    descriptors: int
    threads: int


def sample(pid: int, pictures: int) -> Sample:
    """What a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    memory, threads = (int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1]) for name in ("VmRSS", "Threads"))
    return Sample(pictures, memory, len(list(Path(f"/proc/{pid}/fd").iterdir())), threads)


def growth(samples: list[Sample], memory: float = MOST_MEMORY_GROWTH) -> list[str]:
    """What grew after the warm-up, in words: the medians of the first and of the last third differ.

    memory: the part by which that may grow.
    """
    settled = [each for each in samples if each.pictures >= WARM_UP * samples[-1].pictures]
    third = len(settled) // 3
    found = []
    for name in ("memory", "descriptors", "threads"):
        before, after = (statistics.median(getattr(each, name) for each in part)
                         for part in (settled[:third], settled[-third:]))  # fmt: skip
        allowed = memory * before if name == "memory" else 0.5
        if after - before > allowed:
            found.append(f"{name}: {before:g} at first, {after:g} at last")
    return found


class Soak:
    """One worker that makes tiny pictures into `folder`, which keeps the first and the last of them."""

    def __init__(self, program: Path, model: Path, folder: Path) -> None:
        self.folder = folder
        words = [program, "--model", model, *FLAGS, "--prompts", "-", "--config", "/dev/null", "--quiet"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([str(word) for word in words], cwd=folder, **pipes)

    def run(self, pictures: int) -> list[Sample]:
        """Makes them and returns what the worker held meanwhile. Throws RuntimeError where one is missing."""
        samples, made = [], 0
        for group in self._groups(pictures):
            made += len(group)
            self._make(group)
            if made * SAMPLES // pictures > len(samples):
                samples.append(sample(self.process.pid, made))
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise RuntimeError(f"the worker ended with {self.process.returncode}")
        return samples

    def same_bytes(self) -> bool:
        """Whether the first and the last picture, of one prompt and seed, are the same file."""
        return (self.folder / "first.png").read_bytes() == (self.folder / "last.png").read_bytes()

    @staticmethod
    def _groups(pictures: int) -> Iterator[list[str]]:
        """The names of the pictures that are asked for at once. The first and the last come alone."""
        yield ["first.png"]
        between = [f"{number}.png" for number in range(pictures - 2)]
        yield from (between[begin : begin + TOGETHER] for begin in range(0, len(between), TOGETHER))
        yield ["last.png"]

    def _make(self, names: list[str]) -> None:
        for name in names:
            number = int(name.removesuffix(".png")) if name[0].isdigit() else 0
            words = "a lighthouse by the sea" + " at dusk" * (number % 7)
            self.process.stdin.write(f"{words} --seed {number} --output {name}\n")
        self.process.stdin.flush()
        if sorted(self.process.stdout.readline().strip() for _ in names) != sorted(names):
            raise RuntimeError(f"the worker did not make {', '.join(names)}")
        for name in names:
            if name[0].isdigit():
                (self.folder / name).unlink()


def main() -> int:
    """Runs the command and returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--program", type=Path, default=REPOSITORY / "build-test" / "deepcache-gen")
    parser.add_argument("--model", type=Path, default=REPOSITORY / "models" / "scenes")
    parser.add_argument("--samples", type=Path, help="a CSV file to write the samples to")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(options.program.resolve(), options.model.resolve(), Path(folder))
        samples = soak.run(options.pictures)
        problems = growth(samples)
        if not soak.same_bytes():
            problems.append("the first and the last picture differ")
    if options.samples:
        with options.samples.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(field.name for field in fields(Sample))
            writer.writerows(map(astuple, samples))
    settled = [each for each in samples if each.pictures >= WARM_UP * options.pictures]
    for name in ("memory", "descriptors", "threads"):
        values = [getattr(each, name) for each in settled]
        print(f"{name}: {values[0]} after the warm-up, {values[-1]} in the end, {min(values)} to {max(values)} between")
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
