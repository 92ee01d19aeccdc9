"""What a UNet pass costs, from model.json (scripts/exporter/multiply_adds.py says how it is counted)."""

from typing import Any


def pass_multiply_adds(model: dict[str, Any], width: int, height: int, branch: int | None = None) -> float:
    """Multiply-adds per batch element of a full pass at a size in pixels, or of a cached one at a branch."""
    costs, scale = model["parts"]["unet"]["multiply_adds"], model["vae"]["scale"]
    pixels = (width // scale) * (height // scale)
    down, up = costs["down"], costs["up"]
    if branch is None:
        parts = [costs["time_embedding"], *down, costs["mid"], *up, costs["out"]]
    else:
        parts = [costs["time_embedding"], *down[: branch + 1], *up[-branch - 1 :], costs["out"]]
    return sum(constant + linear * pixels + square * pixels**2 for constant, linear, square in parts)
