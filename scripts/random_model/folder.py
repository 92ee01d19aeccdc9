"""Builds the parts of a random model one by one and saves them as a diffusers folder."""

import json
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import AutoencoderKL, AutoencoderTiny, ControlNetModel, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from random_model.families import FAMILIES, Family, LoneAutoencoder, LoneControlNet
from random_model.vocabulary import SIZE, write_tokenizer

FULL_VOCABULARY = 49408
# A decoder sees latents divided by its scaling factor.
IMAGE_SPREAD = 0.5


def make_model(output: Path, family: str, tiny: bool, seed: int, dtype: torch.dtype) -> None:
    """Writes a diffusers folder with random weights; the same seed writes the same weights."""
    write_model(output, FAMILIES[family](tiny, SIZE if tiny else FULL_VOCABULARY), seed, dtype)


def write_model(
    output: Path, settings: Family | LoneAutoencoder | LoneControlNet, seed: int, dtype: torch.dtype
) -> None:
    """The same of a model that is in no table."""
    torch.manual_seed(seed)
    if isinstance(settings, LoneAutoencoder):
        make = _tiny_autoencoder if settings.kind == "AutoencoderTiny" else _autoencoder
        make(settings.settings).to(dtype).save_pretrained(output)
        return
    if isinstance(settings, LoneControlNet):
        net = _control_net(settings.settings)
        # To its own type diffusers warns that some parts may better stay.
        (net if dtype == net.dtype else net.to(dtype)).save_pretrained(output)
        return
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
        pooled = settings.text_encoders[-1]["projection_dim"]
        time_ids = (config.projection_class_embeddings_input_dim - pooled) // config.addition_time_embed_dim
        added = {"text_embeds": torch.randn(1, pooled), "time_ids": torch.rand(1, time_ids) * 128}
    context = torch.randn(1, 7, config.cross_attention_dim)
    latents = torch.randn(1, config.in_channels, 16, 16)
    with torch.inference_mode():
        prediction = unet(latents, torch.tensor([500]), context, added_cond_kwargs=added).sample
    _rescale(unet.conv_out, 1 / prediction.std())
    unet.to(dtype).save_pretrained(output / "unet")


def _control_net(settings: dict[str, Any]) -> ControlNetModel:
    """One that steers: diffusers begins with zeros where a net ends, which would add nothing.

    What it makes of two pictures differs by as much as latents do; with biases all would be nearly one.
    """
    net = ControlNetModel(**settings).eval()
    embedding = net.controlnet_cond_embedding
    for layer in (*net.controlnet_down_blocks, net.controlnet_mid_block):
        layer.reset_parameters()
    for layer in embedding.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    with torch.inference_mode():
        one, other = embedding(torch.rand(2, 3, 64, 64))
    _rescale(embedding.conv_out, 1 / (one - other).std())
    return net


def _save_vae(output: Path, settings: Family, dtype: torch.dtype) -> None:
    blocks = {"down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4}
    _autoencoder(blocks | settings.vae).to(dtype).save_pretrained(output / "vae")


def _autoencoder(settings: dict[str, Any]) -> AutoencoderKL:
    vae = AutoencoderKL(**settings).eval()
    with torch.inference_mode():
        image = vae.decode(torch.randn(1, 4, 8, 8) / vae.config.scaling_factor).sample
    _rescale(vae.decoder.conv_out, IMAGE_SPREAD / image.std())
    return vae


def _tiny_autoencoder(settings: dict[str, Any]) -> AutoencoderTiny:
    vae = AutoencoderTiny(**settings).eval()
    # It is random in its own range, 0..1, and its latents are as a sampler holds them.
    for part, inputs, spread, centre in (
        (vae.decoder, torch.randn(1, 4, 8, 8), IMAGE_SPREAD / 2, 0.5),
        (vae.encoder, torch.rand(1, 3, 64, 64) * 2 - 1, 1.0, 0.0),
    ):
        last = part.layers[-1]
        with torch.inference_mode():
            values = part.layers(inputs)
        _rescale(last, spread / values.std())
        last.bias.data += centre - values.mean() * spread / values.std()
    return vae


def _rescale(layer: nn.Conv2d, factor: torch.Tensor) -> None:
    layer.weight.data *= factor
    layer.bias.data *= factor


def _save_text_encoder(output: Path, settings: Family, index: int, dtype: torch.dtype) -> None:
    suffix = settings.encoder_suffixes[index]
    kind = CLIPTextModelWithProjection if suffix else CLIPTextModel
    model = kind(CLIPTextConfig(**settings.text_encoders[index]))
    # CLIP starts from embeddings of spread 0.02; trained ones tell tokens apart much better.
    for embedding in (module for module in model.modules() if isinstance(module, nn.Embedding)):
        embedding.weight.data *= 25
    # States that average to nothing, as a norm's first biases make them, have no mean that weighing could restore.
    getattr(model, "text_model", model).final_layer_norm.bias.data += 0.1
    model.to(dtype).save_pretrained(output / f"text_encoder{suffix}")
    write_tokenizer(output / f"tokenizer{suffix}", settings.pad_tokens[index])


def _model_index(settings: Family) -> dict[str, Any]:
    index: dict[str, Any] = {
        "_class_name": settings.pipeline,
        "_diffusers_version": diffusers.__version__,
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "scheduler": ["diffusers", settings.scheduler[0]],
        "feature_extractor": [None, None],
    }
    for suffix in ("", "_2") if "_2" in settings.encoder_suffixes else ("",):
        kind = "CLIPTextModelWithProjection" if suffix else "CLIPTextModel"
        there = suffix in settings.encoder_suffixes
        index[f"text_encoder{suffix}"] = ["transformers", kind] if there else [None, None]
        index[f"tokenizer{suffix}"] = ["transformers", "CLIPTokenizer"] if there else [None, None]
    return index | settings.index
