"""LoRA at run time against diffusers' own loading, and against sums made by hand where diffusers is no judge."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_images
from diffusers_pipeline import CountingHelper, run_diffusers
from generation_case import Case
from random_loras import (
    ATTENTION,
    CONVOLUTIONS,
    REST,
    Write,
    fused,
    make_lora,
    merged,
    with_odd_alphas,
    write_diffusers,
    write_kohya,
    write_peft,
)
from test_images import LATENT_TOLERANCE, Generate, relative_difference
from tiny_models import EXPORTED, exported
from worst_differences import WorstDifferences

pytestmark = test_images.pytestmark
pipeline_of, generate = test_images.pipeline_of, test_images.generate

ALL = ATTENTION + REST + CONVOLUTIONS
CACHINGS = ((None, None), (3, 0))
# diffusers of this age has no alpha, so that it is the rank.
FORMS: dict[str, tuple[Write, tuple[str, ...], float]] = {
    "kohya": (write_kohya, ALL, 2.0),
    "peft": (write_peft, ALL, 3.0),
    "diffusers": (write_diffusers, ATTENTION, 4.0),
}

Compare = Callable[..., None]


@pytest.fixture
def assert_same(generate: Generate, worst_differences: WorstDifferences) -> Compare:
    """Compares the final latents of a case, made with further flags, with a judge's, and with none at all."""

    def compare(kind: str, case: Case, theirs: Any, *flags: object) -> None:
        ours = generate(case, *map(str, flags)).latents
        difference = relative_difference(ours, theirs.latents)
        worst_differences.note(f"latents, LoRA, {kind}", difference, str(case))
        assert difference <= LATENT_TOLERANCE
        assert relative_difference(generate(case).latents, theirs.latents) > 100 * LATENT_TOLERANCE

    return compare


@pytest.mark.parametrize("caching", CACHINGS, ids=str)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("model", EXPORTED)
def test_each_form_equals_diffusers(
    model: str, form: str, caching: Any, assert_same: Compare, pipeline_of: Any, tmp_path: Path
) -> None:
    write, kinds, alpha = FORMS[form]
    pipeline = pipeline_of(model)
    file = write(make_lora(pipeline, 1, kinds, alpha=alpha), tmp_path / "x.safetensors")
    case = Case(model=model, negative="a blue dog", interval=caching[0], branch=caching[1])
    with fused(pipeline, (file, 0.7)):
        theirs = run_diffusers(pipeline, case, CountingHelper)
    assert_same(form, case, theirs, "--lora", f"{file}:0.7")


@pytest.mark.parametrize("model", EXPORTED)
def test_two_equal_diffusers(model: str, assert_same: Compare, pipeline_of: Any, tmp_path: Path) -> None:
    """Of different ranks, forms, layers and weights; the second has the weight that is not said."""
    pipeline = pipeline_of(model)
    first = write_kohya(make_lora(pipeline, 1, ALL), tmp_path / "first.safetensors")
    second = write_peft(make_lora(pipeline, 2, ATTENTION, rank=2), tmp_path / "second.safetensors")
    case = Case(model=model, interval=2, branch=1)
    with fused(pipeline, (first, -0.4), (second, 1.0)):
        theirs = run_diffusers(pipeline, case, CountingHelper)
    assert_same("two", case, theirs, "--lora", f"{first}:-0.4", "--lora", second)


@pytest.mark.parametrize("model", EXPORTED)
def test_layers_of_different_alphas_equal_the_sum(
    model: str, assert_same: Compare, pipeline_of: Any, tmp_path: Path
) -> None:
    """There diffusers takes one alpha for all of a kind."""
    pipeline = pipeline_of(model)
    lora = with_odd_alphas(make_lora(pipeline, 3, ALL))
    file = write_kohya(lora, tmp_path / "odd.safetensors")
    case = Case(model=model)
    with merged(pipeline, (lora, 0.5)):
        theirs = run_diffusers(pipeline, case)
    assert_same("odd alphas", case, theirs, "--lora", f"{file}:0.5")


def test_layers_that_the_picture_does_not_use_are_counted(
    program: Path, models_dir: Path, generate: Generate, pipeline_of: Any, tmp_path: Path
) -> None:
    """SDXL reads the last layer but one of its first encoder, and no pooled text of it."""
    lora = make_lora(pipeline_of("sdxl"), 6, ("fc1",))
    last = max(factors.path for factors in lora if factors.role == "text_encoder")
    used = [factors for factors in lora if (factors.role, factors.path) != ("text_encoder", last)]
    assert len(used) == len(lora) - 1
    file, without = write_kohya(lora, tmp_path / "all.safetensors"), write_kohya(used, tmp_path / "used.safetensors")
    case = Case(model="sdxl", steps=2)
    assert np.array_equal(generate(case, "--lora", str(file)).latents, generate(case, "--lora", str(without)).latents)

    def said(*flags: str) -> str:
        command = [
            program,
            "-m",
            exported(models_dir, "sdxl"),
            *case.arguments(),
            "-o",
            tmp_path / "x.png",
            "-v",
            *flags,
        ]
        return subprocess.run([*command, "--overwrite"], capture_output=True, text=True, timeout=300, check=True).stderr

    assert ", 1 of them without effect: the picture does not use their layers" in said("--lora", str(file))
    assert "without effect" not in said("--lora", str(file), "--clip-skip", "1")
    assert "without effect" not in said("--lora", str(without))


def test_an_lcm_lora_at_4_steps(generate: Generate, pipeline_of: Any, tmp_path: Path) -> None:
    """The whole of it: an export, a LoRA named by the prompt, the sampler it is made for, caching on and off."""
    pipeline = pipeline_of("sd15")
    file = write_kohya(make_lora(pipeline, 5, ALL), tmp_path / "lcm-lora.safetensors")
    plain = Case(sampler="lcm", steps=4, guidance=1.5, interval=None)
    flags = ("--prompt-style", "a1111", "--lora-dir", str(tmp_path))
    for interval in (None, 2):
        case = replace(plain, interval=interval, branch=interval and 0)
        with fused(pipeline, (file, 0.9)):
            theirs = run_diffusers(pipeline, case, CountingHelper)
        ours = generate(replace(case, prompt=f"{case.prompt}<lora:lcm-lora:0.9>"), *flags)
        assert relative_difference(ours.latents, theirs.latents) <= LATENT_TOLERANCE
        assert relative_difference(ours.latents, generate(case).latents) > 100 * LATENT_TOLERANCE


@pytest.mark.parametrize("dtype", ["bf16", "fp16"])
def test_in_half_precision_it_is_nearly_the_same(
    dtype: str, generate: Generate, pipeline_of: Any, tmp_path: Path
) -> None:
    """Nearer to the LoRA in float32 than the picture without it."""
    file = write_kohya(make_lora(pipeline_of("sd15"), 1, ALL), tmp_path / "x.safetensors")
    case = Case(sampler="euler")
    exact, half = (generate(case, "--lora", str(file), dtype=name).latents for name in ("fp32", dtype))
    assert relative_difference(half, exact) < 0.2 * relative_difference(generate(case, dtype=dtype).latents, exact)
