"""Which kernels one full and one cached pass of the SD 2.1 model run, and how busy they keep the GPU."""

import gzip
import json
import shutil
from typing import Any

from gpu_proof.kernels import Usage, short_name, usage
from gpu_proof.multiply_adds import pass_multiply_adds
from gpu_proof.trace import Span, Timeline, read_timeline
from gpu_proof.work import Work

INTERVAL, BRANCH, HALVES, MOST = 3, 0, 2, 15
# What may come back of a timeline.
LARGEST_FILE = 16 << 20


def run(work: Work) -> None:
    """A timeline of three pictures, of which the last has nothing left to warm up."""
    model, file = work.place.model("sd21", work.deadline), work.folder / "profile.json"
    pixels, _ = work.scale.first_cell
    steps = ("--steps", 2 * INTERVAL, "--interval", INTERVAL, "--branch", BRANCH, "--sampling-method", "ddim")
    size = ("-W", pixels, "-H", pixels, "-b", 3, "--batch-size", 1, "--cfg-scale", 7.5)
    work.program("-p", "a", *steps, *size, "-o", f"{work.folder}/%d.png", "--profile", file, "-q", model=model)
    _keep(work, file)
    timeline, facts = read_timeline(file), json.loads((model / "model.json").read_text(encoding="utf-8"))
    for name, branch in (("full call", None), ("cached call", BRANCH)):
        work_done = HALVES * pass_multiply_adds(facts, pixels, pixels, branch)
        _tell(work, name, timeline, timeline.of(name), work_done)


def _tell(work: Work, name: str, timeline: Timeline, calls: list[Span], multiply_adds: float) -> None:
    work.results.check(f"the timeline has a {name}", bool(calls), f"{len(calls)} of them")
    if not calls:
        return
    found = usage(timeline.work_of(calls[-1]))
    work.results.value(name, {"cpu_seconds": calls[-1].duration / 1e6, **_values(found)})
    if not found.kernels:
        work.results.note(f"{name}: {calls[-1].duration / 1e3:.2f} ms on the CPU, and no work of a GPU")
        if work.place.device == "cuda":
            work.results.check(f"a {name} has work of the GPU", False, "none")
        return
    rate = 2 * multiply_adds / found.span / 1e12
    work.results.note(
        f"{name}: {1e3 * found.span:.3f} ms on the GPU, busy {100 * found.busy_share:.1f} % of it, gaps "
        f"{1e3 * (found.span - found.busy):.3f} ms; {calls[-1].duration / 1e3:.3f} ms on the CPU; {found.launches} "
        f"kernels and copies; {rate:.1f} TFLOP/s of {2 * multiply_adds / 1e9:.1f} GFLOP"
    )
    groups = work.results.table(f"A {name} by kind", ["kind", "ms", "share of the work"])
    total = sum(found.groups.values())
    for kind, seconds in sorted(found.groups.items(), key=lambda item: -item[1]):
        groups.append([kind, f"{1e3 * seconds:.3f}", f"{100 * seconds / total:.1f} %"])
    rows = work.results.table(f"A {name}: its {MOST} longest", ["kernel", "kind", "times", "ms", "share"])
    for kernel, kind, count, seconds in found.kernels[:MOST]:
        share = f"{100 * seconds / total:.1f} %"
        rows.append([f"`{short_name(kernel)}`", kind, str(count), f"{1e3 * seconds:.3f}", share])
    work.results.rows_changed()


def _values(found: Usage) -> dict[str, Any]:
    return {"gpu_seconds": found.span, "busy_seconds": found.busy, "launches": found.launches, "groups": found.groups}


def _keep(work: Work, file: Any) -> None:
    packed = work.place.output / "gpu_check_timeline.json.gz"
    with file.open("rb") as timeline, gzip.open(packed, "wb", compresslevel=6) as archive:
        shutil.copyfileobj(timeline, archive)
    if packed.stat().st_size > LARGEST_FILE:
        work.results.note(f"the timeline is {packed.stat().st_size >> 20} MiB and is not kept")
        packed.unlink()
