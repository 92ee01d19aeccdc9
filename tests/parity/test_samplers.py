"""Every sampler with every sigma schedule, cached and not, against diffusers' pipelines."""

from itertools import cycle
from typing import Any

import pytest
import test_images
from diffusers_pipeline import CountingHelper, run_diffusers
from exporter.sampler_rows import sampler_rows
from generation_case import LARGEST, Case
from test_images import LATENT_TOLERANCE, Generate, relative_difference
from tiny_models import EXPORTED
from worst_differences import WorstDifferences

pytestmark = test_images.pytestmark
pipeline_of, generate = test_images.pipeline_of, test_images.generate

CACHINGS = ((2, 0), (3, 1), (2, LARGEST), (3, 0), (2, 1), (3, LARGEST))
# For this schedule there is no table of Stable Diffusion 2.
WITHOUT_TABLE = {"ays": ("sd21-v",)}


def cases() -> list[Case]:
    """Every sampler on every model, uncached and cached in two ways; every other schedule on one, and cached in one."""
    cachings = cycle(CACHINGS)
    found = []
    for row in sampler_rows():
        for model in EXPORTED:
            found.append(Case(model=model, sampler=row.name))
            for _ in range(2):
                interval, branch = next(cachings)
                found.append(Case(model=model, sampler=row.name, interval=interval, branch=branch))
    models = cycle(EXPORTED)
    for row in sampler_rows():
        for schedule in row.schedules[1:]:
            model = next(model for model in models if model not in WITHOUT_TABLE.get(schedule, ()))
            plain = Case(model=model, sampler=row.name, schedule=schedule, steps=5)
            interval, branch = next(cachings)
            found += [plain, Case(**vars(plain) | {"interval": interval, "branch": branch})]
    return found


def asked_for_cases() -> list[Case]:
    """What else a request can say of the way."""
    found = [Case(sampler=row.name, eta=0.5, interval=2) for row in sampler_rows() if row.default_eta is not None]
    found += [Case(sampler=name, sigmas=(12.0, 4.0, 1.0, 0.2, 0.0), steps=4) for name in ("euler", "dpm++2m", "unipc")]
    found += [Case(sampler=name, timesteps=(999, 749, 499, 249), steps=4) for name in ("ddpm", "heun", "lcm", "tcd")]
    found += [Case(sampler=name, steps=steps) for name in ("lcm", "tcd") for steps in (1, 2, 8)]
    return found


@pytest.mark.parametrize("case", cases() + asked_for_cases(), ids=str)
def test_latents_equal_diffusers(
    case: Case, generate: Generate, pipeline_of: Any, worst_differences: WorstDifferences
) -> None:
    ours, theirs = generate(case), run_diffusers(pipeline_of(case.model), case, CountingHelper)
    difference = relative_difference(ours.latents, theirs.latents)
    cached = "uncached" if case.interval is None else "cached"
    worst_differences.note(f"latents {cached}, {case.sampler}", difference, str(case))
    worst_differences.note(f"latents {cached}, schedule {case.schedule or 'discrete'}", difference, str(case))
    assert difference <= LATENT_TOLERANCE


@pytest.mark.parametrize("name", ["dpm++sde", "dpm++2m_sde", "lcm", "ddpm", "dpm2_a"])
def test_noise_is_of_each_image_alone(name: str, generate: Generate) -> None:
    batch = generate(Case(sampler=name, images=3, steps=4))
    alone = generate(Case(sampler=name, seed=Case().seed + 2, steps=4))
    assert relative_difference(batch.latents[[2]], alone.latents) <= LATENT_TOLERANCE
