"""The engine's samplers and sigma schedules, as the rows in its sources say: nobody types their names twice."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEDULERS = Path(__file__).resolve().parents[2] / "src" / "schedulers"


@dataclass(frozen=True)
class SamplerRow:
    """A row of samplers.def. arguments: what makes the class of diffusers this sampler. schedules: those it follows."""

    name: str
    diffusers_class: str
    arguments: dict[str, Any]
    schedules: tuple[str, ...]


def sampler_rows() -> list[SamplerRow]:
    """All samplers, in the engine's order."""
    return [
        SamplerRow(name, class_name, _keywords(arguments), tuple(schedules.split()))
        for name, _, class_name, arguments, _, _, schedules, _ in _rows("samplers.def")
    ]


def schedule_names() -> list[str]:
    """All sigma schedules, in the engine's order."""
    return [row[0] for row in _rows("schedules.def")]


def schedule_switches(schedules: list[str] | tuple[str, ...]) -> dict[str, str]:
    """What the classes of diffusers call these schedules: the names of their switches, and the schedules."""
    return {f"use_{name}_sigmas": name for name in schedules if name != "discrete"}


def _rows(file_name: str) -> list[list[Any]]:
    lines = (SCHEDULERS / file_name).read_text().splitlines()
    rows = "\n".join(line for line in lines if not line.startswith(("//", "#")))
    return [[_value(argument) for argument in row.value.args] for row in ast.parse(rows).body]  # type: ignore[attr-defined]


def _value(argument: ast.expr) -> Any:
    return argument.id if isinstance(argument, ast.Name) else ast.literal_eval(argument)


def _keywords(text: str) -> dict[str, Any]:
    call: Any = ast.parse(f"dict({text})", mode="eval").body
    return {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
