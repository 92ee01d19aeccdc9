"""stable-diffusion.cpp as one of the programs that are measured; it has no DeepCache, so whole images only."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cpu_benchmark.case import Case
from cpu_benchmark.child import run
from cpu_benchmark.errors import BenchmarkError

TYPES = {"fp32": "f32", "bf16": "bf16"}
SECONDS = re.compile(r"generate_image completed in ([\d.]+)s")


@dataclass
class StableDiffusionCpp:
    """Runs `path` on `model`, a single-file checkpoint or a folder in diffusers' format.

    picture: the file that every run overwrites. peak: the most memory that a run took, bytes. loads:
    seconds of every run besides the image's. Both since `forget`.
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

    def image(self, case: Case, steps: int) -> float:
        """Seconds of one image, from text to pixels, as its log has them.

        Its sampler is Euler, which like DDIM takes one UNet pass a step.
        """
        settings: dict[str, Any] = {
            "-m": self.model, "-p": "x", "-W": case.size, "-H": case.size, "--steps": steps,
            "--sampling-method": "euler", "--cfg-scale": case.guidance_scale, "-s": 1,
            "--type": TYPES[case.dtype], "-t": self.threads, "-o": self.picture,
        }  # fmt: skip
        ended = run([str(self.path), *(str(part) for setting in settings.items() for part in setting)])
        self.peak = max(self.peak, ended.peak)
        seconds = logged_seconds(ended.stdout + ended.stderr)
        self.loads.append(ended.seconds - seconds)
        return seconds


def logged_seconds(log: str) -> float:
    """Seconds of the image in a run's log; throws BenchmarkError if it does not say."""
    found = SECONDS.search(log)
    if found is None:
        raise BenchmarkError("stable-diffusion.cpp's log does not say 'generate_image completed in …s'")
    return float(found[1])
