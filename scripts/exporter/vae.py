"""The VAE's two halves."""

from collections.abc import Callable
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import nn

from exporter.components import Autoencoder
from exporter.double_precision import double_precision
from exporter.errors import ExportError
from exporter.judgement import Case
from exporter.tracing import trace

IMAGE_CHANNELS = 3
# What `diffusers` would do otherwise than the pipelines' usual way with a VAE.
USUAL = {"in_channels": (3,), "out_channels": (3,), "shift_factor": (None, 0)}
# Its encoder halves, whatever the decoder does.
USUAL_TINY = USUAL | {"upsampling_scaling_factor": (2,), "upsample_fn": ("nearest",)}


def check_vae(vae: Autoencoder) -> None:
    """Throws ExportError, naming the setting, for a VAE that would be run wrongly."""
    is_tiny = isinstance(vae, AutoencoderTiny)
    for name, accepted in (USUAL_TINY if is_tiny else USUAL).items():
        if vae.config.get(name) not in accepted:
            raise ExportError(f"the VAE has {name} {vae.config.get(name)!r}; accepted: {accepted[-1]!r}")
    if is_tiny and len(vae.config.encoder_block_out_channels) != len(vae.config.decoder_block_out_channels):
        raise ExportError("the VAE's encoder and decoder have different numbers of blocks; their sizes would differ")


class Decoder(nn.Module):
    """Latents [B, C, h, w], already divided by the scaling factor -> images [B, 3, H, W]."""

    def __init__(self, vae: Autoencoder) -> None:
        super().__init__()
        self.decoder, self.quant = vae.decoder, getattr(vae, "post_quant_conv", None)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.decoder(latents if self.quant is None else self.quant(latents))


class Encoder(nn.Module):
    """Images [B, 3, H, W] in -1..1 -> moments [B, 2C, h, w]: means, then log variances.

    That of a tiny VAE gives the latents themselves [B, C, h, w].
    """

    def __init__(self, vae: Autoencoder) -> None:
        super().__init__()
        self.encoder, self.quant = vae.encoder, getattr(vae, "quant_conv", None)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        encoded = self.encoder(images)
        return encoded if self.quant is None else self.quant(encoded)


def vae_scale(vae: Autoencoder) -> int:
    """Image pixels a latent pixel, in one dimension."""
    return 2 ** (len(vae.config.block_out_channels) - 1)


def vae_facts(vae: Autoencoder, upcast: bool) -> dict[str, Any]:
    """What model.json says about the VAE; `upcast`: whether the family's pipeline may upcast."""
    config = vae.config
    # Nothing is drawn of these: the tiny encoder has no distribution.
    output = {"encoder_output": "latents"} if isinstance(vae, AutoencoderTiny) else {}
    return {
        "scaling_factor": config.scaling_factor,
        "scale": vae_scale(vae),
        "force_upcast": bool(upcast and config.force_upcast),
        "latents_mean": config.get("latents_mean"),
        "latents_std": config.get("latents_std"),
        "sample_size": config.get("sample_size"),
        **output,
    }


def example_latents(vae: Autoencoder, batch: int, height: int, width: int) -> torch.Tensor:
    """Random latents; height and width in latent pixels."""
    random = torch.Generator().manual_seed(height)
    return torch.randn(batch, vae.config.latent_channels, height, width, generator=random)


def example_images(vae: Autoencoder, batch: int, height: int, width: int) -> torch.Tensor:
    """Random images; height and width in latent pixels."""
    random, scale = torch.Generator().manual_seed(height), vae_scale(vae)
    shape = (batch, IMAGE_CHANNELS, height * scale, width * scale)
    return torch.rand(shape, generator=random) * 2 - 1


def trace_decoder(vae: Autoencoder) -> torch.jit.ScriptModule:
    """Traces the decoder in float32, sharing its weights."""
    return trace(Decoder(vae), (example_latents(vae, 2, 4, 6),))


def trace_encoder(vae: Autoencoder) -> torch.jit.ScriptModule:
    """Traces the encoder in float32, sharing its weights."""
    return trace(Encoder(vae), (example_images(vae, 2, 4, 6),))


def run_half(half: torch.jit.ScriptModule, inputs: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """One call of either traced half."""
    return half(*inputs)


def decoder_cases(vae: Autoencoder) -> list[Case]:
    """Decodings at sizes that the trace has not seen."""
    return _cases(vae, [example_latents(vae, 3, 5, 3), example_latents(vae, 1, 2, 8)], lambda z: vae.decode(z).sample)


def encoder_cases(vae: Autoencoder) -> list[Case]:
    """Encodings at sizes that the trace has not seen."""
    images = [example_images(vae, 3, 5, 3), example_images(vae, 1, 2, 8)]
    return _cases(vae, images, lambda image: _encode(vae, image))


def _encode(vae: Autoencoder, images: torch.Tensor) -> torch.Tensor:
    encoded = vae.encode(images)
    return encoded.latent_dist.parameters if isinstance(vae, AutoencoderKL) else encoded.latents


def _cases(vae: Autoencoder, inputs: list[torch.Tensor], run: Callable[[torch.Tensor], torch.Tensor]) -> list[Case]:
    with torch.no_grad(), double_precision(vae.children()):
        return [Case((each,), (run(each.double()),)) for each in inputs]
