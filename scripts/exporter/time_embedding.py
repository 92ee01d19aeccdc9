"""The embedding of the time step that every resnet reads; in it are SDXL's pooled text and sizes, and guidance.

A UNet that was distilled from guided ones reads how strongly they were guided (Luo et al., arXiv 2310.04378, section
4.2): guidance is the scale of classifier-free guidance less one.
"""

import math
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import nn

from exporter.tracing import script, trace

# Of SDXL's base models.
TIME_IDS = 6


class Sinusoid(nn.Module):
    """Sinusoidal embedding of numbers [N] as float32 [N, width], as diffusers' `Timesteps`.

    Scripted, not traced: a trace would fix the device that the frequencies are made on.
    """

    def __init__(self, width: int, flip: bool, shift: float) -> None:
        super().__init__()
        self.half, self.flip = width // 2, flip
        self.divisor, self.log_period = width // 2 - shift, math.log(10000)

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        positions = torch.arange(0, self.half, dtype=torch.float32, device=numbers.device)
        frequencies = torch.exp(-self.log_period * positions / self.divisor)
        angles = numbers[:, None].float() * frequencies[None, :]
        sines, cosines = torch.sin(angles), torch.cos(angles)
        return torch.cat([cosines, sines] if self.flip else [sines, cosines], dim=-1)


class GuidanceSinusoid(nn.Module):
    """Embedding of guidance [N] as float32 [N, width], as `get_guidance_scale_embedding` of diffusers' pipelines.

    Rounded as there, too: sines of thousands show the last digit of a frequency.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.half = width // 2
        self.log_step = (torch.log(torch.tensor(10000.0)) / (self.half - 1)).item()

    def forward(self, guidance: torch.Tensor) -> torch.Tensor:
        positions = torch.arange(0, self.half, dtype=torch.float32, device=guidance.device)
        frequencies = torch.exp(positions * -self.log_step)
        angles = (guidance.float() * 1000.0)[:, None] * frequencies[None, :]
        return torch.cat([torch.sin(angles), torch.cos(angles)], dim=-1)


class TimeEmbedding(nn.Module):
    """Timesteps float32 [B] -> embedding [B, E] in the type of the weights."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        config = unet.config
        width = config.block_out_channels[0]
        self.sinusoid = Sinusoid(width, config.flip_sin_to_cos, config.freq_shift)
        self.embed = trace(unet.time_embedding, (torch.zeros(2, width),))

    def forward(self, timesteps: torch.Tensor) -> torch.Tensor:
        return self.embed(self.sinusoid(timesteps).type_as(self.embed.linear_1.weight))


class GuidedTimeEmbedding(nn.Module):
    """Timesteps float32 [B], guidance float32 [B] -> embedding [B, E] in the type of the weights."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        config = unet.config
        width, guidance_width = config.block_out_channels[0], config.time_cond_proj_dim
        self.sinusoid = Sinusoid(width, config.flip_sin_to_cos, config.freq_shift)
        self.guidance = GuidanceSinusoid(guidance_width)
        self.embed = trace(unet.time_embedding, (torch.zeros(2, width), torch.zeros(2, guidance_width)))

    def forward(self, timesteps: torch.Tensor, guidance: torch.Tensor) -> torch.Tensor:
        weight = self.embed.linear_1.weight
        return self.embed(self.sinusoid(timesteps).type_as(weight), self.guidance(guidance).type_as(weight))


class TextTimeEmbedding(nn.Module):
    """Timesteps float32 [B], pooled text [B, P], time ids float32 [B, N] -> embedding [B, E]."""

    def __init__(self, unet: UNet2DConditionModel, time: nn.Module) -> None:
        super().__init__()
        config = unet.config
        width = config.addition_time_embed_dim
        self.time = time
        self.sinusoid = Sinusoid(width, config.flip_sin_to_cos, config.freq_shift)
        inputs = torch.zeros(2, config.projection_class_embeddings_input_dim)
        self.embed = trace(unet.add_embedding, (inputs,))

    def forward(self, timesteps: torch.Tensor, text_embeds: torch.Tensor, time_ids: torch.Tensor) -> torch.Tensor:
        ids = self.sinusoid(time_ids.flatten()).reshape(time_ids.size(0), -1)
        added = torch.cat([text_embeds.float(), ids], dim=-1)
        return self.time(timesteps) + self.embed(added.type_as(self.embed.linear_1.weight))


class GuidedTextTimeEmbedding(TextTimeEmbedding):
    """Timesteps float32 [B], pooled text [B, P], time ids float32 [B, N], guidance float32 [B] -> embedding [B, E]."""

    def forward(
        self, timesteps: torch.Tensor, text_embeds: torch.Tensor, time_ids: torch.Tensor, guidance: torch.Tensor
    ) -> torch.Tensor:
        # What is added is not a function of its own: an archive has forward methods only.
        ids = self.sinusoid(time_ids.flatten()).reshape(time_ids.size(0), -1)
        added = torch.cat([text_embeds.float(), ids], dim=-1)
        return self.time(timesteps, guidance) + self.embed(added.type_as(self.embed.linear_1.weight))


def script_time_embedding(unet: UNet2DConditionModel) -> torch.jit.ScriptModule:
    """The UNet's time embedding: (timesteps[, text_embeds, time_ids][, guidance]), what the UNet takes of these."""
    guided = guidance_size(unet.config) > 0
    time = (GuidedTimeEmbedding if guided else TimeEmbedding)(unet)
    if unet.config.addition_embed_type is not None:
        time = (GuidedTextTimeEmbedding if guided else TextTimeEmbedding)(unet, time)
    return script(time)


def guidance_size(config: Any) -> int:
    """Width of the embedded guidance that a UNet of this configuration takes, 0 if it takes none."""
    # A control net's does not know of it.
    return config.get("time_cond_proj_dim") or 0


def pooled_size(config: Any, time_ids: int = TIME_IDS) -> int:
    """Width of the pooled text that a UNet of this configuration takes with so many time ids, 0 if it takes none."""
    if config.addition_embed_type is None:
        return 0
    time_width = time_ids * config.addition_time_embed_dim
    return config.projection_class_embeddings_input_dim - time_width
