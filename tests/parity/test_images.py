"""Whole pictures by the built program against diffusers' pipelines with the published DeepCache helper."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from DeepCache import DeepCacheSDHelper
from diffusers import DiffusionPipeline
from diffusers_pipeline import CountingHelper, Generated, load_pipeline, run_diffusers
from generation_case import LARGEST, LONG_PROMPT, SHORT_PROMPT, Case
from input_pictures import picture_file
from pairwise import covering_combinations
from picture_maker import PictureMaker
from PIL import Image
from tiny_models import EXPORTED, exported
from worst_differences import WorstDifferences

LATENT_TOLERANCE = 1e-4  # largest difference over largest value, in float32
PICTURE_TOLERANCE = 1  # levels of 255
OBLONG, ODD = (96, 160), (160, 104)  # width, height; the last is 20 x 13 in latents

AXES: dict[str, tuple[Any, ...]] = {
    "model": EXPORTED,
    "sampler": (
        ("pndm", None),
        ("ddim", None),
        ("euler", None),
        ("euler_a", None),
        ("dpm++2m", None),
        ("euler", "karras"),
        ("dpm++2m", "karras"),
    ),
    "interval": (1, 2, 3, 5),
    "branch": (0, 1, 2, 3, 5, LARGEST),
    "negative": (None, "", "a blue dog"),
    "guidance": (1, 7.5),
    "size": ((64, 64), OBLONG, ODD),
    "prompt": (SHORT_PROMPT, LONG_PROMPT),
}

# Of the judges' own parts.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),
]

Generate = Callable[..., Generated]


def case_of(values: dict[str, Any]) -> Case:
    sampler, schedule = values["sampler"]
    return Case(**values | {"sampler": sampler, "schedule": schedule})


CASES = [case_of(values) for values in covering_combinations(AXES)]


@pytest.fixture(scope="session")
def pipeline_of(models_dir: Path) -> Callable[[str], DiffusionPipeline]:
    """Loads a tiny model's pipeline at its first use."""
    return cache(lambda model: load_pipeline(exported(models_dir, model).with_name(f"{model}-diffusers")))


def run_flags(models_dir: Path, case: Case, dtype: str) -> list[str | Path]:
    """What is said of a case to a whole run."""
    refiner = ["--refiner", exported(models_dir, case.refiner)] if case.refiner else []
    return ["--model", exported(models_dir, case.model), *refiner, "--threads", "1", "--dtype", dtype]


def control_flags(models_dir: Path, case: Case) -> list[str]:
    """A case's control nets, which are named by their folders."""
    pairs = [(exported(models_dir, net), picture_file(picture)) for net, picture in case.control]
    return [str(part) for net, picture in pairs for part in ("--control-net", net, "--control-image", picture)]


def generated(latents: Path, pictures: list[Path], case: Case) -> Generated:
    """What a case has left in files."""
    assert len(pictures) == case.images
    return Generated(np.load(latents), np.stack([np.asarray(Image.open(path)) for path in pictures]))


@pytest.fixture
def generate(picture_maker: Callable[..., PictureMaker], models_dir: Path, tmp_path: Path) -> Generate:
    """Makes a case's pictures as the program does, by an engine that stays; with further flags, in a dtype."""

    def make(case: Case, *flags: str, dtype: str = "fp32") -> Generated:
        folder = tmp_path / f"run{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        latents = folder / "latents.npy"
        maker = picture_maker(*run_flags(models_dir, case, dtype))
        said = [*case.arguments(), *control_flags(models_dir, case), "--output", f"{folder}/%d.png", *flags]
        return generated(latents, maker.make(latents, *said), case)

    return make


@pytest.fixture
def run_program(program: Path, models_dir: Path, tmp_path: Path) -> Generate:
    """Runs the program on a case, in float32, with further flags of any kind and further environment variables."""

    def run(case: Case, *flags: str, **environment: str) -> Generated:
        folder = tmp_path / f"program{len(list(tmp_path.iterdir()))}"
        outputs = ["--output", f"{folder}/%d.png", "--save-latents", f"{folder}/latents.npy"]
        command = [program, *run_flags(models_dir, case, "fp32"), *case.arguments(), *outputs, *flags]
        variables = os.environ | environment
        result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=variables)
        assert result.returncode == 0, result.stderr
        return generated(folder / "latents.npy", [Path(line) for line in result.stdout.splitlines()], case)

    return run


@pytest.fixture
def assert_equal(worst_differences: WorstDifferences) -> Callable[..., None]:
    """Compares our pictures of a case with others' within the tolerances, and notes the differences."""

    def compare(case: Case, ours: Generated, theirs: Generated, whose: str = "diffusers") -> None:
        assert ours.latents.shape == theirs.latents.shape
        assert ours.pictures.shape == theirs.pictures.shape
        latents = relative_difference(ours.latents, theirs.latents)
        worst_differences.note(f"relative latent difference to {whose}", latents, str(case))
        assert latents <= LATENT_TOLERANCE
        assert picture_difference(ours.pictures, theirs.pictures) <= PICTURE_TOLERANCE

    return compare


def relative_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def picture_difference(ours: np.ndarray, theirs: np.ndarray) -> int:
    return int(np.abs(ours.astype(int) - theirs.astype(int)).max())


def judge_of(case: Case) -> type[DeepCacheSDHelper]:
    """The published helper, but where it loses count (see CountingHelper)."""
    return CountingHelper if case.sampler == "pndm" and case.interval == 2 else DeepCacheSDHelper


