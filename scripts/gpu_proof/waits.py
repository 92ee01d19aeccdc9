"""Where the CPU waited for the GPU."""

from collections import Counter

from gpu_proof.trace import Span, Timeline

# Beside what says it in its name.
BLOCKING = {"cudaMemcpy", "cudaMemcpyToSymbol", "cudaMemcpyFromSymbol", "cudaMemcpy2D", "cuMemcpyDtoH_v2",
            "cuMemcpyHtoD_v2", "cudaFree", "cudaFreeHost", "cudaHostUnregister"}  # fmt: skip


def waits(timeline: Timeline, named: Span) -> Counter[str]:
    """The calls within an annotation that wait for the device, and copies that do since host memory is pageable."""
    found: Counter[str] = Counter()
    for call in timeline.within(named):
        if "Synchronize" in call.name or call.name in BLOCKING:
            found[call.name] += 1
    for work in timeline.work_of(named):
        if work.kind == "gpu_memcpy" and "Pageable" in work.name:
            found[work.name] += 1
    return found
