"""A linear map from latents to colours, good enough to show a picture while it is being made.

Near enough a VAE paints each latent pixel in a colour that is a linear function of its channels
(a known observation; e.g. the `latent_rgb_factors` of ComfyUI). The map is fitted to what the VAE makes
of random latents, so that it needs no pictures and comes out the same every time.
"""

from typing import Any

import torch
import torch.nn.functional as F

# Sixteen squares of sixteen latent pixels cost a full-size VAE as much as one picture of 512 x 512 pixels.
SAMPLES, SIDE = 16, 16
# Latents of unit deviation, as a scaling factor makes them, that change slowly, and some noise. Of the mixtures
# tried on a trained VAE this one came nearest to a fit on latents of its own pictures.
SMOOTHNESS, NOISE = 4, 0.3
DECIMALS = 5


def fit_preview_map(decoder: torch.nn.Module, vae: dict[str, Any], channels: int) -> dict[str, Any]:
    """`vae.preview` of model.json for a float32 decoder and what model.json says about its VAE.

    matrix [3][channels] and bias [3] turn a pixel of latents, as a sampler holds them, into red, green
    and blue in 0..1; r_squared is the part of the colours' variance that they explain.
    """
    latents = random_latents(channels)
    with torch.inference_mode():
        pictures = torch.cat([_decode(decoder, vae, each[None]) for each in latents])
    inputs = torch.cat([_pixels(latents), torch.ones(SAMPLES * SIDE * SIDE, 1)], dim=1).double()
    colours = _pixels(pictures).double()
    solution = torch.linalg.lstsq(inputs, colours).solution
    residual = (colours - inputs @ solution).square().sum()
    total = (colours - colours.mean(dim=0)).square().sum()
    *matrix, bias = solution.tolist()
    return {
        "matrix": [[round(value, DECIMALS) for value in row] for row in zip(*matrix, strict=True)],
        "bias": [round(value, DECIMALS) for value in bias],
        "r_squared": round(1 - (residual / total).item(), DECIMALS),
    }


def random_latents(channels: int) -> torch.Tensor:
    """Random smooth latents with some noise, of unit deviation: [SAMPLES, channels, SIDE, SIDE]."""
    random = torch.Generator().manual_seed(0)
    coarse = torch.randn(SAMPLES, channels, SIDE // SMOOTHNESS, SIDE // SMOOTHNESS, generator=random)
    smooth = F.interpolate(coarse, size=(SIDE, SIDE), mode="bicubic", align_corners=False)
    latents = smooth / smooth.std() + NOISE * torch.randn(smooth.shape, generator=random)
    return latents / latents.std()


def _decode(decoder: torch.nn.Module, vae: dict[str, Any], latents: torch.Tensor) -> torch.Tensor:
    """Latents as a sampler holds them -> the colours in 0..1 of their picture, one a latent pixel."""
    scaled = latents / vae["scaling_factor"]
    if vae["latents_mean"] and vae["latents_std"]:
        mean, deviation = (torch.tensor(vae[name]).view(1, -1, 1, 1) for name in ("latents_mean", "latents_std"))
        scaled = scaled * deviation + mean
    picture = decoder(scaled).mul(0.5).add(0.5).clamp(0, 1)
    return F.avg_pool2d(picture, vae["scale"])


def _pixels(images: torch.Tensor) -> torch.Tensor:
    """[B, C, h, w] -> [B h w, C]"""
    return images.movedim(1, -1).flatten(0, 2)
