"""The exporter: schedulers."""

import inspect
import json
import math
import subprocess
from pathlib import Path
from typing import Any

import diffusers
import pytest
from exporter.errors import ExportError
from exporter.sampler_rows import SamplerRow, sampler_rows, schedule_rows, schedule_switches
from exporter.scheduler import STAND_INS, scheduler_facts

# Of diffusers' own schedulers.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning"),
]


def scheduler_of(family: str, models_dir: Path) -> dict[str, Any]:
    path = models_dir / f"{family}-diffusers" / "scheduler" / "scheduler_config.json"
    return json.loads(path.read_text())


def test_sd21_base_predicts_noise_with_pndm(models_dir: Path) -> None:
    facts = scheduler_facts(scheduler_of("sd21", models_dir), None, fixes=True)
    assert (facts["sampler"], facts["prediction_type"]) == ("pndm", "epsilon")


def test_old_scheduler_settings_are_corrected_as_the_pipeline_does() -> None:
    config = {"_class_name": "DDIMScheduler", "clip_sample": True, "steps_offset": 0}
    assert scheduler_facts(config, None, fixes=True)["steps_offset"] == 1
    with pytest.raises(ExportError, match="clip_sample True; accepted: False"):
        scheduler_facts(config, None, fixes=False)


def test_defaults_that_a_configuration_leaves_out_are_diffusers() -> None:
    facts = scheduler_facts({"_class_name": "EulerDiscreteScheduler"}, None, fixes=True)
    assert facts["beta_schedule"] == "linear"
    assert facts["timestep_spacing"] == "linspace"
    assert (facts["beta_start"], facts["beta_end"]) == (0.0001, 0.02)


def test_karras_sigmas_are_a_sigma_schedule() -> None:
    config = {"_class_name": "DPMSolverMultistepScheduler", "use_karras_sigmas": True}
    facts = scheduler_facts(config, None, fixes=True)
    assert (facts["sampler"], facts["sigma_schedule"]) == ("dpm++2m", "karras")


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("DDIMScheduler", "thresholding", True),
        ("DDIMScheduler", "trained_betas", [0.1, 0.2]),
        ("DDIMScheduler", "prediction_type", "sample"),
        ("DDIMScheduler", "beta_schedule", "squaredcos_cap_v2"),
        ("PNDMScheduler", "skip_prk_steps", False),
        ("EulerDiscreteScheduler", "timestep_type", "continuous"),
        ("EulerDiscreteScheduler", "interpolation_type", "log_linear"),
        ("DPMSolverMultistepScheduler", "solver_order", 4),
        ("DPMSolverMultistepScheduler", "thresholding", True),
        ("DPMSolverMultistepScheduler", "use_flow_sigmas", True),
        ("DPMSolverSinglestepScheduler", "solver_order", 3),
        ("DPMSolverSinglestepScheduler", "algorithm_type", "sde-dpmsolver++"),
        ("UniPCMultistepScheduler", "predict_x0", False),
        ("UniPCMultistepScheduler", "disable_corrector", [0]),
        ("DDPMScheduler", "variance_type", "fixed_large"),
        ("DPMSolverSinglestepScheduler", "solver_order", 1),
        ("LCMScheduler", "timestep_scaling", 0.0),
        ("LCMScheduler", "timestep_scaling", math.inf),
        ("LCMScheduler", "original_inference_steps", 50.5),
        ("LCMScheduler", "original_inference_steps", True),
    ],
)
def test_settings_that_would_be_run_wrongly_are_errors(name: str, setting: str, value: Any) -> None:
    config = {"_class_name": name, "skip_prk_steps": True, setting: value}
    with pytest.raises(ExportError, match=setting) as error:
        scheduler_facts(config, None, fixes=True)
    assert "accepted" in str(error.value)


