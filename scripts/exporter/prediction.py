"""What the UNet of a single file predicts, noise or v (arXiv 2202.00512); the settings that would say it are not there.

The user's word comes first; then the file's own: `modelspec.prediction_type` in its metadata (Stability AI's
modelspec), or a tensor `v_pred`, with `ztsnr` for a noise schedule rescaled to end in pure noise, as sd-scripts and
ComfyUI have agreed on. Stable Diffusion 2.1 was published with both and marks on neither, so that its UNet is asked.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

EPSILON, V_PREDICTION = "epsilon", "v_prediction"
SPECIFIED = {"epsilon": EPSILON, "v": V_PREDICTION}


@dataclass(frozen=True)
class Prediction:
    """kind: EPSILON or V_PREDICTION. reason: who says so."""

    kind: str
    zero_snr: bool
    reason: str


def stated_prediction(asked: str | None, names: Any, metadata: dict[str, Any]) -> Prediction | None:
    """What the user (`asked`) or the file says: `names` of its tensors and its metadata. None: nobody says."""
    zero_snr = "ztsnr" in names
    if asked:
        return Prediction(asked, zero_snr, "--prediction-type")
    specified = SPECIFIED.get(str(metadata.get("modelspec.prediction_type")))
    if specified:
        return Prediction(specified, zero_snr, "the file's metadata")
    return Prediction(V_PREDICTION, zero_snr, "the file's tensor v_pred") if "v_pred" in names else None


def predicts_v(unet: nn.Module) -> bool:
    """Whether a UNet of Stable Diffusion 2 predicts v: it is asked once, at the noisiest timestep.

    There the latents are almost the noise itself, so that a prediction of noise is near its input, and one of v far
    below it. Source: AUTOMATIC1111's sd_models_config.py (is_using_v_parameterization_for_sd2), bound included.
    """
    dtype = next(unet.parameters()).dtype
    latents = torch.full((1, unet.config.in_channels, 8, 8), 0.5)
    text = torch.full((1, 2, unet.config.cross_attention_dim), 0.5)
    with torch.inference_mode():
        # In float32: float16 is slow on a CPU, and its convolutions are not everywhere.
        output = unet.float()(latents, torch.tensor([999]), text).sample
    unet.to(dtype)
    return bool((output - latents[:, : output.shape[1]]).mean() < -1)
