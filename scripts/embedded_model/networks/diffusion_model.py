"""The two networks of the diffusion model, in Stable Diffusion's architecture but small.

About 5 M parameters: the sizes that both keep the committed files below 16 MB in half precision
and train in hours on two CPU cores. Widths are multiples of 32, the width of AMX tiles.
"""

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from networks.autoencoder import LATENT_CHANNELS, LATENT_SIZE
from networks.tokenizer import BOS, EOS, MAX_LENGTH, PAD

TEXT_WIDTH = 96


def build_unet() -> UNet2DConditionModel:
    """Four levels, twelve rungs; every residual branch starts at zero.

    Attention only where there are 8x8 places or fewer: at 16x16 it would take a third of the time
    of a step and at 32x32, where only few things are decided, two thirds.
    """
    unet = UNet2DConditionModel(
        sample_size=LATENT_SIZE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=(64, 64, 96, 64),
        down_block_types=("DownBlock2D",) * 2 + ("CrossAttnDownBlock2D",) * 2,
        up_block_types=("CrossAttnUpBlock2D",) * 2 + ("UpBlock2D",) * 2,
        layers_per_block=2,
        cross_attention_dim=TEXT_WIDTH,
        # In diffusers' UNet this is the number of heads of each level.
        attention_head_dim=(2, 2, 3, 2),
        norm_num_groups=8,
    )
    for name, module in unet.named_modules():
        if name.endswith((".conv2", ".proj_out")) or name == "conv_out":
            torch.nn.init.zeros_(module.weight)
            torch.nn.init.zeros_(module.bias)
    return unet


def build_text_encoder(vocabulary: int) -> CLIPTextModel:
    """A causal transformer of three layers over the tokenizer's pieces."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=TEXT_WIDTH,
            intermediate_size=4 * TEXT_WIDTH,
            projection_dim=TEXT_WIDTH,
            num_hidden_layers=3,
            num_attention_heads=3,
            max_position_embeddings=MAX_LENGTH,
            bos_token_id=BOS,
            eos_token_id=EOS,
            pad_token_id=PAD,
        )
    )


def build_scheduler() -> DDIMScheduler:
    """Stable Diffusion's noise schedule; trailing steps, so that sampling begins in pure noise."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        steps_offset=1,
        set_alpha_to_one=False,
        clip_sample=False,
    )
