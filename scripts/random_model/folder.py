"""Builds the parts of a random model one by one and saves them as a diffusers folder."""

import json
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from random_model.families import FAMILIES, Family
from random_model.vocabulary import SIZE, write_tokenizer

FULL_VOCABULARY = 49408
# A decoder sees latents divided by its scaling factor.
IMAGE_SPREAD = 0.5


def make_model(output: Path, family: str, tiny: bool, seed: int, dtype: torch.dtype) -> None:
    """Writes a diffusers folder with random weights; the same seed writes the same weights."""
    settings = FAMILIES[family](tiny, SIZE if tiny else FULL_VOCABULARY)
    torch.manual_seed(seed)
    output.mkdir(parents=True)
    _save_unet(output, settings, dtype)
    _save_vae(output, settings, dtype)
    for index, _ in enumerate(settings.text_encoders):
        _save_text_encoder(output, settings, index, dtype)
    scheduler_class, scheduler_settings = settings.scheduler
    getattr(diffusers, scheduler_class)(**scheduler_settings).save_pretrained(output / "scheduler")
    index = json.dumps(_model_index(settings), indent=2)
    (output / "model_index.json").write_text(index + "\n", encoding="utf-8")


def _save_unet(output: Path, settings: Family, dtype: torch.dtype) -> None:
    unet = UNet2DConditionModel(**settings.unet).eval()
    config = unet.config
    added = {}
    if config.addition_embed_type:
        pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
        added = {"text_embeds": torch.randn(1, pooled), "time_ids": torch.rand(1, 6) * 128}
    context = torch.randn(1, 7, config.cross_attention_dim)
    with torch.inference_mode():
        prediction = unet(torch.randn(1, 4, 16, 16), torch.tensor([500]), context, added_cond_kwargs=added).sample
    _rescale(unet.conv_out, 1 / prediction.std())
    unet.to(dtype).save_pretrained(output / "unet")


def _save_vae(output: Path, settings: Family, dtype: torch.dtype) -> None:
    vae = AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        **settings.vae,
    ).eval()
    with torch.inference_mode():
        image = vae.decode(torch.randn(1, 4, 8, 8) / vae.config.scaling_factor).sample
    _rescale(vae.decoder.conv_out, IMAGE_SPREAD / image.std())
    vae.to(dtype).save_pretrained(output / "vae")


def _rescale(layer: nn.Conv2d, factor: torch.Tensor) -> None:
    layer.weight.data *= factor
    layer.bias.data *= factor


def _save_text_encoder(output: Path, settings: Family, index: int, dtype: torch.dtype) -> None:
    suffix = "" if index == 0 else f"_{index + 1}"
    kind = CLIPTextModel if index == 0 else CLIPTextModelWithProjection
    model = kind(CLIPTextConfig(**settings.text_encoders[index]))
    # CLIP starts from embeddings of spread 0.02; trained ones tell tokens apart much better.
    for embedding in (module for module in model.modules() if isinstance(module, nn.Embedding)):
        embedding.weight.data *= 25
    model.to(dtype).save_pretrained(output / f"text_encoder{suffix}")
    write_tokenizer(output / f"tokenizer{suffix}", settings.pad_tokens[index])


def _model_index(settings: Family) -> dict[str, Any]:
    index: dict[str, Any] = {
        "_class_name": settings.pipeline,
        "_diffusers_version": diffusers.__version__,
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "scheduler": ["diffusers", settings.scheduler[0]],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "feature_extractor": [None, None],
    }
    if len(settings.text_encoders) == 1:
        return index | {"safety_checker": [None, None], "requires_safety_checker": False}
    return index | {
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"],
        "force_zeros_for_empty_prompt": True,
    }
