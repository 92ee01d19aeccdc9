"""The scheduler of diffusers that a model.json section and a request describe; where there is none, one made of a
reading of k-diffusion. The judge of the engine's samplers."""

import copy
import functools
import inspect
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import k_diffusion
import numpy as np
import torch
from diffusers.schedulers import AysSchedules
from k_diffusion_scheduler import KDiffusion

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from exporter.sampler_rows import sampler_rows, schedule_switches

Section = dict[str, Any]
Scheduler = Any
SAMPLERS = {row.name: row for row in sampler_rows()}
# Of the section, what is not a setting of diffusers' classes.
OURS = ("sampler", "sigma_schedule")
# The published tables of "Align Your Steps", of sigma, with the end of training last.
ALIGNED = {
    "sd1": (*AysSchedules["StableDiffusionSigmas"][:-1], 0.029),
    "sdxl": (*AysSchedules["StableDiffusionXLSigmas"][:-1], 0.029),
}


def judge_of(
    section: Section,
    steps: int,
    *,
    eta: float | None = None,
    sigmas: list[float] | None = None,
    timesteps: list[float] | None = None,
    aligned: str = "sd1",
) -> Scheduler:
    """A scheduler whose timesteps are set; its further calls of set_timesteps change nothing.

    eta, sigmas, timesteps: as the flags. aligned: for which model the steps of `ays` were aligned.
    """
    name = section["sampler"]
    row = SAMPLERS[name]
    # Diffusers' solvers of two calls can't end above no noise, and those with an eta have none.
    ends_noisy = bool(sigmas and sigmas[-1] > 0 and row.calls_per_step == 2)
    asked_for = name in k_diffusion.SAMPLERS and (eta is not None or ends_noisy)
    own_way = not row.diffusers_class or name == "dpm++sde" or asked_for
    class_name = {"dpm++2m_sde": row.diffusers_class}.get(name, "EulerDiscreteScheduler")
    if name == "ddim" and timesteps is not None:
        # Diffusers' ddim takes none; without noise this class makes the same steps.
        own_way, class_name, row = False, "", SAMPLERS["tcd"]
    scheduler = _new_scheduler(section, class_name if own_way else row.diffusers_class)
    _set_levels(scheduler, section, steps, sigmas, timesteps, aligned)
    if isinstance(scheduler, diffusers.KDPM2AncestralDiscreteScheduler):
        _look_down_exactly(scheduler)
    if own_way:
        scheduler = KDiffusion(scheduler, name, row.default_eta if eta is None else eta)
    elif row.default_eta is not None and "eta" in inspect.signature(scheduler.step).parameters:
        scheduler.step = functools.partial(scheduler.step, eta=row.default_eta if eta is None else eta)
    if hasattr(scheduler, "set_begin_index"):
        # Else a class that finds a timestep twice in its list begins at the second.
        scheduler.set_begin_index(0)
    scheduler.set_timesteps = lambda *_, **__: None
    return scheduler


def call_sigmas(scheduler: Scheduler) -> torch.Tensor:
    """sqrt((1 - alpha_bar) / alpha_bar) at every UNet call, [calls]."""
    count = len(scheduler.timesteps)
    if hasattr(scheduler, "sigmas_interpol"):
        pairs = zip(scheduler.sigmas, scheduler.sigmas_interpol, strict=True)
        between = [sigma for _, sigma in pairs]
        return torch.stack(
            [
                between[i - 1 if _is_ancestral(scheduler) else i] if i % 2 else s
                for i, s in enumerate(scheduler.sigmas[:count])
            ]
        )
    if hasattr(scheduler, "sigmas"):
        return scheduler.sigmas[:count]
    alpha_bar = scheduler.alphas_cumprod[scheduler.timesteps]
    return ((1 - alpha_bar) / alpha_bar) ** 0.5


def _is_ancestral(scheduler: Scheduler) -> bool:
    return hasattr(scheduler, "sigmas_down")


def _scheduler_class(name: str) -> Any:
    return getattr(diffusers, name)


def _new_scheduler(section: Section, class_name: str) -> Scheduler:
    """A copy of one that is new: to make one, some classes look every training step up, for most of the time."""
    return copy.deepcopy(_untouched_scheduler(class_name, json.dumps(_settings(section, class_name))))


@functools.cache
def _untouched_scheduler(class_name: str, settings: str) -> Scheduler:
    return _scheduler_class(class_name)(**json.loads(settings))


def _settings(section: Section, class_name: str) -> dict[str, Any]:
    known = inspect.signature(_scheduler_class(class_name)).parameters
    model = {name: value for name, value in section.items() if name not in OURS and name in known}
    if section["sigma_schedule"] == "sgm_uniform" and "timestep_spacing" in known:
        model["timestep_spacing"] = "trailing"
    row = SAMPLERS[section["sampler"]]
    arguments = dict(row.arguments) if class_name == row.diffusers_class else {}
    if class_name == "DPMSolverSinglestepScheduler":
        arguments["lower_order_final"] = True  # as it makes it itself where it ends at no noise, with a warning
    return {**arguments, **model}


