"""Pictures by diffusers that begin from something: image to image, inpainting, a refiner, a second pass.

Every pass has a scheduler and a caching helper of its own, so that nothing is left over from the pass before.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from DeepCache import DeepCacheSDHelper
from diffusers import ControlNetModel, DiffusionPipeline
from diffusers_pipeline import CountingHelper, Generated, caching, eta_of, scheduler_for
from generation_case import Case
from input_pictures import mask, picture
from PIL import Image

PipelineOf = Callable[[str], DiffusionPipeline]
Generators = list[torch.Generator]
Latents = torch.Tensor
Pictures = list[Image.Image]

# What the program takes where nothing is said.
STRENGTH, REFINER_START = 0.75, 0.8
HIRES_SCALE, HIRES_STRENGTH, HIRES_UPSCALER = 2.0, 0.7, "latent"
UPSCALED_BY = {"latent": {"mode": "bilinear", "align_corners": False}, "latent-nearest": {"mode": "nearest"}}


def run_task(
    pipeline_of: PipelineOf,
    case: Case,
    helper: type[DeepCacheSDHelper] = CountingHelper,
    between: np.ndarray | None = None,
) -> Generated:
    """The case's pictures and final latents; every image has a CPU generator of its own, with seed + its index.

    between: the pictures that hires begins its second pass from, in the place of those that the first pass would make.
    """
    generators = new_generators(case)
    if between is not None:
        latents, pictures = None, [Image.fromarray(picture) for picture in between]
    elif case.refiner:
        latents, pictures = _refined(pipeline_of, case, helper, generators)
    else:
        latents, pictures = _first_pass(pipeline_of(case.model), case, helper, generators)
    if case.hires_scale is not None:
        latents, pictures = _second_pass(pipeline_of(case.model), case, helper, latents, pictures)
    if case.keep_unmasked:
        pictures = [_over_what_was_there(pipeline_of(case.model), case, picture) for picture in pictures]
    return Generated(latents.numpy(), np.stack([np.asarray(picture) for picture in pictures]))


def new_generators(case: Case) -> Generators:
    """One for each image of the case."""
    return [torch.Generator("cpu").manual_seed(case.seed + image) for image in range(case.images)]


def opened(case: Case) -> Image.Image:
    """The picture to begin from at the case's size, by Lanczos, or as it is."""
    image = picture(case.init_img)
    resized = case.size is not None and case.mask_only is None
    return image.resize(case.size, Image.Resampling.LANCZOS) if resized else image


def _strength(case: Case) -> float:
    return STRENGTH if case.strength is None else case.strength


