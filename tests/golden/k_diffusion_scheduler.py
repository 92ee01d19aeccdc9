"""A sampler of `k_diffusion` in the form of a scheduler of diffusers, at the levels of one."""

import functools
import math
from typing import Any

import diffusers
import k_diffusion
import numpy as np
import torch
from diffusers.schedulers.scheduling_utils import SchedulerOutput
from diffusers.utils.torch_utils import randn_tensor

Scheduler = Any


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
