"""The UNet as a ladder of rungs, one for every skip connection on each side.

A down rung is `conv_in`, a resnet with its transformer, or a downsampler; each makes one skip. An
up rung is a resnet with its transformer and, at a block's end, the upsampler; up rung i of n takes
skip n-1-i. So any number of outer rungs can run on their own (DeepCache, arXiv 2312.00858).
"""

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from torch import nn

from exporter.double_precision import cast, double_precision, holders_of_weights
from exporter.judgement import Case, Tensors
from exporter.rungs import MidRung, down_rungs, out_rung, up_rungs
from exporter.time_embedding import TIME_IDS, guidance_size, pooled_size, script_time_embedding
from exporter.tracing import script, trace

Ladder = torch.jit.ScriptModule


class Rungs(nn.Module):
    """The container that is stored; it only holds, whoever loads it decides what to run."""

    def __init__(
        self,
        time_embedding: nn.Module,
        down: list[nn.Module],
        mid: nn.Module,
        up: list[nn.Module],
        out: nn.Module,
    ) -> None:
        super().__init__()
        self.time_embedding, self.mid, self.out = time_embedding, mid, out
        self.down, self.up = nn.ModuleList(down), nn.ModuleList(up)


def trace_ladder(unet: UNet2DConditionModel, time_ids: int = TIME_IDS) -> Ladder:
    """Traces every rung of a float32 UNet, sharing its weights. time_ids: of an SDXL UNet, how many it takes."""
    inputs = example_inputs(unet, batch=2, height=16, width=24, tokens=7, time_ids=time_ids)
    hidden, timesteps, context, *added = inputs
    embedding = script_time_embedding(unet)
    emb = embedding(timesteps, *added)
    down, skips = [], []
    for rung in down_rungs(unet):
        down.append(trace(rung, (hidden, emb, context)))
        hidden = down[-1](hidden, emb, context)
        skips.append(hidden)
    mid = trace(MidRung(unet.mid_block), (hidden, emb, context))
    hidden, up = mid(hidden, emb, context), []
    for rung in up_rungs(unet):
        rung_inputs = (hidden, *_pop(skips, emb, context))
        up.append(trace(rung, rung_inputs))
        hidden = up[-1](*rung_inputs)
    return script(Rungs(embedding, down, mid, up, trace(out_rung(unet), (hidden,))))


def run_ladder(ladder: Ladder, inputs: Tensors) -> torch.Tensor:
    """A full pass over (latents, timesteps, context[, text_embeds, time_ids][, guidance]): the model output."""
    latents, timesteps, context, *added = inputs
    emb = ladder.time_embedding(timesteps, *added)
    hidden, context = latents.type_as(emb), context.type_as(emb)
    skips = []
    for rung in ladder.down.children():
        hidden = rung(hidden, emb, context)
        skips.append(hidden)
    hidden = ladder.mid(hidden, emb, context)
    for rung in ladder.up.children():
        hidden = rung(hidden, *_pop(skips, emb, context))
    return ladder.out(hidden)


def _pop(skips: list[torch.Tensor], emb: torch.Tensor, context: torch.Tensor) -> Tensors:
    """An up rung's inputs after the hidden state; the last rung gets its own skip twice."""
    skip = skips.pop()
    return skip, emb, context, skips[-1] if skips else skip


def count_rungs(unet: UNet2DConditionModel) -> int:
    """The number of rungs on each side, which is that of skips."""
    return len(down_rungs(unet))


def run_diffusers(unet: UNet2DConditionModel, inputs: Tensors) -> torch.Tensor:
    """The same pass as `run_ladder`, by diffusers."""
    latents, timesteps, context, *added = inputs
    embedded = None
    if width := guidance_size(unet.config):
        embedded = embedded_guidance(added.pop(), width).to(latents.dtype)
    added_inputs = dict(zip(("text_embeds", "time_ids"), added, strict=False))
    return unet(latents, timesteps, context, timestep_cond=embedded, added_cond_kwargs=added_inputs).sample


def embedded_guidance(guidance: torch.Tensor, width: int) -> torch.Tensor:
    """Guidance [N] as diffusers' pipelines embed it: float32 [N, width]."""
    # It reads nothing of the pipeline.
    return StableDiffusionPipeline.get_guidance_scale_embedding(None, guidance.float(), width)


def example_inputs(
    unet: UNet2DConditionModel,
    batch: int,
    height: int,
    width: int,
    tokens: int,
    seed: int = 0,
    time_ids: int = TIME_IDS,
) -> Tensors:
    """Random inputs of a pass: height and width in latent pixels, tokens of text."""
    random = torch.Generator().manual_seed(seed)
    latents = torch.randn(batch, unet.config.in_channels, height, width, generator=random)
    timesteps = torch.rand(batch, generator=random) * 999
    context = torch.randn(batch, tokens, unet.config.cross_attention_dim, generator=random)
    inputs = [latents, timesteps, context]
    if width := pooled_size(unet.config, time_ids):
        inputs += [torch.randn(batch, width, generator=random), torch.rand(batch, time_ids, generator=random) * 999]
    if guidance_size(unet.config):
        inputs.append(torch.rand(batch, generator=random) * 12)
    return tuple(inputs)


def ladder_cases(unet: UNet2DConditionModel, time_ids: int = TIME_IDS) -> list[Case]:
    """Passes that the traced ladder has not seen, one at a size that does not halve evenly."""
    odd = example_inputs(unet, batch=3, height=9, width=6, tokens=5, seed=1, time_ids=time_ids)
    even = example_inputs(unet, batch=1, height=16, width=8, tokens=19, seed=2, time_ids=time_ids)
    with torch.no_grad(), double_precision(holders_of_weights(unet)):
        return [Case(inputs, (run_diffusers(unet, cast(inputs, torch.float64)),)) for inputs in (odd, even)]
