"""A control net for the model: its UNet's encoder at half the width, steered by edges.

As wide as the encoder it would have 2.2 M parameters; edges can be told in fewer.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from diffusers import UNet2DConditionModel
from exporter.widening_control_net import WIDTHS, WideningControlNet

from networks.autoencoder import LATENT_CHANNELS

WIDTHS_OF_BLOCKS = (32, 32, 48, 32)
HEADS = (1, 1, 2, 1)
# Of what reads the picture, from its full size to a latent's.
WIDTHS_OF_PICTURE = (16, 32, 48, 64)


def build_control_net(unet: UNet2DConditionModel) -> WideningControlNet:
    """A net that adds nothing yet, for a UNet of networks/diffusion_model.py."""
    config = unet.config
    return WideningControlNet.from_config(
        {
            "in_channels": LATENT_CHANNELS,
            "block_out_channels": WIDTHS_OF_BLOCKS,
            "down_block_types": config.down_block_types,
            "layers_per_block": config.layers_per_block,
            "cross_attention_dim": config.cross_attention_dim,
            "attention_head_dim": HEADS,
            "norm_num_groups": config.norm_num_groups,
            "conditioning_embedding_out_channels": WIDTHS_OF_PICTURE,
            WIDTHS: skip_widths(unet),
        }
    )


def skip_widths(unet: UNet2DConditionModel) -> list[int]:
    """Channels of a UNet's skips, outermost first, and of its mid."""
    widths = list(unet.config.block_out_channels)
    skips = [widths[0]]
    for level, width in enumerate(widths):
        last = level + 1 == len(widths)
        skips += [width] * (unet.config.layers_per_block + (0 if last else 1))
    return [*skips, widths[-1]]