def _set_levels(
    scheduler: Scheduler,
    section: Section,
    steps: int,
    sigmas: list[float] | None,
    timesteps: list[float] | None,
    aligned: str,
) -> None:
    schedule = section["sigma_schedule"]
    switch = next((key for key, name in schedule_switches().items() if name == schedule), None)
    known = inspect.signature(type(scheduler)).parameters
    if sigmas is not None:
        _set_sigmas(scheduler, len(sigmas) - 1, lambda _: np.array(sigmas[:-1]))
        scheduler.sigmas[-1] = sigmas[-1]
    elif timesteps is not None:
        _set_timesteps(scheduler, timesteps)
    elif switch in known:
        scheduler.register_to_config(**{switch: True})
        setattr(scheduler, switch, True)
        scheduler.set_timesteps(steps)
    elif schedule in MADE_UP:
        table = np.array(((1 - scheduler.alphas_cumprod) / scheduler.alphas_cumprod) ** 0.5)
        make = functools.partial(MADE_UP[schedule], table=table, steps=steps, aligned=aligned)
        _set_sigmas(scheduler, steps, make)
    elif schedule == "sgm_uniform" and "timestep_spacing" not in known:
        trailing = np.round(1000 - np.arange(steps) * (1000 / steps)) - 1
        scheduler.set_timesteps(timesteps=[int(t) for t in trailing])
    else:
        scheduler.set_timesteps(steps)


def _set_timesteps(scheduler: Scheduler, timesteps: list[float]) -> None:
    """By the class's own argument where it has one, else as its karras sigmas, with the timesteps put right."""
    if "timesteps" in inspect.signature(scheduler.set_timesteps).parameters:
        scheduler.set_timesteps(timesteps=timesteps)
        return
    table = np.array(((1 - scheduler.alphas_cumprod) / scheduler.alphas_cumprod) ** 0.5)
    _set_sigmas(scheduler, len(timesteps), lambda _: np.interp(timesteps, np.arange(len(table)), table))


def _set_sigmas(scheduler: Scheduler, steps: int, make: Callable[[np.ndarray], np.ndarray]) -> None:
    """Sigmas that the class does not know, as it takes those of Karras: with its own rules for the timesteps."""
    if hasattr(scheduler, "_convert_to_karras") and "use_karras_sigmas" in scheduler.config:
        scheduler._convert_to_karras = lambda in_sigmas, **_: make(np.asarray(in_sigmas))
        scheduler.register_to_config(use_karras_sigmas=True)
        scheduler.use_karras_sigmas = True
        scheduler.set_timesteps(steps)
        if isinstance(scheduler, diffusers.DEISMultistepScheduler):
            # It takes the last of any for the end of training.
            least = ((1 - scheduler.alphas_cumprod[0]) / scheduler.alphas_cumprod[0]) ** 0.5
            scheduler.sigmas[-1] = min(float(least), float(scheduler.sigmas[-2]))
        return
    scheduler.set_timesteps(steps)
    table = np.array(((1 - scheduler.alphas_cumprod) / scheduler.alphas_cumprod) ** 0.5)
    values = make(scheduler.sigmas[:-1].numpy())
    found = diffusers.EulerDiscreteScheduler._sigma_to_t
    scheduler.timesteps = torch.tensor([float(found(scheduler, sigma, np.log(table))) for sigma in values])
    scheduler.sigmas = torch.tensor([*values, 0.0]).float()


def _look_down_exactly(scheduler: Scheduler) -> None:
    """The levels below the next ones, which diffusers takes for differences of float32 squares that cancel."""
    levels = scheduler.sigmas[: len(scheduler.timesteps) : 2].double()
    down = torch.cat([levels[1:] ** 2 / levels[:-1], torch.zeros(1)])
    between = (levels * down).sqrt()
    log_table = np.log(np.array(((1 - scheduler.alphas_cumprod) / scheduler.alphas_cumprod) ** 0.5))
    for level in range(len(levels) - 1):
        call = 2 * level
        scheduler.sigmas_down[call] = down[level]
        scheduler.sigmas_interpol[call] = between[level]
        found = scheduler._sigma_to_t(between[level].float(), log_table)
        scheduler.timesteps[call + 1] = float(found)


def _ends(in_sigmas: np.ndarray) -> tuple[float, float]:
    return float(in_sigmas[0]), float(in_sigmas[-1])


def _karras(in_sigmas: np.ndarray, steps: int, **_: Any) -> np.ndarray:
    high, low = (end ** (1 / 7) for end in _ends(in_sigmas))
    return (high + np.linspace(0, 1, steps) * (low - high)) ** 7


def _exponential(in_sigmas: np.ndarray, steps: int, **_: Any) -> np.ndarray:
    high, low = _ends(in_sigmas)
    return np.exp(np.linspace(math.log(high), math.log(low), steps))


def _beta(in_sigmas: np.ndarray, steps: int, **_: Any) -> np.ndarray:
    import scipy.stats

    high, low = _ends(in_sigmas)
    return low + scipy.stats.beta.ppf(1 - np.linspace(0, 1, steps), 0.6, 0.6) * (high - low)


def _simple(_: np.ndarray, table: np.ndarray, steps: int, **__: Any) -> np.ndarray:
    """ComfyUI's simple_scheduler (comfy/samplers.py)."""
    stride = len(table) / steps
    return np.array([table[-(1 + int(place * stride))] for place in range(steps)])


def _align_your_steps(_: np.ndarray, steps: int, aligned: str, **__: Any) -> np.ndarray:
    """The published table, interpolated evenly in log sigma as its authors do, without the end."""
    known = np.log(ALIGNED[aligned])
    return np.exp(np.interp(np.linspace(0, 1, steps + 1), np.linspace(0, 1, len(known)), known))[:-1]


# Schedules that a class of diffusers may not have.
MADE_UP = {
    "karras": _karras,
    "exponential": _exponential,
    "lu": _exponential,
    "beta": _beta,
    "simple": _simple,
    "ays": _align_your_steps,
}
