"""The shapes and settings of each model family, at full size and in miniature.

Full sizes and scheduler settings are those of the published models' configuration files:
Stable Diffusion 1.5, 2.1 base (epsilon), 2.1 (768, v-prediction), SDXL base 1.0 and its refiner. lcm15 and lcm-xl
have the UNets of LCM_Dreamshaper_v7 and lcm-sdxl, which take the guidance scale; those for inpainting read the mask
and the masked picture's latents beside their own. A miniature has the same blocks, layers and kinds of attention with
few channels. At the end stand autoencoders alone, and control nets: the control-NAME have the encoder of NAME's UNet.
"""

from dataclasses import dataclass, field, replace
from typing import Any

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
PNDM = ("PNDMScheduler", BETAS | {"skip_prk_steps": True, "steps_offset": 1})
DDIM = ("DDIMScheduler", BETAS | {"set_alpha_to_one": False, "steps_offset": 1, "clip_sample": False})
DDIM_V = (DDIM[0], DDIM[1] | {"prediction_type": "v_prediction"})
EULER = ("EulerDiscreteScheduler", BETAS | {"timestep_spacing": "leading", "steps_offset": 1})

REFINER_PIPELINE = "StableDiffusionXLImg2ImgPipeline"
CROSS_DOWN, PLAIN_DOWN = "CrossAttnDownBlock2D", "DownBlock2D"
CROSS_UP, PLAIN_UP = "CrossAttnUpBlock2D", "UpBlock2D"
SD_BLOCKS = {
    "down_block_types": [CROSS_DOWN] * 3 + [PLAIN_DOWN],
    "up_block_types": [PLAIN_UP] + [CROSS_UP] * 3,
}
XL_ADDED = {"addition_embed_type": "text_time", "use_linear_projection": True}
XL_BLOCKS = XL_ADDED | {
    "down_block_types": [PLAIN_DOWN] + [CROSS_DOWN] * 2,
    "up_block_types": [CROSS_UP] * 2 + [PLAIN_UP],
}
REFINER_BLOCKS = XL_ADDED | {
    "down_block_types": [PLAIN_DOWN] + [CROSS_DOWN] * 2 + [PLAIN_DOWN],
    "up_block_types": [PLAIN_UP] + [CROSS_UP] * 2 + [PLAIN_UP],
}
FULL_VAE = {"block_out_channels": [128, 256, 512, 512], "layers_per_block": 2}
TINY_VAE = {"block_out_channels": [16, 16, 32, 32], "layers_per_block": 1, "norm_num_groups": 8}
FULL_UNET = {"block_out_channels": [320, 640, 1280, 1280]}
TINY_UNET = {"block_out_channels": [32, 64, 64, 64], "norm_num_groups": 8, "sample_size": 16}
# Of SDXL's second text encoder, the refiner's only one.
FULL_BIG_TEXT = {"width": 1280, "layers": 32, "heads": 20, "act": "gelu", "projection": 1280}
TINY_BIG_TEXT = {"width": 48, "layers": 3, "heads": 6, "act": "gelu", "projection": 40}
XL_SCALING = {"scaling_factor": 0.13025}
UNCHECKED = {"safety_checker": [None, None], "requires_safety_checker": False}
XL_INDEX = {"force_zeros_for_empty_prompt": True}


@dataclass(frozen=True)
class Family:
    """Everything a folder is made from: keyword arguments of diffusers' and transformers' classes.

    pad_tokens: one for each text encoder. The last encoder of SDXL has the pooled projection; the refiner has that
    encoder only. index: what model_index.json says besides.
    """

    pipeline: str
    unet: dict[str, Any]
    vae: dict[str, Any]
    text_encoders: list[dict[str, Any]]
    scheduler: tuple[str, dict[str, Any]]
    pad_tokens: list[str] = field(default_factory=lambda: ["<|endoftext|>"])
    index: dict[str, Any] = field(default_factory=lambda: dict(UNCHECKED))

    @property
    def encoder_suffixes(self) -> list[str]:
        """What the names of the text encoders end in."""
        return ["_2"] if self.pipeline == REFINER_PIPELINE else ["", "_2"][: len(self.text_encoders)]


@dataclass(frozen=True)
class LoneAutoencoder:
    """A folder that is an autoencoder: its class in diffusers, and the class's keyword arguments."""

    kind: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class LoneControlNet:
    """A folder that is a control net: keyword arguments of diffusers' ControlNetModel."""

    settings: dict[str, Any]


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
    first = (32, 2, 4) if tiny else (768, 12, 12)
    second = TINY_BIG_TEXT if tiny else FULL_BIG_TEXT
    depths, heads = ([1, 1, 2], [2, 4, 4]) if tiny else ([1, 2, 10], [5, 10, 20])
    unet = XL_BLOCKS | {"sample_size": 128} | (TINY_UNET if tiny else FULL_UNET)
    unet |= {
        "block_out_channels": unet["block_out_channels"][:3],
        "transformer_layers_per_block": depths,
        "attention_head_dim": heads,
        "cross_attention_dim": first[0] + second["width"],
        **added_embedding(second["projection"], 6, tiny),
    }
    encoders = [
        text_encoder(*first, "quick_gelu", first[0], vocabulary),
        text_encoder(**second, vocabulary=vocabulary),
    ]
    vae = (TINY_VAE if tiny else FULL_VAE) | XL_SCALING
    pads = ["<|endoftext|>", "!"]
    return Family("StableDiffusionXLPipeline", unet, vae, encoders, EULER, pads, XL_INDEX)


