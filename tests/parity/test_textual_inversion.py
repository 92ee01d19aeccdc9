"""Embeddings against diffusers' `load_textual_inversion`, which reads the same files.

Names are in lower case: of one with a capital letter diffusers takes the first vector alone. It refuses files with both
halves for SDXL, so that it is given each half with the tokenizer and text encoder that it is for.
"""

import json
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_images
import torch
from diffusers import DiffusionPipeline
from diffusers_pipeline import CountingHelper, load_pipeline, run_diffusers
from embedding_files import FORMS, vectors_for, write_pair, write_params
from generation_case import LARGEST, LONG_PROMPT, Case
from PIL import Image
from safetensors.torch import load_file
from task_judges import run_task
from test_images import LATENT_TOLERANCE, Generate, relative_difference
from tiny_models import exported

pytestmark = test_images.pytestmark
generate, assert_equal = test_images.generate, test_images.assert_equal

TOKEN = "mystyle"
PROMPT = f"a photo of a {TOKEN} horse on the moon"


@pytest.fixture
def judge(models_dir: Path) -> Any:
    """A pipeline of its own that knows the embeddings of these files by these tokens."""

    def load(model: str, files: dict[str, Path]) -> DiffusionPipeline:
        pipeline = load_pipeline(exported(models_dir, model).with_name(f"{model}-diffusers"))
        for token, file in files.items():
            add_embedding(pipeline, token, file)
        return pipeline

    return load


def add_embedding(pipeline: DiffusionPipeline, token: str, file: Path) -> None:
    """A refiner has the second encoder alone."""
    if not hasattr(pipeline, "text_encoder_2"):
        pipeline.load_textual_inversion(str(file), token=token)
        return
    halves = load_file(file)
    for half, suffix in (("clip_l", ""), ("clip_g", "_2")):
        reader = {name: getattr(pipeline, name + suffix) for name in ("tokenizer", "text_encoder")}
        if reader["text_encoder"] is not None:
            pipeline.load_textual_inversion(halves[half], token=token, **reader)


def written(folder: Path, form: str, model: str, count: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> Path:
    """A file of that form for a tiny model."""
    vectors = vectors_for(model, count, seed, dtype)
    if model == "sdxl":
        path = folder / f"of-seed-{seed}.safetensors"
        write_pair(path, *vectors)
        return path
    ending, write = FORMS[form]
    path = folder / f"of-seed-{seed}{ending}"
    write(path, *vectors)
    return path


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=["fp32", "fp16"])
@pytest.mark.parametrize("model", ["sd15", "sd21-v", "sdxl"])
def test_pictures_equal_diffusers(
    model: str, dtype: torch.dtype, count: int, tmp_path: Path, generate: Generate, judge: Any, assert_equal: Any
) -> None:
    file = written(tmp_path, "automatic1111", model, count, dtype)
    for case in (
        Case(model=model, prompt=PROMPT),
        Case(model=model, prompt="a dog", negative=f"{TOKEN}, blurred", interval=3, branch=1),
    ):
        ours = generate(case, "--embedding", f"{file}:{TOKEN}")
        assert_equal(case, ours, run_diffusers(judge(model, {TOKEN: file}), case, CountingHelper))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form: str, tmp_path: Path, generate: Generate, judge: Any, assert_equal: Any) -> None:
    """What diffusers does not read itself it is given as another file."""
    count = 1 if form == "bin-of-one" else 2
    file, plain = written(tmp_path, form, "sd15", count), tmp_path / "plain.safetensors"
    write_params(plain, *vectors_for("sd15", count))
    case = Case(prompt=PROMPT)
    ours = generate(case, "--embedding", f"{file}:{TOKEN}")
    assert_equal(case, ours, run_diffusers(judge("sd15", {TOKEN: plain}), case))


@pytest.mark.parametrize(
    "prompt",
    [
        f"a {TOKEN.upper()} horse, {TOKEN.capitalize()}",  # in any case
        f"un{TOKEN}ish horse{TOKEN}",  # within words
        f"{TOKEN}{TOKEN} {TOKEN}",
        "a my horse, mymystyle and m y",  # the longest counts
        f"{LONG_PROMPT}, {TOKEN}",  # beyond what is read
        f"({TOKEN}:1.5), naïve {TOKEN}\N{COMBINING ACUTE ACCENT} 中{TOKEN}文",
    ],
)
def test_tokens_are_found_as_diffusers_finds_them(
    prompt: str, tmp_path: Path, generate: Generate, judge: Any, assert_equal: Any
) -> None:
    """Of one vector each: those of more diffusers puts into the text itself, by its letters, also into other tokens."""
    files = {TOKEN: written(tmp_path, "emb-params", "sd15", 1), "my": written(tmp_path, "bin", "sd15", 1, seed=1)}
    case = Case(prompt=prompt)
    ours = generate(case, *(word for token, file in files.items() for word in ("--embedding", f"{file}:{token}")))
    assert_equal(case, ours, run_diffusers(judge("sd15", files), case))


