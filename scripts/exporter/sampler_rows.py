"""The engine's samplers and sigma schedules, as the rows in its sources say: nobody types their names twice."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEDULERS = Path(__file__).resolve().parents[2] / "src" / "schedulers"


@dataclass(frozen=True)
class ScheduleRow:
    """A row of schedules.def. switch: the setting in diffusers that means it, or nothing."""

    name: str
    switch: str
    timesteps: str

    @property
    def is_of_timesteps(self) -> bool:
        """Whether it is made of timesteps; the others are made of sigmas."""
        return self.timesteps in ("configured", "trailing")


@dataclass(frozen=True)
class SamplerRow:
    """A row of samplers.def. arguments: what makes the class of diffusers this sampler. default_eta: if it has any."""

    name: str
    diffusers_class: str
    arguments: dict[str, Any]
    spacing: str
    default_eta: float | None
    calls_per_step: int

    @property
    def takes_sigmas(self) -> bool:
        """Whether it can step on any noise level, not only on the timesteps of training."""
        return self.spacing not in ("training", "distilled")

    @property
    def schedules(self) -> tuple[str, ...]:
        """The names of the sigma schedules that it follows."""
        return tuple(row.name for row in schedule_rows() if self._follows(row))

    def _follows(self, schedule: ScheduleRow) -> bool:
        if self.spacing == "distilled":
            return schedule.timesteps == "configured"
        return self.takes_sigmas or schedule.is_of_timesteps


def sampler_rows() -> list[SamplerRow]:
    """All samplers, in the engine's order."""
    return [
        SamplerRow(name, class_name, _keywords(arguments), spacing, _default_eta(noise), calls)
        for name, _, class_name, arguments, spacing, _, noise, calls, _, _ in _rows("samplers.def")
    ]


def schedule_rows() -> list[ScheduleRow]:
    """All sigma schedules, in the engine's order."""
    return [ScheduleRow(name, switch, timesteps) for name, _, switch, timesteps, _, _ in _rows("schedules.def")]


def schedule_switches() -> dict[str, str]:
    """The settings in diffusers that mean a sigma schedule, and the schedules."""
    return {row.switch: row.name for row in schedule_rows() if row.switch}


def _rows(file_name: str) -> list[list[Any]]:
    lines = (SCHEDULERS / file_name).read_text().splitlines()
    rows = "\n".join(line for line in lines if not line.startswith(("//", "#")))
    return [[_value(argument) for argument in row.value.args] for row in ast.parse(rows).body]  # type: ignore[attr-defined]


def _value(argument: ast.expr) -> Any:
    if isinstance(argument, ast.Name):
        return argument.id
    if isinstance(argument, ast.Call):
        return [_value(part) for part in (argument.func, *argument.args)]
    return ast.literal_eval(argument)


def _default_eta(noise: Any) -> float | None:
    return noise[1] if isinstance(noise, list) else None


def _keywords(text: str) -> dict[str, Any]:
    call: Any = ast.parse(f"dict({text})", mode="eval").body
    return {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
