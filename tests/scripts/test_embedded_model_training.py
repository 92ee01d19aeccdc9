"""What makes the training of the embedded model quick computes what it replaces."""

import copy
import sys
from pathlib import Path

import pytest
import torch
from diffusers.models.resnet import ResnetBlock2D
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

from networks.muon import Muon
from networks.norm_silu import use_fused_norms

CPU = torch.device("cpu")


@pytest.fixture
def extensions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled code goes to a folder of the test, lest two runs wait for each other's lock."""
    monkeypatch.setenv("TORCH_EXTENSIONS_DIR", str(tmp_path))


def results(block: nn.Module, picture: torch.Tensor, embedding: torch.Tensor) -> list[torch.Tensor]:
    """The output and all gradients of its squared sum."""
    inputs = [value.clone().requires_grad_() for value in (picture, embedding)]
    output = block(*inputs)
    output.square().sum().backward()
    return [output.detach(), *(value.grad for value in (*inputs, *block.parameters()))]


@pytest.mark.usefixtures("extensions")
def test_a_resnet_with_fused_norms_has_the_same_output_and_gradients() -> None:
    torch.manual_seed(0)
    plain = ResnetBlock2D(in_channels=24, out_channels=32, temb_channels=16, groups=4)
    for parameter in plain.parameters():
        nn.init.normal_(parameter, std=0.3)
    fused = copy.deepcopy(plain)
    use_fused_norms(nn.ModuleList([fused]), CPU)
    picture = torch.randn(3, 24, 9, 7).contiguous(memory_format=torch.channels_last)
    embedding = torch.randn(3, 16)
    pairs = zip(results(plain, picture, embedding), results(fused, picture, embedding), strict=True)
    for wanted, found in pairs:
        assert (found - wanted).abs().max() < 1e-5 * wanted.abs().max()


def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(4, 8, 3, bias=False), nn.ReLU(), nn.Conv2d(8, 6, 3))


def train(model: nn.Module, optimizer: Muon, steps: int) -> list[float]:
    picture = torch.randn(5, 4, 8, 8, generator=torch.Generator().manual_seed(2))
    losses = []
    for _ in range(steps):
        loss = (model(picture) - 1.0).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_muon_moves_a_convolution_by_a_nearly_orthogonal_matrix() -> None:
    model = network()
    before = model[0].weight.detach().clone()
    train(model, Muon([model], rate=0.01, weight_decay=0.0), steps=1)
    values = torch.linalg.svdvals((model[0].weight.detach() - before).flatten(1))
    # Newton-Schulz in bfloat16 leaves singular values between about 0.7 and 1.2 of what they shall be.
    assert values.max() < 2.0 * values.min()


def test_muon_learns_and_goes_on_from_its_state() -> None:
    whole, first = network(), network()
    losses = train(whole, Muon([whole], rate=0.01), steps=30)
    assert losses[-1] < 0.3 * losses[0]
    optimizer = Muon([first], rate=0.01)
    train(first, optimizer, steps=10)
    second = network()
    second.load_state_dict(first.state_dict())
    resumed = Muon([second], rate=0.01)
    resumed.load_state_dict(optimizer.state_dict())
    assert train(second, resumed, steps=20) == pytest.approx(losses[10:], rel=1e-4)
