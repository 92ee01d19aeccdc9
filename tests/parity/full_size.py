"""The published models' networks at full size on the meta device: shapes without weights."""

from types import SimpleNamespace
from typing import Any

import torch
from cpu_benchmark.multiply_adds import meta_unet
from cpu_benchmark.unet_passes import Embedding
from diffusers import AutoencoderKL
from exporter.multiply_adds import PassShape
from exporter.rungs import MidRung, down_rungs, out_rung, up_rungs
from exporter.text_encoder import cut_text_encoder
from exporter.time_embedding import pooled_size
from exporter.vae import Decoder
from random_model.families import FAMILIES, Family
from random_model.folder import FULL_VOCABULARY
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

TOKENS = 77


def family(name: str) -> Family:
    """The configurations of a family of `random_model.families`."""
    return FAMILIES[name](False, FULL_VOCABULARY)


def ladder(name: str) -> tuple[Any, PassShape]:
    """A family's UNet cut into rungs, and the shape of its passes."""
    unet = meta_unet(family(name).unet)
    parts = SimpleNamespace(
        time_embedding=_TimeEmbedding(unet),
        down=nn.ModuleList(down_rungs(unet)),
        mid=MidRung(unet.mid_block),
        up=nn.ModuleList(up_rungs(unet)),
        out=out_rung(unet),
        parameters=unet.parameters,
    )
    config = unet.config
    return parts, PassShape(config.in_channels, config.cross_attention_dim, TOKENS, pooled_size(config))


def vae_decoder(name: str) -> nn.Module:
    """A family's VAE decoder, as it is exported."""
    with torch.device("meta"):
        vae = AutoencoderKL(
            down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4, **family(name).vae
        )
    return Decoder(vae.eval())


def text_encoders(name: str) -> list[nn.Module]:
    """A family's text encoders, as they are exported."""
    settings = family(name).text_encoders
    kinds = (CLIPTextModel, CLIPTextModelWithProjection)
    with torch.device("meta"):
        models = [
            kind(CLIPTextConfig(**each, attn_implementation="sdpa"))
            for kind, each in zip(kinds, settings, strict=False)
        ]
    return [cut_text_encoder(model) for model in models]


class _TimeEmbedding(nn.Module):
    """The embedding under the signature that it has in an archive: (timesteps, text_embeds, time_ids)."""

    def __init__(self, unet: nn.Module) -> None:
        super().__init__()
        self.embedding, self.dtype = Embedding(unet), unet.dtype

    def forward(self, timesteps: torch.Tensor, *added: torch.Tensor) -> torch.Tensor:
        return self.embedding(torch.zeros(0, dtype=self.dtype, device="meta"), timesteps, timesteps, *added)
