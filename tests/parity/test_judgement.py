"""The judgement of exports: every planted mistake is found, and no rounding is taken for one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from exporter import ladder
from exporter.components import load_text_encoder, load_unet, load_vae
from exporter.double_precision import double_precision, floating_weights
from exporter.errors import ExportError
from exporter.judgement import BOUND, Case, Tensors, judge, largest_difference
from exporter.ladder import Ladder, ladder_cases, run_diffusers, run_ladder
from exporter.text_encoder import TextModel, run_text_encoder, text_encoder_cases, trace_text_encoder
from exporter.vae import decoder_cases, encoder_cases, run_half, trace_decoder, trace_encoder
from tiny_models import EXPORTED
from torch import nn

FOUND = "the trace differs from diffusers by"
# How far from the bound rounding shall stay on the one side, mistakes on the other.
MARGIN = 100


@pytest.fixture(scope="module", params=EXPORTED)
def source(request: pytest.FixtureRequest, models_dir: Path) -> Path:
    return models_dir / f"{request.param}-diffusers"


@pytest.fixture
def unet(source: Path) -> UNet2DConditionModel:
    return load_unet(source, torch.float32)


@pytest.fixture
def unet_archive(models_dir: Path, source: Path) -> Ladder:
    return torch.jit.load(models_dir / source.name.removesuffix("-diffusers") / "unet.pt")


@pytest.fixture(scope="module")
def unet_cases(source: Path) -> list[Case]:
    return ladder_cases(load_unet(source, torch.float32))


@contextmanager
def found_with_margin() -> Iterator[None]:
    """Expects a difference that another hundred times the bound would still show."""
    with pytest.raises(ExportError, match=FOUND) as error:
        yield
    assert float(str(error.value).removeprefix(FOUND).split()[0]) > MARGIN * BOUND


# Planted mistakes


def a_missing_norm(unet: UNet2DConditionModel) -> None:
    unet.down_blocks[1].resnets[0].norm2 = nn.Identity()


def a_wrong_epsilon_of_a_group_norm(unet: UNet2DConditionModel) -> None:
    assert unet.down_blocks[1].resnets[0].norm1.eps == 1e-5
    unet.down_blocks[1].resnets[0].norm1.eps = 1e-6


def a_wrong_epsilon_of_the_innermost_layer_norm(unet: UNet2DConditionModel) -> None:
    """The mildest: its part of the output is a hundredth of the difference that float32 makes by itself."""
    norm = unet.mid_block.attentions[0].transformer_blocks[0].norm1
    assert norm.eps == 1e-5
    norm.eps = 1e-6


def a_wrong_scale(unet: UNet2DConditionModel) -> None:
    unet.mid_block.resnets[0].output_scale_factor = 1.0001


def a_rounded_weight(unet: UNet2DConditionModel) -> None:
    weight = unet.mid_block.resnets[0].conv1.weight
    weight.data = weight.data.half().float()


def an_approximate_gelu(unet: UNet2DConditionModel) -> None:
    gate = unet.mid_block.attentions[0].transformer_blocks[0].ff.net[0]
    gate.gelu = lambda values: nn.functional.gelu(values, approximate="tanh")


UNET_MISTAKES = [
    a_missing_norm,
    a_wrong_epsilon_of_a_group_norm,
    a_wrong_epsilon_of_the_innermost_layer_norm,
    a_wrong_scale,
    a_rounded_weight,
    an_approximate_gelu,
]


@pytest.mark.parametrize("plant", UNET_MISTAKES)
def test_a_mistake_in_a_unet_is_found(
    unet: UNet2DConditionModel, unet_cases: list[Case], plant: Callable[[UNet2DConditionModel], None]
) -> None:
    plant(unet)
    with found_with_margin():
        judge("the trace", unet, run_diffusers, unet_cases)


def test_swapped_skips_are_found(unet_archive: Ladder, unet_cases: list[Case], monkeypatch: pytest.MonkeyPatch) -> None:
    rungs, pop = len(list(unet_archive.down.children())), ladder._pop

    def pop_swapped(skips: list[torch.Tensor], emb: torch.Tensor, context: torch.Tensor) -> Tensors:
        # The innermost two, once a pass.
        if len(skips) == rungs:
            assert skips[-1].shape == skips[-2].shape
            skips[-2:] = skips[:-3:-1]
        return pop(skips, emb, context)

    monkeypatch.setattr(ladder, "_pop", pop_swapped)
    with found_with_margin():
        judge("the trace", unet_archive, run_ladder, unet_cases)


def a_wrong_epsilon_of_a_vae(model: AutoencoderKL) -> None:
    for half in (model.decoder, model.encoder):
        assert half.mid_block.resnets[0].norm1.eps == 1e-6
        half.mid_block.resnets[0].norm1.eps = 1e-5


def a_missing_convolution_of_a_vae(model: AutoencoderKL) -> None:
    model.quant_conv = model.post_quant_conv = None


@pytest.mark.parametrize("plant", [a_wrong_epsilon_of_a_vae, a_missing_convolution_of_a_vae])
@pytest.mark.parametrize(("cases_of", "trace"), [(decoder_cases, trace_decoder), (encoder_cases, trace_encoder)])
def test_a_mistake_in_a_vae_is_found(
    source: Path,
    plant: Callable[[AutoencoderKL], None],
    cases_of: Callable[[AutoencoderKL], list[Case]],
    trace: Callable[[AutoencoderKL], torch.jit.ScriptModule],
) -> None:
    model = load_vae(source, torch.float32)
    cases = cases_of(model)
    plant(model)
    with found_with_margin():
        judge("the trace", trace(model), run_half, cases)


def a_wrong_epsilon_of_an_encoder(model: TextModel) -> None:
    norm = model.encoder.layers[0].layer_norm1
    assert norm.eps == 1e-5
    norm.eps = 1e-6


def a_wrong_scale_of_an_encoder(model: TextModel) -> None:
    model.encoder.layers[0].self_attn.scale *= 1.0001


def a_missing_layer_of_an_encoder(model: TextModel) -> None:
    model.encoder.layers = model.encoder.layers[1:]


@pytest.mark.parametrize(
    "plant", [a_wrong_epsilon_of_an_encoder, a_wrong_scale_of_an_encoder, a_missing_layer_of_an_encoder]
)
@pytest.mark.parametrize("projected", [False, True])
def test_a_mistake_in_a_text_encoder_is_found(
    models_dir: Path, projected: bool, plant: Callable[[TextModel], None]
) -> None:
    name = "text_encoder_2" if projected else "text_encoder"
    model = load_text_encoder(models_dir / "sdxl-diffusers", name, projected, torch.float32)
    cases = text_encoder_cases(model)
    plant(getattr(model, "text_model", model))
    with found_with_margin():
        judge("the trace", trace_text_encoder(model), run_text_encoder, cases)


def test_a_weight_that_is_a_constant_of_the_trace_is_found() -> None:
    """It would keep its type for ever."""

    class Constant(nn.Module):
        def forward(self, values: torch.Tensor) -> torch.Tensor:
            return nn.functional.linear(values, torch.full((2, 3), 0.5))

    inputs = (torch.ones(4, 3),)
    case = Case(inputs, (torch.full((4, 2), 1.5).double(),))
    with pytest.raises(ExportError, match=r"the trace does not run in double precision: .* same dtype"):
        judge("the trace", torch.jit.trace(Constant(), inputs), lambda module, values: module(*values), [case])


def test_an_output_that_is_not_finite_is_found() -> None:
    good, bad = torch.tensor([1.0, 2.0]), torch.tensor([1.0, float("nan")])
    assert largest_difference((good, bad), (good, good)) == float("inf")


# Rounding


class InTwoSums(nn.Module):
    """A linear layer that adds the products of either half of its inputs for itself."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        first, second = values.chunk(2, dim=-1)
        left, right = self.linear.weight.chunk(2, dim=-1)
        return nn.functional.linear(first, left) + nn.functional.linear(second, right, self.linear.bias)


