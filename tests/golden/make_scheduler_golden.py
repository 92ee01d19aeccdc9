"""Writes schedulers.json: what diffusers' samplers do with a dummy model, for tests/schedulers.

    python tests/golden/make_scheduler_golden.py           writes the file beside this script
    python tests/golden/make_scheduler_golden.py --check   compares it with the diffusers at hand

The dummy model is that of diffusers' own scheduler tests: output = input * t / (t + 1). Every case
holds the model.json section "scheduler", what a request adds ("eta", "sigmas_asked_for", ...), the
timesteps and sigmas, and the latents after the first, the middle and the last UNet call. A case with
"first_call" starts there, in the middle, from the sample with the last of the noises added. The
samplers are those of the engine's rows, judged by `scheduler_judges`. Numbers are the shortest that
read back as the same float32.
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
from scheduler_judges import SAMPLERS, Scheduler, Section, call_sigmas, judge_of

GOLDEN_FILE = Path(__file__).parent / "schedulers.json"
SHAPE = (1, 4, 2, 2)
STEPS = (1, 2, 3, 10, 20, 50)
PREDICTION_TYPES = ("epsilon", "v_prediction")
SPACINGS = ("leading", "trailing", "linspace")
# With these every schedule is tried in every way; with the others one made of sigmas is tried in two.
THOROUGH = ("euler", "dpm++2m", "heun")
MADE_OF_TIMESTEPS = ("discrete",)
BRIEF_STEPS, BRIEF_WAYS = (2, 10, 20), (("epsilon", "leading"), ("v_prediction", "trailing"))
# Diffusers starts lms in the middle with coefficients for four slopes, of which it has one; the engine does not.
NOT_STARTED = ("lms",)
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
# The judge of sigmas that are asked for rounds their timesteps in these classes, as it does those of Karras.
ROUNDED = ("dpm2", "dpm2_a")
# Where the class of diffusers can't end at no noise.
LAST_SIGMA = {"deis": 0.03}
# The samplers whose classes know betas rescaled to no signal at the end, and settings of solvers that are not as usual.
ZERO_SNR = ("ddim", "euler", "euler_a", "dpm++2m", "dpm++2m_sde", "unipc", "ddpm", "lcm", "tcd")
SOLVER_SETTINGS: list[tuple[str, Section]] = [
    ("dpm++2m", {"solver_order": 1}),
    ("dpm++2m", {"solver_type": "heun", "final_sigmas_type": "sigma_min"}),
    ("dpm++2m", {"euler_at_final": True, "final_sigmas_type": "sigma_min"}),
    ("dpm++2m", {"lower_order_final": False, "final_sigmas_type": "sigma_min"}),
    ("dpm++2m_sde", {"solver_type": "heun"}),
    ("dpm++3m", {"lower_order_final": False}),
    ("dpm++3m", {"final_sigmas_type": "sigma_min"}),
    ("dpm++2s", {"solver_type": "heun"}),
    ("deis", {"solver_order": 3}),
    ("deis", {"solver_order": 1, "lower_order_final": False}),
    ("unipc", {"solver_order": 3}),
    ("unipc", {"solver_order": 1}),
    ("unipc", {"solver_type": "bh1", "final_sigmas_type": "sigma_min", "lower_order_final": False}),
    ("euler", {"final_sigmas_type": "sigma_min"}),
    ("lcm", {"original_inference_steps": 25, "timestep_scaling": 5.0}),
]
# Vector instructions differ between processors in the last bits.
VALUE_TOLERANCE = 1e-6
LATENTS_TOLERANCE = 2e-6  # that of tests/schedulers/golden_test.cc, as is the other
# Diffusers computes this sampler's coefficients in float32, as differences of products that nearly cancel.
LATENTS_TOLERANCES = {"deis": 5e-5}
# A timestep is found between float32 logarithms of sigmas, of which numpy's are wrong by up to two units in the last
# place: four in the difference of two, each 4.7e-5 timesteps where the table is flattest; one of the timestep, 6e-5.
# Mistakes are larger: interpolating sigmas, not their logarithms, moves the last timesteps by a hundredth.
TIMESTEP_TOLERANCE = 2.5e-4

# A case as it stands in the file
Case = dict[str, Any]


def sample() -> torch.Tensor:
    """Latents before they are multiplied with the sampler's init_noise_sigma."""
    return ((torch.arange(math.prod(SHAPE)) * 7 % 16) / 8 - 0.9375).reshape(SHAPE)


def noises() -> list[torch.Tensor]:
    """The noise draws of samplers that have any: call i gets draw i modulo their number."""
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(SHAPE, generator=generator) for _ in range(5)]


def numbers(tensor: torch.Tensor) -> list[float]:
    """The values as the shortest decimals that read back as the same float32; infinity as the largest of them."""
    largest = np.finfo(np.float32).max
    return [float(str(np.float32(min(value, largest)))) for value in tensor.flatten().tolist()]


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


