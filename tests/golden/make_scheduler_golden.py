"""Writes schedulers.json: what diffusers' samplers do with a dummy model, for tests/schedulers.

    python tests/golden/make_scheduler_golden.py           writes the file beside this script
    python tests/golden/make_scheduler_golden.py --check   compares it with the diffusers at hand

The dummy model is that of diffusers' own scheduler tests: output = input * t / (t + 1). Every case
holds the model.json section "scheduler", the timesteps and sigmas, and the latents after the
first, the middle and the last UNet call. Numbers are the shortest that read back as the same
float32.
"""

import argparse
import itertools
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import diffusers
import numpy as np
import torch

GOLDEN_FILE = Path(__file__).parent / "schedulers.json"
SHAPE = (1, 4, 2, 2)
STEPS = (1, 2, 3, 10, 20, 50)
PREDICTION_TYPES = ("epsilon", "v_prediction")
SPACINGS = ("leading", "trailing", "linspace")
SAMPLERS = (
    ("pndm", "discrete"),
    ("ddim", "discrete"),
    ("euler", "discrete"),
    ("euler", "karras"),
    ("euler_a", "discrete"),
    ("dpm++2m", "discrete"),
    ("dpm++2m", "karras"),
)
STABLE_DIFFUSION = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "set_alpha_to_one": False,
}
ANOTHER_MODEL = {
    "num_train_timesteps": 600,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "steps_offset": 0,
    "set_alpha_to_one": True,
}
# Vector instructions differ between processors in the last bits.
VALUE_TOLERANCE = 1e-6
LATENTS_TOLERANCE = 2e-6  # that of tests/schedulers/golden_test.cc
# A timestep is found between float32 logarithms of sigmas, of which numpy's are wrong by up to two units in the last
# place: four in the difference of two, each 4.7e-5 timesteps where the table is flattest; one of the timestep, 6e-5.
# Mistakes are larger: interpolating sigmas, not their logarithms, moves the last timesteps by a hundredth.
TIMESTEP_TOLERANCE = 2.5e-4

# A case as it stands in the file, a model.json section, a diffusers scheduler
Case = dict[str, Any]
Section = dict[str, Any]
Scheduler = Any


def sample() -> torch.Tensor:
    """Latents before they are multiplied with the sampler's init_noise_sigma."""
    return ((torch.arange(math.prod(SHAPE)) * 7 % 16) / 8 - 0.9375).reshape(SHAPE)


def noises() -> list[torch.Tensor]:
    """The noise draws of euler_a: call i gets draw i modulo their number."""
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(SHAPE, generator=generator) for _ in range(5)]


def scheduler_of(section: Section) -> Scheduler:
    """The diffusers scheduler that a model.json section describes."""
    shared = {
        name: value for name, value in section.items() if name not in ("sampler", "sigma_schedule", "set_alpha_to_one")
    }
    alpha = {"set_alpha_to_one": section["set_alpha_to_one"]}
    karras = {"use_karras_sigmas": section["sigma_schedule"] == "karras"}
    match section["sampler"]:
        case "pndm":
            return diffusers.PNDMScheduler(**shared, **alpha, skip_prk_steps=True)
        case "ddim":
            return diffusers.DDIMScheduler(**shared, **alpha, clip_sample=False)
        case "euler":
            return diffusers.EulerDiscreteScheduler(**shared, **karras)
        case "euler_a":
            return diffusers.EulerAncestralDiscreteScheduler(**shared)
        case "dpm++2m":
            return diffusers.DPMSolverMultistepScheduler(
                **shared,
                **karras,
                algorithm_type="dpmsolver++",
                solver_order=2,
                solver_type="midpoint",
                lower_order_final=True,
                euler_at_final=False,
                final_sigmas_type="zero",
            )
    raise ValueError(section["sampler"])


def sigmas_of(scheduler: Scheduler) -> torch.Tensor:
    """sqrt((1 - alpha_bar) / alpha_bar) at every UNet call, [calls]."""
    if hasattr(scheduler, "sigmas"):
        return scheduler.sigmas[:-1]
    alpha_bar = scheduler.alphas_cumprod[scheduler.timesteps]
    return ((1 - alpha_bar) / alpha_bar) ** 0.5


def numbers(tensor: torch.Tensor) -> list[float]:
    """The values as the shortest decimals that read back as the same float32."""
    return [float(str(np.float32(value))) for value in tensor.flatten().tolist()]


