"""The scheduler of diffusers that a model.json section and a request describe; where there is none, one made of a
reading of k-diffusion. The judge of the engine's samplers."""

import functools
import inspect
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
from diffusers.schedulers.scheduling_utils import SchedulerOutput
from diffusers.utils.torch_utils import randn_tensor

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
    scheduler = _scheduler_class(class_name if own_way else row.diffusers_class)(
        **_settings(section, class_name if own_way else row.diffusers_class)
    )
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


class KDiffusion:
    """A sampler of `k_diffusion` in the form of a scheduler of diffusers, at the levels of one."""

    order = 1

    def __init__(self, levels: Scheduler, name: str, eta: float | None) -> None:
        self.config = levels.config
        self.name, self.eta = name, eta or 0.0
        self._keeps_variance = isinstance(levels, diffusers.DPMSolverMultistepScheduler)
        self._level_sigmas = levels.sigmas.double()
        self._level_timesteps = levels.timesteps
        table = np.array(((1 - levels.alphas_cumprod) / levels.alphas_cumprod) ** 0.5)
        self._timestep_of = lambda sigma: levels._sigma_to_t(np.float32(sigma), np.log(table))
        self.init_noise_sigma = levels.init_noise_sigma
        calls = self._calls()
        self.order = 2 if len(calls) > len(levels.timesteps) else 1
        self.sigmas = torch.tensor(calls).float()
        self.timesteps = torch.tensor(
            [self._timestep(call, sigma) for call, sigma in enumerate(calls)], dtype=levels.timesteps.dtype
        )
        self._first_level, self._way = 0, None
        self._path: BrownianPath | None = None
        self._index = 0

    def set_begin_index(self, first_call: int) -> None:
        """Start there."""
        self._first_level, self._index = first_call // self.order, first_call

    def add_noise(self, picture: torch.Tensor, noise: torch.Tensor, _timestep: Any) -> torch.Tensor:
        """The picture as noisy as the first call expects."""
        sigma = self.sigmas[self._index]
        return (picture + sigma * noise) * self._signal(float(sigma))

    def scale_model_input(self, sample: torch.Tensor, _timestep: Any = None) -> torch.Tensor:
        """Latents of variance one."""
        return sample if self._keeps_variance else sample / (self.sigmas[self._index] ** 2 + 1) ** 0.5

    def step(
        self,
        model_output: torch.Tensor,
        _timestep: Any,
        sample: torch.Tensor,
        generator: Any = None,
        return_dict: bool = True,
    ) -> Any:
        """The latents after the call."""
        sigma = float(self.sigmas[self._index])
        exploding = sample.double() / self._signal(sigma)
        if self._way is None:
            noise = functools.partial(self._noise, model_output.shape, generator)
            sigmas = [float(s) for s in self._level_sigmas[self._first_level :]]
            self._way = k_diffusion.SAMPLERS[self.name](exploding, sigmas, noise, self.eta)
            next(self._way)
        if self.config.prediction_type == "epsilon":
            denoised = exploding - sigma * model_output.double()
        else:
            denoised = exploding / (sigma**2 + 1) - model_output.double() * sigma / (sigma**2 + 1) ** 0.5
        self._index += 1
        try:
            latents, next_sigma = self._way.send(denoised)
        except StopIteration as end:
            latents, next_sigma = end.value, float(self._level_sigmas[-1])
        latents = (latents * self._signal(next_sigma)).float()
        return SchedulerOutput(prev_sample=latents) if return_dict else (latents,)

    def _signal(self, sigma: float) -> float:
        return 1 / math.sqrt(sigma**2 + 1) if self._keeps_variance else 1.0

    def _noise(self, shape: Any, generator: Any, sigma_from: float, sigma_to: float) -> torch.Tensor:
        if self.name == "dpm++sde" and generator is not None:
            if self._path is None:
                self._path = BrownianPath(shape, generator)
            return self._path.noise(sigma_from, sigma_to)
        return randn_tensor(shape, generator=generator).double()

    def _calls(self) -> list[float]:
        nothing = torch.zeros(1)
        sigmas = [float(s) for s in self._level_sigmas]
        way = k_diffusion.SAMPLERS[self.name](nothing, sigmas, lambda *_: nothing, self.eta)
        calls = [next(way)[1]]
        try:
            while True:
                calls.append(way.send(nothing)[1])
        except StopIteration:
            return calls

    def _timestep(self, call: int, sigma: float) -> float:
        level, between = divmod(call, self.order)
        return float(self._timestep_of(sigma)) if between else float(self._level_timesteps[level])


class BrownianPath:
    """Brownian motion over sigma, found where it is asked for: beyond the known points by its own law, between two of
    them by that of the bridge. One path for each image, drawn from its generator in float64."""

    def __init__(self, shape: Any, generators: Any) -> None:
        self.generators = generators if isinstance(generators, list) else [generators]
        self.shape = (1, *shape[1:])
        self.paths: list[dict[float, torch.Tensor]] = [{} for _ in self.generators]

    def noise(self, start: float, end: float) -> torch.Tensor:
        """What the path gains, divided by the root of the length."""
        gains = []
        for path, generator in zip(self.paths, self.generators, strict=True):
            at_start = self._at(start, path, generator)
            gains.append(self._at(end, path, generator) - at_start)
        return torch.cat(gains) / math.sqrt(abs(end - start))

    def _at(self, point: float, path: dict[float, torch.Tensor], generator: torch.Generator) -> torch.Tensor:
        if point in path:
            return path[point]
        if not path:
            path[point] = torch.zeros(self.shape, dtype=torch.float64)
            return path[point]
        normal = torch.randn(self.shape, generator=generator, dtype=torch.float64)
        below, above = [p for p in path if p < point], [p for p in path if p > point]
        if not below or not above:
            nearest = max(below) if below else min(above)
            path[point] = path[nearest] + normal * math.sqrt(abs(point - nearest))
        else:
            low, high = max(below), min(above)
            weight = (point - low) / (high - low)
            deviation = math.sqrt((point - low) * (high - point) / (high - low))
            path[point] = path[low] + (path[high] - path[low]) * weight + normal * deviation
        return path[point]


def _scheduler_class(name: str) -> Any:
    return getattr(diffusers, name)


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
