"""What the trainings share: devices, schedules, running averages, logs, resumable state."""

import json
import math
import os
import time
from pathlib import Path
from typing import Any

import torch


def pick_device() -> torch.device:
    """The first GPU, or the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 arithmetic, which AMX units and GPUs do several times faster than float32."""
    return torch.autocast(device.type, dtype=torch.bfloat16)


def learning_rate(step: int, steps: int, peak: float, warmup: int) -> float:
    """Linear warm-up to `peak`, then half a cosine down to 2 % of it."""
    if step < warmup:
        return peak * (step + 1) / warmup
    share = min((step - warmup) / max(steps - warmup, 1), 1.0)
    return peak * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * share)))


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """The learning rate of the optimizer's next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate


class Average:
    """Exponential moving average of the parameters of some modules (EMA).

    The decay rises from 0 to `decay` with the number of updates, so that early weights fade.
    """

    def __init__(self, modules: dict[str, torch.nn.Module], decay: float) -> None:
        self.modules, self.decay, self.updates = modules, decay, 0
        self.weights = {name: _copy(module) for name, module in modules.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Takes the present weights in."""
        self.updates += 1
        share = 1.0 - min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, module in self.modules.items():
            kept = list(self.weights[name].values())
            now = [value.detach() for value in module.state_dict().values()]
            floats = [(k, n) for k, n in zip(kept, now, strict=True) if k.is_floating_point()]
            torch._foreach_lerp_([k for k, _ in floats], [n for _, n in floats], share)

    def state_dict(self) -> dict:
        """What `load_state_dict` needs to go on."""
        return {"weights": self.weights, "updates": self.updates}

    def load_state_dict(self, state: dict) -> None:
        """Takes up a state written by `state_dict`."""
        self.weights, self.updates = state["weights"], state["updates"]


def _copy(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


class Log:
    """Appends JSON lines, each with the seconds since this run began."""

    def __init__(self, path: Path) -> None:
        self.path, self.begin = path, time.monotonic()

    def write(self, **record: float) -> str:
        """Appends a record and returns the line."""
        line = json.dumps({**record, "seconds": round(time.monotonic() - self.begin, 1)})
        with open(self.path, "a") as file:
            file.write(line + "\n")
        return line


def save_state(path: Path, state: dict) -> None:
    """Writes a checkpoint so that an interruption leaves the previous one whole."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def load_state(path: Path, device: torch.device) -> dict | None:
    """The checkpoint at `path`, or None if there is none."""
    return torch.load(path, map_location=device, weights_only=True) if path.exists() else None


class Checkpoint:
    """A file with the state of the parts of a training (model, optimizer …) and the number of steps done."""

    def __init__(self, path: Path, **parts: Any) -> None:
        self.path, self.parts = path, parts

    def resume(self, device: torch.device) -> int:
        """Gives the parts their states back and returns the step to go on from: 0 if there is no file."""
        state = load_state(self.path, device)
        if state is None:
            return 0
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        return state["step"]

    def save(self, step: int) -> None:
        """Writes the states after so many steps."""
        save_state(self.path, {**{name: part.state_dict() for name, part in self.parts.items()}, "step": step})
