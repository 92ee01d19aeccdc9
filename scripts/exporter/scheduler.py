"""The scheduler's settings as the engine knows them; anything it would run wrongly is an error."""

import inspect
import math
from typing import Any

from exporter.errors import ExportError
from exporter.sampler_rows import SamplerRow, sampler_rows, schedule_switches

SAMPLERS = {row.name: row for row in sampler_rows()}
# What a setting may be that a sampler's own row says nothing about.
ACCEPTED: dict[str, tuple[Any, ...]] = {
    "beta_schedule": ("scaled_linear", "linear"),
    "prediction_type": ("epsilon", "v_prediction"),
    "timestep_spacing": ("leading", "trailing", "linspace"),
    "rescale_betas_zero_snr": (False, True),
    "trained_betas": (None,),
    "clip_sample": (False,),
    "thresholding": (False,),
    "use_karras_sigmas": (False, None),
    "use_exponential_sigmas": (False, None),
    "use_beta_sigmas": (False, None),
    "use_flow_sigmas": (False, None),
    "use_lu_lambdas": (False, None),
    "interpolation_type": ("linear",),
    "timestep_type": ("discrete",),
    "sigma_min": (None,),
    "sigma_max": (None,),
    "final_sigmas_type": ("zero",),
    "lambda_min_clipped": (-math.inf,),
    "variance_type": (None,),
    "disable_corrector": ([],),
    "solver_p": (None,),
}
COPIED = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "prediction_type",
    "timestep_spacing",
)
FINAL_SIGMAS = {"final_sigmas_type": ("zero", "sigma_min")}
DPM_SOLVER = {
    "solver_type": ("midpoint", "heun"),
    "lower_order_final": (True, False),
    **FINAL_SIGMAS,
}
# What the engine's solver can do otherwise than usual, by the class in diffusers: model.json says it where it is not
# the first of the values.
UNUSUAL: dict[str, dict[str, tuple[Any, ...]]] = {
    "EulerDiscreteScheduler": FINAL_SIGMAS,
    "DPMSolverMultistepScheduler": {**DPM_SOLVER, "euler_at_final": (False, True)},
    "DPMSolverSinglestepScheduler": {"solver_order": (2,), "solver_type": ("midpoint", "heun")},
    "DEISMultistepScheduler": {
        "solver_order": (2, 1, 3),
        "solver_type": ("logrho",),
        "lower_order_final": (True, False),
    },
    "UniPCMultistepScheduler": {
        "solver_order": (2, 1, 3),
        "solver_type": ("bh2", "bh1"),
        "lower_order_final": (True, False),
        **FINAL_SIGMAS,
    },
    "LCMScheduler": {"original_inference_steps": (50, ...), "timestep_scaling": (10.0, ...)},
    "TCDScheduler": {"original_inference_steps": (50, ...)},
}
# This class needs a package that only its noise uses; the other's settings are the same.
STAND_INS = {"DPMSolverSDEScheduler": "KDPM2DiscreteScheduler"}


def scheduler_facts(config: dict[str, Any], sampler: str | None, fixes: bool) -> dict[str, Any]:
    """What model.json says about the scheduler with diffusers' defaults filled in.

    config: scheduler_config.json. sampler: the user's choice for a class the engine has not.
    fixes: whether old settings are corrected as diffusers' Stable Diffusion pipeline does.
    """
    candidates = [SAMPLERS[sampler]] if sampler else _samplers_of(config)
    class_name = candidates[0].diffusers_class or "EulerDiscreteScheduler"
    resolved = _resolve(config, class_name, fixes)
    if sampler:
        # Another solver's settings are not this one's.
        resolved.update({key: values[0] for key, values in _unusual(candidates[0]).items()})
        resolved.update(candidates[0].arguments)
        # What the model was trained with stays.
        resolved["rescale_betas_zero_snr"] = config.get("rescale_betas_zero_snr", False)
    row = next((row for row in candidates if not _first_refused(resolved, row)), candidates[0])
    if key := _first_refused(resolved, row):
        accepted = dict.fromkeys(_in_words(value) for each in candidates for value in _accepted(each)[key])
        raise ExportError(f"the scheduler has {key} {resolved[key]!r}; accepted: {', '.join(accepted)}")
    schedules = [name for key, name in schedule_switches().items() if resolved.get(key)]
    return {
        "sampler": row.name,
        "sigma_schedule": schedules[0] if schedules else "discrete",
        **{key: resolved[key] for key in COPIED if key in resolved},
        # The singlestep solver steps evenly and has no such setting; other samplers on the same model do.
        "timestep_spacing": resolved.get("timestep_spacing", "linspace"),
        "steps_offset": resolved.get("steps_offset", 0),
        "set_alpha_to_one": resolved.get("set_alpha_to_one", False),
        **({"rescale_betas_zero_snr": True} if resolved.get("rescale_betas_zero_snr") else {}),
        **{key: resolved[key] for key, values in _unusual(row).items() if resolved.get(key, values[0]) != values[0]},
    }


def _unusual(row: SamplerRow) -> dict[str, tuple[Any, ...]]:
    unusual = dict(UNUSUAL.get(row.diffusers_class, {}))
    if "solver_order" in row.arguments:
        order = row.arguments["solver_order"]
        # A solver that looks less far back is the same.
        unusual.setdefault("solver_order", tuple(range(order, 0, -1)))
    return unusual


def _first_refused(resolved: dict[str, Any], row: SamplerRow) -> str | None:
    """The first setting with which the engine's sampler would not do what diffusers does; None where there is none."""
    accepted = _accepted(row)
    return next((key for key in accepted if key in resolved and not _is_among(resolved[key], accepted[key])), None)


def _is_among(value: Any, accepted: tuple[Any, ...]) -> bool:
    if ... in accepted:
        return type(value) is type(accepted[0]) and 0 < value < math.inf
    return value in accepted


def _in_words(value: Any) -> str:
    return "any number above 0" if value is ... else str(value)


def _accepted(row: SamplerRow) -> dict[str, tuple[Any, ...]]:
    followed = {key: (False, None, True) for key, name in schedule_switches().items() if name in row.schedules}
    fixed = {key: (value,) for key, value in row.arguments.items()}
    return {**ACCEPTED, **followed, **fixed, **_unusual(row)}


def _samplers_of(config: dict[str, Any]) -> list[SamplerRow]:
    """The rows of the scheduler's class."""
    name = config.get("_class_name")
    rows = [row for row in SAMPLERS.values() if row.diffusers_class == name]
    if not name or not rows:
        classes = dict.fromkeys(row.diffusers_class for row in SAMPLERS.values() if row.diffusers_class)
        raise ExportError(
            f"the scheduler is a {name}; known are {', '.join(classes)}: choose one of the "
            f"samplers {', '.join(SAMPLERS)} with --sampler"
        )
    return rows


def _resolve(config: dict[str, Any], class_name: str, fixes: bool) -> dict[str, Any]:
    # Imported late: it takes seconds, and the command line only wants the names.
    import diffusers

    scheduler_class = getattr(diffusers, STAND_INS.get(class_name, class_name))
    try:
        scheduler = scheduler_class.from_config(config)
    except (ValueError, NotImplementedError, TypeError) as error:
        raise ExportError(f"diffusers refuses the scheduler's settings: {error}") from error
    # What another class left in the file, this one does not heed.
    known = inspect.signature(scheduler_class).parameters
    resolved = {key: value for key, value in scheduler.config.items() if key in known}
    if fixes:
        corrected = {"clip_sample": False, "steps_offset": 1}
        resolved.update({key: value for key, value in corrected.items() if key in resolved})
    return resolved
