"""The objective of the diffusion model and of what is trained for it."""

from collections.abc import Callable
from typing import Any

import torch
from diffusers import DDIMScheduler
from torch import Tensor

from networks.checkpoint import autocast

SNR_LIMIT = 5.0


def denoising_loss(
    unet: Callable[[Tensor, Tensor, Tensor], Any], scheduler: DDIMScheduler, latents: Tensor, text: Tensor
) -> Tensor:
    """Weighted squared error of the predicted v at uniformly drawn timesteps.

    unet: diffusers' UNet2DConditionModel, or what gives a `sample` for the same noisy latents, timesteps and text.
    latents: (n, channels, height, width), scaled; text: what the UNet reads, (n, tokens, width).
    """
    latents = latents.contiguous(memory_format=torch.channels_last)
    noise = torch.randn_like(latents)
    steps = torch.randint(0, 1000, (len(latents),), device=latents.device)
    noisy = scheduler.add_noise(latents, noise, steps)
    target = scheduler.get_velocity(latents, noise, steps)
    with autocast(latents.device):
        output = unet(noisy, steps, text).sample
    kept = scheduler.alphas_cumprod.to(latents.device)[steps]
    snr = kept / (1.0 - kept)
    weight = (SNR_LIMIT / (snr + 1.0)).clamp(max=1.0)
    return ((output.float() - target).square().mean(dim=(1, 2, 3)) * weight).mean()
