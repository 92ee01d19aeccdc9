"""diffusers with the published DeepCache helper, in a process that stays loaded: `peer.py MODEL DEVICE DTYPE`.

Reads requests from stdin, a JSON object a line, and answers each with one: {"seconds": [...]} or {"error": TEXT}.
A request has size, batch, steps, guidance_scale, rounds, interval, branch, and may name a compiler's backend.
"""

import json
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from cpu_benchmark.published_helper import helper_around
from diffusers import DDIMScheduler, DiffusionPipeline
from diffusers.utils.logging import disable_progress_bar, set_verbosity_error

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def load(model: str, device: str, dtype: str) -> DiffusionPipeline:
    """The pipeline as it comes, with DDIM."""
    disable_progress_bar()
    set_verbosity_error()
    pipeline = DiffusionPipeline.from_pretrained(model, torch_dtype=DTYPES[dtype])
    if getattr(pipeline, "watermark", None) is not None:
        pipeline.watermark = None
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device)


@contextmanager
def compiled(pipeline: DiffusionPipeline, backend: str | None) -> Iterator[None]:
    """Compiles the pipeline's UNet for as long as it lasts, if a backend is named."""
    if backend is None:
        yield
        return
    plain = pipeline.unet
    pipeline.unet = torch.compile(plain, backend=backend)
    try:
        yield
    finally:
        pipeline.unet = plain


def seconds_of_image(pipeline: DiffusionPipeline, asked: dict[str, Any], steps: int) -> float:
    """From text to pixels in the host's memory."""
    begin = time.perf_counter()
    pipeline(
        prompt="a lighthouse by the sea at dusk",
        width=asked["size"],
        height=asked["size"],
        num_images_per_prompt=asked["batch"],
        num_inference_steps=steps,
        guidance_scale=asked["guidance_scale"],
        generator=torch.Generator().manual_seed(1),
        output_type="np",
    )
    return time.perf_counter() - begin


def answer(pipeline: DiffusionPipeline, asked: dict[str, Any]) -> dict[str, Any]:
    """What a request is answered with: a warm-up, which compiles, and then the rounds."""
    with compiled(pipeline, asked.get("backend")), helper_around(pipeline, asked["interval"], asked["branch"]):
        warm_up = seconds_of_image(pipeline, asked, min(asked["steps"], 2 * asked["interval"] + 1))
        return {
            "seconds": [seconds_of_image(pipeline, asked, asked["steps"]) for _ in range(asked["rounds"])],
            "warm_up": warm_up,
        }


def main(model: str, device: str, dtype: str) -> None:
    """Answers until stdin ends."""
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Libraries print there.
    os.dup2(2, 1)
    begin = time.perf_counter()
    pipeline = load(model, device, dtype)
    print(json.dumps({"load": time.perf_counter() - begin}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            said = answer(pipeline, json.loads(line))
        except Exception as error:  # Whatever it raises is its user's to read.
            said = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"}
        print(json.dumps(said), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