def case_of(section: Section, steps: int, strength: float = 1.0, **request: Any) -> Case:
    scheduler = judge_of(section, steps, **request)
    first_call = first_call_at(scheduler, steps, strength)
    return {
        "scheduler": section,
        "steps": steps,
        **({"first_call": first_call} if first_call else {}),
        **{f"{name}_asked_for" if name in ("sigmas", "timesteps") else name: value for name, value in request.items()},
        "init_noise_sigma": numbers(torch.as_tensor(scheduler.init_noise_sigma))[0],
        "timesteps": numbers(scheduler.timesteps[first_call:]),
        "sigmas": numbers(call_sigmas(scheduler)[first_call:]),
        "latents": run_loop(scheduler, first_call),
    }


def sections(model: Section, brief: bool) -> Iterator[Section]:
    """The model's section for every sampler, schedule, prediction type and spacing; or for those tried briefly."""
    pairs = [(row.name, schedule) for row in SAMPLERS.values() for schedule in row.schedules]
    ways = BRIEF_WAYS if brief else tuple(itertools.product(PREDICTION_TYPES, SPACINGS))
    for (sampler, schedule), (prediction_type, spacing) in itertools.product(pairs, ways):
        if brief == (sampler not in THOROUGH and schedule not in MADE_OF_TIMESTEPS):
            yield section_of(model, sampler, schedule, prediction_type, spacing)


def section_of(
    model: Section, sampler: str, schedule: str = "discrete", prediction: str = "epsilon", spacing: str = "leading"
) -> Section:
    return {
        "sampler": sampler,
        "sigma_schedule": schedule,
        **model,
        "prediction_type": prediction,
        "timestep_spacing": spacing,
    }


def asked_for_cases() -> Iterator[Case]:
    """What requests add, and what models say only where it is not as usual."""
    for name, etas in {"ddim": (0.5, 1.0), "tcd": (0.3, 1.0)}.items():
        yield from (case_of(section_of(STABLE_DIFFUSION, name), 8, eta=eta) for eta in etas)
    for name in ("euler_a", "dpm2_a", "dpm++2s_a", "dpm++sde", "dpm++2m_sde"):
        yield from (case_of(section_of(STABLE_DIFFUSION, name), 8, eta=eta) for eta in (0.0, 0.5))
    for row in SAMPLERS.values():
        if row.takes_sigmas and row.name not in ROUNDED:
            yield case_of(
                section_of(STABLE_DIFFUSION, row.name), 4, sigmas=[14.0, 5.0, 1.5, 0.25, LAST_SIGMA.get(row.name, 0.0)]
            )
        if row.takes_sigmas and (row.calls_per_step == 2 or row.name in ("euler", "ipndm", "lms", "dpm++2m")):
            yield case_of(section_of(STABLE_DIFFUSION, row.name), 3, sigmas=[14.0, 3.0, 1.0, 0.5])
        if row.name != "pndm":
            yield case_of(section_of(STABLE_DIFFUSION, row.name), 4, timesteps=[999, 759, 499, 259])
        if row.name in ZERO_SNR:
            section = section_of(STABLE_DIFFUSION, row.name, "discrete", "v_prediction", "trailing")
            yield case_of({**section, "rescale_betas_zero_snr": True}, 10)
    for name, settings in SOLVER_SETTINGS:
        yield from (case_of({**section_of(STABLE_DIFFUSION, name), **settings}, steps) for steps in (4, 20))
    yield case_of(section_of(STABLE_DIFFUSION, "euler", "ays"), 12, aligned="sdxl")


def make_golden() -> dict[str, Any]:
    cases = [case_of(section, steps) for section in sections(STABLE_DIFFUSION, False) for steps in STEPS]
    cases += [case_of(section, 9) for section in sections(ANOTHER_MODEL, False)]
    cases += [
        case_of(section, steps, STRENGTH)
        for section in sections(STABLE_DIFFUSION, False)
        for steps in STARTED_STEPS
        if section["sampler"] not in NOT_STARTED
    ]
    cases += [case_of(section, steps) for section in sections(STABLE_DIFFUSION, True) for steps in BRIEF_STEPS]
    cases += asked_for_cases()
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


def allowed_difference(where: str, stored: list[float], case: Case) -> float:
    """What rounding may change in a list of the golden file, which is `case`'s or, for an empty one, of no case."""
    if where.endswith(".timesteps"):
        return TIMESTEP_TOLERANCE
    largest = max(map(abs, stored))
    if ".latents." in where:
        # A step may leave a small difference of large numbers.
        tolerance = LATENTS_TOLERANCES.get(case["scheduler"]["sampler"], LATENTS_TOLERANCE)
        return tolerance * max(largest, case["init_noise_sigma"])
    return VALUE_TOLERANCE * largest


def differences(stored: Any, fresh: Any, where: str = "", case: Case | None = None) -> Iterator[str]:
    """One line for every place where the two disagree by more than rounding; `case`: the one they are parts of."""
    if isinstance(fresh, dict) and isinstance(stored, dict) and fresh.keys() == stored.keys():
        if "init_noise_sigma" in stored:
            case = stored
        for name in fresh:
            yield from differences(stored[name], fresh[name], f"{where}.{name}", case)
    elif isinstance(fresh, list) and isinstance(stored, list) and len(fresh) == len(stored):
        if all(isinstance(value, float) for value in fresh + stored):
            allowed = allowed_difference(where, stored, case or {})
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
    asked_for = [case.get(name) for name in ("first_call", "eta", "sigmas_asked_for", "timesteps_asked_for", "aligned")]
    return json.dumps([case["scheduler"], case["steps"], *asked_for])


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
