"""What the control net that comes with the model is trained and judged with: edges, a narrower net, its examples."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "embedded_model"))

import encode_look
from drawing.edges import edge_picture, edges
from drawing.renderer import render
from exporter.components import load_control_net
from exporter.control_net import control_facts, control_net_config
from judging.edge_agreement import edge_f1
from networks.autoencoder import LATENT_CHANNELS
from networks.control_net import build_control_net
from networks.diffusion_model import TEXT_WIDTH, build_unet
from networks.tokenizer import encode_prompt
from train_control_net import UNTOLD, Outlined
from world.dataset import scene_at


def a_line_at(row: int) -> np.ndarray:
    picture = np.zeros((64, 64), bool)
    picture[row] = True
    return picture


def test_an_edge_is_where_a_picture_changes() -> None:
    picture = np.full((64, 64, 3), 40, np.uint8)
    picture[30:] = 200
    found = edges(picture)
    assert found[29:31, 2:-2].any(axis=0).all()
    assert not found[:26].any()
    assert not found[35:].any()


def test_a_mirrored_picture_has_mirrored_edges() -> None:
    picture = render(scene_at(7, 0))
    assert edge_f1(edges(picture[:, ::-1]), edges(picture)[:, ::-1], tolerance=1) > 0.99


def test_agreement_is_of_edges_that_lie_near_one_another() -> None:
    assert edge_f1(a_line_at(20), a_line_at(22)) == 1
    assert edge_f1(a_line_at(20), a_line_at(23)) == 0
    # Half of what was found is right, all that was wanted is there.
    assert edge_f1(a_line_at(20) | a_line_at(40), a_line_at(20)) == pytest.approx(2 / 3)
    assert edge_f1(np.zeros((64, 64), bool), a_line_at(20)) == 0


@torch.no_grad()
def test_a_net_adds_nothing_before_it_is_trained_and_widens_after(tmp_path: Path) -> None:
    torch.manual_seed(0)
    unet = build_unet()
    net = build_control_net(unet)
    inputs = (torch.randn(1, LATENT_CHANNELS, 16, 16), torch.tensor([500]), torch.randn(1, 7, TEXT_WIDTH))
    picture = torch.rand(1, 3, 128, 128)
    skips, mid = net(*inputs, picture, return_dict=False)
    unet(*inputs, down_block_additional_residuals=skips, mid_block_additional_residual=mid)
    assert all(not residual.any() for residual in (*skips, mid))
    for conv in (*net.controlnet_down_blocks, net.controlnet_mid_block):
        torch.nn.init.normal_(conv.weight)
    net.save_pretrained(tmp_path)
    read = load_control_net(tmp_path, torch.float32)
    for ours, theirs in zip(
        net(*inputs, picture, return_dict=False)[0], read(*inputs, picture).down_block_res_samples, strict=True
    ):
        assert torch.equal(ours, theirs)
    widths = [64, 64, 64, 64, 64, 64, 64, 96, 96, 96, 64, 64, 64]
    assert control_facts(control_net_config(tmp_path))["residual_widths"] == widths


def test_a_net_is_small_enough_to_lie_in_the_repository() -> None:
    assert 2 * sum(p.numel() for p in build_control_net(build_unet()).parameters()) < 2_000_000


def test_examples_are_pictures_with_their_edges_also_mirrored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Path(__file__).parents[2] / "models" / "scenes"
    monkeypatch.setattr(encode_look, "AutoencoderKL", UnencodedPictures)
    monkeypatch.setattr(encode_look, "encode", lambda vae, pictures: pictures[:, :1, ::8, ::8].repeat(1, 8, 1, 1))
    monkeypatch.setattr(encode_look, "use_fused_norms", lambda *_: None)
    arguments = ["--model", str(model), "--look", "as_told", "--work", str(tmp_path), "--count", "3", "--edges"]
    monkeypatch.setattr(sys, "argv", ["encode_look.py", *arguments])
    encode_look.main()
    examples = Outlined(tmp_path)
    drawn = edges(render(scene_at(11, 2)))
    for row, expected in ((2, drawn), (5, drawn[:, ::-1])):
        picture = examples.picture(row)
        assert picture.shape == (3, 256, 256)
        assert np.array_equal(picture[1].numpy() == 1, expected)
    (pictures,) = examples.beside(np.array([2, 5]))
    assert torch.equal(pictures[0].flip(2), pictures[1])
    empty = encode_prompt(examples.tokenizer, "")
    rng = np.random.default_rng(0)
    untold = np.mean([examples.ids(0, False, rng) == empty for _ in range(400)])
    assert UNTOLD < untold < UNTOLD + 0.12
    assert len(json.loads((tmp_path / "scenes.jsonl").read_text().splitlines()[0])) > 5


class UnencodedPictures:
    """In place of the autoencoder."""

    class config:
        scaling_factor = 1.0

    @classmethod
    def from_pretrained(cls, _: Path) -> "UnencodedPictures":
        return cls()

    def eval(self) -> "UnencodedPictures":
        return self

    def to(self, *_: object, **__: object) -> "UnencodedPictures":
        return self


def test_edges_are_given_as_white_on_black() -> None:
    picture = edge_picture(a_line_at(3))
    assert picture.shape == (64, 64, 3)
    assert (picture[3] == 255).all()
    assert not picture[4:].any()
