"""Facts about an exported model that are measured on its archives: multiply-adds and the preview map."""

from pathlib import Path
from typing import Any

import torch

from exporter import clip_vocabulary, multiply_adds
from exporter.families import CONTROL_NET, FAMILIES
from exporter.multiply_adds import PassShape, load_shapes
from exporter.preview_map import fit_preview_map
from exporter.progress import say, stage

TEXT_ENCODERS = ("text_encoder", "text_encoder_2")
_ROLES = ("unet", "vae_decoder", "vae_encoder", *TEXT_ENCODERS)


def with_measured_facts(folder: Path, description: dict[str, Any]) -> dict[str, Any]:
    """The description of a model folder, whose archives are in `folder`, with the facts added or renewed.

    Throws ExportError if the multiply-adds of an archive are not what is expected of one.
    """
    if CONTROL_NET in description["parts"]:
        return _with_control_costs(folder, description)
    channels, parts, vae = description["latent_channels"], description["parts"], description["vae"]
    with stage("multiply-adds"):
        costs = {role: _cost(folder, description, role) for role in parts if role in _ROLES}
    with stage("preview map"):
        # Outside inference mode, as wherever an archive is loaded.
        decoder = torch.jit.load(str(folder / parts["vae_decoder"]["file"])).float()
        preview = fit_preview_map(decoder, vae, channels)
    say(f"  the preview map explains {100 * preview['r_squared']:.1f} % of the colours' variance")
    parts = {role: _with_cost(part, costs.get(role)) for role, part in parts.items()}
    return description | {"parts": parts, "vae": vae | {"preview": preview}}


def _with_control_costs(folder: Path, description: dict[str, Any]) -> dict[str, Any]:
    """The same for a control net alone, which is told of a prompt of CLIP's length."""
    part, time_ids = description["parts"][CONTROL_NET], FAMILIES[description["family"]].time_ids
    shape = PassShape(
        part["in_channels"], part["context_size"], clip_vocabulary.LENGTH, part["pooled_size"], time_ids=time_ids
    )
    with stage("multiply-adds"):
        module = load_shapes(folder / part["file"])
        cost = multiply_adds.control_multiply_adds(module, shape, part["picture_scale"])
    return description | {"parts": {CONTROL_NET: _with_cost(part, cost)}}


def _cost(folder: Path, description: dict[str, Any], role: str) -> Any:
    part, scale = description["parts"][role], description["vae"]["scale"]
    module, channels = load_shapes(folder / part["file"]), description["latent_channels"]
    if role == "unet":
        return multiply_adds.unet_multiply_adds(module, _pass_shape(description))
    if role == "vae_decoder":
        return multiply_adds.decoder_multiply_adds(module, channels)
    if role == "vae_encoder":
        return multiply_adds.encoder_multiply_adds(module, scale)
    return multiply_adds.text_multiply_adds(module, part["tokenizer"]["max_length"], part["skip"])


def _pass_shape(description: dict[str, Any]) -> PassShape:
    parts, time_ids = description["parts"], FAMILIES[description["family"]].time_ids
    unet, encoders = parts["unet"], [parts[role] for role in TEXT_ENCODERS if role in parts]
    # All encoders have the same number of tokens; the last one makes the pooled text.
    tokens, pooled = encoders[0]["tokenizer"]["max_length"], encoders[-1]["projection_size"]
    guided = bool(unet.get("guidance_embedding"))
    return PassShape(unet["in_channels"], unet["context_size"], tokens, pooled, guided, time_ids)


def _with_cost(part: dict[str, Any], cost: Any) -> dict[str, Any]:
    """The part with what it costs before its weights' names, which are long."""
    others = {key: value for key, value in part.items() if key not in ("multiply_adds", "weights")}
    return others | ({} if cost is None else {"multiply_adds": cost}) | {"weights": part["weights"]}
