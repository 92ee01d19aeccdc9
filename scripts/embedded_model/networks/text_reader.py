"""The text encoder while it is trained alone: it tells from a caption what the scene contains."""

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import CLIPTextModel

from networks.attribute_heads import attribute_heads
from networks.checkpoint import load_state
from networks.diffusion_model import TEXT_WIDTH, build_text_encoder
from networks.tokenizer import EOS


class Reader(nn.Module):
    """Text encoder with a classifier for every attribute."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.text_encoder = build_text_encoder(vocabulary)
        self.text_encoder.set_attn_implementation("eager")
        self.heads = attribute_heads(TEXT_WIDTH)

    def forward(self, ids: Tensor) -> dict[str, Tensor]:
        """Logits (count, values) of every attribute."""
        states = self.text_encoder(ids).last_hidden_state
        read = ((ids == EOS).cumsum(1) > 0).unsqueeze(2).to(states.dtype)
        summary = (states * read).sum(1) / read.sum(1)
        return {name: head(summary) for name, head in self.heads.items()}


def load_text_encoder(vocabulary: int, work: Path) -> CLIPTextModel:
    """The encoder that train_text_encoder.py trained; SystemExit if there is none."""
    reader = Reader(vocabulary)
    state = load_state(work / "text_encoder.pt", torch.device("cpu"))
    if state is None:
        raise SystemExit(f"no text_encoder.pt in {work}: run train_text_encoder.py first")
    reader.load_state_dict(state["model"])
    return reader.text_encoder
