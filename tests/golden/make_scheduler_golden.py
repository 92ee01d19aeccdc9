"""Writes schedulers.json: what diffusers' samplers do with a dummy model, for tests/schedulers.

    python tests/golden/make_scheduler_golden.py           writes the file beside this script
    python tests/golden/make_scheduler_golden.py --check   compares it with the diffusers at hand

The dummy model is that of diffusers' own scheduler tests: output = input * t / (t + 1). Every case
holds the model.json section "scheduler", the timesteps and sigmas, and the latents after the
first, the middle and the last UNet call. A case with "first_call" starts there, in the middle, from
the sample with the last of the noises added. The samplers, and what diffusers makes them with, are
those of the engine's rows. Numbers are the shortest that read back as the same
float32.
"""

import argparse
import inspect
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

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from exporter.sampler_rows import sampler_rows, schedule_switches

GOLDEN_FILE = Path(__file__).parent / "schedulers.json"
SHAPE = (1, 4, 2, 2)
STEPS = (1, 2, 3, 10, 20, 50)
PREDICTION_TYPES = ("epsilon", "v_prediction")
SPACINGS = ("leading", "trailing", "linspace")
SAMPLERS = {row.name: row for row in sampler_rows()}
# Image to image: how much of the way is gone, and what part of the steps asked for that is
STRENGTH, STARTED_STEPS = 0.6, (10, 15)
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
    """The noise draws of samplers that have any: call i gets draw i modulo their number."""
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(SHAPE, generator=generator) for _ in range(5)]


def scheduler_of(section: Section) -> Scheduler:
    """The diffusers scheduler that a model.json section describes."""
    row = SAMPLERS[section["sampler"]]
    scheduler_class = getattr(diffusers, row.diffusers_class)
    model = {name: value for name, value in section.items() if name not in ("sampler", "sigma_schedule")}
    if "set_alpha_to_one" not in inspect.signature(scheduler_class).parameters:
        del model["set_alpha_to_one"]
    switches = {
        key: True for key, name in schedule_switches(row.schedules).items() if name == section["sigma_schedule"]
    }
    return scheduler_class(**model, **row.arguments, **switches)


def sigmas_of(scheduler: Scheduler) -> torch.Tensor:
    """sqrt((1 - alpha_bar) / alpha_bar) at every UNet call, [calls]."""
    if hasattr(scheduler, "sigmas"):
        return scheduler.sigmas[: len(scheduler.timesteps)]
    alpha_bar = scheduler.alphas_cumprod[scheduler.timesteps]
    return ((1 - alpha_bar) / alpha_bar) ** 0.5


def numbers(tensor: torch.Tensor) -> list[float]:
    """The values as the shortest decimals that read back as the same float32."""
    return [float(str(np.float32(value))) for value in tensor.flatten().tolist()]


def run_loop(scheduler: Scheduler, first_call: int) -> dict[str, list[float]]:
    """Latents after the first, the middle and the last UNet call, by the call's index among those made."""
    draws = itertools.cycle(noises())
    timesteps = scheduler.timesteps[first_call:]
    calls = len(timesteps)
    kept = {}
    latents = first_latents(scheduler, first_call)
    module = sys.modules[type(scheduler).__module__]
    with mock.patch.object(module, "randn_tensor", lambda *_, **__: next(draws), create=True):
        for index, timestep in enumerate(timesteps):
            model_input = scheduler.scale_model_input(latents, timestep)
            model_output = model_input * timestep / (timestep + 1)
            latents = scheduler.step(model_output, timestep, latents).prev_sample
            if index in (0, calls // 2, calls - 1):
                kept[str(index)] = numbers(latents)
    return kept


def first_latents(scheduler: Scheduler, first_call: int) -> torch.Tensor:
    """Nothing but noise, or from the middle on, as image to image starts, a picture with noise added."""
    if first_call == 0:
        return sample() * scheduler.init_noise_sigma
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first_call)
    return scheduler.add_noise(sample(), noises()[-1], scheduler.timesteps[first_call : first_call + 1])


def first_call_at(scheduler: Scheduler, steps: int, strength: float) -> int:
    """Where the pipelines for image to image begin."""
    return (steps - int(steps * strength)) * scheduler.order


def case_of(section: Section, steps: int, strength: float = 1.0) -> Case:
    scheduler = scheduler_of(section)
    scheduler.set_timesteps(steps)
    first_call = first_call_at(scheduler, steps, strength)
    return {
        "scheduler": section,
        "steps": steps,
        **({"first_call": first_call} if first_call else {}),
        "init_noise_sigma": numbers(torch.as_tensor(scheduler.init_noise_sigma))[0],
        "timesteps": numbers(scheduler.timesteps[first_call:]),
        "sigmas": numbers(sigmas_of(scheduler)[first_call:]),
        "latents": run_loop(scheduler, first_call),
    }


def sections(model: Section) -> Iterator[Section]:
    """The model's section for every sampler, prediction type and spacing."""
    pairs = [(row.name, schedule) for row in SAMPLERS.values() for schedule in row.schedules]
    for (sampler, sigma_schedule), prediction_type, spacing in itertools.product(pairs, PREDICTION_TYPES, SPACINGS):
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
    cases += [case_of(section, steps, STRENGTH) for section in sections(STABLE_DIFFUSION) for steps in STARTED_STEPS]
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


def with_stored_digits(fresh: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    """`fresh`, with the stored cases where rounding is all that differs: what was there stays what it was."""
    known = {case_name(case): case for case in stored["cases"]}

    def keep(case: Case) -> Case:
        old = known.get(case_name(case))
        return case if old is None or any(differences(old, case)) else old

    return {**fresh, "cases": [keep(case) for case in fresh["cases"]]}


def case_name(case: Case) -> str:
    return json.dumps([case["scheduler"], case["steps"], case.get("first_call", 0)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    golden = make_golden()
    if not arguments.check:
        if GOLDEN_FILE.exists():
            golden = with_stored_digits(golden, json.loads(GOLDEN_FILE.read_text()))
        GOLDEN_FILE.write_text(as_text(golden))
        return 0
    text = as_text(golden)
    found = list(differences(json.loads(GOLDEN_FILE.read_text()), json.loads(text)))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
