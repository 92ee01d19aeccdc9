"""UNets that take the guidance scale as an input, as latent consistency models do: exported, and run like diffusers."""

import json
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_images
import torch
from cpu_benchmark.multiply_adds import meta_unet, multiply_adds
from diffusers import UNet2DConditionModel
from diffusers_pipeline import run_diffusers
from export_run import description, refusal
from exporter.command_line import main as export
from exporter.errors import ExportError
from exporter.judgement import judge
from exporter.ladder import ladder_cases, run_ladder, trace_ladder
from exporter.time_embedding import GuidanceSinusoid
from generation_case import Case
from pairwise import covering_combinations
from PIL import Image
from random_model.folder import make_model
from test_images import LATENT_TOLERANCE, PICTURE_TOLERANCE, Generate, picture_difference, relative_difference
from tiny_models import copy_model, edit_json

EMBEDDED_MODEL = Path(__file__).resolve().parents[2] / "models" / "scenes"
BRANCHES = {"lcm15": 12, "lcm-xl": 9}
WIDTH = 256  # of the embedded guidance
DEEPEST = -1

AXES: dict[str, tuple[Any, ...]] = {
    "model": tuple(BRANCHES),
    "sampler": ("ddim", "euler", "lcm", "tcd"),
    "guidance": (1, 1.5, 8),
    "caching": ((None, None), (2, 0), (2, 1), (2, DEEPEST), (3, 0), (3, 1), (3, DEEPEST)),
    "images": (1, 2),
}

pytestmark = test_images.pytestmark
# On the models below.
pipeline_of, generate, assert_equal = test_images.pipeline_of, test_images.generate, test_images.assert_equal


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tiny models whose UNets take the guidance scale (NAME-diffusers), and their exports (NAME)."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("embedded-guidance")
    for name in BRANCHES:
        make_model(folder / f"{name}-diffusers", name, tiny=True, seed=0, dtype=torch.float32)
        arguments = ["--source", folder / f"{name}-diffusers", "--output", folder / name]
        assert export([str(argument) for argument in arguments]) == 0
    return folder


def case_of(values: dict[str, Any]) -> Case:
    interval, branch = values.pop("caching")
    branch = BRANCHES[values["model"]] - 1 if branch == DEEPEST else branch
    return Case(**values, interval=interval, branch=branch)


CASES = [case_of(values) for values in covering_combinations(AXES)]


# Pictures


@pytest.mark.parametrize("case", CASES, ids=str)
def test_pictures_equal_diffusers(case: Case, generate: Generate, pipeline_of: Any, assert_equal: Any) -> None:
    assert_equal(case, generate(case), run_diffusers(pipeline_of(case.model), case))


@pytest.mark.parametrize("model", BRANCHES)
def test_a_scale_that_no_float_is_equals_diffusers(
    model: str, generate: Generate, pipeline_of: Any, assert_equal: Any
) -> None:
    """Less one in another precision, or a frequency another last digit, and the sines are others."""
    case = Case(model=model, sampler="ddim", guidance=300.7)
    assert_equal(case, generate(case), run_diffusers(pipeline_of(model), case))


@pytest.mark.parametrize("model", BRANCHES)
def test_the_scale_changes_the_picture_also_at_one_and_below(model: str, generate: Generate) -> None:
    """Else the comparisons above would say nothing."""
    latents = [generate(Case(model=model, sampler="ddim", guidance=scale)).latents for scale in (0, 1, 1.5, 8)]
    for one, other in pairwise(latents):
        assert relative_difference(one, other) > 100 * LATENT_TOLERANCE


@pytest.mark.parametrize("model", BRANCHES)
def test_bfloat16_is_near_float32(model: str, generate: Generate) -> None:
    """Guards against nonsense only, such as a scale that is rounded before it is embedded."""
    case = Case(model=model, sampler="ddim", interval=2, branch=0, guidance=7.9)
    float32, bfloat16 = generate(case).latents, generate(case, dtype="bf16").latents
    assert 0 < np.abs(bfloat16 - float32).mean() / np.abs(float32).mean() < 0.03


