#!/usr/bin/env python3
"""Draws what `deepcache-gen --trace FILE` wrote: how long every step took, and how far it moved things.

usage: plot_trace.py TRACE -o chart.png     (or .svg, .pdf)
It is drawn by matplotlib, which is installed into this checkout's .venv the first time.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from charts.command import ChartCommand, ChartError
from setup.in_environment import ensure_environment

COLOURS = {"full": "#1f5fa8", "cached": "#e08a1e"}

Step = dict[str, Any]


def read_batches(file: Path) -> list[list[Step]]:
    """The steps of each batch, in order. Throws ChartError."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ChartError(f"{file}: cannot be read: {error}") from None
    batches: list[list[Step]] = []
    for number, line in enumerate(lines, start=1):
        try:
            step = json.loads(line)
            if step["step"] == 0 or not batches:
                batches.append([])
            batches[-1].append(step | {"kind": str(step["kind"]), "milliseconds": float(step["milliseconds"])})
        except (ValueError, KeyError, TypeError):
            raise ChartError(f"{file}:{number}: is no line of a trace; write one with --trace FILE") from None
    if not batches:
        raise ChartError(f"{file}: holds no step")
    return batches


def draw(batches: Sequence[Sequence[Step]], output: Path) -> None:
    """Two panels over the steps: milliseconds as bars (the median of all batches), movements as lines (each batch)."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    longest = max(batches, key=len)
    figure = Figure(figsize=(max(7, len(longest) * 0.16), 6), layout="constrained")
    time_axes, movement_axes = figure.subplots(2, 1, sharex=True)
    for kind, colour in COLOURS.items():
        indices = [step["step"] for step in longest if step["kind"] == kind]
        heights = [_median_milliseconds(batches, index) for index in indices]
        time_axes.bar(indices, heights, color=colour, label=f"{kind} step")
    time_axes.set_ylabel("milliseconds")
    time_axes.legend()
    _draw_movement(movement_axes, batches, "latents_movement", "latents", "#444444")
    _draw_movement(movement_axes, batches, "deep_feature_movement", "deep feature, full step to full step", "#1f5fa8")
    movement_axes.set(xlabel="step", ylabel="relative movement", yscale="log")
    movement_axes.legend()
    movement_axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (time_axes, movement_axes):
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(output, dpi=150)


def _median_milliseconds(batches: Sequence[Sequence[Step]], index: int) -> float:
    return median(batch[index]["milliseconds"] for batch in batches if index < len(batch))


def _draw_movement(axes: Any, batches: Sequence[Sequence[Step]], field: str, label: str, colour: str) -> None:
    for number, batch in enumerate(batches):
        points = [(step["step"], step[field]) for step in batch if step.get(field)]
        if points:
            faint = 1 if len(batches) == 1 else 0.4
            name = label if number == 0 else None
            axes.plot(*zip(*points, strict=True), marker=".", color=colour, alpha=faint, label=name)


if __name__ == "__main__":
    command = ChartCommand(
        script="plot_trace.py",
        description="Draws a trace of deepcache-gen.",
        file_name="trace",
        file_help="the file that --trace wrote",
        read=read_batches,
        draw=draw,
    )
    sys.exit(command.run(sys.argv[1:], lambda: ensure_environment("plot")))
