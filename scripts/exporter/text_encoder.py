"""CLIP text encoders: token ids -> what the UNet reads."""

from dataclasses import dataclass

import torch
from torch import nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from exporter.double_precision import double_precision
from exporter.errors import ExportError
from exporter.judgement import Case
from exporter.tracing import trace

TextModel = CLIPTextModel | CLIPTextModelWithProjection


@dataclass(frozen=True)
class TextEncoderFacts:
    """What the engine has to know of an encoder; the archive does the rest.

    hidden_layer: "last" (with the final layer norm) or "penultimate" (without it).
    pooled_size: width of the pooled projection, 0 if the archive returns an empty one.
    """

    hidden_size: int
    hidden_layer: str
    final_layer_norm: bool
    pooled_size: int


class TextEncoder(nn.Module):
    """Ids int64 [B, L] -> hidden state [B, L, C] for the UNet's context, pooled text [B, P].

    Only the layers that these need are kept. The causal mask is SDPA's own flag: a mask tensor
    would fix type and device in the trace.
    """

    def __init__(self, model: TextModel, penultimate: bool) -> None:
        super().__init__()
        text = getattr(model, "text_model", model)
        layers = text.encoder.layers
        self.penultimate = penultimate
        self.embeddings, self.last_layer, self.projection = text.embeddings, None, None
        self.layers = layers[:-1] if penultimate else layers
        self.final_layer_norm = None if penultimate else text.final_layer_norm
        if isinstance(model, CLIPTextModelWithProjection):
            self.last_layer, self.final_layer_norm = layers[-1], text.final_layer_norm
            self.projection, self.eos_id = model.text_projection, text.eos_token_id

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
        # CLIP configs older than transformers' PR 24773 say eos 2; there the highest id is the end.
        ends = (ids if self.eos_id == 2 else (ids == self.eos_id).int()).argmax(dim=-1)
        index = ends[:, None, None].expand(-1, -1, last.shape[-1])
        return self.projection(last.gather(1, index)[:, 0])


def check_text_encoder(model: TextModel, name: str) -> None:
    """Throws ExportError, naming the setting, for an encoder that would be run wrongly."""
    if getattr(model.config, "use_attention_mask", False):
        raise ExportError(f"{name} has use_attention_mask true; only unmasked encoders are run")
    if model.config._attn_implementation != "sdpa":
        raise ExportError(f"{name} asks for {model.config._attn_implementation} attention, not sdpa")


def text_encoder_facts(model: TextModel, penultimate: bool) -> TextEncoderFacts:
    """What model.json says about an encoder."""
    projected = isinstance(model, CLIPTextModelWithProjection)
    return TextEncoderFacts(
        hidden_size=model.config.hidden_size,
        hidden_layer="penultimate" if penultimate else "last",
        final_layer_norm=not penultimate,
        pooled_size=model.config.projection_dim if projected else 0,
    )


def trace_text_encoder(model: TextModel, penultimate: bool) -> torch.jit.ScriptModule:
    """Traces an encoder in float32, sharing its weights."""
    return trace(TextEncoder(model, penultimate), (example_ids(model, batch=2, tokens=7, seed=0),))


def run_text_encoder(encoder: torch.jit.ScriptModule, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """One call of a traced encoder."""
    return encoder(*inputs)


def run_transformers(model: TextModel, penultimate: bool, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What diffusers' pipelines take from transformers' model."""
    output = model(ids, output_hidden_states=True)
    hidden = output.hidden_states[-2] if penultimate else output.last_hidden_state
    projected = isinstance(model, CLIPTextModelWithProjection)
    return hidden, output.text_embeds if projected else hidden[:, 0, :0]


def example_ids(model: TextModel, batch: int, tokens: int, seed: int) -> torch.Tensor:
    """Random prompts that end early, each row a token later, as padded prompts do."""
    random = torch.Generator().manual_seed(seed)
    end = model.config.vocab_size - 1 if model.config.eos_token_id == 2 else model.config.eos_token_id
    ids = torch.randint(3, model.config.vocab_size - 3, (batch, tokens), generator=random)
    for row in range(batch):
        ids[row, min(2 + row, tokens - 1) :] = end
    return ids


def text_encoder_cases(model: TextModel, penultimate: bool) -> list[Case]:
    """Calls that the trace has not seen: another batch, the longest prompt and a short one."""
    longest = model.config.max_position_embeddings
    prompts = [example_ids(model, 3, longest, seed=1), example_ids(model, 1, 5, seed=2)]
    with torch.no_grad(), double_precision([model]):
        return [Case((ids,), run_transformers(model, penultimate, ids)) for ids in prompts]
