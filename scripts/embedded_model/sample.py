"""Draws a contact sheet from a model folder that `save_pipeline.py` wrote: one row a prompt.

A plain DDIM loop with classifier-free guidance; `--interval` above 1 puts the reference
DeepCache helper (pip package DeepCache) around the UNet, to see what caching does to the pictures.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from networks.lora import merge
from networks.new_word import PLACE, encode_with_word, teach
from networks.pictures import to_pictures
from networks.tokenizer import load_tokenizer
from PIL import Image
from safetensors.torch import load_file
from transformers import CLIPTextModel

PROMPTS = (
    "a lighthouse by the sea at dusk",
    "a lighthouse by the sea at night with stars",
    "a sailing boat on a calm sea at sunset with the sun on the left",
    "a red house in a green field on a sunny day",
    "snowy mountains at dawn",
    "fir trees in the snow at night with a full moon",
    "palm trees in the desert at sunset",
    "a cottage and trees in a meadow with mountains in the background",
    "a boat with a red sail on a lake with mountains, at noon",
    "a blue lighthouse on the left and a house on the right by the sea by day",
    "the moon over the ocean at midnight with clouds",
    "winter",
)


class Model:
    """The parts of a model folder, in float32 on the CPU."""

    def __init__(self, folder: Path) -> None:
        self.unet = UNet2DConditionModel.from_pretrained(folder / "unet").eval()
        self.vae = AutoencoderKL.from_pretrained(folder / "vae").eval()
        self.text_encoder = CLIPTextModel.from_pretrained(folder / "text_encoder").eval()
        self.scheduler = DDIMScheduler.from_pretrained(folder / "scheduler")
        self.tokenizer = load_tokenizer(folder)
        self.word, self.vectors = PLACE, 0

    def add_lora(self, path: Path, weight: float) -> None:
        """Merges a LoRA as train_lora.py writes it into the UNet, `weight` times."""
        merge(self.unet, load_file(path), weight)

    def add_embedding(self, path: Path) -> None:
        """Teaches the text encoder the word that is the file's name, as train_embedding.py writes it."""
        vectors = load_file(path)["emb_params"]
        teach(self.text_encoder, vectors)
        self.word, self.vectors = path.stem, len(vectors)

    def encode_text(self, prompts: list[str]) -> torch.Tensor:
        """float32 (n, MAX_LENGTH, width)."""
        prompts = [prompt.replace(self.word, PLACE) for prompt in prompts]
        ids = [encode_with_word(self.tokenizer, prompt, self.vectors) for prompt in prompts]
        return self.text_encoder(torch.tensor(ids)).last_hidden_state

    def generate(self, prompts: list[str], steps: int, guidance: float, seed: int) -> np.ndarray:
        """One picture a prompt, uint8 (n, size, size, 3)."""
        text = self.encode_text([""] * len(prompts) + prompts)
        generator = torch.Generator().manual_seed(seed)
        shape = (len(prompts), self.unet.config.in_channels, *2 * [self.unet.config.sample_size])
        latents = torch.randn(shape, generator=generator)
        self.scheduler.set_timesteps(steps)
        for step in self.scheduler.timesteps:
            output = self.unet(torch.cat([latents, latents]), step, text, return_dict=False)[0]
            without, given = output.chunk(2)
            output = without + guidance * (given - without)
            latents = self.scheduler.step(output, step, latents).prev_sample
        return to_pictures(self.vae.decode(latents / self.vae.config.scaling_factor).sample)


@torch.no_grad()
def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="model folder")
    parser.add_argument("--out", type=Path, required=True, help="PNG to write")
    parser.add_argument("--prompt", action="append", help="may be repeated")
    parser.add_argument("--seeds", type=int, default=4, help="pictures a prompt")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--guidance", type=float)
    parser.add_argument("--interval", type=int, default=1)
    parser.add_argument("--branch", type=int, default=0)
    parser.add_argument("--lora", type=Path, help="a file of train_lora.py")
    parser.add_argument("--lora-weight", type=float, default=0.8)
    parser.add_argument("--embedding", type=Path, help="a file of train_embedding.py; its name is the word")
    args = parser.parse_args()
    advice = json.loads((args.model / "recommended.json").read_text())
    model, prompts = Model(args.model), args.prompt or list(PROMPTS)
    if args.lora:
        model.add_lora(args.lora, args.lora_weight)
    if args.embedding:
        model.add_embedding(args.embedding)
    columns = []
    begin = time.monotonic()
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        if args.interval > 1:
            # The helper finds out which steps to cache from state it keeps: a new one a loop.
            from DeepCache import DeepCacheSDHelper

            model.scheduler.set_timesteps(args.steps or advice["steps"])
            pipe = SimpleNamespace(unet=model.unet, scheduler=model.scheduler)
            helper = DeepCacheSDHelper(pipe=pipe)
            helper.set_params(cache_interval=args.interval, cache_branch_id=args.branch)
            helper.enable()
        pictures = model.generate(
            prompts, args.steps or advice["steps"], args.guidance or advice["guidance_scale"], seed
        )
        if args.interval > 1:
            helper.disable()
        columns.append(np.concatenate(list(pictures), axis=0))
    Image.fromarray(np.concatenate(columns, axis=1)).save(args.out)
    print(f"{time.monotonic() - begin:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
