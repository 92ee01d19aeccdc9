"""Whole images by diffusers' pipeline, with the published DeepCache helper where steps are cached."""

import time
from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import DDIMScheduler, DiffusionPipeline
from diffusers.utils.logging import disable_progress_bar

from cpu_benchmark.case import Case, Schedule
from cpu_benchmark.published_helper import helper_around
from cpu_benchmark.unet_passes import DTYPES


def start(model: Path, case: Case, steps: int, threads: int) -> Callable[[Schedule], float]:
    """What answers a schedule with an image's seconds, from text to pixels."""
    torch.set_num_threads(threads)
    pipeline = load_pipeline(model, case.dtype)

    def image(schedule: Schedule) -> float:
        with helper_around(pipeline, schedule.interval, schedule.branch):
            return timed_image(pipeline, case, steps)

    return image


def load_pipeline(model: Path, dtype: str) -> DiffusionPipeline:
    """The pipeline of a folder in diffusers' format, with DDIM as its sampler; quiet."""
    disable_progress_bar()
    extra = {"add_watermarker": False} if (model / "text_encoder_2").is_dir() else {}
    pipeline = DiffusionPipeline.from_pretrained(model, torch_dtype=DTYPES[dtype], **extra)
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def timed_image(pipeline: DiffusionPipeline, case: Case, steps: int) -> float:
    """Seconds of one image, from text to pixels."""
    begin = time.perf_counter()
    pipeline(
        prompt="x",
        width=case.size,
        height=case.size,
        num_inference_steps=steps,
        guidance_scale=case.guidance_scale,
        generator=torch.Generator().manual_seed(1),
        output_type="np",
    )
    return time.perf_counter() - begin
