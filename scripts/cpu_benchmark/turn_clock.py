"""Times the passes of a turn in a peer's process."""

import time
from collections.abc import Callable

from cpu_benchmark.case import STEPS, Turn, is_full


def timed_turn(run_step: Callable[[int], object]) -> Turn:
    """Seconds of every step of a turn; `run_step` takes the step's number, from 0."""
    turn = Turn([], [])
    for step in range(STEPS):
        start = time.perf_counter()
        run_step(step)
        (turn.full if is_full(step) else turn.cached).append(time.perf_counter() - start)
    return turn


def separate_passes(full: Callable[[], object], cached: dict[int, Callable[[], object]]) -> Callable[[int], Turn]:
    """What answers a branch with a turn, for a peer whose full and cached passes are different functions."""
    return lambda branch: timed_turn(lambda step: full() if is_full(step) else cached[branch]())