@pytest.mark.parametrize(
    ("name", "settings", "sampler", "said"),
    [
        ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}, "dpm++2m_sde", {}),
        ("DPMSolverMultistepScheduler", {"solver_order": 3}, "dpm++3m", {}),
        ("DPMSolverMultistepScheduler", {"solver_order": 1}, "dpm++2m", {"solver_order": 1}),
        ("DPMSolverMultistepScheduler", {"solver_type": "heun"}, "dpm++2m", {"solver_type": "heun"}),
        ("DPMSolverMultistepScheduler", {"euler_at_final": True}, "dpm++2m", {"euler_at_final": True}),
        (
            "DPMSolverMultistepScheduler",
            {"final_sigmas_type": "sigma_min"},
            "dpm++2m",
            {"final_sigmas_type": "sigma_min"},
        ),
        ("DPMSolverSinglestepScheduler", {}, "dpm++2s", {}),
        ("DPMSolverSDEScheduler", {}, "dpm++sde", {}),
        ("DEISMultistepScheduler", {"solver_order": 3}, "deis", {"solver_order": 3}),
        ("UniPCMultistepScheduler", {"solver_type": "bh1"}, "unipc", {"solver_type": "bh1"}),
        ("DDIMScheduler", {"rescale_betas_zero_snr": True}, "ddim", {"rescale_betas_zero_snr": True}),
        ("EulerDiscreteScheduler", {"final_sigmas_type": "sigma_min"}, "euler", {"final_sigmas_type": "sigma_min"}),
        ("LCMScheduler", {"original_inference_steps": 100}, "lcm", {"original_inference_steps": 100}),
        ("TCDScheduler", {}, "tcd", {}),
    ],
)
def test_what_the_engines_solver_can_do_is_carried_over(
    name: str, settings: dict[str, Any], sampler: str, said: dict[str, Any]
) -> None:
    facts = scheduler_facts({"_class_name": name, **settings}, None, fixes=True)
    usual = scheduler_facts({"_class_name": "DDIMScheduler"}, None, fixes=True)
    assert facts["sampler"] == sampler
    assert {key: facts[key] for key in facts if key not in usual} == said


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("EulerAncestralDiscreteScheduler", "use_karras_sigmas"),
        ("UniPCMultistepScheduler", "use_lu_lambdas"),
        ("HeunDiscreteScheduler", "rescale_betas_zero_snr"),
        ("DDIMScheduler", "euler_at_final"),
    ],
)
def test_what_another_class_left_is_not_heeded_as_diffusers_does_not(name: str, setting: str) -> None:
    facts = scheduler_facts({"_class_name": name, setting: True}, None, fixes=True)
    assert facts == scheduler_facts({"_class_name": name}, None, fixes=True)


def test_another_sampler_keeps_what_the_model_was_trained_with() -> None:
    config = {"_class_name": "DDIMScheduler", "rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}
    assert scheduler_facts(config, "heun", fixes=True)["rescale_betas_zero_snr"] is True


def test_lu_lambdas_are_a_sigma_schedule() -> None:
    config = {"_class_name": "DPMSolverMultistepScheduler", "use_lu_lambdas": True}
    assert scheduler_facts(config, None, fixes=True)["sigma_schedule"] == "lu"


@pytest.mark.parametrize("row", [row for row in sampler_rows() if row.diffusers_class], ids=lambda row: row.name)
def test_every_sampler_is_recognised_with_every_schedule_that_it_follows_and_no_other(row: SamplerRow) -> None:
    class_name = STAND_INS.get(row.diffusers_class, row.diffusers_class)
    known = inspect.signature(getattr(diffusers, class_name)).parameters
    config = {"_class_name": row.diffusers_class, **row.arguments}
    facts = scheduler_facts(config, None, fixes=True)
    assert (facts["sampler"], facts["sigma_schedule"]) == (row.name, "discrete")
    for switch in [name for name in known if name.startswith("use_") and name.endswith("_sigmas")]:
        schedule = schedule_switches().get(switch)
        if schedule in row.schedules:
            assert scheduler_facts(config | {switch: True}, None, fixes=True)["sigma_schedule"] == schedule
        else:
            with pytest.raises(ExportError, match=f"{switch} True; accepted"):
                scheduler_facts(config | {switch: True}, None, fixes=True)


def test_the_program_knows_the_samplers_of_the_rows(program: Path) -> None:
    version = json.loads(subprocess.check_output([program, "--version", "--json"], text=True))
    told = [(each["name"], each["diffusers_class"], tuple(each["schedules"])) for each in version["samplers"]]
    assert told == [(row.name, row.diffusers_class, row.schedules) for row in sampler_rows()]
    assert [each["name"] for each in version["schedules"]] == [row.name for row in schedule_rows()]


def test_an_unknown_scheduler_can_be_replaced() -> None:
    config = {"_class_name": "EDMEulerScheduler", "beta_start": 0.001}
    with pytest.raises(ExportError, match=r"EDMEulerScheduler.*--sampler"):
        scheduler_facts(config, None, fixes=True)
    assert scheduler_facts(config, "ddim", fixes=True)["beta_start"] == 0.001
