"""What is to be measured, and about how much work that is."""

from dataclasses import dataclass
from pathlib import Path

from cpu_benchmark.case import INTERVAL, SCHEDULES, STEPS, Case, Schedule
from cpu_benchmark.program import Program
from cpu_benchmark.stable_diffusion_cpp import StableDiffusionCpp

# The module of each that runs in its process.
PEERS = {"openvino": "openvino_peer", "diffusers": "eager_peer", "compile": "compiled_peer"}


@dataclass(frozen=True)
class Plan:
    """All that decides what is measured. diffusers: the model's folder in diffusers' format. steps: of an image."""

    program: Program
    diffusers: Path
    cases: tuple[Case, ...]
    branches: tuple[int, ...]
    peers: tuple[str, ...]
    rounds: int
    images: bool
    steps: int
    sd_cpp: StableDiffusionCpp | None = None

    def work(self) -> float:
        """About what all of it costs, in the unit of `image_work`."""
        schedules = SCHEDULES if self.images else ()
        return self.rounds * sum(
            pass_work(case) * len(self.branches) + sum(image_work(case, schedule, self.steps) for schedule in schedules)
            for case in self.cases
        )

    def preparations(self) -> int:
        """How often peers are got ready, with the counting of multiply-adds before the first case."""
        return 1 + len(self.cases) * (2 if self.images else 1)


def pass_work(case: Case) -> float:
    """About what a turn of passes costs, in the unit of `image_work`."""
    return image_work(case, Schedule(INTERVAL, 0), STEPS)


def image_work(case: Case, schedule: Schedule, steps: int) -> float:
    """About what an image costs: pixels in full passes, cached ones counted as a tenth. Only to foretell time."""
    full = -(-steps // schedule.interval)
    passes = full + (steps - full) / 10
    return case.size**2 * case.batch * passes * (0.6 if case.dtype == "bf16" else 1)
