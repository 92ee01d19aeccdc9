"""Times the passes of a turn in a peer's process."""

import time
from collections.abc import Callable, Iterator

from cpu_benchmark.case import STEPS, Repeated, Turn, is_full
from cpu_benchmark.repeated_passes import repeated
from cpu_benchmark.throughput import Span

# What a peer's process answers: a branch with a turn, `Repeated` with spans without end.
Answers = Callable[[int | Repeated], Turn | Iterator[list[Span]]]


def timed_turn(run_step: Callable[[int], object]) -> Turn:
    """Seconds of every step of a turn; `run_step` takes the step's number, from 0."""
    turn = Turn([], [])
    for step in range(STEPS):
        start = time.perf_counter()
        run_step(step)
        (turn.full if is_full(step) else turn.cached).append(time.perf_counter() - start)
    return turn


def separate_passes(full: Callable[[], object], cached: dict[int, Callable[[], object]]) -> Answers:
    """What answers requests, for a peer whose full and cached passes are different functions."""

    def answer(request: int | Repeated) -> Turn | Iterator[list[Span]]:
        if isinstance(request, Repeated):
            return repeated(full if request.branch is None else cached[request.branch])
        return timed_turn(lambda step: full() if is_full(step) else cached[request]())

    return answer
