"""The embedding of the time step (and for SDXL of pooled text and sizes) that every resnet reads."""

import math
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import nn

from exporter.tracing import script, trace

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


class TextTimeEmbedding(nn.Module):
    """Timesteps float32 [B], pooled text [B, P], time ids float32 [B, 6] -> embedding [B, E]."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        config = unet.config
        width = config.addition_time_embed_dim
        self.time = TimeEmbedding(unet)
        self.sinusoid = Sinusoid(width, config.flip_sin_to_cos, config.freq_shift)
        inputs = torch.zeros(2, config.projection_class_embeddings_input_dim)
        self.embed = trace(unet.add_embedding, (inputs,))

    def forward(self, timesteps: torch.Tensor, text_embeds: torch.Tensor, time_ids: torch.Tensor) -> torch.Tensor:
        ids = self.sinusoid(time_ids.flatten()).reshape(time_ids.size(0), -1)
        added = torch.cat([text_embeds.float(), ids], dim=-1)
        return self.time(timesteps) + self.embed(added.type_as(self.embed.linear_1.weight))


def script_time_embedding(unet: UNet2DConditionModel) -> torch.jit.ScriptModule:
    """The UNet's time embedding; it takes three inputs where the UNet takes pooled text."""
    kind = TextTimeEmbedding if pooled_size(unet.config) else TimeEmbedding
    return script(kind(unet))


def pooled_size(config: Any) -> int:
    """Width of the pooled text that a UNet of this configuration takes, 0 if it takes none."""
    if config.addition_embed_type is None:
        return 0
    time_width = TIME_IDS * config.addition_time_embed_dim
    return config.projection_class_embeddings_input_dim - time_width
