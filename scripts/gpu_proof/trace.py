"""What a timeline of --profile says: what was named, what the CPU called, what the GPU did and for whom."""

import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALLS = ("cuda_runtime", "cuda_driver")
WORK = ("kernel", "gpu_memcpy", "gpu_memset")


@dataclass(frozen=True)
class Span:
    """Something that took time. start, duration: microseconds. correlation: what a call and its work share."""

    name: str
    kind: str
    start: float
    duration: float
    thread: int = 0
    correlation: int | None = None

    @property
    def end(self) -> float:
        """Microseconds."""
        return self.start + self.duration

    def holds(self, other: "Span") -> bool:
        """Whether another thing of the same thread began while this lasted."""
        return self.thread == other.thread and self.start <= other.start < self.end


@dataclass(frozen=True)
class Timeline:
    """named: the program's annotations. calls: those of the CUDA libraries. work: what GPUs did. All by start."""

    named: list[Span]
    calls: list[Span]
    work: list[Span]

    def of(self, name: str) -> list[Span]:
        """The annotations of this name."""
        return [span for span in self.named if span.name == name]

    def within(self, named: Span) -> list[Span]:
        """The calls of an annotation's thread while it lasted."""
        first = bisect_right(self.calls, named.start, key=lambda call: call.start)
        last = bisect_right(self.calls, named.end, key=lambda call: call.start)
        return [call for call in self.calls[max(0, first - 1) : last] if named.holds(call)]

    def work_of(self, named: Span) -> list[Span]:
        """What GPUs did because of calls within an annotation; a CUDA graph's kernels have its launch's correlation."""
        wanted = {call.correlation for call in self.within(named) if call.correlation is not None}
        return [span for span in self.work if span.correlation in wanted]


def read_timeline(path: Path) -> Timeline:
    """A Chrome trace that --profile wrote."""
    return timeline(json.loads(path.read_text(encoding="utf-8"))["traceEvents"])


def timeline(events: Iterable[dict[str, Any]]) -> Timeline:
    """The same of its events."""
    named, calls, work = [], [], []
    for event in events:
        if event.get("ph") != "X":
            continue
        kind = event.get("cat")
        group = named if kind == "user_annotation" else calls if kind in CALLS else work if kind in WORK else None
        if group is not None:
            group.append(_span(event))
    for group in (named, calls, work):
        group.sort(key=lambda span: span.start)
    return Timeline(named, calls, work)


def _span(event: dict[str, Any]) -> Span:
    correlation = event.get("args", {}).get("correlation")
    thread = event["tid"] if isinstance(event["tid"], int) else hash(event["tid"])
    return Span(event["name"], event["cat"], float(event["ts"]), float(event["dur"]), thread, correlation)
