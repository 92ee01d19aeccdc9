"""The map from latents to colours that previews are drawn with."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from exporter.json_file import read_json
from exporter.preview_map import fit_preview_map, random_latents
from PIL import Image
from tiny_models import EXPORTED
from torch import nn

SCENES = Path(__file__).resolve().parents[2] / "models" / "scenes"
MATRIX = [[0.05, -0.02], [0.01, 0.04], [-0.03, 0.02]]
BIAS = [0.4, 0.5, 0.6]
VAE = {"scaling_factor": 0.5, "scale": 8, "latents_mean": None, "latents_std": None}


class LinearVae(nn.Module):
    """Paints every latent pixel as 8x8 pixels of the colour MATRIX x latents + BIAS, in -1..1, and a checkerboard."""

    def __init__(self, vae: dict[str, Any]) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, scaled: torch.Tensor) -> torch.Tensor:
        if self.vae["latents_mean"]:
            scaled = scaled - torch.tensor(self.vae["latents_mean"]).view(1, -1, 1, 1)
            scaled = scaled / torch.tensor(self.vae["latents_std"]).view(1, -1, 1, 1)
        latents = scaled * self.vae["scaling_factor"]
        colours = torch.einsum("rc,bchw->brhw", torch.tensor(MATRIX), latents) + torch.tensor(BIAS).view(1, 3, 1, 1)
        picture = nn.functional.interpolate(colours, scale_factor=8) * 2 - 1
        picture[..., ::2] += 0.1
        picture[..., 1::2] -= 0.1
        return picture


@pytest.mark.parametrize("statistics", [{}, {"latents_mean": [0.3, -0.2], "latents_std": [1.5, 0.5]}])
def test_finds_the_colours_of_a_linear_vae(statistics: dict[str, Any]) -> None:
    vae = VAE | statistics
    preview = fit_preview_map(LinearVae(vae), vae, channels=2)
    assert torch.allclose(torch.tensor(preview["matrix"]), torch.tensor(MATRIX), atol=1e-4)
    assert preview["bias"] == pytest.approx(BIAS, abs=1e-4)
    assert preview["r_squared"] == pytest.approx(1, abs=1e-4)


def test_a_vae_that_ignores_its_latents_is_not_explained() -> None:
    class Noise(nn.Module):
        def forward(self, latents: torch.Tensor) -> torch.Tensor:
            noise = torch.rand(1, 3, *latents.shape[2:], generator=torch.Generator().manual_seed(int(latents.sum())))
            return nn.functional.interpolate(noise, scale_factor=8)

    assert fit_preview_map(Noise(), VAE, channels=4)["r_squared"] < 0.05


def test_latents_have_unit_deviation_and_are_the_same_every_time() -> None:
    latents = random_latents(4)
    assert latents.std().item() == pytest.approx(1)
    assert torch.equal(latents, random_latents(4))
    steps = latents.diff(dim=-1).std()
    assert steps < 0.75, "smooth: neighbours of white noise would differ by a deviation of 1.4"


@pytest.mark.parametrize("family", EXPORTED)
def test_exports_have_one(models_dir: Path, family: str) -> None:
    preview = read_json(models_dir / family / "model.json")["vae"]["preview"]
    assert [len(row) for row in preview["matrix"]] == [4, 4, 4]
    assert len(preview["bias"]) == 3
    assert 0 < preview["r_squared"] <= 1


def test_colours_a_picture_of_the_embedded_model() -> None:
    """On latents that the fit has not seen it explains most of the picture: its VAE's encoding of the lighthouse."""
    description = read_json(SCENES / "model.json")
    preview = description["vae"]["preview"]
    encoder = torch.jit.load(str(SCENES / "vae_encoder.pt")).float()
    with Image.open(SCENES / "lighthouse.png") as image:
        picture = torch.from_numpy(np.asarray(image, dtype=np.float32) / 255).movedim(-1, 0)[None]
    with torch.inference_mode():
        latents = encoder(picture * 2 - 1).chunk(2, dim=1)[0] * description["vae"]["scaling_factor"]
    drawn = torch.einsum("rc,bchw->brhw", torch.tensor(preview["matrix"]), latents)
    drawn = drawn + torch.tensor(preview["bias"]).view(1, 3, 1, 1)
    colours = nn.functional.avg_pool2d(picture, 8)
    unexplained = (drawn - colours).square().sum() / (colours - colours.mean(dim=(2, 3), keepdim=True)).square().sum()
    assert unexplained < 0.5
