"""Measures case after case; within one, the program and its peers take turns."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from cpu_benchmark import machine
from cpu_benchmark.case import SCHEDULES, Case, PeerSetup, Schedule
from cpu_benchmark.errors import BenchmarkError
from cpu_benchmark.peer_process import PeerProcess
from cpu_benchmark.plan import PEERS, PIPELINES, Plan, image_work, pass_work
from cpu_benchmark.results import PROGRAM, Measured, Process, Results, branch_name
from cpu_benchmark.time_left import TimeLeft

PASSES, IMAGES = "passes", "images"
SD_CPP = "stable-diffusion.cpp"


@dataclass
class Session:
    """Runs a plan. after_case: called when a case is done, with the results complete up to it."""

    plan: Plan
    results: Results
    after_case: Callable[[], None]
    time_left: TimeLeft = field(init=False)

    def __post_init__(self) -> None:
        self.time_left = TimeLeft(self.plan.work(), self.plan.preparations())

    def run(self) -> None:
        """Measures everything; throws BenchmarkError as soon as anything fails."""
        self.time_left.report("start-up and multiply-adds")
        self.results.start_ups = self.plan.program.start_ups()
        self.results.ideal = ideal_ratios(self.plan)
        self.time_left.prepared()
        for case in self.plan.cases:
            if self.plan.passes:
                self._measure_passes(case)
            if self.plan.images:
                self._measure_images(case)
            self.after_case()

    def _measure_passes(self, case: Case) -> None:
        full = Measured(case, "full")
        cached = {branch: Measured(case, branch_name(branch)) for branch in self.plan.branches}
        with self._peers(case) as peers, self._noting_the_program(case, PASSES):
            for round_number in range(1, self.plan.rounds + 1):
                self.time_left.report(f"{case}: passes, round {round_number} of {self.plan.rounds}")
                for branch in self.plan.branches:
                    self._passes_in_turn(case, branch, peers, full, cached[branch])
        self.results.passes += [full, *cached.values()]

    def _passes_in_turn(
        self, case: Case, branch: int, peers: list[PeerProcess], full: Measured, cached: Measured
    ) -> None:
        turns = {PROGRAM: self.plan.program.passes(case, branch)}
        turns |= {peer.name: peer.ask(branch) for peer in peers}
        for name, turn in turns.items():
            full.add(name, median(turn.full))
            cached.add(name, median(turn.cached))
        self.time_left.add(pass_work(case))

    def _measure_images(self, case: Case) -> None:
        images = {schedule: Measured(case, str(schedule)) for schedule in SCHEDULES}
        sd_cpp = self.plan.sd_cpp
        if sd_cpp:
            sd_cpp.forget()
        with self._pipelines(case) as pipelines, self._noting_the_program(case, IMAGES):
            for round_number in range(1, self.plan.rounds + 1):
                self.time_left.report(f"{case}: images, round {round_number} of {self.plan.rounds}")
                for schedule, image in images.items():
                    self._image_in_turn(case, schedule, pipelines, image)
        if sd_cpp:
            self.results.processes.append(Process(SD_CPP, case, IMAGES, median(sd_cpp.loads), sd_cpp.peak))
        self.results.images += images.values()

    def _image_in_turn(self, case: Case, schedule: Schedule, pipelines: list[PeerProcess], image: Measured) -> None:
        image.add(PROGRAM, self.plan.program.image(case, schedule, self.plan.steps))
        for pipeline in pipelines:
            has_deepcache = PIPELINES[pipeline.name][1]
            if has_deepcache or schedule.interval == 1:
                image.add(pipeline.name, pipeline.ask(schedule))
        if self.plan.sd_cpp and schedule.interval == 1:
            image.add(SD_CPP, self.plan.sd_cpp.image(case, self.plan.steps))
        self.time_left.add(image_work(case, schedule, self.plan.steps))

    def _peers(self, case: Case) -> AbstractContextManager[list[PeerProcess]]:
        setup = PeerSetup(self.plan.diffusers, case, self.plan.branches, self.plan.program.threads, self.plan.tokens)
        return self._processes(case, PASSES, {name: (PEERS[name], (setup,)) for name in self.plan.peers})

    def _pipelines(self, case: Case) -> AbstractContextManager[list[PeerProcess]]:
        arguments = (self.plan.diffusers, case, self.plan.steps, self.plan.program.threads)
        wanted = {name: (PIPELINES[name][0], arguments) for name in self.plan.peers if name in PIPELINES}
        return self._processes(case, IMAGES, wanted)

    @contextmanager
    def _processes(
        self, case: Case, work: str, wanted: dict[str, tuple[str, tuple[Any, ...]]]
    ) -> Iterator[list[PeerProcess]]:
        """Starts the processes one after the other, and notes what they took when they have done their work."""
        with ExitStack() as stack:
            peers: list[PeerProcess] = []
            for name, (module, arguments) in wanted.items():
                self.time_left.report(f"{case}: {work}, getting {name} ready")
                peers.append(stack.enter_context(PeerProcess(name, f"{__package__}.{module}", arguments)))
            check_memory(self.plan.program.model)
            self.time_left.prepared()
            yield peers
            for peer in peers:
                noted = Process(peer.name, case, work, peer.ready_seconds, peer.peak, peer.idle_use)
                self.results.processes.append(noted)

    @contextmanager
    def _noting_the_program(self, case: Case, work: str) -> Iterator[None]:
        program = self.plan.program
        program.forget()
        yield
        self.results.processes.append(Process(PROGRAM, case, work, median(program.loads), program.peak))


def ideal_ratios(plan: Plan) -> dict[tuple[int, int], float]:
    """Multiply-adds of a cached pass over those of a full one, by size and branch; none without diffusers' UNet."""
    if plan.diffusers is None:
        return {}
    arguments = (plan.diffusers, plan.branches, plan.tokens)
    with PeerProcess("counting", f"{__package__}.multiply_adds", arguments) as counting:
        sizes = sorted({case.size for case in plan.cases})
        ratios = {size: counting.ask(size) for size in sizes}
    return {(size, branch): value for size in sizes for branch, value in ratios[size].items()}


def check_memory(model: Path) -> None:
    """Throws BenchmarkError if the exported model does not fit in what memory the peers leave."""
    need, left = sum(file.stat().st_size for file in model.iterdir()), machine.available_memory()
    if left < need:
        raise BenchmarkError(
            f"the peers leave {left / 2**30:.1f} GiB of memory, the program's weights take {need / 2**30:.1f}: "
            "name fewer --peers at a time"
        )
