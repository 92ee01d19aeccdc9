"""What CUDA graphs change: time, and nothing else; and whether the loop waits for the device."""

from statistics import median

from gpu_proof.trace import read_timeline
from gpu_proof.waits import waits
from gpu_proof.work import Work, records

WITHOUT = "--no-cuda-graphs"


def run(work: Work) -> None:
    """The same pictures with and without graphs, then a timeline of some more."""
    work.attempt("pictures with and without graphs can be compared", _compare, work)
    work.attempt("a timeline can be taken", _count_waits, work)


def _compare(work: Work) -> None:
    if WITHOUT not in work.program("--help-all").stdout:
        work.results.note(f"the program has no {WITHOUT}: nothing is compared")
        return
    rows = work.results.table(
        "Milliseconds, medians over all pictures but the first", ["graphs", "loop", "full call", "cached call"]
    )
    for name, flags in (("on", ()), ("off", (WITHOUT,))):
        timings = _pictures(work, name, flags)
        work.results.value(name, timings)
        keys = ("denoise", "full_step", "cached_step")
        rows.append([name, *(f"{1000 * median(timing[key] for timing in timings[1:]):.2f}" for key in keys)])
        work.results.rows_changed()
    found = work.python("picture_differences.py", work.folder / "off", work.folder / "on")["on"]
    largest = max(found["latents"])
    work.results.check("latents are equal with and without graphs", all(found["equal"]), f"{largest:.1e} apart at most")


def _pictures(work: Work, name: str, flags: tuple[str, ...]) -> list[dict[str, float]]:
    folder = work.folder / name
    folder.mkdir()
    files = ("-o", f"{folder}/%d.png", "--save-latents", folder / "latents.npy")
    ended = work.program(*_asked(work), "-b", work.scale.timed_pictures, *files, *flags, "--json", "-v")
    if not flags and work.place.device == "cuda":
        said = [line for line in ended.stderr.splitlines() if "CUDA graphs" in line]
        work.results.check("nothing speaks against CUDA graphs", not said, "; ".join(said)[:300] or "nothing does")
    return [record["timing"] for record in records(ended)]


def _count_waits(work: Work) -> None:
    file = work.folder / "profile.json"
    work.program(*_asked(work), "-b", 2, "-o", f"{work.folder}/%d.png", "--profile", file, "-q")
    timeline = read_timeline(file)
    loops = timeline.of("denoising")
    work.results.check("each picture's loop is in the timeline", len(loops) == 2, f"{len(loops)} loops")
    if work.place.device == "cuda":
        calls = len(timeline.within(loops[-1]))
        work.results.check("the timeline has CUDA calls of the loop", calls > 0, f"{calls} calls")
    found = waits(timeline, loops[-1])
    names = ", ".join(f"{count} {name}" for name, count in found.most_common()) or "none"
    work.results.value("waits", dict(found))
    work.results.check("the second picture's loop never waits for the device", not found, names)


def _asked(work: Work) -> tuple[object, ...]:
    return ("-p", "a red barn", "-s", 7, "--steps", work.scale.steps, "--interval", 3, "--batch-size", 1)
