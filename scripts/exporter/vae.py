"""The VAE's two halves."""

from collections.abc import Callable
from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import nn

from exporter.double_precision import double_precision
from exporter.judgement import Case
from exporter.tracing import trace

IMAGE_CHANNELS = 3


class Decoder(nn.Module):
    """Latents [B, C, h, w], already divided by the scaling factor -> images [B, 3, H, W]."""

    def __init__(self, vae: AutoencoderKL) -> None:
        super().__init__()
        self.decoder, self.quant = vae.decoder, vae.post_quant_conv

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.decoder(latents if self.quant is None else self.quant(latents))


class Encoder(nn.Module):
    """Images [B, 3, H, W] in -1..1 -> moments [B, 2C, h, w]: means, then log variances."""

    def __init__(self, vae: AutoencoderKL) -> None:
        super().__init__()
        self.encoder, self.quant = vae.encoder, vae.quant_conv

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        moments = self.encoder(images)
        return moments if self.quant is None else self.quant(moments)


def vae_scale(vae: AutoencoderKL) -> int:
    """Image pixels a latent pixel, in one dimension."""
    return 2 ** (len(vae.config.block_out_channels) - 1)


def vae_facts(vae: AutoencoderKL, upcast: bool) -> dict[str, Any]:
    """What model.json says about the VAE; `upcast`: whether the family's pipeline may upcast."""
    config = vae.config
    return {
        "scaling_factor": config.scaling_factor,
        "scale": vae_scale(vae),
        "force_upcast": bool(upcast and config.force_upcast),
        "latents_mean": config.latents_mean,
        "latents_std": config.latents_std,
        "sample_size": config.sample_size,
    }


def example_latents(vae: AutoencoderKL, batch: int, height: int, width: int) -> torch.Tensor:
    """Random latents; height and width in latent pixels."""
    random = torch.Generator().manual_seed(height)
    return torch.randn(batch, vae.config.latent_channels, height, width, generator=random)


def example_images(vae: AutoencoderKL, batch: int, height: int, width: int) -> torch.Tensor:
    """Random images; height and width in latent pixels."""
    random, scale = torch.Generator().manual_seed(height), vae_scale(vae)
    shape = (batch, IMAGE_CHANNELS, height * scale, width * scale)
    return torch.rand(shape, generator=random) * 2 - 1


def trace_decoder(vae: AutoencoderKL) -> torch.jit.ScriptModule:
    """Traces the decoder in float32, sharing its weights."""
    return trace(Decoder(vae), (example_latents(vae, 2, 4, 6),))


def trace_encoder(vae: AutoencoderKL) -> torch.jit.ScriptModule:
    """Traces the encoder in float32, sharing its weights."""
    return trace(Encoder(vae), (example_images(vae, 2, 4, 6),))


def run_half(half: torch.jit.ScriptModule, inputs: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """One call of either traced half."""
    return half(*inputs)


def decoder_cases(vae: AutoencoderKL) -> list[Case]:
    """Decodings at sizes that the trace has not seen."""
    return _cases(vae, [example_latents(vae, 3, 5, 3), example_latents(vae, 1, 2, 8)], lambda z: vae.decode(z).sample)


def encoder_cases(vae: AutoencoderKL) -> list[Case]:
    """Encodings at sizes that the trace has not seen."""
    images = [example_images(vae, 3, 5, 3), example_images(vae, 1, 2, 8)]
    return _cases(vae, images, lambda image: vae.encode(image).latent_dist.parameters)


def _cases(vae: AutoencoderKL, inputs: list[torch.Tensor], run: Callable[[torch.Tensor], torch.Tensor]) -> list[Case]:
    with torch.no_grad(), double_precision(vae.children()):
        return [Case((each,), (run(each.double()),)) for each in inputs]
