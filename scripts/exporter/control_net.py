"""A control net (Zhang et al., arXiv 2302.05543) as a ladder: the down rungs and mid of a UNet, and a picture beside.

Rung i of it makes what is added to skip i of the UNet, so that the outer rungs alone serve a cached pass (DeepCache,
arXiv 2312.00858). The embedding of the picture stands apart: it depends on nothing else, and is made once.
"""

from pathlib import Path
from typing import Any

import torch
from diffusers import ControlNetModel
from torch import nn

from exporter.components import control_net_class
from exporter.double_precision import cast, double_precision, holders_of_weights
from exporter.errors import ExportError, first_line
from exporter.families import STABLE_DIFFUSION, XL, Family
from exporter.json_file import read_json
from exporter.judgement import Case, Tensors
from exporter.ladder import example_inputs
from exporter.rungs import MidRung, down_rungs
from exporter.time_embedding import pooled_size, script_time_embedding
from exporter.tracing import script, trace
from exporter.vae import IMAGE_CHANNELS
from exporter.widening_control_net import WIDTHS

SUPPORTED = {
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "mid_block_type": ("UNetMidBlock2DCrossAttn",),
    "addition_embed_type": (None, "text_time"),
    "class_embed_type": (None,),
    "num_class_embeds": (None,),
    "encoder_hid_dim": (None,),
    "encoder_hid_dim_type": (None,),
    "conditioning_channels": (IMAGE_CHANNELS,),
    "controlnet_conditioning_channel_order": ("rgb", "bgr"),
}
# Pixels along one side that the families were published for; a control net does not say.
SIDES = {STABLE_DIFFUSION.name: 512, XL.name: 1024}


class ControlRungs(nn.Module):
    """The container that is stored; it only holds, whoever loads it decides what to run."""

    def __init__(
        self,
        time_embedding: nn.Module,
        picture: nn.Module,
        down: list[nn.Module],
        mid: nn.Module,
        residuals: list[nn.Module],
        mid_residual: nn.Module,
    ) -> None:
        super().__init__()
        self.time_embedding, self.picture, self.mid, self.mid_residual = time_embedding, picture, mid, mid_residual
        self.down, self.residuals = nn.ModuleList(down), nn.ModuleList(residuals)


def control_net_config(folder: Path) -> Any:
    """The configuration with diffusers' defaults filled in, without weights.

    Throws ExportError, naming the setting, for a net that would be run wrongly.
    """
    try:
        with torch.device("meta"):
            config = control_net_class(folder).from_config(read_json(folder / "config.json")).config
    except (ValueError, RuntimeError, TypeError, AttributeError, KeyError) as error:
        raise ExportError(f"diffusers refuses {folder.name}/config.json: {first_line(error)}") from error
    for name, accepted in SUPPORTED.items():
        value = config[name]
        for item in value if isinstance(value, list | tuple) else [value]:
            if item not in accepted:
                raise ExportError(f"the control net has {name} {item!r}; accepted: {', '.join(map(str, accepted))}")
    return config


def control_family(config: Any) -> Family:
    """The family of the models that a control net of this configuration goes with."""
    return XL if config.addition_embed_type == "text_time" else STABLE_DIFFUSION


def control_facts(config: Any) -> dict[str, Any]:
    """What model.json says of the net, but for its file, costs and weights."""
    widths = config.get(WIDTHS)
    return {
        "rungs": len(config.down_block_types) * (config.layers_per_block + 1),
        "in_channels": config.in_channels,
        "context_size": config.cross_attention_dim,
        "pooled_size": pooled_size(config, control_family(config).time_ids),
        "picture_scale": picture_scale(config),
        "channel_order": config.controlnet_conditioning_channel_order,
        "global_pool": bool(config.global_pool_conditions),
        **({WIDTHS: list(widths)} if widths else {}),
    }


def picture_scale(config: Any) -> int:
    """Pixels of the picture for a latent pixel, along one side."""
    return 2 ** (len(config.conditioning_embedding_out_channels) - 1)


def without_conventions(net: ControlNetModel) -> ControlNetModel:
    """The net without what is left to whoever runs it: the order of the picture's channels, and pooling."""
    net.register_to_config(global_pool_conditions=False, controlnet_conditioning_channel_order="rgb")
    return net


def trace_control_net(net: ControlNetModel) -> torch.jit.ScriptModule:
    """Traces every rung of a float32 net, sharing its weights."""
    latents, timesteps, context, *added, picture = control_inputs(net, batch=2, height=16, width=24, tokens=7)
    embedding = script_time_embedding(net)
    emb = embedding(timesteps, *added)
    seen = trace(net.controlnet_cond_embedding, (picture,))
    hidden, down, residuals = latents, [], []
    for rung, residual in zip(down_rungs(net), net.controlnet_down_blocks, strict=True):
        down.append(trace(rung, (hidden, emb, context)))
        hidden = down[-1](hidden, emb, context)
        if len(down) == 1:
            hidden = hidden + seen(picture)
        residuals.append(trace(residual, (hidden,)))
    mid = trace(MidRung(net.mid_block), (hidden, emb, context))
    mid_residual = trace(net.controlnet_mid_block, (mid(hidden, emb, context),))
    return script(ControlRungs(embedding, seen, down, mid, residuals, mid_residual))


def run_control_net(net: torch.jit.ScriptModule, inputs: Tensors) -> Tensors:
    """All residuals, outermost first and that of mid last, for (latents, timesteps, context[, added ...], picture)."""
    latents, timesteps, context, *added, picture = inputs
    emb = net.time_embedding(timesteps, *added)
    hidden, context = latents.type_as(emb), context.type_as(emb)
    residuals = []
    for index, (rung, residual) in enumerate(zip(net.down.children(), net.residuals.children(), strict=True)):
        hidden = rung(hidden, emb, context)
        if index == 0:
            hidden = hidden + net.picture(picture.type_as(emb))
        residuals.append(residual(hidden))
    return (*residuals, net.mid_residual(net.mid(hidden, emb, context)))


def run_diffusers(net: ControlNetModel, inputs: Tensors) -> Tensors:
    """The same by diffusers."""
    latents, timesteps, context, *added, picture = inputs
    added_inputs = dict(zip(("text_embeds", "time_ids"), added, strict=False))
    down, mid = net(latents, timesteps, context, picture, added_cond_kwargs=added_inputs, return_dict=False)
    return (*down, mid)


def control_inputs(net: ControlNetModel, batch: int, height: int, width: int, tokens: int, seed: int = 0) -> Tensors:
    """Random inputs of a pass: those of a UNet's, and a picture; height and width in latent pixels."""
    random, scale = torch.Generator().manual_seed(seed + 100), picture_scale(net.config)
    picture = torch.rand(batch, IMAGE_CHANNELS, height * scale, width * scale, generator=random)
    return (*example_inputs(net, batch, height, width, tokens, seed), picture)


def control_cases(net: ControlNetModel) -> list[Case]:
    """Passes that the trace has not seen, one at a size that does not halve evenly."""
    odd = control_inputs(net, batch=3, height=9, width=6, tokens=5, seed=1)
    even = control_inputs(net, batch=1, height=16, width=8, tokens=19, seed=2)
    with torch.no_grad(), double_precision(holders_of_weights(net)):
        return [Case(inputs, run_diffusers(net, cast(inputs, torch.float64))) for inputs in (odd, even)]
