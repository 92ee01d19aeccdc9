"""Passes a second of several copies, counted only while all of them are at work.

Every copy gives its passes as spans on the machine's one monotonic clock, which all processes share.
Copies load for different times and are not stopped at the same moment; a copy that works while another
does not has more of the machine than it should. So only the window is counted in which all are
at work, and a pass that reaches over its edge counts with the part that is inside.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

# A copy's first span is left out: memory is fetched and weights are packed in it.
WARM_UP = 1
# A window is long enough if it has both.
LEAST_SECONDS, LEAST_PASSES = 10.0, 3


@dataclass(frozen=True)
class Span:
    """One pass, or one picture: when it began and ended, seconds of CLOCK_MONOTONIC."""

    begin: float
    end: float


# The spans of one copy, in order, none within another.
Spans = Sequence[Span]


def common_window(copies: Sequence[Spans]) -> Span | None:
    """From when the last copy began its first warm pass until the first ended its last; None if that is no time."""
    if any(len(spans) <= WARM_UP for spans in copies):
        return None
    window = Span(max(spans[WARM_UP].begin for spans in copies), min(spans[-1].end for spans in copies))
    return window if window.begin < window.end else None


def is_enough(copies: Sequence[Spans]) -> bool:
    """Whether the common window is long enough and has enough whole passes of every copy."""
    window = common_window(copies)
    if window is None or window.end - window.begin < LEAST_SECONDS:
        return False
    return all(whole_passes(spans, window) >= LEAST_PASSES for spans in copies)


def whole_passes(spans: Spans, window: Span) -> int:
    """How many spans lie in the window from beginning to end."""
    first = bisect_left(spans, window.begin, key=lambda span: span.begin)
    return sum(span.end <= window.end for span in spans[first:])


def per_second(copies: Sequence[Spans]) -> float:
    """The sum of all copies' passes a second in their common window, which there must be."""
    window = common_window(copies)
    if window is None:
        raise ValueError("there is no time in which all copies were at work")
    return sum(_per_second(spans, window) for spans in copies)


def _per_second(spans: Spans, window: Span) -> float:
    """Passes for each second spent in them.

    A gap between spans is other work of the same copy, such as decoding a picture between its steps: it
    keeps the processor from the others as passes do, and takes no time from this copy's passes.
    """
    passes = seconds = 0.0
    for span in spans:
        within = min(span.end, window.end) - max(span.begin, window.begin)
        if span.begin == span.end:
            # Reported in one breath with the one before, which has the time of both.
            passes += window.begin < span.begin <= window.end
        elif within > 0:
            passes += within / (span.end - span.begin)
            seconds += within
    return passes / seconds if seconds else 0.0
