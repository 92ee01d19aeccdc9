"""Samplers that diffusers has not, or not with an eta, as k-diffusion (or stable-diffusion.cpp) has them: a reading of
the published formulas for the tests, apart from the engine's.

Each is a generator in terms of sigma, whose latents have the size of the denoised ones: it yields latents and the sigma
at which it wants to know what the model makes of them, is sent the denoised latents, and returns the last latents.
`noise(sigma_from, sigma_to)` gives standard normal noise for the way between the two.
"""

import itertools
import math
from collections.abc import Callable, Generator

import torch

Noise = Callable[[float, float], torch.Tensor]
Way = Generator[tuple[torch.Tensor, float], torch.Tensor, torch.Tensor]


def ancestral_step(sigma: float, sigma_next: float, eta: float) -> tuple[float, float]:
    """Where a step goes, and how much noise is added there (k_diffusion.sampling.get_ancestral_step)."""
    up = min(sigma_next, eta * math.sqrt(sigma_next**2 * (sigma**2 - sigma_next**2) / sigma**2))
    return math.sqrt(sigma_next**2 - up**2), up


def euler_ancestral(x: torch.Tensor, sigmas: list[float], noise: Noise, eta: float) -> Way:
    """sample_euler_ancestral; like diffusers it draws for the last step, too."""
    for sigma, sigma_next in itertools.pairwise(sigmas):
        denoised = yield x, sigma
        down, up = ancestral_step(sigma, sigma_next, eta)
        x = x + (x - denoised) / sigma * (down - sigma)
        if eta > 0:
            x = x + noise(sigma, sigma_next) * up
    return x


def dpm_2_ancestral(x: torch.Tensor, sigmas: list[float], noise: Noise, eta: float) -> Way:
    """sample_dpm_2_ancestral."""
    for sigma, sigma_next in itertools.pairwise(sigmas):
        denoised = yield x, sigma
        down, up = ancestral_step(sigma, sigma_next, eta)
        slope = (x - denoised) / sigma
        if down == 0:
            x = x + slope * (down - sigma)
            continue
        middle = math.exp((math.log(sigma) + math.log(down)) / 2)
        x_2 = x + slope * (middle - sigma)
        denoised_2 = yield x_2, middle
        x = x + (x_2 - denoised_2) / middle * (down - sigma)
        if eta > 0:
            x = x + noise(sigma, sigma_next) * up
    return x


def dpmpp_2s_ancestral(x: torch.Tensor, sigmas: list[float], noise: Noise, eta: float) -> Way:
    """sample_dpmpp_2s_ancestral."""
    for sigma, sigma_next in itertools.pairwise(sigmas):
        denoised = yield x, sigma
        down, up = ancestral_step(sigma, sigma_next, eta)
        if down == 0:
            x = x + (x - denoised) / sigma * (down - sigma)
            continue
        t, t_next = -math.log(sigma), -math.log(down)
        h = t_next - t
        s = t + h / 2
        x_2 = math.exp(-s) / math.exp(-t) * x - math.expm1(-h / 2) * denoised
        denoised_2 = yield x_2, math.exp(-s)
        x = math.exp(-t_next) / math.exp(-t) * x - math.expm1(-h) * denoised_2
        if eta > 0:
            x = x + noise(sigma, sigma_next) * up
    return x


def dpmpp_sde(x: torch.Tensor, sigmas: list[float], noise: Noise, eta: float) -> Way:
    """sample_dpmpp_sde with r = 1/2."""
    for sigma, sigma_next in itertools.pairwise(sigmas):
        denoised = yield x, sigma
        if sigma_next == 0:
            x = x + (x - denoised) / sigma * (sigma_next - sigma)
            continue
        middle = math.exp((math.log(sigma) + math.log(sigma_next)) / 2)
        down, up = ancestral_step(sigma, middle, eta)
        x_2 = down / sigma * x - math.expm1(math.log(down) - math.log(sigma)) * denoised
        if up > 0:
            x_2 = x_2 + noise(sigma, middle) * up
        denoised_2 = yield x_2, middle
        down, up = ancestral_step(sigma, sigma_next, eta)
        x = down / sigma * x - math.expm1(math.log(down) - math.log(sigma)) * denoised_2
        if up > 0:
            x = x + noise(sigma, sigma_next) * up
    return x


def dpmpp_2m_sde(x: torch.Tensor, sigmas: list[float], noise: Noise, eta: float) -> Way:
    """sample_dpmpp_2m_sde, midpoint; like diffusers it draws for the last step, too."""
    old: torch.Tensor | None = None
    h_last = 0.0
    for sigma, sigma_next in itertools.pairwise(sigmas):
        denoised = yield x, sigma
        if sigma_next == 0:
            x = denoised
        else:
            h = math.log(sigma) - math.log(sigma_next)
            weight = -math.expm1(-h - eta * h)
            x = sigma_next / sigma * math.exp(-eta * h) * x + weight * denoised
            if old is not None:
                x = x + 0.5 * weight * (h / h_last) * (denoised - old)
            x = x + noise(sigma, sigma_next) * sigma_next * math.sqrt(-math.expm1(-2 * eta * h))
            old, h_last = denoised, h
    return x


def ipndm(x: torch.Tensor, sigmas: list[float], _noise: Noise, _eta: float) -> Way:
    """IPNDM of stable-diffusion.cpp: Adams-Bashforth as for equal steps, up to four slopes."""
    mixes = ((1.0,), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12), (55 / 24, -59 / 24, 37 / 24, -9 / 24))
    slopes: list[torch.Tensor] = []
    for sigma, sigma_next in itertools.pairwise(sigmas):
        denoised = yield x, sigma
        slopes = [(x - denoised) / sigma, *slopes][:4]
        mix = mixes[len(slopes) - 1]
        x = x + sum(weight * slope for weight, slope in zip(mix, slopes, strict=True)) * (sigma_next - sigma)
    return x


def heun(x: torch.Tensor, sigmas: list[float], _noise: Noise, _eta: float) -> Way:
    """sample_heun without churn."""
    for sigma, sigma_next in itertools.pairwise(sigmas):
        denoised = yield x, sigma
        slope = (x - denoised) / sigma
        x_2 = x + slope * (sigma_next - sigma)
        if sigma_next == 0:
            x = x_2
            continue
        denoised_2 = yield x_2, sigma_next
        x = x + (slope + (x_2 - denoised_2) / sigma_next) / 2 * (sigma_next - sigma)
    return x


SAMPLERS: dict[str, Callable[[torch.Tensor, list[float], Noise, float], Way]] = {
    "euler_a": euler_ancestral,
    "dpm2": dpm_2_ancestral,
    "dpm2_a": dpm_2_ancestral,
    "heun": heun,
    "dpm++2s_a": dpmpp_2s_ancestral,
    "dpm++sde": dpmpp_sde,
    "dpm++2m_sde": dpmpp_2m_sde,
    "ipndm": ipndm,
}
