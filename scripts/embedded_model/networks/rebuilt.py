"""The networks of an exported model, rebuilt in diffusers' and transformers' classes from its traced archives.

Only the archives are kept in the repository. The names that diffusers publishes their weights under stand in model.json
(`weights`), and the architecture is this folder's, so that every weight finds its place again.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextModel

sys.path.insert(0, str(Path(__file__).parents[2]))

from exporter.weight_names import published_name, translated

from networks.autoencoder import build_autoencoder
from networks.diffusion_model import build_text_encoder, build_unet

# What an archive stores that is no weight: numbers 0, 1, 2, …
NO_WEIGHTS = ("positions.position_ids",)
TOKEN_EMBEDDING = "text_model.embeddings.token_embedding.weight"


@dataclass(frozen=True)
class Networks:
    """In float32, which holds the archives' half precision exactly; ready to run, not to train."""

    unet: UNet2DConditionModel
    text_encoder: CLIPTextModel
    vae: AutoencoderKL


def rebuild(folder: Path) -> Networks:
    """The networks of a model folder with this folder's architecture; KeyError or RuntimeError for any other."""
    description = json.loads((folder / "model.json").read_text())
    parts = {role: _published_weights(folder, part) for role, part in description["parts"].items()}
    vae = build_autoencoder()
    vae.register_to_config(scaling_factor=description["vae"]["scaling_factor"])
    text_encoder = build_text_encoder(vocabulary=len(parts["text_encoder"][TOKEN_EMBEDDING]))
    return Networks(
        unet=_filled(build_unet(), parts["unet"]),
        text_encoder=_filled(text_encoder, parts["text_encoder"]),
        vae=_filled(vae, parts["vae_encoder"] | parts["vae_decoder"]),
    )


def _published_weights(folder: Path, part: dict) -> dict[str, Tensor]:
    """The weights of a part of model.json by their published names, float32."""
    stored = torch.jit.load(folder / part["file"], map_location="cpu").state_dict()
    weights = {name: tensor.float() for name, tensor in stored.items() if name not in NO_WEIGHTS}
    return {translated(name, part["weights"]): tensor for name, tensor in weights.items()}


def _filled(model: nn.Module, weights: dict[str, Tensor]) -> nn.Module:
    """The model with these weights, each of which it must have, and no other."""
    own = {name: weights.pop(published_name(model, name)) for name, _ in model.named_parameters()}
    if weights:
        raise KeyError(f"{type(model).__name__} has no {min(weights)}")
    own |= dict(model.named_buffers())
    model.load_state_dict({name: own[name] for name in model.state_dict()})
    return model.eval().requires_grad_(False)
