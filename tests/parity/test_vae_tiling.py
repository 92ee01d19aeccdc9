"""Pictures in tiles by the built program against diffusers' VAEs after enable_tiling()."""

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from PIL import Image
from tiny_models import EXPORTED

# Width, height, tile; of the tiles at the right and at the bottom some are one latent thin, and one size is one tile.
SIZES = [(160, 104, 32), (96, 160, 64), (128, 200, 64), (104, 56, 96), (64, 64, 64)]
# A tiny VAE's tiles overlap by an eighth, and one of the picture's size is cut, too.
TINY_SIZES = [(128, 128, 128), (240, 136, 128), (264, 200, 192)]

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning"),
]


@cache
def vae_of(folder: Path) -> AutoencoderKL:
    """The judge's VAE."""
    return AutoencoderKL.from_pretrained(folder / "vae")


def decode_in_tiles(vae: AutoencoderKL | AutoencoderTiny, latents: np.ndarray, tile: int) -> np.ndarray:
    """A picture, height x width x 3, 8 bits, as diffusers' pipelines make it of latents."""
    vae.enable_tiling()
    vae.tile_sample_min_size, vae.tile_latent_min_size = tile, tile // 8
    with torch.no_grad():
        picture = vae.decode(torch.from_numpy(latents) / vae.config.scaling_factor).sample
    scaled = (picture * 0.5 + 0.5).clamp(0, 1)[0].permute(1, 2, 0).numpy()
    return (scaled * 255).round().astype("uint8")


def draw(program: Path, folder: Path, model: Path, *flags: object) -> tuple[np.ndarray, np.ndarray]:
    """The final latents and the picture of one step by the program."""
    outputs = ["-o", folder / "x.png", "--save-latents", folder / "x.npy", "--overwrite"]
    command = [program, "-m", model, "-p", "a cat", "--steps", 1, "-s", 3, "--dtype", "fp32", "-t", 1, *outputs, *flags]
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return np.load(folder / "x.npy"), np.asarray(Image.open(folder / "x.png"))


@pytest.mark.parametrize(("width", "height", "tile"), SIZES, ids=str)
@pytest.mark.parametrize("model", EXPORTED)
def test_tiles_are_diffusers(
    program: Path, models_dir: Path, tmp_path: Path, model: str, width: int, height: int, tile: int
) -> None:
    size = ("-W", width, "-H", height)
    latents, picture = draw(program, tmp_path, models_dir / model, *size, "--vae-tile-size", tile)
    expected = decode_in_tiles(vae_of(models_dir / f"{model}-diffusers"), latents, tile)
    differences = np.abs(picture.astype(int) - expected)
    assert differences.max() <= 1
    assert (differences > 0).mean() < 1e-3
    _, whole = draw(program, tmp_path, models_dir / model, *size)
    assert np.array_equal(whole, picture) == (max(width, height) <= tile), "whole pictures are others"


@pytest.mark.parametrize(("width", "height", "tile"), TINY_SIZES, ids=str)
def test_tiles_of_a_tiny_vae_are_diffusers(
    program: Path, tiny_model: Callable[[str], Path], tmp_path: Path, width: int, height: int, tile: int
) -> None:
    taesd = tiny_model("taesd")
    flags = ("-W", width, "-H", height, "--taesd", taesd)
    latents, picture = draw(program, tmp_path, tiny_model("sd15"), *flags, "--vae-tile-size", tile)
    vae = AutoencoderTiny.from_pretrained(taesd.with_name("taesd-diffusers"))
    differences = np.abs(picture.astype(int) - decode_in_tiles(vae, latents, tile))
    assert differences.max() <= 1
    assert (differences > 0).mean() < 1e-3
    _, whole = draw(program, tmp_path, tiny_model("sd15"), *flags)
    assert not np.array_equal(whole, picture)


def test_the_usual_tile_is_what_the_vae_was_trained_on(program: Path, models_dir: Path, tmp_path: Path) -> None:
    model = models_dir / "sd15"
    vae = vae_of(models_dir / "sd15-diffusers")
    usual = vae.config.sample_size
    size = ("-W", usual + 40, "-H", usual + 8)
    latents, picture = draw(program, tmp_path, model, *size, "--vae-tiling")
    assert np.abs(picture.astype(int) - decode_in_tiles(vae, latents, usual)).max() <= 1
    text = Image.open(tmp_path / "x.png").text["parameters"]
    assert f"VAE tile size: {usual}" in text
