"""Pictures as the networks see them: float32 (n, 3, height, width) in -1..1."""

import numpy as np
import torch


def to_tensor(pictures: np.ndarray) -> torch.Tensor:
    """From uint8 (n, height, width, 3); channels last."""
    pixels = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2)
    return pixels.float() / 127.5 - 1.0


def to_pictures(tensor: torch.Tensor) -> np.ndarray:
    """To uint8 (n, height, width, 3); what lies outside of -1..1 is cut off."""
    pixels = (tensor.clamp(-1.0, 1.0) * 127.5 + 127.5).round().byte()
    return pixels.permute(0, 2, 3, 1).cpu().numpy()
