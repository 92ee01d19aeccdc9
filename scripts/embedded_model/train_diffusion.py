"""Trains the UNet and its text encoder together on the encoded data set.

v-prediction (Salimans & Ho, arXiv 2202.00512) with weights min(1, 5 / (SNR + 1)): as min-SNR-5
(Hang et al., arXiv 2303.09556) it holds back the nearly clean steps, but leaves the noisiest ones,
which settle what stands where, their full share. Every picture gets a new caption each time it
comes up, and is mirrored half of the time; one caption in ten is empty, for classifier-free
guidance.

The UNet starts from nothing and is trained with Muon; the text encoder comes from
train_text_encoder.py and follows with a smaller learning rate.

Writes `diffusion.pt` (resumable) and `diffusion.jsonl` (log).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from networks.arguments import training_arguments
from networks.checkpoint import Average, Checkpoint, Log, autocast, learning_rate, pick_device, set_rate
from networks.denoising_loss import denoising_loss
from networks.diffusion_model import build_scheduler, build_unet
from networks.muon import Muon
from networks.norm_silu import use_fused_norms
from networks.text_reader import load_text_encoder
from networks.tokenizer import encode_prompt, load_tokenizer
from networks.workers import Workers
from world.captions import caption
from world.dataset import HELD_OUT, load_scenes

UNCONDITIONAL = 0.1
TEXT_RATE = 0.1  # of the learning rate


class Examples:
    """Draws batches of (latents, token ids) from the data set; the first HELD_OUT are left out."""

    def __init__(self, work: Path) -> None:
        self.latents = np.load(work / "latents.npy", mmap_mode="r")
        self.scenes = load_scenes(work)
        if len(self.latents) != 2 * len(self.scenes):
            raise SystemExit("latents.npy is not of these pictures: run encode_latents.py again")
        self.tokenizer = load_tokenizer(work)

    def draw(self, rng: np.random.Generator, count: int) -> tuple[torch.Tensor, ...]:
        """float32 (count, channels, height, width), int64 (count, MAX_LENGTH), and what lies `beside` these."""
        indices = rng.integers(HELD_OUT, len(self.scenes), count)
        mirrored = rng.random(count) < 0.5
        rows = indices + mirrored * len(self.scenes)
        ids = [self.ids(*which, rng) for which in zip(indices, mirrored, strict=True)]
        latents = torch.from_numpy(self.latents[rows].astype(np.float32))
        return latents, torch.tensor(ids), *self.beside(rows)

    def beside(self, rows: np.ndarray) -> tuple[torch.Tensor, ...]:
        """What else belongs to these rows of the latents: nothing."""
        return ()

    def ids(self, index: int, mirrored: bool, rng: np.random.Generator) -> list[int]:
        """MAX_LENGTH ids of a new caption of scene `index`."""
        if rng.random() < UNCONDITIONAL:
            return encode_prompt(self.tokenizer, "")
        scene = self.scenes[index]
        told = caption(scene.mirrored() if mirrored else scene, rng)
        return encode_prompt(self.tokenizer, told.text)


class Denoising(torch.nn.Module):
    """UNet and text encoder with the training objective."""

    def __init__(self, vocabulary: int, work: Path) -> None:
        super().__init__()
        self.unet = build_unet()
        self.text_encoder = load_text_encoder(vocabulary, work)
        self.scheduler = build_scheduler()
        # Explicit attention: the fused kernel's backward pass is slow on CPUs for small heads.
        self.unet.set_attn_processor(AttnProcessor())
        self.text_encoder.set_attn_implementation("eager")

    def loss(self, latents: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Weighted squared error of the predicted v at uniformly drawn timesteps."""
        with autocast(latents.device):
            text = self.text_encoder(ids).last_hidden_state
        return denoising_loss(self.unet, self.scheduler, latents, text)


def train(args: argparse.Namespace) -> None:
    """Runs or resumes the training."""
    workers, device = Workers(), pick_device()
    torch.manual_seed(args.seed)
    examples = Examples(args.work)
    model = Denoising(examples.tokenizer.get_piece_size(), args.work).to(device)
    use_fused_norms(model.unet, device)
    parameters = list(model.parameters())
    optimizer = Muon([model.unet], args.rate)
    text_optimizer = torch.optim.AdamW(model.text_encoder.parameters(), betas=(0.9, 0.99), fused=True)
    parts = {"unet": model.unet, "text_encoder": model.text_encoder}
    average = Average(parts, decay=args.decay)
    log = Log(args.work / "diffusion.jsonl")
    optimizers = {"optimizer": optimizer, "text_optimizer": text_optimizer}
    checkpoint = Checkpoint(args.work / "diffusion.pt", model=model, average=average, **optimizers)
    first = checkpoint.resume(device)
    torch.manual_seed(args.seed + 1000 * first + workers.rank)
    losses = []
    for step in range(first, args.steps):
        rng = np.random.default_rng((args.seed, step, workers.rank))
        latents, ids = examples.draw(rng, args.batch)
        rate = learning_rate(step, args.steps, args.rate, warmup=100)
        set_rate(optimizer, rate)
        set_rate(text_optimizer, rate * TEXT_RATE)
        loss = model.loss(latents.to(device), ids.to(device))
        optimizer.zero_grad()
        text_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        workers.average_gradients(parameters)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        text_optimizer.step()
        average.update()
        losses.append(loss.item())
        if not workers.leads:
            continue
        if (step + 1) % 50 == 0:
            mean = sum(losses[-50:]) / len(losses[-50:])
            print(log.write(step=step + 1, loss=round(mean, 5), rate=rate), file=sys.stderr)
        if (step + 1) % 200 == 0 or step + 1 == args.steps:
            checkpoint.save(step + 1)


def main() -> None:
    """Command line."""
    parser = training_arguments(__doc__.splitlines()[0], steps=9700, batch=24, examples="pictures")
    parser.add_argument("--decay", type=float, default=0.999, help="of the averaged weights")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
