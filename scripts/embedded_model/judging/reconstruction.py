"""Pictures through the autoencoder and back, as diffusers computes it in float32."""

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from networks.checkpoint import pick_device

BATCH = 8


@torch.no_grad()
def reconstruct(vae: Path, pictures: np.ndarray) -> np.ndarray:
    """Decoded means of the latents of uint8 (n, height, width, 3), of the same shape and type."""
    device = pick_device()
    model = AutoencoderKL.from_pretrained(vae).to(device).eval()
    batches = []
    for begin in range(0, len(pictures), BATCH):
        batch = torch.from_numpy(np.ascontiguousarray(pictures[begin : begin + BATCH])).to(device)
        latents = model.encode(batch.permute(0, 3, 1, 2).float() / 127.5 - 1.0).latent_dist.mean
        decoded = model.decode(latents).sample.clamp(-1.0, 1.0)
        batches.append((decoded * 127.5 + 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy())
    return np.concatenate(batches)
