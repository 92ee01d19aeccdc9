"""Results beside others as Markdown and as plain data."""

from typing import Any

from cpu_benchmark.results import PROGRAM, Rates, Results, of_alone, rate_ratio, spread
from cpu_benchmark.table_text import spread_text, table
from cpu_benchmark.throughput import LEAST_PASSES, LEAST_SECONDS

NOTE = f"""\
Median [least-most] over rounds of the passes, or images, a second of all copies together, while all of them were at
work: at least {LEAST_SECONDS:.0f} s and {LEAST_PASSES} passes of each, without the first. Program and peers took the
places alternately, or with `--apart` one after the other in each round. `of alone` is that over what one copy without
busy loops gave in the same round. `x` is how many times faster the program is than the peer in the same place. Ratios
are medians over rounds."""


def beside_table(rows: list[Rates]) -> str:
    """Passes a second of program and peers in every place, and their ratios."""
    peers = list(dict.fromkeys(name for row in rows for name in row.per_second if name != PROGRAM))
    titles = ["px", "batch", "dtype", "", "copies", "busy loops", PROGRAM, "of alone"]
    titles += [title for peer in peers for title in (peer, "of alone", "x")]
    return table(titles, (_cells(rows, row, peers) for row in rows))


def _cells(rows: list[Rates], row: Rates, peers: list[str]) -> list[str]:
    case, place = row.case, row.situation
    cells = [str(case.size), str(case.batch), case.dtype, row.what, str(place.copies), str(place.busy_loops)]
    cells += _rate_cells(rows, row, PROGRAM)
    for peer in peers:
        measured = peer in row.per_second
        cells += [*_rate_cells(rows, row, peer), f"{rate_ratio(row, peer):.2f}"] if measured else [""] * 3
    return cells


def _rate_cells(rows: list[Rates], row: Rates, name: str) -> list[str]:
    return [spread_text(spread(row.per_second[name]), 1), f"{of_alone(rows, row, name):.2f}"]


def beside_objects(results: Results) -> list[dict[str, Any]]:
    """The same as plain data, with every round's number."""
    return [_object(results.beside, row) for row in results.beside]


def _object(rows: list[Rates], row: Rates) -> dict[str, Any]:
    facts = vars(row.case) | {"what": row.what} | vars(row.situation) | {"per_second": row.per_second}
    return facts | {
        "median_per_second": {name: spread(numbers).median for name, numbers in row.per_second.items()},
        "of_alone": {name: of_alone(rows, row, name) for name in row.per_second},
        "ratio": {name: rate_ratio(row, name) for name in row.per_second if name != PROGRAM},
    }
