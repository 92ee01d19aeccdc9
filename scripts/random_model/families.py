"""The shapes and settings of each model family, at full size and in miniature.

Full sizes and scheduler settings are those of the published models' configuration files:
Stable Diffusion 1.5, 2.1 base (epsilon), 2.1 (768, v-prediction) and SDXL base 1.0. lcm15 and lcm-xl have the
UNets of LCM_Dreamshaper_v7 and lcm-sdxl, which take the guidance scale. A miniature has the same blocks, layers
and kinds of attention with few channels.
"""

from dataclasses import dataclass, field, replace
from typing import Any

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
PNDM = ("PNDMScheduler", BETAS | {"skip_prk_steps": True, "steps_offset": 1})
DDIM = ("DDIMScheduler", BETAS | {"set_alpha_to_one": False, "steps_offset": 1, "clip_sample": False})
DDIM_V = (DDIM[0], DDIM[1] | {"prediction_type": "v_prediction"})
EULER = ("EulerDiscreteScheduler", BETAS | {"timestep_spacing": "leading", "steps_offset": 1})

CROSS_DOWN, PLAIN_DOWN = "CrossAttnDownBlock2D", "DownBlock2D"
CROSS_UP, PLAIN_UP = "CrossAttnUpBlock2D", "UpBlock2D"
SD_BLOCKS = {
    "down_block_types": [CROSS_DOWN] * 3 + [PLAIN_DOWN],
    "up_block_types": [PLAIN_UP] + [CROSS_UP] * 3,
}
XL_BLOCKS = {
    "down_block_types": [PLAIN_DOWN] + [CROSS_DOWN] * 2,
    "up_block_types": [CROSS_UP] * 2 + [PLAIN_UP],
    "addition_embed_type": "text_time",
    "use_linear_projection": True,
}
FULL_VAE = {"block_out_channels": [128, 256, 512, 512], "layers_per_block": 2}
TINY_VAE = {"block_out_channels": [16, 16, 32, 32], "layers_per_block": 1, "norm_num_groups": 8}
FULL_UNET = {"block_out_channels": [320, 640, 1280, 1280]}
TINY_UNET = {"block_out_channels": [32, 64, 64, 64], "norm_num_groups": 8, "sample_size": 16}


@dataclass(frozen=True)
class Family:
    """Everything a folder is made from: keyword arguments of diffusers' and transformers' classes.

    pad_tokens: one for each text encoder. The last encoder of SDXL has the pooled projection.
    """

    pipeline: str
    unet: dict[str, Any]
    vae: dict[str, Any]
    text_encoders: list[dict[str, Any]]
    scheduler: tuple[str, dict[str, Any]]
    pad_tokens: list[str] = field(default_factory=lambda: ["<|endoftext|>"])


def text_encoder(width: int, layers: int, heads: int, act: str, projection: int, vocabulary: int) -> dict[str, Any]:
    """Settings of a CLIP text encoder; its end id 2 makes CLIP pool at the highest id."""
    return {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "hidden_act": act,
        "projection_dim": projection,
        "vocab_size": vocabulary,
        "max_position_embeddings": 77,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "pad_token_id": 1,
    }


def stable_diffusion(
    tiny: bool, vocabulary: int, second: bool, scheduler: tuple[str, dict[str, Any]], sample: int
) -> Family:
    """Stable Diffusion 1.5, or 2.1 if `second`; sample: default size in latent pixels."""
    unet = SD_BLOCKS | {"sample_size": sample} | (TINY_UNET if tiny else FULL_UNET)
    full_width, full_layers, act = (1024, 23, "gelu") if second else (768, 12, "quick_gelu")
    width = 32 if tiny else full_width
    unet |= {"cross_attention_dim": width, "attention_head_dim": 4 if tiny else 8}
    if second:
        heads = [2, 4, 4, 4] if tiny else [5, 10, 20, 20]
        unet |= {"attention_head_dim": heads, "use_linear_projection": True}
    heads = 4 if tiny else width // 64
    encoder = text_encoder(width, 2 if tiny else full_layers, heads, act, width, vocabulary)
    vae = (TINY_VAE if tiny else FULL_VAE) | {"scaling_factor": 0.18215}
    return Family("StableDiffusionPipeline", unet, vae, [encoder], scheduler)


def stable_diffusion_xl(tiny: bool, vocabulary: int) -> Family:
    """SDXL base."""
    widths, pooled, ids = ((32, 48), 40, 8) if tiny else ((768, 1280), 1280, 256)
    depths, heads = ([1, 1, 2], [2, 4, 4]) if tiny else ([1, 2, 10], [5, 10, 20])
    unet = XL_BLOCKS | {"sample_size": 128} | (TINY_UNET if tiny else FULL_UNET)
    unet |= {
        "block_out_channels": unet["block_out_channels"][:3],
        "transformer_layers_per_block": depths,
        "attention_head_dim": heads,
        "cross_attention_dim": sum(widths),
        "addition_time_embed_dim": ids,
        "projection_class_embeddings_input_dim": pooled + 6 * ids,
    }
    layers = (2, 3) if tiny else (12, 32)
    encoders = [
        text_encoder(widths[0], layers[0], widths[0] // (8 if tiny else 64), "quick_gelu",
                     widths[0], vocabulary),
        text_encoder(widths[1], layers[1], widths[1] // (8 if tiny else 64), "gelu",
                     pooled, vocabulary),
    ]  # fmt: skip
    vae = (TINY_VAE if tiny else FULL_VAE) | {"scaling_factor": 0.13025}
    pads = ["<|endoftext|>", "!"]
    return Family("StableDiffusionXLPipeline", unet, vae, encoders, EULER, pads)


def embedding_guidance(family: Family) -> Family:
    """The family as latent consistency models are: its UNet takes the guidance scale as an input."""
    return replace(family, unet=family.unet | {"time_cond_proj_dim": 256})


FAMILIES = {
    "sd15": lambda tiny, vocabulary: stable_diffusion(tiny, vocabulary, False, PNDM, 64),
    "sd21": lambda tiny, vocabulary: stable_diffusion(tiny, vocabulary, True, PNDM, 64),
    "sd21-v": lambda tiny, vocabulary: stable_diffusion(tiny, vocabulary, True, DDIM_V, 96),
    "sdxl": stable_diffusion_xl,
    "lcm15": lambda tiny, vocabulary: embedding_guidance(stable_diffusion(tiny, vocabulary, False, DDIM, 96)),
    "lcm-xl": lambda tiny, vocabulary: embedding_guidance(stable_diffusion_xl(tiny, vocabulary)),
}
