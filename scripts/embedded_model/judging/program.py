"""Runs `deepcache-gen` as its users do: prompt lists in, PNGs and JSON records out.

The program's own progress and errors go to this process's stderr.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from judging.setting import Setting

PROGRAM = Path(__file__).parents[2] / "deepcache-gen"


@dataclass(frozen=True)
class Order:
    """One picture to make; without a guidance scale the program's flags or the model decide."""

    prompt: str
    seed: int
    negative_prompt: str | None = None
    guidance_scale: float | None = None
    control_image: Path | None = None

    def line(self) -> str:
        """As a line of the program's prompt lists."""
        keys = {
            "prompt": self.prompt,
            "seed": self.seed,
            "negative-prompt": self.negative_prompt,
            "cfg-scale": self.guidance_scale,
            "control-image": None if self.control_image is None else str(self.control_image),
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
        """What `bench --format json` says of single pictures, one after another: a cell for each setting, in order."""
        named = [part for setting in settings for part in ("--setting", setting.name)]
        measured = ["--size", str(size), *named, "--rounds", str(rounds), "--format", "json"]
        record = json.loads(self.run(["bench", *measured, *self.flags]))
        return self._checked(record, "cells", settings)

    def compare(self, prompt: str, seed: int, settings: list[Setting], folder: Path) -> dict:
        """The record of `compare`, whose `settings` have a row for each, no caching first; its pictures are in
        `folder` under the names in the rows."""
        policies = [part for setting in settings if setting.caches for part in ("--cache-policy", setting.name)]
        asked = ["-p", prompt, "-s", str(seed), *policies, "-o", str(folder), "--overwrite", "--json"]
        record = json.loads(self.run(["compare", *asked, *self.flags]))
        return self._checked(record, "settings", settings)

    def _checked(self, record: dict, key: str, settings: list[Setting]) -> dict:
        """The record; SystemExit unless it has as many rows as there are settings. Rows are told apart by their order,
        since the program may say a policy in other words than it was asked in."""
        if len(record[key]) != len(settings):
            raise SystemExit(f"{self.path.name} has {len(record[key])} {key}: expected {len(settings)}")
        return record

    def run(self, arguments: list[str]) -> str:
        """Its stdout; SystemExit if it fails, after it has said why."""
        done = subprocess.run([self.path, *arguments, "-m", self.model], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{self.path.name} ended with {done.returncode}")
        return done.stdout


def full_calls(path: Path) -> list[int] | None:
    """Which UNet calls a picture's cache policy made in full, counted from 0; None where interval and branch say it."""
    with Image.open(path) as picture:
        return json.loads(picture.info.get("deepcache-gen", "{}")).get("full_calls")


def read_picture(path: Path) -> np.ndarray:
    """uint8 (height, width, 3)."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))