def test_images_of_a_batch_have_their_own_scales(
    program: Path, models_dir: Path, tmp_path: Path, pipeline_of: Any
) -> None:
    cases = [Case(model="lcm15", sampler="ddim", interval=2, branch=1, guidance=scale) for scale in (1, 1.5, 8)]
    lines = [{"prompt": case.prompt, "cfg-scale": case.guidance} for case in cases]
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    flags = cases[0].arguments()[2:]
    flags += ["--prompts", "prompts.jsonl", "--output", "%d.png", "--batch-size", "3", "--dtype", "fp32"]
    command = [program, "--model", models_dir / "lcm15", "--threads", "1", *flags]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    assert "images 1-3/3" in result.stderr
    for number, case in enumerate(cases):
        ours = np.asarray(Image.open(tmp_path / f"{number}.png"))
        theirs = run_diffusers(pipeline_of("lcm15"), case).pictures[0]
        assert picture_difference(ours, theirs) <= PICTURE_TOLERANCE


# What is said


@pytest.fixture
def draw(program: Path, models_dir: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the program on lcm15, or the model given."""

    def run(*flags: object, model: Path = models_dir / "lcm15") -> subprocess.CompletedProcess[str]:
        words = [program, "--model", model, "--threads", 1, *Case(sampler="ddim", steps=2).arguments(), *flags]
        command = [str(word) for word in words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)

    return run


def test_what_only_classifier_free_guidance_reads_has_no_effect(draw: Any, tmp_path: Path) -> None:
    assert draw("--output", "plain.png", "--quiet").stderr == ""
    result = draw("--output", "told.png", "--quiet", "--negative-prompt", "a dog", "--guidance-rescale", 0.5)
    assert result.returncode == 0
    reason = "has no effect because the model's UNet takes the guidance scale itself"
    negative, rescale = result.stderr.splitlines()
    assert f"the negative prompt {reason}" in negative and f"--guidance-rescale {reason}" in rescale
    plain, told = (np.asarray(Image.open(tmp_path / name)) for name in ("plain.png", "told.png"))
    assert np.array_equal(plain, told)


def test_records_have_the_scale(draw: Any, tmp_path: Path) -> None:
    record = json.loads(draw("--output", "a.png", "--json").stdout)
    assert record["guidance_scale"] == 7.5
    assert "CFG scale: 7.5," in Image.open(tmp_path / "a.png").text["parameters"]
    assert "guidance 7.5" in draw("--plan").stdout


def test_inspection_says_it(program: Path, models_dir: Path) -> None:
    command = [program, "inspect", models_dir / "lcm15"]
    assert "; takes the guidance scale" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


# Exports


@pytest.mark.parametrize("model", BRANCHES)
def test_an_export_says_that_its_unet_takes_guidance(models_dir: Path, model: str) -> None:
    assert description(models_dir / model)["parts"]["unet"]["guidance_embedding"] == WIDTH
    assert description(models_dir / model)["parts"]["unet"]["rungs"] == BRANCHES[model]


def test_the_oldest_such_pipeline_is_exported(
    models_dir: Path, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """LCM_Dreamshaper_v7 names a pipeline of its own; what is said comes from behind that check."""
    source = copy_model(models_dir / "lcm15-diffusers", tmp_path / "source")
    edit_json(source / "model_index.json", _class_name="LatentConsistencyModelPipeline")
    edit_json(source / "unet" / "config.json", time_cond_proj_dim=255)
    assert "time_cond_proj_dim 255; accepted: None, or an even 4 or more" in refusal(capsys, source, output)


@pytest.mark.parametrize("width", [0, -2, 2, 256.0, True, "256"])
def test_odd_widths_are_refused(
    models_dir: Path, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str], width: Any
) -> None:
    source = copy_model(models_dir / "lcm15-diffusers", tmp_path / "source")
    edit_json(source / "unet" / "config.json", time_cond_proj_dim=width)
    message = refusal(capsys, source, output)
    assert f"time_cond_proj_dim {width!r}" in message or "diffusers refuses unet/config.json" in message


def test_the_judge_sees_an_embedding_that_is_another(models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unet = UNet2DConditionModel.from_pretrained(models_dir / "lcm15-diffusers" / "unet").eval()
    cases = ladder_cases(unet)
    original = GuidanceSinusoid.__init__

    def with_another_last_digit(self: GuidanceSinusoid, width: int) -> None:
        original(self, width)
        self.log_step = float(np.nextafter(np.float32(self.log_step), np.float32(1)))

    assert judge("it", trace_ladder(unet), run_ladder, cases) == 0
    monkeypatch.setattr(GuidanceSinusoid, "__init__", with_another_last_digit)
    with pytest.raises(ExportError, match="it differs from diffusers"):
        judge("it", trace_ladder(unet), run_ladder, cases)


@pytest.mark.parametrize("model", BRANCHES)
def test_multiply_adds_are_what_diffusers_runs(models_dir: Path, model: str) -> None:
    parts = description(models_dir / model)["parts"]
    config = UNet2DConditionModel.load_config(models_dir / f"{model}-diffusers" / "unet")
    unet, facts, pixels = meta_unet(config), parts["unet"]["multiply_adds"], 32 * 32

    def zeros(*shape: int) -> torch.Tensor:
        return torch.zeros(shape, device="meta")

    added = {}
    if "text_encoder_2" in parts:
        added = {"text_embeds": zeros(1, parts["text_encoder_2"]["projection_size"]), "time_ids": zeros(1, 6)}

    class Pass(torch.nn.Module):
        def forward(self, latents: torch.Tensor) -> torch.Tensor:
            context, guidance = zeros(1, 77, config["cross_attention_dim"]), zeros(1, WIDTH)
            return unet(latents, zeros(1), context, timestep_cond=guidance, added_cond_kwargs=added).sample

    polynomials = [facts["time_embedding"], *facts["down"], facts["mid"], *facts["up"], facts["out"]]
    full = sum(coefficient * pixels**power for each in polynomials for power, coefficient in enumerate(each))
    with torch.no_grad():
        assert full == multiply_adds(Pass(), (zeros(1, 4, 32, 32),))


# Folders that say what is not so


@pytest.fixture
def liar(models_dir: Path, tmp_path: Path) -> Callable[..., Path]:
    """Makes a copy of lcm15, or the model given, whose description has another `guidance_embedding`, or none."""

    def lie(value: Any, model: Path = models_dir / "lcm15") -> Path:
        folder = copy_model(model, tmp_path / f"liar-{model.name}")
        parts = description(folder)["parts"]
        parts["unet"]["guidance_embedding"] = value
        edit_json(folder / "model.json", parts=parts)
        return folder

    return lie


@pytest.mark.parametrize("value", [-1, 2**21, 2**70, 256.5, "256", True, [256], {}])
def test_values_that_are_none_are_refused(draw: Any, liar: Any, value: Any) -> None:
    result = draw("--output", "a.png", model=liar(value))
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "model.json: parts: unet: guidance_embedding: " in line


def test_an_archive_that_takes_other_inputs_is_refused(draw: Any, liar: Any) -> None:
    for model, said in ((liar(None), "takes 2 inputs, got 1"), (liar(WIDTH, EMBEDDED_MODEL), "takes 1 inputs, got 2")):
        result = draw("--output", "a.png", "--quiet", model=model)
        assert result.returncode == 1
        (line,) = result.stderr.splitlines()
        assert f"{model}/unet.pt: time_embedding: {said}" in line