def test_another_order_of_adding_is_no_mistake(unet: UNet2DConditionModel, unet_cases: list[Case]) -> None:
    inputs, original = unet_cases[0].inputs, deepcopy(unet)
    for attention in [module for module in unet.modules() if isinstance(module, Attention)]:
        attention.to_q = InTwoSums(attention.to_q)
    with torch.no_grad():
        in_float32 = largest_difference(run_diffusers(unet, inputs), (run_diffusers(original, inputs),))
    assert in_float32 > 1e-8, "else nothing was rounded in another way"
    assert 0 < judge("the trace", unet, run_diffusers, unet_cases) < BOUND / MARGIN


def misalign(module: nn.Module) -> None:
    """Moves every weight to an address that is no multiple of 8, as those of a mapped file may be."""
    for weight in floating_weights(module):
        room = torch.empty(weight.numel() + 1)
        weight.data = room[1:].view_as(weight).copy_(weight)
        assert weight.data_ptr() % 8 == 4


def test_weights_anywhere_in_memory_are_no_mistake(unet_archive: Ladder, unet_cases: list[Case]) -> None:
    misalign(unet_archive)
    assert judge("the trace", unet_archive, run_ladder, unet_cases) < BOUND / MARGIN


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_rounded_weights_are_judged_by_diffusers_with_the_same(
    source: Path, unet_archive: Ladder, dtype: torch.dtype
) -> None:
    cases = ladder_cases(load_unet(source, dtype))
    assert judge("the trace", unet_archive.to(dtype), run_ladder, cases) < BOUND / MARGIN


# Double precision


def test_weights_are_double_only_during_a_call() -> None:
    layers = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    places = [weight.data_ptr() for weight in layers.parameters()]
    layers[1].register_forward_pre_hook(lambda *_: during.update(weight.dtype for weight in layers[0].parameters()))
    during: set[torch.dtype] = set()
    with double_precision(layers.children()):
        assert layers(torch.ones(1, 3).double()).dtype == torch.float64
    assert during == {torch.float32}
    assert [weight.data_ptr() for weight in layers.parameters()] == places
    assert layers(torch.ones(1, 3)).dtype == torch.float32


def test_weights_are_put_back_after_a_call_that_failed() -> None:
    layer = nn.Linear(3, 2)
    place = layer.weight.data_ptr()
    with pytest.raises(RuntimeError), double_precision([layer]):
        layer(torch.ones(1, 4).double())
    assert layer.weight.dtype == torch.float32
    assert layer.weight.data_ptr() == place
    assert layer(torch.ones(1, 3)).dtype == torch.float32