def run_loop(scheduler: Scheduler) -> dict[str, list[float]]:
    """Latents after the first, the middle and the last UNet call, by the call's index."""
    draws = itertools.cycle(noises())
    calls = len(scheduler.timesteps)
    kept = {}
    latents = sample() * scheduler.init_noise_sigma
    with mock.patch(
        "diffusers.schedulers.scheduling_euler_ancestral_discrete.randn_tensor",
        lambda *_, **__: next(draws),
    ):
        for index, timestep in enumerate(scheduler.timesteps):
            model_input = scheduler.scale_model_input(latents, timestep)
            model_output = model_input * timestep / (timestep + 1)
            latents = scheduler.step(model_output, timestep, latents).prev_sample
            if index in (0, calls // 2, calls - 1):
                kept[str(index)] = numbers(latents)
    return kept


def case_of(section: Section, steps: int) -> Case:
    scheduler = scheduler_of(section)
    scheduler.set_timesteps(steps)
    return {
        "scheduler": section,
        "steps": steps,
        "init_noise_sigma": numbers(torch.as_tensor(scheduler.init_noise_sigma))[0],
        "timesteps": numbers(scheduler.timesteps),
        "sigmas": numbers(sigmas_of(scheduler)),
        "latents": run_loop(scheduler),
    }


def sections(model: Section) -> Iterator[Section]:
    """The model's section for every sampler, prediction type and spacing."""
    for (sampler, sigma_schedule), prediction_type, spacing in itertools.product(SAMPLERS, PREDICTION_TYPES, SPACINGS):
        yield {
            "sampler": sampler,
            "sigma_schedule": sigma_schedule,
            **model,
            "prediction_type": prediction_type,
            "timestep_spacing": spacing,
        }


def make_golden() -> dict[str, Any]:
    cases = [case_of(section, steps) for section in sections(STABLE_DIFFUSION) for steps in STEPS]
    cases += [case_of(section, 9) for section in sections(ANOTHER_MODEL)]
    return {
        "diffusers": diffusers.__version__,
        "shape": SHAPE,
        "sample": numbers(sample()),
        "noises": [numbers(noise) for noise in noises()],
        "cases": cases,
    }


def as_text(golden: dict[str, Any]) -> str:
    """JSON with one case a line, so that a change shows which cases it touches."""
    compact = {"separators": (",", ":"), "allow_nan": False}
    head = json.dumps({**golden, "cases": []}, **compact).removesuffix("]}")
    cases = ",\n".join(json.dumps(case, **compact) for case in golden["cases"])
    return f"{head}\n{cases}\n]}}\n"


def allowed_difference(where: str, stored: list[float], first_latents: float) -> float:
    """What rounding may change in a list of the golden file, which latents of size `first_latents` led to."""
    if where.endswith(".timesteps"):
        return TIMESTEP_TOLERANCE
    largest = max(map(abs, stored))
    if ".latents." in where:
        # A step may leave a small difference of large numbers.
        return LATENTS_TOLERANCE * max(largest, first_latents)
    return VALUE_TOLERANCE * largest


def differences(stored: Any, fresh: Any, where: str = "", first_latents: float = 0.0) -> Iterator[str]:
    """One line for every place where the two disagree by more than rounding."""
    if isinstance(fresh, dict) and isinstance(stored, dict) and fresh.keys() == stored.keys():
        first_latents = stored.get("init_noise_sigma", first_latents)
        for name in fresh:
            yield from differences(stored[name], fresh[name], f"{where}.{name}", first_latents)
    elif isinstance(fresh, list) and isinstance(stored, list) and len(fresh) == len(stored):
        if all(isinstance(value, float) for value in fresh + stored):
            allowed = allowed_difference(where, stored, first_latents)
            if (worst := max(abs(a - b) for a, b in zip(stored, fresh, strict=True))) > allowed:
                yield f"{where}: differs by {worst:g}, allowed is {allowed:g}"
        else:
            for index, pair in enumerate(zip(stored, fresh, strict=True)):
                yield from differences(*pair, f"{where}[{index}]")
    elif isinstance(fresh, float) and isinstance(stored, float):
        yield from differences([stored], [fresh], where)
    elif stored != fresh:
        yield f"{where}: {stored!r} is stored, {fresh!r} is what diffusers gives"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    text = as_text(make_golden())
    if not arguments.check:
        GOLDEN_FILE.write_text(text)
        return 0
    found = list(differences(json.loads(GOLDEN_FILE.read_text()), json.loads(text)))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