@pytest.mark.parametrize(
    "prompt",
    [
        f"un{TOKEN}ish horse{TOKEN}",
        f"{TOKEN}{TOKEN} {TOKEN}",
        f"{'red ' * 73}{TOKEN} horse",  # cut through
    ],
)
def test_vectors_follow_each_other_as_in_diffusers(
    prompt: str, tmp_path: Path, generate: Generate, judge: Any, assert_equal: Any
) -> None:
    file = written(tmp_path, "emb-params", "sd15", 3)
    case = Case(prompt=prompt)
    ours = generate(case, "--embedding", f"{file}:{TOKEN}")
    assert_equal(case, ours, run_diffusers(judge("sd15", {TOKEN: file}), case))


def test_a_token_in_another_case_has_all_of_its_vectors(tmp_path: Path, generate: Generate) -> None:
    """Of which diffusers takes the first alone."""
    flags = ("--embedding", f"{written(tmp_path, 'emb-params', 'sd15', 3)}:{TOKEN}")
    lower, upper = (generate(Case(prompt=f"a {word} horse"), *flags) for word in (TOKEN, TOKEN.upper()))
    assert lower.latents.tobytes() == upper.latents.tobytes()


def test_the_pooled_text_of_sdxl_is_the_tokens(
    tmp_path: Path, generate: Generate, judge: Any, assert_equal: Any
) -> None:
    """Its end id is unset: the highest id is where it pools, and an added token has it."""
    file = written(tmp_path, "pair", "sdxl", 2)
    case = Case(
        model="sdxl",
        prompt=f"{TOKEN} in a long row of words",
        prompt_2=f"the end is {TOKEN}",
        interval=2,
        branch=LARGEST,
    )
    assert_equal(
        case, generate(case, "--embedding", f"{file}:{TOKEN}"), run_diffusers(judge("sdxl", {TOKEN: file}), case)
    )


def test_a_refiner_reads_the_second_half(tmp_path: Path, generate: Generate, judge: Any, assert_equal: Any) -> None:
    file = written(tmp_path, "pair", "sdxl", 2)
    case = Case(model="sdxl", refiner="sdxl-refiner", refiner_start=0.5, steps=8, prompt=PROMPT, negative="a dog")
    ours = generate(case, "--embedding", f"{file}:{TOKEN}")
    assert_equal(case, ours, run_task(cache(lambda model: judge(model, {TOKEN: file})), case))


def test_both_styles_read_a_plain_prompt_alike(tmp_path: Path, generate: Generate) -> None:
    """But within words: there AUTOMATIC1111 looks for the pieces of the name."""
    file, case = written(tmp_path, "automatic1111", "sd15", 3), Case(prompt=PROMPT, negative=f"blurred, {TOKEN}")
    flags = ("--embedding", f"{file}:{TOKEN}")
    plain, weighted = generate(case, *flags), generate(case, *flags, "--prompt-style", "a1111")
    assert plain.latents.tobytes() == weighted.latents.tobytes()
    within = replace(case, prompt=f"un{TOKEN}ish", negative=None)
    without = generate(within, "--prompt-style", "a1111")
    assert generate(within, *flags, "--prompt-style", "a1111").latents.tobytes() == without.latents.tobytes()
    assert generate(within, *flags).latents.tobytes() != without.latents.tobytes()


@pytest.mark.parametrize("model", ["sd15", "sdxl"])
def test_an_embedding_changes_what_is_made(model: str, tmp_path: Path, generate: Generate) -> None:
    """Else the comparisons would say nothing."""
    one, other = (written(tmp_path, "emb-params", model, 2, seed=seed) for seed in (0, 1))
    case = Case(model=model, prompt=PROMPT)
    made = [
        generate(case, *flags).latents for flags in ([], *(["--embedding", f"{file}:{TOKEN}"] for file in (one, other)))
    ]
    for i in range(3):
        assert relative_difference(made[i], made[i - 1]) > 10 * LATENT_TOLERANCE


@pytest.mark.parametrize("model", ["sd15", "sdxl"])
def test_pictures_of_a_batch_have_their_own(
    model: str, program: Path, models_dir: Path, tmp_path: Path, generate: Generate
) -> None:
    one, other = (str(written(tmp_path, "emb-params", model, 2, seed=seed)) for seed in (0, 1))
    embeddings = ([], [f"{one}:{TOKEN}"], [f"{other}:{TOKEN}"], [f"{one}:{TOKEN}", f"{other}:otherstyle"])
    case = Case(model=model, prompt=f"{PROMPT} of otherstyle", negative="")
    lines = [json.dumps({"prompt": case.prompt, "embedding": flags}) for flags in embeddings]
    (tmp_path / "prompts.jsonl").write_text("\n".join(lines))
    command = [program, "--model", exported(models_dir, model), "--threads", "1", "--dtype", "fp32"]
    command += ["--width", "64", "--height", "64", "--steps", str(case.steps), "--seed", str(case.seed)]
    command += ["--negative-prompt", "", "--cfg-scale", str(case.guidance)]
    command += ["--prompts", "prompts.jsonl", "--output", "%d.png", "--batch-size", "4"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    for number, flags in enumerate(embeddings):
        alone = generate(case, *(word for flag in flags for word in ("--embedding", flag)))
        assert np.array_equal(np.asarray(Image.open(tmp_path / f"{number}.png")), alone.pictures[0]), number
