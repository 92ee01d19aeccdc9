"""What is rebuilt of the embedded model's archives computes what they compute, with their weights."""

import json
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

from exporter.errors import ExportError
from exporter.judgement import Case, Runner, judge
from exporter.ladder import ladder_cases, run_ladder
from exporter.text_encoder import run_text_encoder, text_encoder_cases
from exporter.vae import decoder_cases, encoder_cases, run_half
from exporter.weight_names import published_names
from networks.rebuilt import Networks, rebuild

MODEL = Path(__file__).parents[2] / "models" / "scenes"


@pytest.fixture(scope="module")
def networks() -> Networks:
    torch.set_num_threads(1)
    return rebuild(MODEL)


@pytest.mark.parametrize(
    ("role", "part", "run", "cases"),
    [
        ("unet", "unet", run_ladder, ladder_cases),
        ("text_encoder", "text_encoder", run_text_encoder, text_encoder_cases),
        ("vae_encoder", "vae", run_half, encoder_cases),
        ("vae_decoder", "vae", run_half, decoder_cases),
    ],
)
def test_archives_compute_what_the_rebuilt_networks_compute(
    networks: Networks, role: str, part: str, run: Runner, cases: type[Case]
) -> None:
    archive = torch.jit.load(MODEL / f"{role}.pt")
    difference = judge(role, archive, run, cases(getattr(networks, part)))
    assert 0 <= difference < 1e-10


def test_a_weight_in_a_wrong_place_is_noticed() -> None:
    """Two norms of one shape are exchanged: the smallest mistake that a wrong name could make."""
    unet = rebuild(MODEL).unet
    first, second = unet.down_blocks[0].resnets[0].norm1, unet.down_blocks[0].resnets[0].norm2
    first.weight.data, second.weight.data = second.weight.data, first.weight.data
    with pytest.raises(ExportError, match="differs from diffusers"):
        judge("unet", torch.jit.load(MODEL / "unet.pt"), run_ladder, ladder_cases(unet))


def test_all_weights_are_those_of_the_archives_bit_for_bit(networks: Networks) -> None:
    """As multisets of numbers, so without the names that the rebuilding goes by."""
    for roles, part in (
        (["unet"], "unet"),
        (["text_encoder"], "text_encoder"),
        (["vae_encoder", "vae_decoder"], "vae"),
    ):
        stored = [weight.half() for role in roles for weight in torch.jit.load(MODEL / f"{role}.pt").parameters()]
        rebuilt = [weight.half() for weight in getattr(networks, part).parameters()]
        exact = [torch.equal(w.half().float(), w) for w in getattr(networks, part).parameters()]
        assert all(exact)
        numbers = [torch.cat([w.flatten() for w in weights]).sort().values for weights in (stored, rebuilt)]
        assert torch.equal(*numbers)


def test_the_vae_scales_as_the_model_says(networks: Networks) -> None:
    said = json.loads((MODEL / "model.json").read_text())["vae"]
    assert networks.vae.config.scaling_factor == said["scaling_factor"]


def test_nothing_is_trained_by_accident(networks: Networks) -> None:
    parts = (networks.unet, networks.text_encoder, networks.vae)
    assert not any(weight.requires_grad for part in parts for weight in published_names(part).values())
