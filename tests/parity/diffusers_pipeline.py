"""Pictures by diffusers' own pipelines, with the published DeepCache helper in them: the judge of ours."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from DeepCache import DeepCacheSDHelper
from diffusers import DiffusionPipeline
from exporter.sampler_rows import sampler_rows
from generation_case import Case

sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))

from scheduler_judges import judge_of

SAMPLERS = {row.name: row for row in sampler_rows()}


@dataclass(frozen=True)
class Generated:
    """latents: N x 4 x h x w, before the VAE's scaling division. pictures: N x height x width x 3, 8 bits."""

    latents: np.ndarray
    pictures: np.ndarray


class CountingHelper(DeepCacheSDHelper):
    """The helper with the one change that it counts the UNet's calls.

    The original looks a call's timestep up in the scheduler's list and takes the first match. PNDM has its second
    timestep twice, so that the calls are numbered 0, 1, 1, 3, 4, ...; at interval 2 that loses the full step of call 2,
    which the paper's loop makes. What is cached, and what a cached step runs, is the original's.
    """

    def wrap_unet_forward(self) -> None:
        """As the original, called by enable()."""
        forward = self.function_dict["unet_forward"] = self.pipe.unet.forward
        calls = count()

        def counted_forward(*args: Any, **kwargs: Any) -> Any:
            self.cur_timestep = next(calls)
            return forward(*args, **kwargs)

        self.pipe.unet.forward = counted_forward


class PlacedHelper(CountingHelper):
    """The helper with the case's full calls instead of an interval, and guidance held on the others if it says so.

    What a cached call runs is the original's. Held guidance: the unconditional half of a cached call is as far from the
    conditional one as it was at the last full call.
    """

    full_calls: frozenset[int]
    held_guidance: bool

    def wrap_unet_forward(self) -> None:
        """As the original, called by enable()."""
        super().wrap_unet_forward()
        counted_forward = self.pipe.unet.forward
        difference: list[torch.Tensor] = []

        def forward(*args: Any, **kwargs: Any) -> Any:
            (output,) = counted_forward(*args, **kwargs)
            unconditional, conditional = output.chunk(2)
            if self.is_full():
                difference[:] = [conditional - unconditional]
            elif self.held_guidance:
                output = torch.cat([conditional - difference[0], conditional])
            return (output,)

        if self.held_guidance:
            self.pipe.unet.forward = forward

    def is_full(self) -> bool:
        """Whether the call under way is."""
        return self.cur_timestep in self.full_calls

    def is_skip_step(self, block_i: int, layer_i: int, blocktype: str = "down") -> bool:
        """As the original, whose interval is that of full calls here."""
        self.params["cache_interval"] = 1 if self.is_full() else sys.maxsize
        self.start_timestep = -1  # so that no call is the first
        return super().is_skip_step(block_i, layer_i, blocktype)


def placed_helper(case: Case) -> type[PlacedHelper]:
    """The helper for a case that places its full calls."""
    own = {"full_calls": frozenset({0, *case.full_calls}), "held_guidance": case.held_guidance}
    return type("CasesHelper", (PlacedHelper,), own)


def load_pipeline(folder: Path) -> DiffusionPipeline:
    """The pipeline of a diffusers folder, silent and without watermark (the tiny models have no safety checker)."""
    extra = {"add_watermarker": False} if (folder / "text_encoder_2").is_dir() else {}
    pipeline = DiffusionPipeline.from_pretrained(folder, **extra)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def run_diffusers(
    pipeline: DiffusionPipeline,
    case: Case,
    helper: type[DeepCacheSDHelper] = DeepCacheSDHelper,
    texts: dict[str, Any] | None = None,
) -> Generated:
    """The case's pictures by diffusers; every image has a CPU generator of its own, with seed + its index.

    texts: what the pipeline is given in the place of the prompts, such as their embeddings.
    """
    final = {}

    def keep(_pipeline: DiffusionPipeline, _step: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        final["latents"] = tensors["latents"]
        return tensors

    with scheduler_of(pipeline, case), caching(pipeline, case, helper):
        pictures = pipeline(
            **({"prompt": case.prompt, "negative_prompt": case.negative} if texts is None else texts),
            width=case.size[0],
            height=case.size[1],
            num_inference_steps=case.steps,
            guidance_scale=case.guidance,
            guidance_rescale=case.guidance_rescale or 0.0,
            num_images_per_prompt=case.images,
            generator=[torch.Generator("cpu").manual_seed(case.seed + image) for image in range(case.images)],
            eta=eta_of(case),
            callback_on_step_end=keep,
            **case.told(),
        ).images
    return Generated(final["latents"].numpy(), np.stack([np.asarray(picture) for picture in pictures]))


def eta_of(case: Case) -> float:
    """What a pipeline hands on to schedulers that take it."""
    row = SAMPLERS.get(case.sampler or "")
    return case.eta if case.eta is not None else (row and row.default_eta) or 0.0


def scheduler_for(pipeline: DiffusionPipeline, case: Case) -> Any:
    """A scheduler for one pass: the pipeline's own, or the case's with what the model's export says of it."""
    if not (case.sampler or case.schedule or case.sigmas or case.timesteps):
        return pipeline.scheduler
    folder = Path(pipeline.name_or_path)
    model = folder.with_name(folder.name.removesuffix("-diffusers")) / "model.json"
    section = json.loads(model.read_text())["scheduler"]
    section["sampler"] = case.sampler or section["sampler"]
    section["sigma_schedule"] = case.schedule or "discrete"
    return judge_of(
        section,
        case.steps,
        eta=case.eta,
        sigmas=list(case.sigmas) if case.sigmas else None,
        timesteps=list(case.timesteps) if case.timesteps else None,
        aligned="sdxl" if "xl" in case.model else "sd1",
    )


@contextmanager
def scheduler_of(pipeline: DiffusionPipeline, case: Case) -> Iterator[None]:
    """Lends the pipeline the case's scheduler."""
    own = pipeline.scheduler
    pipeline.scheduler = scheduler_for(pipeline, case)
    try:
        yield
    finally:
        pipeline.scheduler = own


@contextmanager
def caching(pipeline: DiffusionPipeline, case: Case, helper_class: type[DeepCacheSDHelper]) -> Iterator[None]:
    """Puts the helper around the pipeline's UNet if the case has an interval, or one that places full calls."""
    if case.full_calls is not None:
        helper_class = placed_helper(case)
    elif case.interval is None:
        yield
        return
    helper = helper_class(pipe=pipeline)
    helper.set_params(cache_interval=case.interval or 1, cache_branch_id=case.branch_number or 0)
    helper.enable()
    try:
        yield
    finally:
        helper.disable()
