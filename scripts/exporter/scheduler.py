"""The scheduler's settings as the engine knows them; anything it would run wrongly is an error."""

import math
from typing import Any

from exporter.errors import ExportError

SAMPLERS = {
    "PNDMScheduler": "pndm",
    "DDIMScheduler": "ddim",
    "EulerDiscreteScheduler": "euler",
    "EulerAncestralDiscreteScheduler": "euler_a",
    "DPMSolverMultistepScheduler": "dpm++2m",
}
ACCEPTED: dict[str, tuple[Any, ...]] = {
    "beta_schedule": ("scaled_linear", "linear"),
    "prediction_type": ("epsilon", "v_prediction"),
    "timestep_spacing": ("leading", "trailing", "linspace"),
    "trained_betas": (None,),
    "clip_sample": (False,),
    "thresholding": (False,),
    "rescale_betas_zero_snr": (False,),
    "use_exponential_sigmas": (False, None),
    "use_beta_sigmas": (False, None),
    "use_flow_sigmas": (False, None),
    "use_lu_lambdas": (False, None),
    "skip_prk_steps": (True,),
    "interpolation_type": ("linear",),
    "timestep_type": ("discrete",),
    "sigma_min": (None,),
    "sigma_max": (None,),
    "final_sigmas_type": ("zero",),
    "algorithm_type": ("dpmsolver++",),
    "solver_order": (2,),
    "solver_type": ("midpoint",),
    "lower_order_final": (True,),
    "euler_at_final": (False,),
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
    name = sampler or _sampler_of(config)
    resolved = _resolve(config, name, fixes)
    for key, accepted in ACCEPTED.items():
        if key in resolved and resolved[key] not in accepted:
            raise ExportError(
                f"the scheduler has {key} {resolved[key]!r}; accepted: {', '.join(str(value) for value in accepted)}"
            )
    return {
        "sampler": name,
        "sigma_schedule": "karras" if resolved.get("use_karras_sigmas") else "discrete",
        **{key: resolved[key] for key in COPIED},
        "steps_offset": resolved.get("steps_offset", 0),
        "set_alpha_to_one": resolved.get("set_alpha_to_one", False),
    }


def _sampler_of(config: dict[str, Any]) -> str:
    name = config.get("_class_name")
    if name not in SAMPLERS:
        raise ExportError(
            f"the scheduler is a {name}; known are {', '.join(SAMPLERS)}: choose one of the "
            f"samplers {', '.join(SAMPLERS.values())} with --sampler"
        )
    return SAMPLERS[name]


def _resolve(config: dict[str, Any], sampler: str, fixes: bool) -> dict[str, Any]:
    # Imported late: it takes seconds, and the command line only wants the names.
    import diffusers

    class_name = next(name for name, known in SAMPLERS.items() if known == sampler)
    try:
        scheduler = getattr(diffusers, class_name).from_config(config)
    except (ValueError, NotImplementedError, TypeError) as error:
        raise ExportError(f"diffusers refuses the scheduler's settings: {error}") from error
    resolved = dict(scheduler.config)
    if fixes:
        corrected = {"clip_sample": False, "steps_offset": 1}
        resolved.update({key: value for key, value in corrected.items() if key in resolved})
    return resolved
