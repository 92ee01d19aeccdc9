"""The exporter: schedulers."""

import inspect
import json
import subprocess
from pathlib import Path
from typing import Any

import diffusers
import pytest
from exporter.errors import ExportError
from exporter.sampler_rows import SamplerRow, sampler_rows, schedule_names, schedule_switches
from exporter.scheduler import scheduler_facts


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
        ("DDIMScheduler", "rescale_betas_zero_snr", True),
        ("DDIMScheduler", "trained_betas", [0.1, 0.2]),
        ("DDIMScheduler", "prediction_type", "sample"),
        ("DDIMScheduler", "beta_schedule", "squaredcos_cap_v2"),
        ("PNDMScheduler", "skip_prk_steps", False),
        ("EulerDiscreteScheduler", "timestep_type", "continuous"),
        ("EulerDiscreteScheduler", "interpolation_type", "log_linear"),
        ("DPMSolverMultistepScheduler", "algorithm_type", "sde-dpmsolver++"),
        ("DPMSolverMultistepScheduler", "solver_order", 3),
        ("DPMSolverMultistepScheduler", "solver_type", "heun"),
        ("DPMSolverMultistepScheduler", "euler_at_final", True),
    ],
)
def test_settings_that_would_be_run_wrongly_are_errors(name: str, setting: str, value: Any) -> None:
    config = {"_class_name": name, "skip_prk_steps": True, setting: value}
    with pytest.raises(ExportError, match=setting) as error:
        scheduler_facts(config, None, fixes=True)
    assert "accepted" in str(error.value)


@pytest.mark.parametrize("row", sampler_rows(), ids=lambda row: row.name)
def test_every_sampler_is_recognised_with_every_schedule_that_it_follows_and_no_other(row: SamplerRow) -> None:
    known = inspect.signature(getattr(diffusers, row.diffusers_class)).parameters
    config = {"_class_name": row.diffusers_class, **row.arguments}
    facts = scheduler_facts(config, None, fixes=True)
    assert (facts["sampler"], facts["sigma_schedule"]) == (row.name, "discrete")
    for switch in [name for name in known if name.startswith("use_") and name.endswith("_sigmas")]:
        schedule = schedule_switches(row.schedules).get(switch)
        if schedule:
            assert scheduler_facts(config | {switch: True}, None, fixes=True)["sigma_schedule"] == schedule
        else:
            with pytest.raises(ExportError, match=f"{switch} True; accepted"):
                scheduler_facts(config | {switch: True}, None, fixes=True)
    assert {name for name in schedule_switches(row.schedules)} <= set(known)


def test_the_program_knows_the_samplers_of_the_rows(program: Path) -> None:
    version = json.loads(subprocess.check_output([program, "--version", "--json"], text=True))
    told = [(each["name"], each["diffusers_class"], tuple(each["schedules"])) for each in version["samplers"]]
    assert told == [(row.name, row.diffusers_class, row.schedules) for row in sampler_rows()]
    assert [each["name"] for each in version["schedules"]] == schedule_names()


def test_an_unknown_scheduler_can_be_replaced() -> None:
    config = {"_class_name": "UniPCMultistepScheduler", "beta_start": 0.001}
    with pytest.raises(ExportError, match=r"UniPCMultistepScheduler.*--sampler"):
        scheduler_facts(config, None, fixes=True)
    assert scheduler_facts(config, "ddim", fixes=True)["beta_start"] == 0.001
