"""Seconds of whole images, by the program and by diffusers with the published DeepCache helper, in turns."""

import json
from pathlib import Path
from statistics import median
from typing import Any

from gpu_proof.child import reason
from gpu_proof.errors import CheckError
from gpu_proof.peer_process import Peer
from gpu_proof.work import Work

HEADER = ("px", "batch", "setting", "program s", "diffusers s", "times as fast", "caching gains", "… in diffusers",
          "ideal", "reference")  # fmt: skip
GUIDANCE = {"sd21": 7.5, "sdxl": 5.0}
Figures = dict[str, list[float]]


def run_first(work: Work) -> None:
    """The cell that tells most: one image at the model's size, several turns."""
    _measure(work, "sd21", [work.scale.first_cell], work.scale.turns)


def run_others(work: Work) -> None:
    """The other cells of the reference table."""
    _measure(work, "sd21", work.scale.cells, 1)


def run_xl(work: Work) -> None:
    """One image of SDXL."""
    _measure(work, "sdxl", [(work.scale.xl_pixels, 1)], 1)


def _measure(work: Work, family: str, cells: Any, turns: int) -> None:
    model, peer = work.place.model(family, work.deadline), work.place.peer(family, work.deadline)
    text = f"Seconds of {work.scale.model_steps} DDIM steps with guidance, text and decoding included, medians"
    rows = work.results.table(text, HEADER)
    for pixels, batch in cells:
        what = f"{batch} x {pixels} px can be measured"
        work.attempt(what, _measure_cell, work, family, model, peer, (pixels, batch), turns, rows)


def _measure_cell(
    work: Work, family: str, model: Path, peer: Peer, cell: tuple[int, int], turns: int, rows: list[list[str]]
) -> None:
    before, ours, theirs, last = list(rows), {}, {}, {}
    for _ in range(turns):
        for measured in _program_turn(work, family, model, *cell):
            ours.setdefault(measured["setting"], []).extend(measured["seconds"])
            last[measured["setting"]] = measured
        rows[:] = before + _rows(*cell, ours, theirs, last)
        work.results.rows_changed()
        _peer_turn(work, family, peer, *cell, theirs)
        rows[:] = before + _rows(*cell, ours, theirs, last)
        work.results.value(f"{cell[0]}/{cell[1]}", {"program": ours, "diffusers": theirs})


def _program_turn(work: Work, family: str, model: Path, pixels: int, batch: int) -> list[dict[str, Any]]:
    settings = ",".join(_name(setting) for setting in work.scale.settings)
    sampling = ("--steps", work.scale.model_steps, "--sampling-method", "ddim", "--cfg-scale", GUIDANCE[family])
    asked = ("--size", pixels, "--batch", batch, "--settings", settings, "--rounds", 1, "--format", "json", "-q")
    program, *place = work.program_command(model=model)
    ended = work.run([program, "bench", *place, *sampling, *asked], **work.place.libraries)
    if not ended.stdout.startswith("{"):
        raise CheckError(f"deepcache-gen bench: {reason(ended)}")
    cells = json.loads(ended.stdout)["cells"]
    if problems := [f"{cell['setting']}: {cell['error']}" for cell in cells if cell["error"]]:
        work.results.check(f"the program makes {batch} x {pixels} px", False, "; ".join(problems))
    return [cell for cell in cells if not cell["error"]]


def _peer_turn(work: Work, family: str, peer: Peer, pixels: int, batch: int, theirs: Figures) -> None:
    for interval, branch in work.scale.settings:
        request = {"size": pixels, "batch": batch, "steps": work.scale.model_steps, "rounds": 1,
                   "guidance_scale": GUIDANCE[family], "interval": interval, "branch": branch}  # fmt: skip
        answer = peer.ask(request, work.deadline.require())
        theirs.setdefault(_name((interval, branch)), []).extend(answer["seconds"])


def _rows(pixels: int, batch: int, ours: Figures, theirs: Figures, cells: dict[str, Any]) -> list[list[str]]:
    return [row_of(pixels, batch, name, ours, theirs, cells[name]) for name in ours]


def row_of(pixels: int, batch: int, name: str, ours: Figures, theirs: Figures, cell: dict[str, Any]) -> list[str]:
    """A row of the table: empty cells are what is not known yet."""
    own, other = _median(ours, name), _median(theirs, name)
    gain = (_median(figures, "original") for figures in (ours, theirs))
    return [
        str(pixels),
        str(batch),
        name,
        _text(own, 3),
        _text(other, 3),
        _text(_ratio(other, own)),
        *(_text(_ratio(original, value)) for original, value in zip(gain, (own, other), strict=True)),
        _text(cell.get("ideal_ratio")),
        _text(cell.get("reference_ratio")),
    ]


def _median(figures: Figures, name: str) -> float | None:
    return median(figures[name]) if figures.get(name) else None


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None


def _text(number: float | None, digits: int = 2) -> str:
    return "" if number is None else f"{number:.{digits}f}"


def _name(setting: tuple[int, int]) -> str:
    interval, branch = setting
    return "original" if interval == 1 else f"{interval}/{branch}"
