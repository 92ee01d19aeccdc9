"""The names of weights: every weight of every archive leads back to the one that diffusers publishes."""

import json
from pathlib import Path

import pytest
import torch
from exporter.components import load_text_encoder, load_unet, load_vae
from exporter.weight_names import published_names, translated
from tiny_models import EXPORTED

# What an archive stores that is no weight: a buffer of numbers 0, 1, 2, ...
NO_WEIGHTS = {"positions.position_ids"}


def published(source: Path, role: str) -> set[str]:
    """The published names of the weights that a part is made of."""
    if role == "unet":
        return set(published_names(load_unet(source, torch.float32)))
    if role.startswith("vae"):
        own = ("encoder.", "quant_conv.") if role == "vae_encoder" else ("decoder.", "post_quant_conv.")
        return {name for name in published_names(load_vae(source, torch.float32)) if name.startswith(own)}
    return set(published_names(load_text_encoder(source, role, role == "text_encoder_2", torch.float32)))


@pytest.mark.parametrize("family", EXPORTED)
def test_every_weight_has_its_published_name(models_dir: Path, family: str) -> None:
    parts = json.loads((models_dir / family / "model.json").read_text())["parts"]
    for role, part in parts.items():
        stored = set(torch.jit.load(models_dir / family / part["file"]).state_dict()) - NO_WEIGHTS
        names = [translated(name, part["weights"]) for name in stored]
        assert len(names) == len(set(names)), role
        assert set(names) == published(models_dir / f"{family}-diffusers", role), role


def test_published_names_are_those_of_files(models_dir: Path) -> None:
    """Of text encoders with the prefix that transformers' own modules no longer have, but LoRA's names do."""
    weights = json.loads((models_dir / "sdxl" / "model.json").read_text())["parts"]["text_encoder_2"]["weights"]
    assert weights["layers.1.layer"] == "text_model.encoder.layers.1"
    assert weights["projection"] == "text_projection"


def test_the_embedded_model_names_its_weights() -> None:
    folder = Path(__file__).resolve().parents[2] / "models" / "scenes"
    for part in json.loads((folder / "model.json").read_text())["parts"].values():
        names = set(torch.jit.load(folder / part["file"]).state_dict()) - NO_WEIGHTS
        assert len({translated(name, part["weights"]) for name in names}) == len(names)
