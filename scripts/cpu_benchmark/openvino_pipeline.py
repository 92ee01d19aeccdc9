"""Whole images by diffusers' pipeline with the UNet and the VAE's decoder compiled by OpenVINO; it has no DeepCache."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline
from torch import nn

from cpu_benchmark.case import PIXELS_PER_LATENT, Case, Schedule
from cpu_benchmark.openvino_peer import compile_options, compiled_request
from cpu_benchmark.pipeline_peer import load_pipeline, timed_image
from cpu_benchmark.unet_passes import FullPass, pass_inputs


def start(model: Path, case: Case, steps: int, threads: int) -> Callable[[Schedule], float]:
    """What answers the schedule without caching with an image's seconds, from text to pixels.

    The text encoder, which takes a hundredth of an image or less, stays PyTorch's. Throws ValueError for a UNet that
    reads more than latents, timesteps and text, as SDXL's does.
    """
    torch.set_num_threads(threads)
    pipeline = load_pipeline(model, "fp32")
    if pipeline.unet.config.addition_embed_type is not None:
        raise ValueError("whole images by OpenVINO are measured for SD 1.5 and 2.1 only")
    options = compile_options(case.dtype, threads)
    _compile_unet(pipeline, case, options)
    _compile_decoder(pipeline, case, options)
    return lambda schedule: timed_image(pipeline, case, steps)


def _compile_unet(pipeline: DiffusionPipeline, case: Case, options: dict[str, Any]) -> None:
    unet = pipeline.unet
    tokens = pipeline.tokenizer.model_max_length
    infer = compiled_request(FullPass(unet), pass_inputs(unet, case, tokens), options)

    def forward(sample: torch.Tensor, timestep: torch.Tensor, encoder_hidden_states: torch.Tensor, **_: Any) -> tuple:
        inputs = (sample, timestep.expand(sample.shape[0]), encoder_hidden_states)
        return (torch.from_numpy(infer([tensor.numpy() for tensor in inputs])),)

    unet.forward = forward


def _compile_decoder(pipeline: DiffusionPipeline, case: Case, options: dict[str, Any]) -> None:
    side = case.size // PIXELS_PER_LATENT
    latents = torch.randn(1, pipeline.vae.config.latent_channels, side, side)
    infer = compiled_request(Decoder(pipeline.vae), (latents,), options)
    pipeline.vae.decode = lambda latents, **_: (torch.from_numpy(infer([latents.numpy()])),)


class Decoder(nn.Module):
    """Latents [B, C, H / 8, W / 8] -> pixels [B, 3, H, W], without diffusers' wrapping."""

    def __init__(self, vae: nn.Module) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.vae.decode(latents, return_dict=False)[0]
