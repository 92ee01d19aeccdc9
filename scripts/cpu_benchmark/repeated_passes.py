"""Passes of one kind over and over in a peer's process, for as long as somebody takes the answers."""

import time
from collections.abc import Callable, Iterator

from cpu_benchmark.throughput import Span

# So that reporting takes nothing from short passes.
SECONDS_BETWEEN_REPORTS = 0.1


def repeated(run_pass: Callable[[], object]) -> Iterator[list[Span]]:
    """Runs the pass without end and hands out the spans since the last report, at least one each time.

    A pass begins where the one before ended, so that all time counts.
    """
    begin = reported = time.monotonic()
    spans: list[Span] = []
    while True:
        run_pass()
        end = time.monotonic()
        spans.append(Span(begin, end))
        begin = end
        if end - reported >= SECONDS_BETWEEN_REPORTS:
            yield spans
            reported, spans = end, []
