"""How an adapter of the finished model is trained: a few parameters, while the networks stay as they are."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from transformers import CLIPTextModel

from networks.checkpoint import Average, Checkpoint, Log, learning_rate, pick_device, set_rate
from networks.denoising_loss import denoising_loss
from networks.muon import Muon
from networks.norm_silu import use_fused_norms


@dataclass(frozen=True)
class Frozen:
    """The networks of a folder in diffusers' layout, none of whose weights is trained."""

    unet: UNet2DConditionModel
    text_encoder: CLIPTextModel
    scheduler: DDIMScheduler
    device: torch.device

    @classmethod
    def load(cls, folder: Path) -> "Frozen":
        device = pick_device()
        unet = UNet2DConditionModel.from_pretrained(folder / "unet").requires_grad_(False)
        unet.to(device, memory_format=torch.channels_last).set_attn_processor(AttnProcessor())
        use_fused_norms(unet, device)
        text_encoder = CLIPTextModel.from_pretrained(folder / "text_encoder").requires_grad_(False).to(device)
        return cls(unet, text_encoder, DDIMScheduler.from_pretrained(folder / "scheduler"), device)

    def loss(self, latents: Tensor, ids: Tensor) -> Tensor:
        """See `denoising_loss`; ids: of the captions, int64 (n, MAX_LENGTH)."""
        text = self.text_encoder(ids.to(self.device)).last_hidden_state
        return denoising_loss(self.unet, self.scheduler, latents.to(self.device), text)


def train_adapter(
    name: str, adapter: nn.Module, frozen, examples, args: argparse.Namespace, optimizer: Muon | None = None
) -> None:
    """Trains what is in `frozen` already, and leaves it averaged over the last steps.

    frozen: has `loss` of what `examples` draw, and `device`, as `Frozen`; examples: has `draw`, as those of
    train_diffusion.py; args: `training_arguments`; optimizer: AdamW if None. Writes `NAME.pt` (resumable) and
    `NAME.jsonl` (log) into `args.work`.
    """
    optimizer = optimizer or torch.optim.AdamW(adapter.parameters(), betas=(0.9, 0.99), weight_decay=0.0)
    average, log = Average({"adapter": adapter}, decay=0.98), Log(args.work / f"{name}.jsonl")
    checkpoint = Checkpoint(args.work / f"{name}.pt", adapter=adapter, average=average, optimizer=optimizer)
    first, losses = checkpoint.resume(frozen.device), []
    torch.manual_seed(args.seed + 1000 * first)
    for step in range(first, args.steps):
        loss = frozen.loss(*examples.draw(np.random.default_rng((args.seed, step)), args.batch))
        set_rate(optimizer, learning_rate(step, args.steps, args.rate, warmup=20))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(adapter.parameters(), 1.0)
        optimizer.step()
        average.update()
        losses.append(loss.item())
        if (step + 1) % 25 == 0 or step + 1 == args.steps:
            mean = sum(losses[-25:]) / len(losses[-25:])
            print(log.write(step=step + 1, loss=round(mean, 5)), file=sys.stderr)
            checkpoint.save(step + 1)
    adapter.load_state_dict(average.weights["adapter"])
