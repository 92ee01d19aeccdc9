"""CLIP text encoders, layer by layer: token ids -> what the UNet reads.

Every layer is kept, so that whoever loads the archive decides which one's states to take.
"""

from dataclasses import dataclass

import torch
from torch import nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from exporter.double_precision import double_precision
from exporter.errors import ExportError
from exporter.judgement import Case, Tensors
from exporter.tracing import script, trace

TextModel = CLIPTextModel | CLIPTextModelWithProjection

# CLIP configurations older than transformers' PR 24773 say this; the end is the highest id then.
UNKNOWN_END = 2


@dataclass(frozen=True)
class TextEncoderFacts:
    """What the engine has to know of an encoder; the archive does the rest.

    projection_size: width of the pooled text, 0 without a projection.
    skip, final_norm: which layer's states the UNet was trained on: 1 for the last, 2 for the one before it, and whether
    the final norm follows.
    end_id: where text is pooled: at the first of these ids; None: at the first of the highest id.
    """

    layers: int
    hidden_size: int
    projection_size: int
    skip: int
    final_norm: bool
    end_id: int | None


class Positions(nn.Module):
    """Token vectors [B, L, C] -> the hidden state that enters the first layer."""

    def __init__(self, embeddings: nn.Module) -> None:
        super().__init__()
        self.position_embedding = embeddings.position_embedding
        self.register_buffer("position_ids", embeddings.position_ids)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors + self.position_embedding(self.position_ids[:, : vectors.shape[1]])


class Layer(nn.Module):
    """Hidden state -> hidden state. The causal mask is SDPA's own flag: a mask tensor would fix type and device."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        # A copy of its own, which nobody else holds: the engine adds the residual in its place, rounding once.
        return self.layer(torch.cat([hidden]), None, is_causal=True)


class TextEncoder(nn.Module):
    """The container that is stored; it only holds, whoever loads it decides what to run.

    token_embedding: ids int64 [B, L] -> vectors [B, L, C]; projection: pooled text [B, C] -> [B, P], or None.
    """

    def __init__(
        self,
        token_embedding: nn.Module,
        positions: nn.Module,
        layers: list[nn.Module],
        final_norm: nn.Module,
        projection: nn.Module | None,
    ) -> None:
        super().__init__()
        self.token_embedding, self.positions, self.final_norm = token_embedding, positions, final_norm
        self.layers = nn.ModuleList(layers)
        if projection is not None:
            self.projection = projection


def cut_text_encoder(model: TextModel) -> TextEncoder:
    """An encoder cut into the modules of its archive, sharing its weights."""
    text = getattr(model, "text_model", model)
    layers = [Layer(layer) for layer in text.encoder.layers]
    projection = model.text_projection if is_projected(model) else None
    embeddings = text.embeddings
    return TextEncoder(
        embeddings.token_embedding, Positions(embeddings), layers, text.final_layer_norm, projection
    ).eval()


def trace_text_encoder(model: TextModel) -> torch.jit.ScriptModule:
    """Traces every module of an encoder, sharing its weights."""
    parts = cut_text_encoder(model)
    ids = example_ids(model, batch=2, tokens=7, seed=0)
    embedding = trace(parts.token_embedding, (ids,))
    with torch.no_grad():
        hidden = embedding(ids)
    positions, norm = trace(parts.positions, (hidden,)), trace(parts.final_norm, (hidden,))
    layers = [trace(layer, (hidden,)) for layer in parts.layers]
    projection = trace(parts.projection, (hidden[:, 0],)) if is_projected(model) else None
    return script(TextEncoder(embedding, positions, layers, norm, projection))


def run_text_encoder(encoder: torch.jit.ScriptModule, inputs: Tensors) -> Tensors:
    """All that an encoder makes of (ids, where each prompt ends), as `run_transformers` returns it."""
    ids, ends = inputs
    states = [encoder.positions(encoder.token_embedding(ids))]
    for layer in encoder.layers.children():
        states.append(layer(states[-1]))
    normal = encoder.final_norm(states[-1])
    if not hasattr(encoder, "projection"):
        return torch.stack(states), normal
    return torch.stack(states), normal, encoder.projection(normal[torch.arange(len(ids)), ends])


def run_transformers(model: TextModel, ids: torch.Tensor) -> Tensors:
    """The states before, between and after the layers, the last ones normed, the projected pooled text if any."""
    output = model(ids, output_hidden_states=True)
    pooled = (output.text_embeds,) if is_projected(model) else ()
    return torch.stack(output.hidden_states), output.last_hidden_state, *pooled


def is_projected(model: TextModel) -> bool:
    """Whether the encoder makes pooled text."""
    return isinstance(model, CLIPTextModelWithProjection)


def check_text_encoder(model: TextModel, name: str) -> None:
    """Throws ExportError, naming the setting, for an encoder that would be run wrongly."""
    if getattr(model.config, "use_attention_mask", False):
        raise ExportError(f"{name} has use_attention_mask true; only unmasked encoders are run")
    if model.config._attn_implementation != "sdpa":
        raise ExportError(f"{name} asks for {model.config._attn_implementation} attention, not sdpa")


def text_encoder_facts(model: TextModel, penultimate: bool) -> TextEncoderFacts:
    """What model.json says about an encoder; `penultimate`: what the UNet of its family reads."""
    text, config = getattr(model, "text_model", model), model.config
    if penultimate and config.num_hidden_layers < 2:
        raise ExportError(f"a text encoder has {config.num_hidden_layers} layers; the UNet reads the last but one")
    return TextEncoderFacts(
        layers=len(text.encoder.layers),
        hidden_size=config.hidden_size,
        projection_size=config.projection_dim if is_projected(model) else 0,
        skip=2 if penultimate else 1,
        final_norm=not penultimate,
        end_id=None if config.eos_token_id == UNKNOWN_END else config.eos_token_id,
    )


def example_ids(model: TextModel, batch: int, tokens: int, seed: int) -> torch.Tensor:
    """Random prompts that end early, each row a token later, as padded prompts do."""
    random = torch.Generator().manual_seed(seed)
    end = model.config.eos_token_id
    end = model.config.vocab_size - 1 if end == UNKNOWN_END else end
    ids = torch.randint(3, model.config.vocab_size - 3, (batch, tokens), generator=random)
    for row in range(batch):
        ids[row, min(2 + row, tokens - 1) :] = end
    return ids


def ends_of(ids: torch.Tensor, end_id: int | None) -> torch.Tensor:
    """Where prompts [B, L] end, by the rule that model.json gives."""
    return (ids if end_id is None else (ids == end_id).int()).argmax(dim=-1)


def text_encoder_cases(model: TextModel) -> list[Case]:
    """Calls that the traces have not seen: another batch, the longest prompt and a short one."""
    longest, end_id = model.config.max_position_embeddings, model.config.eos_token_id
    end_id = None if end_id == UNKNOWN_END else end_id
    prompts = [example_ids(model, 3, longest, seed=1), example_ids(model, 1, 5, seed=2)]
    with torch.no_grad(), double_precision([model]):
        return [Case((ids, ends_of(ids, end_id)), run_transformers(model, ids)) for ids in prompts]
