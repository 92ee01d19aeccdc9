"""Writes vae_tiles.json: what diffusers' tiled VAEs make of made-up halves, for tests/model.

    python tests/golden/make_vae_tiles_golden.py           writes the file beside this script
    python tests/golden/make_vae_tiles_golden.py --check   compares it with the diffusers at hand

The halves are made up so that every tile differs where it overlaps others: the decoder repeats each
latent as 2 x 2 pixels, the encoder takes every second pixel, and both add 0.3 y + 0.1 x, counted from
the corner of the tile and worked out in float32. The input is ((31 y + 17 x) mod 64) / 8. Numbers are
the shortest that read back as the same float32; they are to be met to the bit.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import nn

GOLDEN_FILE = Path(__file__).parent / "vae_tiles.json"
SCALE = 2
# Latents and their tiles' sides: thin tiles at the right, at the bottom and at both, one latent wide, and none.
BLENDED = (((8, 8), 8), ((9, 8), 8), ((13, 20), 8), ((12, 19), 8), ((5, 7), 4), ((3, 10), 4))
FADED = (((16, 16), 16), ((9, 13), 16), ((15, 29), 16), ((30, 31), 16))


class MadeUpHalf(nn.Module):
    """A decoder or an encoder as the docstring above has it, which works on any channels."""

    def __init__(self, decodes: bool) -> None:
        super().__init__()
        self.decodes = decodes

    def forward(self, tile: torch.Tensor) -> torch.Tensor:
        if self.decodes:
            tile = tile.repeat_interleave(SCALE, -2).repeat_interleave(SCALE, -1)
        else:
            tile = tile[..., ::SCALE, ::SCALE]
        down = torch.arange(tile.shape[-2], dtype=torch.float32).view(-1, 1)
        across = torch.arange(tile.shape[-1], dtype=torch.float32).view(1, -1)
        return tile + (down * 0.3 + across * 0.1).to(tile.dtype)


def made_up_input(height: int, width: int) -> torch.Tensor:
    """One channel of numbers that the golden test makes as well."""
    down, across = torch.arange(height).view(-1, 1), torch.arange(width).view(1, -1)
    return ((31 * down + 17 * across) % 64 / 8).view(1, 1, height, width)


def blending_vae(tile: int) -> AutoencoderKL:
    """AutoencoderKL with tiles of so many latents."""
    vae = AutoencoderKL(sample_size=tile * SCALE, use_quant_conv=False, use_post_quant_conv=False)
    vae.enable_tiling()
    vae.tile_latent_min_size, vae.tile_sample_min_size = tile, tile * SCALE
    return vae


def fading_vae(tile: int) -> AutoencoderTiny:
    """AutoencoderTiny with tiles of so many latents."""
    vae = AutoencoderTiny()
    vae.enable_tiling()
    vae.spatial_scale_factor = SCALE
    vae.tile_latent_min_size, vae.tile_sample_min_size = tile, tile * SCALE
    return vae


def run_half(vae: AutoencoderKL | AutoencoderTiny, decodes: bool, values: torch.Tensor) -> torch.Tensor:
    """What diffusers makes of the input with one half made up."""
    vae.decoder = vae.encoder = MadeUpHalf(decodes)
    with torch.no_grad():
        if decodes:
            return vae.decode(values).sample
        return vae._tiled_encode(values) if isinstance(vae, AutoencoderTiny) else vae._encode(values)


def golden_case(fades: bool, decodes: bool, size: tuple[int, int], tile: int, dtype: str) -> dict[str, Any]:
    """One input and its output, of the first channel: AutoencoderTiny makes three or four, all alike."""
    height, width = size if decodes else (side * SCALE for side in size)
    values = made_up_input(height, width).to(getattr(torch, dtype))
    output = run_half((fading_vae if fades else blending_vae)(tile), decodes, values)[0, 0].float()
    return {
        "fades": fades,
        "decodes": decodes,
        "dtype": dtype,
        "height": height,
        "width": width,
        "tile": tile,
        "output": [[float(np.format_float_positional(np.float32(v))) for v in row] for row in output.tolist()],
    }


def all_cases() -> list[dict[str, Any]]:
    """Every size with both halves in two dtypes."""
    return [
        golden_case(fades, decodes, size, tile, dtype)
        for fades, sizes in ((False, BLENDED), (True, FADED))
        for size, tile in sizes
        for decodes in (True, False)
        for dtype in ("float32", "bfloat16")
    ]


def main() -> int:
    """Writes the file or compares it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare the file instead of writing it")
    cases = all_cases()
    if parser.parse_args().check:
        return 0 if json.loads(GOLDEN_FILE.read_text(encoding="utf-8")) == cases else 1
    GOLDEN_FILE.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
