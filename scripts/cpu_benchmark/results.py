"""What was measured, as plain data."""

from dataclasses import dataclass, field
from statistics import median

from cpu_benchmark.case import Case
from cpu_benchmark.situation import ALONE, Situation

PROGRAM = "deepcache-gen"
# Seconds of every turn, by the program's or a peer's name; a name's n-th number was measured next to the others' n-th.
Seconds = dict[str, list[float]]


@dataclass(frozen=True)
class Spread:
    """Median, least and most of several measurements."""

    median: float
    least: float
    most: float


def spread(numbers: list[float]) -> Spread:
    """The spread of at least one number."""
    return Spread(median(numbers), min(numbers), max(numbers))


def ratio(seconds: Seconds, peer: str) -> float:
    """How many times faster the program is than the peer: the median over turns, so that a machine's drift cancels."""
    return median(theirs / ours for theirs, ours in zip(seconds[peer], seconds[PROGRAM], strict=True))


@dataclass
class Measured:
    """One thing that was timed in one case. what: `full`, `branch K` or an image's schedule."""

    case: Case
    what: str
    seconds: Seconds = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Notes one turn's seconds."""
        self.seconds.setdefault(name, []).append(value)


@dataclass
class Rates:
    """One kind of work of all copies together, in one situation. per_second: of every round, by name as in Seconds.

    what: `full` or `branch K`, in passes; or `image` and its schedule, in images.
    """

    case: Case
    what: str
    situation: Situation
    per_second: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Notes one round's passes or images a second."""
        self.per_second.setdefault(name, []).append(value)


def rate_ratio(rates: Rates, peer: str) -> float:
    """How many times faster the program is than the peer in the same place: the median over rounds."""
    both = zip(rates.per_second[PROGRAM], rates.per_second[peer], strict=True)
    return median(ours / theirs for ours, theirs in both)


def of_alone(rows: list[Rates], rates: Rates, name: str) -> float:
    """How much of what one copy alone gives all copies give here: the median over rounds."""
    alone = next(row for row in rows if (row.case, row.what, row.situation) == (rates.case, rates.what, ALONE))
    both = zip(rates.per_second[name], alone.per_second[name], strict=True)
    return median(here / there for here, there in both)


@dataclass(frozen=True)
class Process:
    """What one process, or several runs of one command, took.

    work: `passes`, `images` or `beside others`. ready: seconds until it could work. peak: most resident memory, bytes.
    idle_use: share of a core that it used while others had their turn; None if it did not wait.
    """

    name: str
    case: Case
    work: str
    ready: float
    peak: int
    idle_use: float | None = None


@dataclass
class Results:
    """Everything that was measured so far.

    machine: as `machine.description`. images: of `steps` steps. start_ups: wall seconds of
    `deepcache-gen --version`. ideal: multiply-adds of a cached pass over those of a full one, by
    size and branch. beside: in all situations, if these were measured, and then no passes and images.
    """

    command: str
    machine: dict[str, str | int]
    steps: int
    start_ups: list[float] = field(default_factory=list)
    ideal: dict[tuple[int, int], float] = field(default_factory=dict)
    passes: list[Measured] = field(default_factory=list)
    images: list[Measured] = field(default_factory=list)
    beside: list[Rates] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)


def branch_name(branch: int) -> str:
    """How a cached pass is called."""
    return f"branch {branch}"
