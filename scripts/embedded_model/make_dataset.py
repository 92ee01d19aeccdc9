"""Draws the data set: `images.npy` uint8 (count, 256, 256, 3) and `scenes.jsonl`, a scene a line.

Picture i depends on the seed and i alone, so an interrupted run goes on where it stopped and a
larger count keeps the pictures there are. Captions are not stored: training writes new ones for
the same scene each time it sees it.
"""

import argparse
import dataclasses
import json
import multiprocessing
import sys
from pathlib import Path

import numpy as np
from drawing.renderer import render
from world.dataset import SIZE, scene_at


def _render_at(job: tuple[int, int]) -> np.ndarray:
    return render(scene_at(*job), SIZE)


def _open_images(work: Path, count: int) -> tuple[np.memmap, int]:
    """The memory-mapped array to fill, and how many pictures of it are there already."""
    path, progress = work / "images.npy", work / "images.progress"
    if path.exists() and progress.exists():
        images = np.load(path, mmap_mode="r+")
        if len(images) == count:
            return images, int(progress.read_text())
    shape = (count, SIZE, SIZE, 3)
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape), 0


def main() -> None:
    """Command line: fill the work folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for data and checkpoints")
    parser.add_argument("--count", type=int, default=24000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    with open(args.work / "scenes.jsonl", "w") as file:
        for index in range(args.count):
            file.write(json.dumps(dataclasses.asdict(scene_at(args.seed, index))) + "\n")
    images, done = _open_images(args.work, args.count)
    jobs = ((args.seed, index) for index in range(done, args.count))
    with multiprocessing.Pool(args.processes) as pool:
        for index, image in enumerate(pool.imap(_render_at, jobs, chunksize=32), start=done):
            images[index] = image
            if (index + 1) % 1000 == 0 or index + 1 == args.count:
                images.flush()
                (args.work / "images.progress").write_text(str(index + 1))
                print(f"{index + 1}/{args.count} pictures", file=sys.stderr)


if __name__ == "__main__":
    main()
