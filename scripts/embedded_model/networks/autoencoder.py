"""The autoencoder (diffusers' AutoencoderKL): 256x256 pictures to 8x32x32 latents and back."""

import torch
from diffusers import AutoencoderKL
from world.dataset import SIZE

LATENT_CHANNELS = 8
LATENT_SIZE = SIZE // 8


def build_autoencoder() -> AutoencoderKL:
    """The architecture, with all residual branches starting at zero."""
    model = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(16, 32, 64, 64),
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=4,
        sample_size=SIZE,
    )
    for name, module in model.named_modules():
        if name.endswith(("conv2", "to_out.0")):
            torch.nn.init.zeros_(module.weight)
            torch.nn.init.zeros_(module.bias)
    return model


def encode(model: AutoencoderKL, pictures: torch.Tensor) -> torch.Tensor:
    """Means of the latents, float32 (n, LATENT_CHANNELS, height / 8, width / 8)."""
    return model.encode(pictures).latent_dist.mean.float()
