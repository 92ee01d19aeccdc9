"""The scheduler's settings as the engine knows them; anything it would run wrongly is an error."""

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
    "trained_betas": (None,),
    "clip_sample": (False,),
    "thresholding": (False,),
    "rescale_betas_zero_snr": (False,),
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
}
COPIED = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "prediction_type",
    "timestep_spacing",
)


def scheduler_facts(config: dict[str, Any], sampler: str | None, fixes: bool) -> dict[str, Any]:
    """What model.json says about the scheduler with diffusers' defaults filled in.

    config: scheduler_config.json. sampler: the user's choice for a class the engine has not.
    fixes: whether old settings are corrected as diffusers' Stable Diffusion pipeline does.
    """
    candidates = [SAMPLERS[sampler]] if sampler else _samplers_of(config)
    resolved = _resolve(config, candidates[0].diffusers_class, fixes)
    row = next((row for row in candidates if not _first_refused(resolved, row)), candidates[0])
    if key := _first_refused(resolved, row):
        accepted = ", ".join(str(value) for value in _accepted(row)[key])
        raise ExportError(f"the scheduler has {key} {resolved[key]!r}; accepted: {accepted}")
    schedules = [name for key, name in schedule_switches(row.schedules).items() if resolved.get(key)]
    return {
        "sampler": row.name,
        "sigma_schedule": schedules[0] if schedules else "discrete",
        **{key: resolved[key] for key in COPIED},
        "steps_offset": resolved.get("steps_offset", 0),
        "set_alpha_to_one": resolved.get("set_alpha_to_one", False),
    }


def _first_refused(resolved: dict[str, Any], row: SamplerRow) -> str | None:
    """The first setting with which the engine's sampler would not do what diffusers does; None where there is none."""
    accepted = _accepted(row)
    return next((key for key in accepted if key in resolved and resolved[key] not in accepted[key]), None)


def _accepted(row: SamplerRow) -> dict[str, tuple[Any, ...]]:
    schedules = {key: (False, None, True) for key in schedule_switches(row.schedules)}
    return {**ACCEPTED, **schedules, **{key: (value,) for key, value in row.arguments.items()}}


def _samplers_of(config: dict[str, Any]) -> list[SamplerRow]:
    """The rows of the scheduler's class."""
    name = config.get("_class_name")
    rows = [row for row in SAMPLERS.values() if row.diffusers_class == name]
    if not rows:
        classes = dict.fromkeys(row.diffusers_class for row in SAMPLERS.values())
        raise ExportError(
            f"the scheduler is a {name}; known are {', '.join(classes)}: choose one of the "
            f"samplers {', '.join(SAMPLERS)} with --sampler"
        )
    return rows


def _resolve(config: dict[str, Any], class_name: str, fixes: bool) -> dict[str, Any]:
    # Imported late: it takes seconds, and the command line only wants the names.
    import diffusers

    try:
        scheduler = getattr(diffusers, class_name).from_config(config)
    except (ValueError, NotImplementedError, TypeError) as error:
        raise ExportError(f"diffusers refuses the scheduler's settings: {error}") from error
    resolved = dict(scheduler.config)
    if fixes:
        corrected = {"clip_sample": False, "steps_offset": 1}
        resolved.update({key: value for key, value in corrected.items() if key in resolved})
    return resolved
