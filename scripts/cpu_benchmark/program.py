"""deepcache-gen as one of the programs that are measured."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cpu_benchmark.case import INTERVAL, STEPS, Case, Schedule, Turn, Work
from cpu_benchmark.child import Ended, run
from cpu_benchmark.errors import BenchmarkError
from cpu_benchmark.program_copy import ProgramCopy

VERSION_RUNS = 5
# A copy makes long pictures, and more of them than anybody waits for. Schedules of 1000 timesteps that are offset by
# one, as Stable Diffusion's are, cannot give every timestep a step.
MANY_STEPS, MANY_IMAGES = 500, 10_000


@dataclass
class Program:
    """Runs `path` on the exported model. picture: the files that every run overwrites, %d the image.

    peak: the most memory that a run took, bytes. loads: seconds of loading of every run, of a copy until its
    first step or picture was done. Both since `forget`.
    """

    path: Path
    model: Path
    threads: int
    picture: Path
    peak: int = 0
    loads: list[float] = field(default_factory=list)

    def forget(self) -> None:
        """Starts `peak` and `loads` anew."""
        self.peak, self.loads = 0, []

    def start_ups(self) -> list[float]:
        """Wall seconds of `--version`, several times, after one that is not counted."""
        return [run([str(self.path), "--version"]).seconds for _ in range(VERSION_RUNS + 1)][1:]

    def passes(self, case: Case, branch: int) -> Turn:
        """One turn; the program reports only the medians, so each list holds one number."""
        timing = self._timing(case, Schedule(INTERVAL, branch), STEPS)
        return Turn([timing["full_step"]], [timing["cached_step"]])

    def image(self, case: Case, schedule: Schedule, steps: int) -> float:
        """Seconds of one image, from text to pixels, after one that is not counted: the first one packs the weights."""
        timing = self._timing(case, schedule, steps, images=2)
        return timing["text"] + timing["denoise"] + timing["decode"]

    def copy(self, case: Case, work: Work, steps: int, number: int) -> ProgramCopy:
        """Starts a run that does this work until it is ended. steps: of an image. number: of the copy.

        Passes are the steps of long pictures: all full, or the first full and the rest cached. Steps begin
        where the one before ended, so that the first of a picture, after loading or decoding, is none.
        """
        pictures = self.picture.with_name(f"copy-{number}-%d.png")
        if isinstance(work, Schedule):
            return ProgramCopy(self._command(case, work, steps, MANY_IMAGES, pictures), False, lambda _: True)
        schedule = Schedule(1, 0) if work.branch is None else Schedule(MANY_STEPS, work.branch)
        command = self._command(case, schedule, MANY_STEPS, MANY_IMAGES, pictures)
        kind = "full" if work.branch is None else "cached"
        return ProgramCopy(command, True, lambda step: step["step"] > 0 and step["kind"] == kind)

    def note(self, copies: list[ProgramCopy]) -> None:
        """Notes what copies took that have ended."""
        self.peak = max(self.peak, *(copy.peak for copy in copies))
        self.loads += [copy.ready for copy in copies]

    def _timing(self, case: Case, schedule: Schedule, steps: int, images: int = 1) -> dict[str, float]:
        ended = run(self._command(case, schedule, steps, images, self.picture))
        timing = timing_of(ended)
        self.peak = max(self.peak, ended.peak)
        self.loads.append(timing["load"])
        return timing

    def _command(self, case: Case, schedule: Schedule, steps: int, images: int, picture: Path) -> list[str]:
        settings: dict[str, Any] = {
            "-m": self.model, "-p": "x", "-W": case.size, "-H": case.size, "--steps": steps,
            "--sampling-method": "ddim", "--interval": schedule.interval, "--branch": schedule.branch,
            "--cfg-scale": case.guidance_scale, "-s": 1, "--device": "cpu", "--dtype": case.dtype,
            "-t": self.threads, "-b": images, "--batch-size": 1, "-o": picture,
        }  # fmt: skip
        flags = [str(part) for setting in settings.items() for part in setting]
        return [str(self.path), *flags, "--overwrite", "-q", "--json"]


def timing_of(ended: Ended) -> dict[str, float]:
    """The `timing` object of the program's last JSON line, in seconds; throws BenchmarkError if there is none."""
    try:
        return json.loads(ended.stdout.splitlines()[-1])["timing"]
    except (json.JSONDecodeError, IndexError, KeyError, TypeError) as error:
        raise BenchmarkError(f"the program printed no timing with --json, but {ended.stdout[:80]!r}") from error