def _first_pass(
    pipeline: DiffusionPipeline, case: Case, helper: type[DeepCacheSDHelper], generators: Generators, **more: Any
) -> tuple[Latents, Pictures]:
    """Text to image, image to image or inpainting, as the case says. more: of the pipeline's call."""
    if case.control:
        return _controlled(pipeline, case, helper, generators)
    if case.init_img is None:
        return _run(pipeline, case, helper, generators, width=case.size[0], height=case.size[1], **more)
    begin = {"image": opened(case), "strength": _strength(case)} | more
    if case.mask is None:
        return _run(of_kind(pipeline, "Img2Img"), case, helper, generators, **begin)
    width, height = case.size or (side // 8 * 8 for side in opened(case).size)
    masked = {"mask_image": mask(case.mask, case.mask_blur), "width": width, "height": height}
    if case.mask_only is not None:
        masked["padding_mask_crop"] = case.mask_only
    return _run(of_kind(pipeline, "Inpaint"), case, helper, generators, **begin, **masked)


def _controlled(
    pipeline: DiffusionPipeline, case: Case, helper: type[DeepCacheSDHelper], generators: Generators
) -> tuple[Latents, Pictures]:
    """The same steered by control nets. One alone is given as it is: so is what belongs to it."""
    one_or_all = (lambda values: values[0]) if len(case.control) == 1 else list
    pictures = one_or_all([picture(name) for _, name in case.control])
    strengths = list(case.control_strength) or [1.0]
    steered = {
        "controlnet_conditioning_scale": one_or_all(strengths * (len(case.control) // len(strengths))),
        "control_guidance_start": one_or_all(case.control_start or [0.0] * len(case.control)),
        "control_guidance_end": one_or_all(case.control_end or [1.0] * len(case.control)),
        "guess_mode": case.control_guess,
        "width": case.size[0],
        "height": case.size[1],
    }
    if case.init_img is None:
        return _run(_with_nets(pipeline, case, ""), case, helper, generators, image=pictures, **steered)
    begin = {"image": opened(case), "control_image": pictures, "strength": _strength(case)}
    if case.mask is None:
        return _run(_with_nets(pipeline, case, "Img2Img"), case, helper, generators, **begin, **steered)
    masked = {"mask_image": mask(case.mask, case.mask_blur)}
    if case.mask_only is not None:
        masked["padding_mask_crop"] = case.mask_only
    return _run(_with_nets(pipeline, case, "Inpaint"), case, helper, generators, **begin, **masked, **steered)


def _with_nets(pipeline: DiffusionPipeline, case: Case, kind: str) -> DiffusionPipeline:
    return _controlled_pipeline(pipeline, tuple(net for net, _ in case.control), kind)


@cache
def _controlled_pipeline(pipeline: DiffusionPipeline, nets: tuple[str, ...], kind: str) -> DiffusionPipeline:
    """A pipeline of the same parts with these control nets beside its UNet."""
    models_dir, is_xl = Path(pipeline.name_or_path).parent, "XL" in type(pipeline).__name__
    loaded = [ControlNetModel.from_pretrained(models_dir / f"{net}-diffusers") for net in nets]
    more = {"add_watermarker": False} if is_xl else {}
    name = f"StableDiffusion{'XL' if is_xl else ''}ControlNet{kind}Pipeline"
    other = getattr(diffusers, name).from_pipe(pipeline, controlnet=loaded[0] if len(nets) == 1 else loaded, **more)
    other.set_progress_bar_config(disable=True)
    return other


def _refined(
    pipeline_of: PipelineOf, case: Case, helper: type[DeepCacheSDHelper], generators: Generators
) -> tuple[Latents, Pictures]:
    """The first part of the way by the model, the rest by the refiner, by the same scheduler and generators.

    Pictures are decoded by the model's VAE, as in the example of diffusers' documentation.
    """
    start = REFINER_START if case.refiner_start is None else case.refiner_start
    base = pipeline_of(case.model)
    refiner = of_kind(pipeline_of(case.refiner), "Img2Img", base)
    latents, _ = _first_pass(base, case, helper, generators, denoising_end=start, output_type="latent")
    return _run(
        refiner, case, helper, generators, scheduler_of=base, image=latents, denoising_start=start, strength=1.0
    )


def _second_pass(
    pipeline: DiffusionPipeline,
    case: Case,
    helper: type[DeepCacheSDHelper],
    latents: Latents | None,
    pictures: Pictures,
) -> tuple[Latents, Pictures]:
    """Image to image of what the first pass made, larger, with generators seeded anew.

    latents: not needed where pictures are enlarged.
    """
    scale = case.hires_scale or HIRES_SCALE
    width, height = (int(side * scale) // 8 * 8 for side in pictures[0].size)
    upscaler = case.hires_upscaler or HIRES_UPSCALER
    if upscaler == "lanczos":
        image = [made.resize((width, height), Image.Resampling.LANCZOS) for made in pictures]
    else:
        image = torch.nn.functional.interpolate(latents, (height // 8, width // 8), **UPSCALED_BY[upscaler])
    strength = HIRES_STRENGTH if case.hires_strength is None else case.hires_strength
    second = replace(case, steps=case.hires_steps or case.steps)
    generators = new_generators(case)
    return _run(of_kind(pipeline, "Img2Img"), second, helper, generators, image=image, strength=strength)


@cache
def of_kind(pipeline: DiffusionPipeline, kind: str, vae_of: DiffusionPipeline | None = None) -> DiffusionPipeline:
    """A pipeline of the same parts that begins from a picture. kind: Img2Img, Inpaint. vae_of: whose VAE it takes."""
    is_xl = "XL" in type(pipeline).__name__
    more = {"add_watermarker": False} if is_xl else {}
    if vae_of is not None:
        more["vae"] = vae_of.vae
    other = getattr(diffusers, f"StableDiffusion{'XL' if is_xl else ''}{kind}Pipeline").from_pipe(pipeline, **more)
    other.set_progress_bar_config(disable=True)
    return other


def _run(
    pipeline: DiffusionPipeline,
    case: Case,
    helper: type[DeepCacheSDHelper],
    generators: Generators,
    scheduler_of: DiffusionPipeline | None = None,
    **arguments: Any,
) -> tuple[Latents, Pictures]:
    """One pipeline's call: the final latents, and its pictures. scheduler_of: whose, if not its own."""
    final = {}

    def keep(_pipeline: DiffusionPipeline, _step: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        final["latents"] = tensors["latents"]
        return tensors

    own = pipeline.scheduler
    pipeline.scheduler = scheduler_for(scheduler_of or pipeline, case)
    try:
        with caching(pipeline, case, helper):
            pictures = pipeline(
                prompt=case.prompt,
                negative_prompt=case.negative,
                num_inference_steps=case.steps,
                guidance_scale=case.guidance,
                num_images_per_prompt=case.images,
                generator=generators,
                eta=eta_of(case),
                callback_on_step_end=keep,
                **case.told(),
                **arguments,
            ).images
    finally:
        pipeline.scheduler = own
    return final["latents"], pictures


def _over_what_was_there(pipeline: DiffusionPipeline, case: Case, made: Image.Image) -> Image.Image:
    """What was made under the mask, and the picture that was there where the mask is black."""
    return of_kind(pipeline, "Inpaint").image_processor.apply_overlay(
        mask(case.mask, case.mask_blur).resize(made.size, Image.Resampling.LANCZOS), opened(case), made
    )
