"""Measures several copies at once, alone and beside busy loops; the program and its peers take turns."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median

from cpu_benchmark import machine
from cpu_benchmark.busy_loops import busy_loops
from cpu_benchmark.case import Case, PeerSetup, Repeated, Work
from cpu_benchmark.copies_at_work import rate
from cpu_benchmark.errors import BenchmarkError
from cpu_benchmark.exported_model import weight_bytes
from cpu_benchmark.peer_process import PeerProcess
from cpu_benchmark.plan import PEERS, Plan, situation_work
from cpu_benchmark.program_copy import ProgramCopy
from cpu_benchmark.results import PROGRAM, Process, Rates, Results
from cpu_benchmark.situation import Situation
from cpu_benchmark.time_left import TimeLeft

BESIDE = "beside others"
GIBIBYTE = 2**30
# A peer's name and its processes, as many as the most copies.
Peers = dict[str, list[PeerProcess]]


@dataclass
class BesideSession:
    """Runs a plan's situations. after_case: called when a case is done, with the results complete up to it.

    In a round every kind of work is measured in all situations, one after the other: the program's copies,
    which are started for it, then each peer's, which stay loaded and sleep otherwise. So what is compared,
    a place with the same engine alone and two engines in one place, was measured within minutes.

    Where memory does not hold both, the plan has them apart: in every round the program goes through all
    places first, and then the peers do, which are loaded for it.
    """

    plan: Plan
    results: Results
    after_case: Callable[[], None]
    time_left: TimeLeft = field(init=False)

    def __post_init__(self) -> None:
        self.time_left = TimeLeft(self.plan.work(), self.plan.preparations())

    def run(self) -> None:
        """Measures everything; throws BenchmarkError as soon as anything fails."""
        self.time_left.report("start-up")
        self.results.start_ups = self.plan.program.start_ups()
        self.time_left.prepared()
        for case in self.plan.cases:
            self._measure(case)
            self.after_case()

    def _measure(self, case: Case) -> None:
        works, situations, rounds = self.plan.works(), self.plan.situations, range(1, self.plan.rounds + 1)
        places = [(work, Rates(case, work_name(work), situation)) for work in works for situation in situations]
        self.plan.program.forget()
        if self.plan.apart:
            for number in rounds:
                self._go_through(places, number, with_program=True, peers={})
                with self._peers(case) as peers:
                    self._go_through(places, number, with_program=False, peers=peers)
        else:
            with self._peers(case) as peers:
                for number in rounds:
                    self._go_through(places, number, with_program=True, peers=peers)
        program = self.plan.program
        self.results.processes.append(Process(PROGRAM, case, BESIDE, median(program.loads), program.peak))
        self.results.beside += [row for _, row in places]

    def _go_through(self, places: list[tuple[Work, Rates]], number: int, *, with_program: bool, peers: Peers) -> None:
        if with_program:
            self._require_room(places[0][1].case)
        for work, row in places:
            place = f"{row.what}, {row.situation}"
            self.time_left.report(f"{row.case}: round {number} of {self.plan.rounds}, {place}")
            if with_program:
                row.add(PROGRAM, self._program_rate(row.case, work, row.situation))
            for name, copies in peers.items():
                if isinstance(work, Repeated):
                    row.add(name, peer_rate(copies[: row.situation.copies], work, row.situation))
            self.time_left.add(situation_work(row.situation) / (2 if self.plan.apart else 1))

    def _require_room(self, case: Case) -> None:
        copies = self.plan.most_copies()
        weights = weight_bytes(self.plan.program.model, case.dtype)
        require_memory(f"the weights of {copies} times the program in {case.dtype}", copies * weights)

    def _program_rate(self, case: Case, work: Work, situation: Situation) -> float:
        program = self.plan.program
        copies: list[ProgramCopy] = []
        with busy_loops(situation.busy_loops), ExitStack() as stack:
            for number in range(situation.copies):
                copies.append(stack.enter_context(program.copy(case, work, self.plan.steps, number)))
            measured = rate(copies)
        program.note(copies)
        return measured

    @contextmanager
    def _peers(self, case: Case) -> Iterator[Peers]:
        """Starts every peer's processes one by one, and notes what they took when they have done their work."""
        copies = self.plan.most_copies()
        setup = PeerSetup(self.plan.diffusers, case, self.plan.branches, self.plan.program.threads, self.plan.tokens)
        with ExitStack() as stack:
            peers: Peers = {name: [] for name in self.plan.peers}
            for name, processes in peers.items():
                for number in range(1, copies + 1):
                    self.time_left.report(f"{case}: getting {name} ready, {number} of {copies}")
                    require_memory(f"another {name}", max((process.peak for process in processes), default=0))
                    process = PeerProcess(name, f"{__package__}.{PEERS[name]}", (setup,))
                    processes.append(stack.enter_context(process))
            self.time_left.prepared()
            yield peers
            self.results.processes += [summary(processes, case) for processes in peers.values()]


def work_name(work: Work) -> str:
    """How tables call it."""
    return str(work) if isinstance(work, Repeated) else f"image {work}"


def peer_rate(copies: list[PeerProcess], work: Repeated, situation: Situation) -> float:
    """Passes a second of a peer's processes together."""
    with busy_loops(situation.busy_loops):
        for copy in copies:
            copy.begin(work)
        measured = rate(copies)
        # All are told before one is waited for, since each ends its pass first.
        for copy in copies:
            copy.halt()
        for copy in copies:
            copy.rest()
    return measured


def summary(processes: list[PeerProcess], case: Case) -> Process:
    """What the processes of one peer took: the median start, the most memory, the most use while idle."""
    ready = median(process.ready_seconds for process in processes)
    peak, idle = max(process.peak for process in processes), max(process.idle_use for process in processes)
    return Process(processes[0].name, case, BESIDE, ready, peak, idle)


def require_memory(what: str, need: int) -> None:
    """Throws BenchmarkError if what is about to start does not fit in what memory is left."""
    left = machine.available_memory()
    if left < need:
        raise BenchmarkError(
            f"{left / GIBIBYTE:.1f} GiB of memory are left, {what} would take {need / GIBIBYTE:.1f}: "
            "add --apart, or name fewer copies with --beside or fewer --peers at a time"
        )
