"""The program runs the operators that the exporter emits, or did in format 1, and no others."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from exporter import ladder, text_encoder, vae
from exporter.errors import ExportError
from exporter.operators import LIST, accepted_operators, check_operators, emitted_operators
from format_1 import trace_whole
from tiny_models import EXPORTED
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

EMBEDDED_MODEL = Path(__file__).resolve().parents[2] / "models" / "scenes"

# What checkpoints may have that the exporter takes, and that needs operators which the usual models do not.
UNET_ACTIVATIONS = ("mish", "relu")
VAE_ACTIVATIONS = ("relu", "silu", "gelu")
TEXT_ACTIVATIONS = """
    quick_gelu gelu gelu_new gelu_fast gelu_python gelu_pytorch_tanh gelu_10 relu relu2 relu6 leaky_relu silu mish tanh
    sigmoid laplace
""".split()


def stored(models: Path) -> Iterator[torch.jit.ScriptModule]:
    """The archives of the tiny models and of the embedded one."""
    for folder in (*(models / name for name in EXPORTED), EMBEDDED_MODEL):
        for path in sorted(folder.glob("*.pt")):
            yield torch.jit.load(str(path))


def unusual(models: Path) -> Iterator[torch.jit.ScriptModule]:
    """Traces of models with embedded guidance, with unusual activations, and of tiny VAEs."""
    source = models / "sd15-diffusers"
    for family in ("sd15", "sdxl"):
        config = json.loads((models / f"{family}-diffusers" / "unet" / "config.json").read_text())
        yield ladder.trace_ladder(UNet2DConditionModel.from_config(config | {"time_cond_proj_dim": 8}).eval())
    for activation in UNET_ACTIVATIONS:
        config = json.loads((source / "unet" / "config.json").read_text()) | {"act_fn": activation}
        yield ladder.trace_ladder(UNet2DConditionModel.from_config(config).eval())
    for activation in VAE_ACTIVATIONS:
        tiny = AutoencoderTiny(act_fn=activation).eval()
        yield vae.trace_decoder(tiny)
        yield vae.trace_encoder(tiny)
    text = CLIPTextConfig.from_pretrained(source / "text_encoder")
    for text.hidden_act in TEXT_ACTIVATIONS:
        yield text_encoder.trace_text_encoder(CLIPTextModel(text).eval())


def of_format_1(models: Path) -> Iterator[torch.jit.ScriptModule]:
    """Text encoders as folders of format 1 have them, which are still read: they find the prompt's end themselves."""
    text = CLIPTextConfig.from_pretrained(models / "sd15-diffusers" / "text_encoder")
    yield trace_whole(CLIPTextModel(text).eval(), penultimate=False)
    projected = CLIPTextConfig.from_pretrained(models / "sdxl-diffusers" / "text_encoder_2")
    # An end that is not the highest id is looked for by its id.
    for end in (2, projected.vocab_size - 1):
        projected.eos_token_id = end
        yield trace_whole(CLIPTextModelWithProjection(projected).eval(), penultimate=True)


def test_the_list_is_what_the_exporter_emits(models_dir: Path) -> None:
    """Should it differ: `emitted` is what belongs into the list, a name a line, once each new one was looked at."""
    emitted: set[str] = set()
    for module in (*stored(models_dir), *unusual(models_dir), *of_format_1(models_dir)):
        emitted |= emitted_operators(module)
    assert emitted == accepted_operators()


def test_the_list_is_in_order() -> None:
    names = LIST.read_text(encoding="utf-8").splitlines()
    assert names == sorted(set(names))


# What would let a model do more than compute, or compute with what is not its own.
FORBIDDEN = """
    from_file save load print warn open as_strided _reshape_alias set_ resize_ rand randn bernoulli normal empty
    new_empty copy_ fill_ add_ to.device to.prim_Device to.prim_dtype item tolist data
""".split()


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_list_has_nothing_else(name: str) -> None:
    accepted = {operator.partition("::")[2] for operator in accepted_operators()}
    assert name not in accepted
    assert not any(operator.startswith(f"{name}.") for operator in accepted)


def test_no_operator_of_the_list_writes_or_draws() -> None:
    for operator in accepted_operators():
        name, _, overload = operator.partition(".")
        schema = torch._C._get_schema(name, overload)
        assert not schema.is_mutable, operator
        for number, argument in enumerate(schema.arguments):
            assert not (argument.alias_info and argument.alias_info.is_write), (operator, number)
            assert argument.name != "generator", operator


class Unknown(torch.nn.Module):
    """Needs an operator that no model has."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cumsum(x, 0)


def test_an_operator_that_the_program_does_not_run_is_an_error() -> None:
    with pytest.raises(ExportError, match=r"the mid rung needs the operators aten::cumsum, which the program"):
        check_operators(torch.jit.trace(Unknown(), torch.ones(2)), "the mid rung")
