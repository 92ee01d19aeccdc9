"""Results as Markdown and as JSON."""

from typing import Any

from cpu_benchmark.beside_tables import NOTE as BESIDE_NOTE
from cpu_benchmark.beside_tables import beside_objects, beside_table
from cpu_benchmark.case import INTERVAL, STEPS
from cpu_benchmark.results import PROGRAM, Measured, Process, Results, branch_name, ratio, spread
from cpu_benchmark.table_text import spread_text, table

MILLISECONDS, GIBIBYTE = 1000, 2**30

NOTE = f"""\
Median [least-most] over turns, which program and peers took alternately; a turn's number is the median over the
passes of a {STEPS}-step image with every {INTERVAL}rd step full. `x` is how many times faster the program is: peer /
program, the median over turns. The program's are whole steps, with guidance and sampler; the peers' the UNet alone."""


def markdown(results: Results) -> str:
    """All results as a Markdown document."""
    parts = [header(results)]
    if results.beside:
        parts += ["## Passes and images a second, beside others", BESIDE_NOTE, beside_table(results.beside)]
    elif results.passes:
        parts += ["## UNet passes, ms", NOTE, timing_table(results.passes, MILLISECONDS)]
        parts += ["## A cached pass as a share of a full one", share_table(results)]
    if results.images:
        parts += [
            f"## Whole images, {results.steps} DDIM steps, s",
            "From text to pixels, without loading; `3/0` is every 3rd step full, the others cached at branch 0.",
            timing_table(results.images, 1),
        ]
    parts += ["## Start-up and memory", start_up_line(results), process_table(results.processes)]
    return "\n\n".join(parts) + "\n"


def header(results: Results) -> str:
    """What was measured on what, by which command."""
    facts = "".join(f"\n- {name}: {value}" for name, value in results.machine.items())
    return f"# deepcache-gen on the CPU\n\n    {results.command}\n{facts}"


def timing_table(rows: list[Measured], unit: float) -> str:
    """Times of program and peers and their ratios. unit: what a second is multiplied by."""
    names = [PROGRAM, *peer_names(rows)]
    titles = ["px", "batch", "dtype", "", PROGRAM]
    titles += [title for peer in names[1:] for title in (peer, "x")]
    return table(titles, (_timing_cells(row, names[1:], unit) for row in rows))


def peer_names(rows: list[Measured]) -> list[str]:
    """Every peer that any row has, in the order of first mention."""
    return list(dict.fromkeys(name for row in rows for name in row.seconds if name != PROGRAM))


def _timing_cells(row: Measured, peers: list[str], unit: float) -> list[str]:
    cells = [*_case_cells(row), spread_text(spread(row.seconds[PROGRAM]), unit)]
    for peer in peers:
        if peer in row.seconds:
            cells += [spread_text(spread(row.seconds[peer]), unit), f"{ratio(row.seconds, peer):.2f}"]
        else:
            cells += ["", ""]
    return cells


def _case_cells(row: Measured) -> list[str]:
    return [str(row.case.size), str(row.case.batch), row.case.dtype, row.what]


def share_table(results: Results) -> str:
    """For every cached pass its time over a full pass's, beside the same ratio of multiply-adds."""
    names = [PROGRAM, *peer_names(results.passes)]
    cached = [row for row in results.passes if row.what != "full"]
    rows = ([*_case_cells(row), _ideal_cell(results, row), *_share_cells(results, row, names)] for row in cached)
    return table(["px", "batch", "dtype", "", "multiply-adds", *names], rows)


def _ideal_cell(results: Results, row: Measured) -> str:
    ideal = ideal_share(results, row)
    return "" if ideal is None else f"{ideal:.1%}"


def _share_cells(results: Results, row: Measured, names: list[str]) -> list[str]:
    return [f"{share(results, row, name):.1%}" for name in names]


def share(results: Results, cached: Measured, name: str) -> float:
    """A cached pass's median over a full pass's of the same case."""
    full = next(row for row in results.passes if row.case == cached.case and row.what == "full")
    return spread(cached.seconds[name]).median / spread(full.seconds[name]).median


def ideal_share(results: Results, cached: Measured) -> float | None:
    """The multiply-adds of a cached pass over those of a full one; None if they were not counted."""
    shares = (
        value
        for (size, branch), value in results.ideal.items()
        if size == cached.case.size and branch_name(branch) == cached.what
    )
    return next(shares, None)


def start_up_line(results: Results) -> str:
    """How long the program takes to start."""
    return f"`deepcache-gen --version`: {spread_text(spread(results.start_ups), MILLISECONDS)} ms."


def process_table(processes: list[Process]) -> str:
    """What every process took until it could work, of memory, and of the processor while others had their turn."""
    titles = ["px", "batch", "dtype", "work", "", "ready after, s", "peak memory, GiB", "core use while idle"]
    return table(titles, (_process_cells(process) for process in processes))


def _process_cells(process: Process) -> list[str]:
    case = process.case
    idle = "" if process.idle_use is None else f"{process.idle_use:.1%}"
    took = [f"{process.ready:.2f}", f"{process.peak / GIBIBYTE:.2f}", idle]
    return [str(case.size), str(case.batch), case.dtype, process.work, process.name, *took]


def as_json(results: Results) -> dict[str, Any]:
    """All results as plain data, in seconds and bytes, with every turn's number."""
    return {
        "command": results.command,
        "machine": results.machine,
        "image_steps": results.steps,
        "start_up_seconds": results.start_ups,
        "passes": [_timing_object(row) | _share_object(results, row) for row in results.passes],
        "images": [_timing_object(row) for row in results.images],
        **({"beside": beside_objects(results)} if results.beside else {}),
        "processes": [vars(process) | {"case": vars(process.case)} for process in results.processes],
    }


def _timing_object(row: Measured) -> dict[str, Any]:
    facts = vars(row.case) | {"what": row.what, "seconds": row.seconds}
    medians = {name: spread(numbers).median for name, numbers in row.seconds.items()}
    return facts | {"median_seconds": medians, "ratio": {name: ratio(row.seconds, name) for name in peer_names([row])}}


def _share_object(results: Results, row: Measured) -> dict[str, Any]:
    if row.what == "full":
        return {}
    shares = {name: share(results, row, name) for name in row.seconds}
    return {"multiply_adds_of_full": ideal_share(results, row), "time_of_full": shares}
