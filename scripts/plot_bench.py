#!/usr/bin/env python3
"""Draws what `scripts/bench_cpu.py --images --output FILE.json` measured: seconds of a whole image by every program.

usage: plot_bench.py RESULTS -o chart.svg     (or .png, .pdf)
It is drawn by matplotlib, which is installed into this checkout's .venv the first time.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from charts.command import ChartCommand, ChartError
from setup.in_environment import ensure_environment

PROGRAM = "deepcache-gen"
OURS, OTHERS = "#1f5fa8", "#b9c0c8"
NAMES = {"diffusers": "diffusers", "openvino": "OpenVINO", "stable-diffusion.cpp": "stable-diffusion.cpp"}
SCHEDULES = {"original": "no caching", "3/0": "every 3rd step full", "5/0": "every 5th step full"}


class Bar(NamedTuple):
    """One program with one way to cache. seconds: the median over turns."""

    label: str
    seconds: float
    is_ours: bool


def read_results(file: Path) -> dict[str, Any]:
    """The results as bench_cpu.py wrote them. Throws ChartError."""
    try:
        results = json.loads(file.read_text(encoding="utf-8"))
        images, _ = results["images"], results["machine"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ChartError(f"{file}: can't be read as bench_cpu.py's JSON: {error}") from None
    if not images:
        raise ChartError(f"{file}: holds no whole images; measure them with bench_cpu.py --images")
    return results


def bars_of(images: Sequence[dict[str, Any]]) -> list[Bar]:
    """A bar for each program and schedule, slowest first, the program's last among equals."""
    bars = [
        Bar(f"{NAMES.get(name, name)}, {SCHEDULES[row['what']]}", median(seconds), name == PROGRAM)
        for row in images
        if row["what"] in SCHEDULES
        for name, seconds in row["seconds"].items()
    ]
    return sorted(bars, key=lambda bar: (-bar.seconds, bar.is_ours))


def draw(results: dict[str, Any], output: Path) -> None:
    """A panel of bars for each case that was measured."""
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams["svg.hashsalt"] = "deepcache-gen"  # Names inside the file are the same each time.
    cases = list(dict.fromkeys((row["size"], row["batch"], row["dtype"]) for row in results["images"]))
    panels = [[row for row in results["images"] if (row["size"], row["batch"], row["dtype"]) == case] for case in cases]
    rows = [bars_of(panel) for panel in panels]
    figure = Figure(figsize=(9, 0.6 + sum(0.6 + 0.32 * len(bars) for bars in rows)), layout="constrained")
    axes = figure.subplots(len(rows), 1, squeeze=False, height_ratios=[len(bars) for bars in rows])[:, 0]
    for axis, case, bars in zip(axes, cases, rows, strict=True):
        _draw_panel(axis, title(results, *case), bars)
    figure.savefig(output, dpi=150, metadata={"Date": None} if output.suffix == ".svg" else None)


def title(results: dict[str, Any], size: int, batch: int, dtype: str) -> str:
    """What one panel shows, where."""
    guidance = "with guidance" if batch == 2 else "without guidance"
    threads = results["machine"].get("threads")
    processor, *units = results["machine"].get("processor", "a CPU").replace("(R)", "").split(", ")
    machine = f"{processor}{f' ({units[-1]})' if units else ''}, {threads} threads"
    # Two lines: one would be wider than the chart.
    return f"Seconds for one image, {size}x{size}, {results['image_steps']} steps, {guidance}, {dtype}\n{machine}"


def _draw_panel(axis: Any, text: str, bars: Sequence[Bar]) -> None:
    labels = [bar.label for bar in bars]
    drawn = axis.barh(labels, [bar.seconds for bar in bars], color=[OURS if bar.is_ours else OTHERS for bar in bars])
    axis.bar_label(drawn, labels=[f"{bar.seconds:.3g}" for bar in bars], padding=4)
    axis.set_title(text, loc="left", fontsize=10)
    axis.invert_yaxis()
    axis.margins(x=0.08)
    axis.xaxis.set_visible(False)
    axis.spines[["top", "right", "bottom"]].set_visible(False)


if __name__ == "__main__":
    command = ChartCommand(
        script="plot_bench.py",
        description="Draws a result of bench_cpu.py.",
        file_name="results",
        file_help="the .json file that bench_cpu.py --images --output wrote",
        read=read_results,
        draw=draw,
    )
    sys.exit(command.run(sys.argv[1:], lambda: ensure_environment("plot")))