def test_cases_bring_every_two_values_together() -> None:
    rows = covering_combinations(AXES)
    for first, second in combinations(AXES, 2):
        met = {(row[first], row[second]) for row in rows}
        assert met == set(product(AXES[first], AXES[second]))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_pictures_equal_diffusers(case: Case, generate: Generate, pipeline_of: Any, assert_equal: Any) -> None:
    assert_equal(case, generate(case), run_diffusers(pipeline_of(case.model), case, judge_of(case)))


@pytest.mark.parametrize("model", EXPORTED)
def test_the_models_own_scheduler_and_no_caching_are_the_defaults(
    model: str, run_program: Generate, pipeline_of: Any, assert_equal: Any
) -> None:
    case = Case(model=model, steps=8)
    assert_equal(case, run_program(case), run_diffusers(pipeline_of(model), case))


@pytest.mark.parametrize("model", EXPORTED)
def test_batches_equal_diffusers_and_the_images_alone(
    model: str, run_program: Generate, generate: Generate, pipeline_of: Any, assert_equal: Any
) -> None:
    case = Case(model=model, sampler="euler_a", interval=2, branch=1, images=3)
    batch = run_program(case)
    assert_equal(case, batch, run_diffusers(pipeline_of(model), case))
    for image in (0, 2):
        alone = replace(case, images=1, seed=case.seed + image)
        one = Generated(batch.latents[[image]], batch.pictures[[image]])
        assert_equal(alone, one, generate(alone), "the image alone")


@pytest.mark.parametrize("model", EXPORTED)
def test_rescaled_guidance_equals_diffusers(
    model: str, generate: Generate, pipeline_of: Any, assert_equal: Any
) -> None:
    case = Case(model=model, sampler="ddim", interval=2, branch=1, images=2, guidance_rescale=0.7)
    rescaled = generate(case)
    assert_equal(case, rescaled, run_diffusers(pipeline_of(model), case))
    plain = generate(replace(case, guidance_rescale=None))
    assert relative_difference(rescaled.latents, plain.latents) > 100 * LATENT_TOLERANCE


def test_batches_may_be_split(run_program: Generate, assert_equal: Any) -> None:
    case = Case(interval=3, branch=2, images=3)
    assert_equal(case, run_program(case, "--batch-size", "2"), run_program(case), "one batch")


@pytest.mark.parametrize("model", EXPORTED)
def test_interval_1_is_no_caching_byte_for_byte(model: str, run_program: Generate) -> None:
    plain = run_program(Case(model=model))
    interval_1 = run_program(Case(model=model, interval=1))
    assert plain.latents.tobytes() == interval_1.latents.tobytes()
    assert plain.pictures.tobytes() == interval_1.pictures.tobytes()


def test_sdxl_zeroes_only_the_unset_negative_prompt(generate: Generate) -> None:
    """Both are in the comparison with diffusers; here, that it tells them apart."""
    unset, empty = Case(model="sdxl"), Case(model="sdxl", negative="")
    assert relative_difference(generate(unset).latents, generate(empty).latents) > 100 * LATENT_TOLERANCE


@pytest.mark.parametrize("model", EXPORTED)
def test_a_processor_without_avx512_makes_the_same_pictures(
    model: str, run_program: Generate, pipeline_of: Any, assert_equal: Callable[..., None]
) -> None:
    case = Case(model=model, interval=3, branch=1)
    ours = run_program(case, ATEN_CPU_CAPABILITY="avx2", ONEDNN_MAX_CPU_ISA="AVX2")
    assert_equal(case, ours, run_diffusers(pipeline_of(model), case), "diffusers (ours on AVX2)")


def test_caching_changes_the_picture(generate: Generate) -> None:
    """Else the comparisons of intervals and branches would say nothing."""
    whole, outermost, deeper = (generate(Case(interval=i, branch=b)).latents for i, b in [(1, 0), (3, 0), (3, 5)])
    assert relative_difference(whole, outermost) > 100 * LATENT_TOLERANCE
    assert relative_difference(outermost, deeper) > 100 * LATENT_TOLERANCE


@pytest.mark.parametrize("model", EXPORTED)
def test_bfloat16_is_near_float32(model: str, generate: Generate) -> None:
    """Guards against nonsense only: bfloat16 has 8 significant bits, and guidance multiplies its errors."""
    case = Case(model=model, interval=2, branch=0, guidance=1)
    float32, bfloat16 = generate(case).latents, generate(case, dtype="bf16").latents
    difference = np.abs(bfloat16 - float32).mean() / np.abs(float32).mean()
    assert 0 < difference < 0.03


@pytest.mark.parametrize(
    "case",
    [Case(sampler="ddim", interval=2, branch=1), Case(model="sdxl", interval=3), Case(sampler="pndm", interval=3)],
    ids=str,
)
def test_counting_judge_is_the_helper_where_it_counts_right(case: Case, pipeline_of: Any) -> None:
    original = run_diffusers(pipeline_of(case.model), case)
    counting = run_diffusers(pipeline_of(case.model), case, CountingHelper)
    assert np.array_equal(original.latents, counting.latents)


def test_helper_loses_count_with_pndm_at_interval_2(pipeline_of: Any) -> None:
    """The reason for the counting judge; if this fails, a repaired helper can judge alone."""
    case = Case(sampler="pndm", interval=2, branch=0)
    original = run_diffusers(pipeline_of(case.model), case)
    counting = run_diffusers(pipeline_of(case.model), case, CountingHelper)
    assert relative_difference(original.latents, counting.latents) > 100 * LATENT_TOLERANCE
