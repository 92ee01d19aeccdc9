"""What is measured: a size, a batch and a dtype at a time, and the steps of one turn."""

from dataclasses import dataclass
from pathlib import Path

# One turn is an image of nine steps, every third of them full: 3 full passes, the first of which is
# cold, and 6 cached ones. The medians over them are warm passes, in the program as in its peers.
STEPS, INTERVAL = 9, 3
PIXELS_PER_LATENT = 8
GUIDANCE_SCALES = {1: 1.0, 2: 7.5}
DTYPES = ("fp32", "bf16")


@dataclass(frozen=True)
class Case:
    """size: width and height in pixels. batch: 2 is guidance of one image, 1 is no guidance. dtype: of DTYPES."""

    size: int
    batch: int
    dtype: str

    def __str__(self) -> str:
        return f"{self.size} px, batch {self.batch}, {self.dtype}"

    @property
    def guidance_scale(self) -> float:
        """The guidance scale that makes the UNet run on this batch."""
        return GUIDANCE_SCALES[self.batch]


@dataclass(frozen=True)
class Turn:
    """Seconds of every pass of one turn, in order."""

    full: list[float]
    cached: list[float]


@dataclass(frozen=True)
class Schedule:
    """Which steps of an image are full: every `interval`-th; the others are cached at `branch`."""

    interval: int
    branch: int

    def __str__(self) -> str:
        return "original" if self.interval == 1 else f"{self.interval}/{self.branch}"


SCHEDULES = (Schedule(1, 0), Schedule(3, 0), Schedule(5, 0), Schedule(5, 1))


@dataclass(frozen=True)
class PeerSetup:
    """What a peer's process is made from. model: a folder in diffusers' format. tokens: of text that a pass reads."""

    model: Path
    case: Case
    branches: tuple[int, ...]
    threads: int
    tokens: int


@dataclass(frozen=True)
class Repeated:
    """One kind of pass over and over. branch: of cached passes; None are full ones."""

    branch: int | None

    def __str__(self) -> str:
        return "full" if self.branch is None else f"branch {self.branch}"


# What is done over and over beside others: passes of one kind, or whole images by a schedule.
Work = Repeated | Schedule


def is_full(step: int) -> bool:
    """Whether a turn's step, counted from 0, is a full pass."""
    return step % INTERVAL == 0
