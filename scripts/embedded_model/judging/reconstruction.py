"""Pictures through the autoencoder and back, as diffusers computes it in float32."""

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from networks.autoencoder import encode
from networks.checkpoint import pick_device
from networks.pictures import to_pictures, to_tensor

BATCH = 8


@torch.no_grad()
def reconstruct(vae: Path, pictures: np.ndarray) -> np.ndarray:
    """Decoded means of the latents of uint8 (n, height, width, 3), of the same shape and type."""
    device = pick_device()
    model = AutoencoderKL.from_pretrained(vae).to(device).eval()
    batches = []
    for begin in range(0, len(pictures), BATCH):
        latents = encode(model, to_tensor(pictures[begin : begin + BATCH]).to(device))
        batches.append(to_pictures(model.decode(latents).sample))
    return np.concatenate(batches)
