"""Watches copies at work until there is enough to tell how fast they are together."""

from collections.abc import Sequence
from multiprocessing.connection import wait
from typing import Protocol

from cpu_benchmark.throughput import Span, is_enough, per_second


class Copy(Protocol):
    """A process that does one thing over and over and reports every time."""

    def fileno(self) -> int:
        """What becomes readable when there is something to `take`."""

    def take(self) -> list[Span]:
        """What was done since the last call, perhaps nothing; throws BenchmarkError if the process ended."""


def rate(copies: Sequence[Copy]) -> float:
    """Passes or pictures a second of all copies together, as `throughput` counts them.

    This process sleeps but for a moment for every report.
    """
    spans: dict[Copy, list[Span]] = {copy: [] for copy in copies}
    while not is_enough(list(spans.values())):
        for copy in wait(copies):  # type: ignore[arg-type]
            spans[copy] += copy.take()  # type: ignore[index]
    return per_second(list(spans.values()))