def stable_diffusion_xl_refiner(tiny: bool, vocabulary: int) -> Family:
    """SDXL's refiner: one text encoder, and an aesthetic score in place of the target size."""
    encoder = TINY_BIG_TEXT if tiny else FULL_BIG_TEXT
    full = {"block_out_channels": [384, 768, 1536, 1536], "attention_head_dim": [6, 12, 24, 24]}
    small = TINY_UNET | {"attention_head_dim": [2, 4, 4, 4]}
    unet = REFINER_BLOCKS | (small if tiny else full)
    unet |= {
        "sample_size": 128,
        "transformer_layers_per_block": 2 if tiny else 4,
        "cross_attention_dim": encoder["width"],
        **added_embedding(encoder["projection"], 5, tiny),
    }
    vae = (TINY_VAE if tiny else FULL_VAE) | XL_SCALING
    index = {"force_zeros_for_empty_prompt": False, "requires_aesthetics_score": True}
    encoders = [text_encoder(**encoder, vocabulary=vocabulary)]
    return Family(REFINER_PIPELINE, unet, vae, encoders, EULER, ["!"], index)


def added_embedding(pooled: int, time_ids: int, tiny: bool) -> dict[str, int]:
    """What an SDXL UNet embeds besides the timestep: pooled text and so many numbers about sizes."""
    width = 8 if tiny else 256
    return {"addition_time_embed_dim": width, "projection_class_embeddings_input_dim": pooled + time_ids * width}


def embedding_guidance(family: Family) -> Family:
    """The family as latent consistency models are: its UNet takes the guidance scale as an input."""
    return replace(family, unet=family.unet | {"time_cond_proj_dim": 256})


def inpainting(family: Family) -> Family:
    """The family with a UNet that reads a mask and the masked picture's latents, too."""
    pipeline = family.pipeline.replace("Pipeline", "InpaintPipeline")
    return replace(family, pipeline=pipeline, unet=family.unet | {"in_channels": 9})


def tiny_autoencoder(tiny: bool, _vocabulary: int) -> LoneAutoencoder:
    """TAESD and TAESDXL, which have the same shape and differ in what latents they know."""
    full = {"encoder_block_out_channels": [64] * 4, "decoder_block_out_channels": [64] * 4}
    full |= {"num_encoder_blocks": [1, 3, 3, 3], "num_decoder_blocks": [3, 3, 3, 1]}
    small = {"encoder_block_out_channels": [16] * 4, "decoder_block_out_channels": [16] * 4}
    small |= {"num_encoder_blocks": [1, 1, 1, 1], "num_decoder_blocks": [1, 1, 1, 1]}
    return LoneAutoencoder("AutoencoderTiny", small if tiny else full)


def autoencoder(tiny: bool, _vocabulary: int) -> LoneAutoencoder:
    """The autoencoder of Stable Diffusion 1.5 and 2.1, as fine-tuned ones are published."""
    blocks = {"down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4}
    return LoneAutoencoder("AutoencoderKL", (TINY_VAE if tiny else FULL_VAE) | blocks | {"scaling_factor": 0.18215})


def control_net(family: Family, tiny: bool) -> LoneControlNet:
    """A control net for UNets such as the family's."""
    others = ("up_block_types", "sample_size")
    settings = {name: value for name, value in family.unet.items() if name not in others}
    return LoneControlNet(settings | ({"conditioning_embedding_out_channels": [8, 8, 16, 16]} if tiny else {}))


def pooling(net: LoneControlNet) -> LoneControlNet:
    """The net as the published one that rearranges a picture: what it adds is pooled. Here it sees blue first, too."""
    pooled = {"global_pool_conditions": True, "controlnet_conditioning_channel_order": "bgr"}
    return LoneControlNet(net.settings | pooled)


FAMILIES = {
    "sd15": lambda tiny, vocabulary: stable_diffusion(tiny, vocabulary, False, PNDM, 64),
    "sd21": lambda tiny, vocabulary: stable_diffusion(tiny, vocabulary, True, PNDM, 64),
    "sd21-v": lambda tiny, vocabulary: stable_diffusion(tiny, vocabulary, True, DDIM_V, 96),
    "sdxl": stable_diffusion_xl,
    "lcm15": lambda tiny, vocabulary: embedding_guidance(stable_diffusion(tiny, vocabulary, False, DDIM, 96)),
    "lcm-xl": lambda tiny, vocabulary: embedding_guidance(stable_diffusion_xl(tiny, vocabulary)),
    "sd15-inpaint": lambda tiny, vocabulary: inpainting(stable_diffusion(tiny, vocabulary, False, PNDM, 64)),
    "sd21-inpaint": lambda tiny, vocabulary: inpainting(stable_diffusion(tiny, vocabulary, True, PNDM, 64)),
    "sdxl-inpaint": lambda tiny, vocabulary: inpainting(stable_diffusion_xl(tiny, vocabulary)),
    "sdxl-refiner": stable_diffusion_xl_refiner,
    "taesd": tiny_autoencoder,
    "taesdxl": tiny_autoencoder,
    "vae": autoencoder,
    "control-sd15": lambda tiny, vocabulary: control_net(stable_diffusion(tiny, vocabulary, False, PNDM, 64), tiny),
    "control-sd21": lambda tiny, vocabulary: control_net(stable_diffusion(tiny, vocabulary, True, PNDM, 64), tiny),
    "control-sd15-shuffle": lambda tiny, vocabulary: pooling(FAMILIES["control-sd15"](tiny, vocabulary)),
    "control-sdxl": lambda tiny, vocabulary: control_net(stable_diffusion_xl(tiny, vocabulary), tiny),
}
