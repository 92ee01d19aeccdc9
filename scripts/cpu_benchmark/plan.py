"""What is to be measured, and about how much work that is."""

from dataclasses import dataclass
from pathlib import Path

from cpu_benchmark.case import INTERVAL, SCHEDULES, STEPS, Case, Repeated, Schedule, Work
from cpu_benchmark.program import Program
from cpu_benchmark.situation import Situation
from cpu_benchmark.stable_diffusion_cpp import StableDiffusionCpp

# The module of each that runs in its process.
PEERS = {"openvino": "openvino_peer", "diffusers": "eager_peer", "compile": "compiled_peer"}
# The same for whole images, and whether it has DeepCache.
PIPELINES = {"openvino": ("openvino_pipeline", False), "diffusers": ("pipeline_peer", True)}
# Of whole images beside others, which take long.
BESIDE_SCHEDULES = (Schedule(1, 0), Schedule(3, 0))


@dataclass(frozen=True)
class Plan:
    """All that decides what is measured. diffusers: the model's folder in diffusers' format; None if no peer
    needs it. tokens: of text that the UNet reads. steps: of an image. situations: to measure instead of single passes
    and images; none for these. apart: whether peers are loaded only while the program does not run, in situations.
    passes: whether single passes are measured, where there are no situations.
    """

    program: Program
    diffusers: Path | None
    tokens: int
    cases: tuple[Case, ...]
    branches: tuple[int, ...]
    peers: tuple[str, ...]
    rounds: int
    images: bool
    steps: int
    situations: tuple[Situation, ...] = ()
    apart: bool = False
    passes: bool = True
    sd_cpp: StableDiffusionCpp | None = None

    def works(self) -> tuple[Work, ...]:
        """What is measured in every situation."""
        passes = (Repeated(None), *(Repeated(branch) for branch in self.branches))
        return (*passes, *(BESIDE_SCHEDULES if self.images else ()))

    def most_copies(self) -> int:
        """How many run at once in the fullest situation, of which there must be one."""
        return max(situation.copies for situation in self.situations)

    def work(self) -> float:
        """About what all of it costs, in the unit of `image_work`, or of `situation_work` if there are situations."""
        if self.situations:
            turns = self.rounds * len(self.cases) * len(self.works())
            return turns * sum(situation_work(situation) for situation in self.situations)
        schedules = SCHEDULES if self.images else ()
        return self.rounds * sum(
            pass_work(case) * len(self.branches) * self.passes
            + sum(image_work(case, schedule, self.steps) for schedule in schedules)
            for case in self.cases
        )

    def preparations(self) -> int:
        """How often peers are got ready, with the counting of multiply-adds before the first case."""
        if self.situations:
            return 1 + len(self.cases) * (self.rounds if self.apart else 1)
        return 1 + len(self.cases) * (self.passes + self.images)


def situation_work(situation: Situation) -> float:
    """About what a turn in a situation costs: the window is as long for one copy as for many, loading is not."""
    return 1 + situation.copies


def pass_work(case: Case) -> float:
    """About what a turn of passes costs, in the unit of `image_work`."""
    return image_work(case, Schedule(INTERVAL, 0), STEPS)


def image_work(case: Case, schedule: Schedule, steps: int) -> float:
    """About what an image costs: pixels in full passes, cached ones counted as a tenth. Only to foretell time."""
    full = -(-steps // schedule.interval)
    passes = full + (steps - full) / 10
    return case.size**2 * case.batch * passes * (0.6 if case.dtype == "bf16" else 1)
