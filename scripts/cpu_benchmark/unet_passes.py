"""Full and cached passes of diffusers' UNet as modules that a compiler can take."""

from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from diffusers.utils.logging import disable_progress_bar
from exporter.judgement import Tensors
from exporter.ladder import example_inputs, run_diffusers
from exporter.rungs import MidRung, down_rungs, out_rung, up_rungs
from torch import nn

from cpu_benchmark.case import PIXELS_PER_LATENT, Case

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


class FullPass(nn.Module):
    """(latents, timesteps [B], context[, text_embeds, time_ids]) -> model output, by diffusers' own forward."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return run_diffusers(self.unet, inputs)


class CachedPass(nn.Module):
    """A cached step at a branch (DeepCache, arXiv 2312.00858): the rungs of skips 0 to branch, and nothing else.

    (deep, latents, timesteps [B], context[, text_embeds, time_ids]) -> model output; deep is what
    `deep_feature` gives, and entered the up rung of skip `branch` in a full pass.
    """

    def __init__(self, unet: UNet2DConditionModel, branch: int) -> None:
        super().__init__()
        self.embedding = Embedding(unet)
        self.down = nn.ModuleList(down_rungs(unet)[: branch + 1])
        self.up = nn.ModuleList(up_rungs(unet)[-branch - 1 :])
        self.out = out_rung(unet)

    def forward(self, deep: torch.Tensor, *inputs: torch.Tensor) -> torch.Tensor:
        emb, context = self.embedding(*inputs), inputs[2]
        skips = descend(self.down, inputs[0], emb, context)
        return self.out(ascend(self.up, deep, skips, emb, context))


class Embedding(nn.Module):
    """The inputs of a pass -> what every resnet reads, [B, E]; holds no more of the UNet than it needs."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.sinusoid, self.embed = unet.time_proj, unet.time_embedding
        if unet.config.addition_embed_type is not None:
            self.added_sinusoid, self.embed_added = unet.add_time_proj, unet.add_embedding

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        latents, timesteps, _, *added = inputs
        emb = self.embed(self.sinusoid(timesteps).to(latents.dtype))
        if not added:
            return emb
        text_embeds, time_ids = added
        ids = self.added_sinusoid(time_ids.flatten()).reshape(time_ids.size(0), -1)
        return emb + self.embed_added(torch.cat([text_embeds, ids], dim=-1).to(emb.dtype))


def descend(rungs: nn.ModuleList, hidden: torch.Tensor, emb: torch.Tensor, context: torch.Tensor) -> list[torch.Tensor]:
    """The skips of these down rungs, outermost first."""
    skips = []
    for rung in rungs:
        hidden = rung(hidden, emb, context)
        skips.append(hidden)
    return skips


def ascend(
    rungs: nn.ModuleList, hidden: torch.Tensor, skips: list[torch.Tensor], emb: torch.Tensor, context: torch.Tensor
) -> torch.Tensor:
    """The hidden state after these up rungs; takes their skips off the end of the list."""
    for rung in rungs:
        skip = skips.pop()
        hidden = rung(hidden, skip, emb, context, skips[-1] if skips else skip)
    return hidden


def deep_feature(unet: UNet2DConditionModel, inputs: Tensors, branch: int) -> torch.Tensor:
    """The hidden state that enters the up rung of skip `branch` in a full pass."""
    emb, context = Embedding(unet)(*inputs), inputs[2]
    skips = descend(nn.ModuleList(down_rungs(unet)), inputs[0], emb, context)
    hidden = MidRung(unet.mid_block)(skips[-1], emb, context)
    return ascend(nn.ModuleList(up_rungs(unet)[: -branch - 1]), hidden, skips, emb, context)


def load_unet(model: Path, dtype: str) -> UNet2DConditionModel:
    """The UNet of a folder in diffusers' format, for inference."""
    disable_progress_bar()
    return UNet2DConditionModel.from_pretrained(model / "unet", torch_dtype=DTYPES[dtype]).eval()


def pass_inputs(unet: UNet2DConditionModel, case: Case, tokens: int) -> Tensors:
    """Random inputs of a pass that reads tokens of text, in the UNet's dtype but for the timesteps."""
    size = case.size // PIXELS_PER_LATENT
    latents, timesteps, *others = example_inputs(unet, case.batch, size, size, tokens)
    return latents.to(unet.dtype), timesteps, *(other.to(unet.dtype) for other in others)
