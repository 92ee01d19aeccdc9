"""--clip-skip against the text encoders' states of that layer, from transformers, through diffusers' pipelines.

diffusers' own clip_skip fails with this version of transformers, counts otherwise for SDXL, and leaves the negative
prompt alone.
"""

from typing import Any

import pytest
import test_images
import torch
from diffusers import DiffusionPipeline
from diffusers_pipeline import CountingHelper, Generated, caching, scheduler_of
from generation_case import LARGEST, LONG_PROMPT, SHORT_PROMPT, Case
from test_images import LATENT_TOLERANCE, Generate, relative_difference

pytestmark = test_images.pytestmark
pipeline_of, generate, assert_equal = test_images.pipeline_of, test_images.generate, test_images.assert_equal


def states_of(
    pipeline: DiffusionPipeline, suffix: str, text: str, skip: int
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The states that many layers from the end, where 1 is the last, and the pooled text of a projecting encoder."""
    tokenizer, encoder = (getattr(pipeline, name + suffix) for name in ("tokenizer", "text_encoder"))
    ids = tokenizer(text, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    made = encoder(ids, output_hidden_states=True)
    hidden = made.hidden_states[-skip]
    if not is_xl(pipeline):
        hidden = getattr(encoder, "text_model", encoder).final_layer_norm(hidden)
    return hidden, getattr(made, "text_embeds", None)


def is_xl(pipeline: DiffusionPipeline) -> bool:
    return hasattr(pipeline, "text_encoder_2")


@torch.no_grad()
def told(pipeline: DiffusionPipeline, case: Case, skip: int) -> dict[str, Any]:
    """What the pipeline is given in the place of prompts."""
    suffixes = ("", "_2") if is_xl(pipeline) else ("",)
    given: dict[str, Any] = {}
    for prefix, text in (("", case.prompt), ("negative_", case.negative or "")):
        states = [states_of(pipeline, suffix, text, skip) for suffix in suffixes]
        given[f"{prefix}prompt_embeds"] = torch.cat([hidden for hidden, _ in states], dim=-1)
        if is_xl(pipeline):
            given[f"{prefix}pooled_prompt_embeds"] = states[-1][1]
    if is_xl(pipeline) and case.negative is None:
        given |= {name: torch.zeros_like(given[name]) for name in given if name.startswith("negative_")}
    return given


def judged(pipeline: DiffusionPipeline, case: Case, skip: int) -> Generated:
    final: dict[str, torch.Tensor] = {}

    def keep(_pipeline: DiffusionPipeline, _step: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        final["latents"] = tensors["latents"]
        return tensors

    with scheduler_of(pipeline, case), caching(pipeline, case, CountingHelper):
        pictures = pipeline(
            **told(pipeline, case, skip),
            width=case.size[0],
            height=case.size[1],
            num_inference_steps=case.steps,
            guidance_scale=case.guidance,
            generator=[torch.Generator("cpu").manual_seed(case.seed)],
            callback_on_step_end=keep,
            output_type="np",
        ).images
    return Generated(final["latents"].numpy(), (pictures * 255).round().astype("uint8"))


@pytest.mark.parametrize("skip", [1, 2])
@pytest.mark.parametrize("model", ["sd15", "sd21-v", "sdxl"])
def test_pictures_equal_the_layers_of_transformers(
    model: str, skip: int, generate: Generate, pipeline_of: Any, assert_equal: Any
) -> None:
    for case in (
        Case(model=model, negative="a blue dog"),
        Case(model=model, prompt=LONG_PROMPT, interval=3, branch=1),
        Case(model=model, negative="", guidance=1, interval=2, branch=LARGEST),
    ):
        ours = generate(case, "--clip-skip", str(skip))
        assert_equal(case, ours, judged(pipeline_of(model), case, skip), "transformers' layers")


@pytest.mark.parametrize(("model", "usual"), [("sd15", 1), ("sd21-v", 1), ("sdxl", 2)])
def test_each_changes_what_is_made_but_the_models_own(model: str, usual: int, generate: Generate) -> None:
    case = Case(model=model, prompt=SHORT_PROMPT, negative="")
    plain, same = generate(case), generate(case, "--clip-skip", str(usual))
    assert same.latents.tobytes() == plain.latents.tobytes()
    other = generate(case, "--clip-skip", str(3 - usual))
    assert relative_difference(other.latents, plain.latents) > 10 * LATENT_TOLERANCE
