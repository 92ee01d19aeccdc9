"""How many runs go on at once, and beside what."""

import itertools
from dataclasses import dataclass


@dataclass(frozen=True)
class Situation:
    """copies: processes that do the same work at once. busy_loops: processes that only spin meanwhile."""

    copies: int
    busy_loops: int

    def __str__(self) -> str:
        return f"{self.copies} at once, {self.busy_loops} busy loops"


ALONE = Situation(1, 0)


def situations(copies: tuple[int, ...], busy_loops: tuple[int, ...]) -> tuple[Situation, ...]:
    """Every combination, with `ALONE` first, which the others are compared with; none if it is the only one."""
    wanted = dict.fromkeys([ALONE, *itertools.starmap(Situation, itertools.product(copies, busy_loops))])
    return tuple(wanted) if len(wanted) > 1 else ()
