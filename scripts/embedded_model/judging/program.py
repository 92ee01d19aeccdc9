"""Runs `deepcache-gen` as its users do: prompt lists in, PNGs and JSON records out.

The program's own progress and errors go to this process's stderr.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

PROGRAM = Path(__file__).parents[2] / "deepcache-gen"


@dataclass(frozen=True)
class Setting:
    """A cache setting, by the name that the program's `bench` has for it. Interval 1 is no caching."""

    interval: int
    branch: int

    @property
    def name(self) -> str:
        return "original" if self.interval == 1 else f"{self.interval}/{self.branch}"

    @classmethod
    def parse(cls, text: str) -> "Setting":
        """From "original" or "INTERVAL/BRANCH"; ValueError for anything else."""
        interval, _, branch = ("1/0" if text == "original" else text).partition("/")
        return cls(int(interval), int(branch))

    def flags(self) -> list[str]:
        return ["--interval", str(self.interval), "--branch", str(self.branch)]


@dataclass(frozen=True)
class Order:
    """One picture to make; without a guidance scale the program's flags or the model decide."""

    prompt: str
    seed: int
    negative_prompt: str | None = None
    guidance_scale: float | None = None

    def line(self) -> str:
        """As a line of the program's prompt lists."""
        keys = {
            "prompt": self.prompt,
            "seed": self.seed,
            "negative-prompt": self.negative_prompt,
            "cfg-scale": self.guidance_scale,
        }
        return json.dumps({key: value for key, value in keys.items() if value is not None}) + "\n"


@dataclass(frozen=True)
class Program:
    """The program with a model folder and the flags that hold for every call (steps, guidance, dtype ...)."""

    path: Path
    model: Path
    flags: tuple[str, ...] = ()

    def generate(self, orders: list[Order], folder: Path, setting: Setting | None) -> np.ndarray:
        """One picture for each order, uint8 (n, height, width, 3), kept in `folder` with the list beside it.

        Without a setting the model's own holds. Pictures that are there with the same settings are kept;
        SystemExit if the program fails, as it does where they were made with others.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        listed = folder.with_name(folder.name + ".jsonl")
        listed.write_text("".join(order.line() for order in orders))
        caching = setting.flags() if setting else []
        self.run(["--prompts", str(listed), "-o", str(folder / "%05d.png"), "--resume", *caching, *self.flags])
        return np.stack([read_picture(folder / f"{index:05d}.png") for index in range(len(orders))])

    def bench(self, settings: list[Setting], size: int, rounds: int) -> dict:
        """What `bench --format json` says of single pictures, one after another."""
        names = ",".join(setting.name for setting in settings)
        measured = ["--size", str(size), "--settings", names, "--rounds", str(rounds), "--format", "json"]
        return json.loads(self.run(["bench", *measured, *self.flags]))

    def compare(self, prompt: str, seed: int, settings: list[Setting], folder: Path) -> dict:
        """The record of `compare`, whose pictures are in `folder` under the names in the record."""
        intervals = {str(setting.interval): None for setting in settings if setting.interval > 1}
        branches = {str(setting.branch): None for setting in settings if setting.interval > 1}
        compared = ["--interval", ",".join(intervals), "--branch", ",".join(branches)]
        asked = ["-p", prompt, "-s", str(seed), *compared, "-o", str(folder), "--overwrite", "--json"]
        return json.loads(self.run(["compare", *asked, *self.flags]))

    def run(self, arguments: list[str]) -> str:
        """Its stdout; SystemExit if it fails, after it has said why."""
        done = subprocess.run([self.path, *arguments, "-m", self.model], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{self.path.name} ended with {done.returncode}")
        return done.stdout


def read_picture(path: Path) -> np.ndarray:
    """uint8 (height, width, 3)."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))
