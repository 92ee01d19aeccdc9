"""How long a stage may take: its own limit, and what is left of all."""

import time
from collections.abc import Callable

from gpu_proof.errors import OutOfTime

# Seconds kept for ending children and writing the results.
RESERVE = 6.0


class Deadline:
    """A moment after which nothing new is begun."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._end = clock, clock() + seconds

    def left(self) -> float:
        """Seconds until then, at least 0."""
        return max(0.0, self._end - self._clock())

    def require(self) -> float:
        """The same; throws OutOfTime if there are none."""
        if (left := self.left()) <= 0:
            raise OutOfTime("its time is over")
        return left


def allowance(left: float, limit: float, least: float) -> float:
    """Seconds that a stage gets of those left for all: at most its limit, and 0 if they are less than it needs."""
    seconds = min(limit, left - RESERVE)
    return seconds if seconds >= least else 0.0
