"""Draws scenes in a look that no caption tells, and encodes them: what an adapter of that name is trained on.

Writes `scenes.jsonl` and `latents.npy` as make_dataset.py and encode_latents.py do, and the tokenizer beside them; with
--edges `edges.npy`, too, for train_control_net.py: bits, uint8 (2 count, height, width / 8), mirrored ones last.
Nothing is kept of an interrupted run; it takes minutes.
"""

import argparse
import dataclasses
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from drawing.edges import edges
from drawing.look import LOOKS
from drawing.renderer import render
from networks.autoencoder import LATENT_CHANNELS, LATENT_SIZE, encode
from networks.checkpoint import autocast, pick_device
from networks.norm_silu import use_fused_norms
from networks.pictures import to_tensor
from world.dataset import SIZE, scene_at
from world.scenes import Scene

BATCH = 16


def scenes_of(look: str, seed: int, count: int) -> list[Scene]:
    """The scenes to draw. Where the look has a palette of its own, captions tell none."""
    scenes = [scene_at(seed, index) for index in range(count)]
    if LOOKS[look].palette is None:
        return scenes
    return [dataclasses.replace(scene, palette="natural") for scene in scenes]


@torch.no_grad()
def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="folder in diffusers' layout")
    parser.add_argument("--look", choices=LOOKS, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder to write")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=11, help="none that the model was trained or judged with")
    parser.add_argument("--edges", action="store_true", help="write their edges as well")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    shutil.copytree(args.model / "tokenizer", args.work / "tokenizer", dirs_exist_ok=True)
    scenes = scenes_of(args.look, args.seed, args.count)
    (args.work / "scenes.jsonl").write_text("".join(json.dumps(dataclasses.asdict(scene)) + "\n" for scene in scenes))
    device, vae = pick_device(), AutoencoderKL.from_pretrained(args.model / "vae").eval()
    vae.to(device, memory_format=torch.channels_last)
    use_fused_norms(vae, device)
    latents = np.zeros((2 * args.count, LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE), np.float16)
    found = np.zeros((2 * args.count, SIZE, SIZE // 8) if args.edges else 0, np.uint8)
    for begin in range(0, args.count, BATCH):
        drawn = np.stack([render(scene, look=LOOKS[args.look]) for scene in scenes[begin : begin + BATCH]])
        pictures = to_tensor(drawn).to(device)
        for first, batch in ((begin, pictures), (args.count + begin, pictures.flip(3))):
            with autocast(device):
                encoded = encode(vae, batch) * vae.config.scaling_factor
            latents[first : first + len(batch)] = encoded.cpu().numpy()
        if args.edges:
            for index, picture in enumerate(drawn, begin):
                seen = edges(picture)
                found[index], found[args.count + index] = np.packbits(seen, 1), np.packbits(seen[:, ::-1], 1)
        if begin // BATCH % 10 == 0:
            print(f"{begin}/{args.count} pictures", file=sys.stderr)
    np.save(args.work / "latents.npy", latents)
    if args.edges:
        np.save(args.work / "edges.npy", found)


if __name__ == "__main__":
    main()
