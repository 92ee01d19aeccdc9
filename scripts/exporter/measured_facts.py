"""Facts about an exported model that are measured on its archives: multiply-adds and the preview map."""

from pathlib import Path
from typing import Any

import torch

from exporter import multiply_adds
from exporter.multiply_adds import PassShape, load_shapes
from exporter.preview_map import fit_preview_map
from exporter.progress import say, stage


def with_measured_facts(folder: Path, description: dict[str, Any]) -> dict[str, Any]:
    """The description of a model folder, whose archives are in `folder`, with the facts added or renewed.

    Throws ExportError if the multiply-adds of an archive are not what is expected of one.
    """
    unet, vae, encoders = description["unet"], description["vae"], description["text_encoders"]
    with stage("multiply-adds"):
        unet_facts = {"multiply_adds": _unet(folder / unet["file"], unet, encoders)}
        decoder = load_shapes(folder / vae["decoder"])
        vae_facts = {"multiply_adds": multiply_adds.decoder_multiply_adds(decoder, unet["in_channels"])}
        encoders = [encoder | {"multiply_adds": _text(folder, encoder)} for encoder in encoders]
    with stage("preview map"):
        # Outside inference mode, as wherever an archive is loaded.
        decoder = torch.jit.load(str(folder / vae["decoder"])).float()
        vae_facts["preview"] = fit_preview_map(decoder, vae, unet["in_channels"])
    say(f"  the preview map explains {100 * vae_facts['preview']['r_squared']:.1f} % of the colours' variance")
    return description | {"unet": unet | unet_facts, "vae": vae | vae_facts, "text_encoders": encoders}


def _unet(path: Path, unet: dict[str, Any], encoders: list[dict[str, Any]]) -> dict[str, Any]:
    # All encoders have the same number of tokens; the last one makes the pooled text.
    tokens, pooled = encoders[0]["tokenizer"]["max_length"], encoders[-1]["pooled_size"]
    shape = PassShape(unet["in_channels"], unet["context_size"], tokens, pooled)
    return multiply_adds.unet_multiply_adds(load_shapes(path), shape)


def _text(folder: Path, encoder: dict[str, Any]) -> int:
    tokens = encoder["tokenizer"]["max_length"]
    return multiply_adds.text_multiply_adds(load_shapes(folder / encoder["file"]), tokens)
