"""Encodes the whole data set once: `latents.npy`, float16 (2 count, channels, 32, 32), already scaled.

Row i is picture i, row count + i is its mirror image, the picture of `scenes[i].mirrored()`.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from networks.autoencoder import LATENT_CHANNELS, LATENT_SIZE, encode
from networks.checkpoint import autocast, pick_device
from networks.norm_silu import use_fused_norms
from networks.pictures import to_tensor
from networks.workers import Workers
from world.dataset import load_images

BATCH = 16


@torch.no_grad()
def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for data and checkpoints")
    args = parser.parse_args()
    workers, device, images = Workers(), pick_device(), load_images(args.work)
    model = AutoencoderKL.from_pretrained(args.work / "vae").eval()
    model.to(device, memory_format=torch.channels_last)
    use_fused_norms(model, device)
    count, path = len(images), args.work / "latents.npy"
    shape = (2 * count, LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE)
    if workers.leads:
        np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape).flush()
    workers.wait()
    latents = np.load(path, mmap_mode="r+")
    for begin in range(workers.rank * BATCH, count, workers.count * BATCH):
        pictures = to_tensor(images[begin : begin + BATCH]).to(device)
        for first, batch in ((begin, pictures), (count + begin, pictures.flip(3))):
            with autocast(device):
                encoded = encode(model, batch) * model.config.scaling_factor
            latents[first : first + len(batch)] = encoded.cpu().numpy()
        if workers.leads and begin // BATCH % 50 == 0:
            print(f"{begin}/{count} pictures", file=sys.stderr)
    latents.flush()
    workers.wait()
    if workers.leads:
        first = latents[:4096].astype(np.float32)
        print(f"std {first.std():.3f}, by channel {first.std(axis=(0, 2, 3))}", file=sys.stderr)


if __name__ == "__main__":
    main()
