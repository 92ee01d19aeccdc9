"""What GPU time went to."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gpu_proof.trace import Span

# In this order: the first whose pattern is found in a kernel's name. Names are those of cuDNN, cuBLAS, CUTLASS,
# LibTorch, its attention libraries, and ours.
GROUPS = (
    ("attention", r"flash|fmha|sdpa|attention"),
    ("norms", r"norm|welford|group_stat|RowwiseMoments|ComputeFusedParams"),
    ("convolution", r"conv|wgrad|dgrad|fprop|winograd|implicit|nchwToNhwc|nhwcToNchw|xmma_.*nhwc"),
    ("GEMM", r"gemm|gemv|cutlass|cublas|xmma|nvjet|splitK|matmul"),
    ("elementwise", r"elementwise|vectorized|geglu|gelu|silu|weighted_sum|CatArray|softmax|reduce|upsample|index|fill"),
)
COPIES, OTHERS = "copies", "other"
LONGEST_NAME = 90


@dataclass(frozen=True)
class Usage:
    """What one pass took of a GPU. Seconds but for the shares. span: from its first work's start to its last's end.

    busy: of that, while anything ran. groups: by what it was. kernels: name, group, count and seconds, longest first.
    """

    span: float
    busy: float
    launches: int
    groups: dict[str, float]
    kernels: list[tuple[str, str, int, float]]

    @property
    def busy_share(self) -> float:
        """Of the span."""
        return self.busy / self.span if self.span else 0.0


def group_of(work: Span) -> str:
    """What kind of work it is."""
    if work.kind != "kernel":
        return COPIES
    if re.search(r"copy_kernel|direct_copy|memcpy", work.name, re.IGNORECASE):
        return COPIES
    return next((name for name, pattern in GROUPS if re.search(pattern, work.name, re.IGNORECASE)), OTHERS)


def usage(work: Sequence[Span]) -> Usage:
    """What work, by start, took."""
    groups: dict[str, float] = defaultdict(float)
    kernels: dict[str, list[float]] = defaultdict(list)
    for span in work:
        groups[group_of(span)] += span.duration / 1e6
        kernels[span.name].append(span.duration / 1e6)
    kinds = {span.name: group_of(span) for span in work}
    table = [(name, kinds[name], len(times), sum(times)) for name, times in kernels.items()]
    table.sort(key=lambda row: -row[3])
    whole = (max(span.end for span in work) - work[0].start) / 1e6 if work else 0.0
    return Usage(whole, _covered(work) / 1e6, len(work), dict(groups), table)


def short_name(name: str) -> str:
    """A kernel's name without its arguments and what it returns, in one table cell."""
    text = re.sub(r"\([^)]*\)( const)?$", "", name).removeprefix("void ")
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"


def _covered(work: Sequence[Span]) -> float:
    """Microseconds in which anything ran, streams side by side counted once."""
    covered, end = 0.0, float("-inf")
    for span in sorted(work, key=lambda span: span.start):
        covered += max(0.0, span.end - max(end, span.start))
        end = max(end, span.end)
    return covered
