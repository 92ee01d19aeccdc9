"""Model folders of format 1, as exporters wrote them before there were parts: they are still read.

Their text encoders are one module, which returns what the UNet reads and the pooled text.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from exporter.archive import write_archive
from exporter.components import load_text_encoder
from exporter.model_folder import fingerprint
from exporter.text_encoder import UNKNOWN_END, TextModel, example_ids, is_projected
from exporter.tracing import trace
from torch import nn


class WholeTextEncoder(nn.Module):
    """Ids int64 [B, L] -> hidden state [B, L, C] for the UNet's context, pooled text [B, P]."""

    def __init__(self, model: TextModel, penultimate: bool) -> None:
        super().__init__()
        text = getattr(model, "text_model", model)
        layers = text.encoder.layers
        self.penultimate = penultimate
        self.embeddings, self.last_layer, self.projection = text.embeddings, None, None
        self.layers = layers[:-1] if penultimate else layers
        self.final_layer_norm = None if penultimate else text.final_layer_norm
        if is_projected(model):
            self.last_layer, self.final_layer_norm = layers[-1], text.final_layer_norm
            self.projection, self.eos_id = model.text_projection, model.config.eos_token_id

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.embeddings(input_ids=ids)
        for layer in self.layers:
            hidden = layer(hidden, None, is_causal=True)
        if not self.penultimate:
            hidden = self.final_layer_norm(hidden)
        return hidden, self._pooled(ids, hidden)

    def _pooled(self, ids: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        if self.projection is None:
            return hidden[:, 0, :0]
        last = self.final_layer_norm(self.last_layer(hidden, None, is_causal=True))
        ends = (ids if self.eos_id == UNKNOWN_END else (ids == self.eos_id).int()).argmax(dim=-1)
        index = ends[:, None, None].expand(-1, -1, last.shape[-1])
        return self.projection(last.gather(1, index)[:, 0])


def trace_whole(model: TextModel, penultimate: bool) -> torch.jit.ScriptModule:
    """Traces an encoder as format 1 has it."""
    return trace(WholeTextEncoder(model, penultimate), (example_ids(model, batch=2, tokens=7, seed=0),))


def make_format_1(source: Path, exported: Path, output: Path) -> Path:
    """Writes the float32 export of the diffusers folder `source` once more, in format 1; returns `output`."""
    shutil.copytree(exported, output)
    description = json.loads((exported / "model.json").read_text())
    parts = description.pop("parts")
    encoders = {role: part for role, part in parts.items() if role.startswith("text_encoder")}
    for role, part in encoders.items():
        model = load_text_encoder(source, role, part["projection_size"] > 0, torch.float32)
        write_archive(trace_whole(model, not part["final_norm"]), output / part["file"], torch.float32)
        description["files"][part["file"]] = fingerprint(output / part["file"])
    unet, vae = parts["unet"], description["vae"]
    del description["latent_channels"], vae["sample_size"], unet["weights"], unet["out_channels"]
    vae |= {"decoder": "vae_decoder.pt", "encoder": "vae_encoder.pt"}
    vae["multiply_adds"] = parts["vae_decoder"]["multiply_adds"]
    description |= {"format_version": 1, "unet": unet, "text_encoders": [_encoder(part) for part in encoders.values()]}
    (output / "model.json").write_text(json.dumps(description))
    return output


def _encoder(part: dict[str, Any]) -> dict[str, Any]:
    return {
        "file": part["file"],
        "hidden_size": part["hidden_size"],
        "hidden_layer": "last" if part["skip"] == 1 else "penultimate",
        "final_layer_norm": part["final_norm"],
        "pooled_size": part["projection_size"],
        "tokenizer": part["tokenizer"],
        "multiply_adds": part["multiply_adds"],
    }
