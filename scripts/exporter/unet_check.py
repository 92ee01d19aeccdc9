"""Which UNets the ladder runs as diffusers does; all others are turned away by name."""

from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from packaging.version import Version

from exporter.errors import ExportError, first_line
from exporter.families import Family
from exporter.json_file import read_json
from exporter.time_embedding import pooled_size

SUPPORTED = {
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "mid_block_type": ("UNetMidBlock2DCrossAttn",),
    "addition_embed_type": (None, "text_time"),
    "time_embedding_type": ("positional",),
    "class_embed_type": (None,),
    "num_class_embeds": (None,),
    "encoder_hid_dim": (None,),
    "encoder_hid_dim_type": (None,),
    "time_embedding_act_fn": (None,),
    "time_embedding_dim": (None,),
    "center_input_sample": (False,),
    "attention_type": ("default",),
}
# Of an odd one diffusers fills a column with zeros, of the smallest it divides by zero.
LEAST_GUIDANCE = 4


def unet_config(folder: Path) -> Any:
    """The UNet's configuration with diffusers' defaults filled in, without its weights."""
    settings = read_json(folder / "unet" / "config.json")
    name = settings.get("_class_name")
    if name != UNet2DConditionModel.__name__:
        raise ExportError(f"unet/ holds a {name}; only {UNet2DConditionModel.__name__} is exported")
    try:
        with torch.device("meta"):
            return UNet2DConditionModel.from_config(settings).config
    except (ValueError, RuntimeError, TypeError, AttributeError) as error:
        raise ExportError(f"diffusers refuses unet/config.json: {first_line(error)}") from error


def check_unet(config: Any, latent_channels: int) -> None:
    """Throws ExportError, naming the setting, for a UNet that the ladder would run wrongly."""
    for name, accepted in SUPPORTED.items():
        value = config[name]
        for item in value if isinstance(value, list | tuple) else [value]:
            if item not in accepted:
                names = ", ".join(map(str, accepted))
                raise ExportError(f"the UNet has {name} {item!r}; accepted: {names}")
    _check_guidance(config.time_cond_proj_dim)
    inputs, outputs, inpainting = config.in_channels, config.out_channels, inpainting_channels(latent_channels)
    if outputs != latent_channels or inputs not in (latent_channels, inpainting):
        others = {
            latent_channels + 1: " (for a depth map)",
            2 * latent_channels: " (for a picture, as InstructPix2Pix)",
        }
        raise ExportError(
            f"the UNet takes {inputs} channels{others.get(inputs, '')} and gives {outputs}; exported are those that "
            f"take and give the VAE's {latent_channels}, or take {inpainting} for inpainting"
        )


def inpainting_channels(latent_channels: int) -> int:
    """What a UNet for inpainting takes: latents, a mask, and the masked picture's latents."""
    return 2 * latent_channels + 1


def is_inpainting(config: Any) -> bool:
    """Whether a UNet is for inpainting, which its channels say, whatever its pipeline is called."""
    return config.in_channels == inpainting_channels(config.out_channels)


def _check_guidance(width: Any) -> None:
    if width is None or (type(width) is int and width >= LEAST_GUIDANCE and width % 2 == 0):
        return
    raise ExportError(f"the UNet has time_cond_proj_dim {width!r}; accepted: None, or an even {LEAST_GUIDANCE} or more")


def check_conditioning(config: Any, encoders: list[dict[str, Any]], family: Family) -> None:
    """Throws ExportError if the text encoders do not make what the UNet reads."""
    context = sum(encoder["hidden_size"] for encoder in encoders)
    if context != config.cross_attention_dim:
        raise ExportError(
            f"the text encoders make {context} channels, the UNet reads "
            f"{config.cross_attention_dim}: they do not belong together"
        )
    pooled, expected = encoders[-1]["projection_size"], pooled_size(config, family.time_ids)
    if pooled != expected:
        raise ExportError(
            f"with {family.time_ids} time ids the UNet reads {expected} channels of pooled text, the "
            f"text encoder makes {pooled}: this is no {family.title} model"
        )


def default_size(config: Any) -> tuple[int, int]:
    """Default height and width in latent pixels."""
    size = config.sample_size
    if not isinstance(size, int):
        return size[0], size[1]
    # As diffusers' Stable Diffusion pipeline does: its first configurations gave half the size.
    saved_by = Version(Version(config.get("_diffusers_version", "0")).base_version)
    size = 64 if saved_by < Version("0.9.0.dev0") and size < 64 else size
    return size, size
