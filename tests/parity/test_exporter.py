"""The exporter: what it writes, what it refuses, and that it writes all or nothing."""

import hashlib
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DiffusionPipeline
from export_run import description, run
from exporter import export as steps
from exporter import run_command, text_encoder
from exporter.command_line import main as export
from exporter.components import load_text_encoder, load_unet
from exporter.errors import ExportError
from exporter.scheduler import scheduler_facts
from exporter.tokenizer import export_tokenizer
from exporter.tracing import trace
from exporter.unet_check import default_size, unet_config
from safetensors.torch import load_file, save_file
from single_file import pack
from tiny_models import EXPORTED, copy_model, edit_json
from transformers import CLIPTokenizer

REPOSITORY = Path(__file__).resolve().parents[2]
TEXT_WEIGHTS = "text_encoder/model.safetensors"


def refusal(capsys: pytest.CaptureFixture[str], source: Path | str, output: Path, *options: str) -> str:
    """The message of an export that fails and leaves nothing behind."""
    before = sorted(output.parent.iterdir())
    assert run(source, output, *options) == run_command.FAILED
    assert sorted(output.parent.iterdir()) == before
    return capsys.readouterr().err.splitlines()[-1]


# What is written


def test_describes_sd15(models_dir: Path) -> None:
    model = description(models_dir / "sd15")
    del model["files"], model["exporter"]
    # What is measured has its own tests.
    del model["unet"]["multiply_adds"], model["text_encoders"][0]["multiply_adds"]
    del model["vae"]["multiply_adds"], model["vae"]["preview"]
    tokenizer = {
        "type": "clip",
        "vocabulary": "tokenizer/vocab.json",
        "merges": "tokenizer/merges.txt",
        "max_length": 77,
        "bos_id": 598,
        "eos_id": 599,
        "pad_id": 599,
        "unk_id": 599,
    }
    assert model == {
        "format_version": 1,
        "name": "sd15",
        "family": "stable-diffusion",
        "dtype": "float32",
        "default_width": 128,
        "default_height": 128,
        "unet": {"file": "unet.pt", "rungs": 12, "in_channels": 4, "context_size": 32},
        "vae": {
            "decoder": "vae_decoder.pt",
            "encoder": "vae_encoder.pt",
            "scaling_factor": 0.18215,
            "scale": 8,
            "force_upcast": False,
            "latents_mean": None,
            "latents_std": None,
        },
        "text_encoders": [
            {
                "file": "text_encoder.pt",
                "hidden_size": 32,
                "hidden_layer": "last",
                "final_layer_norm": True,
                "pooled_size": 0,
                "tokenizer": tokenizer,
            }
        ],
        "zero_unset_negative_prompt": False,
        "scheduler": {
            "sampler": "pndm",
            "sigma_schedule": "discrete",
            "num_train_timesteps": 1000,
            "beta_start": 0.00085,
            "beta_end": 0.012,
            "beta_schedule": "scaled_linear",
            "prediction_type": "epsilon",
            "timestep_spacing": "leading",
            "steps_offset": 1,
            "set_alpha_to_one": False,
        },
        "defaults": {"steps": 50, "guidance_scale": 7.5},
    }


def test_describes_sdxl(models_dir: Path) -> None:
    model = description(models_dir / "sdxl")
    assert model["family"] == "stable-diffusion-xl"
    assert model["unet"]["rungs"] == 9
    assert model["unet"]["context_size"] == 80
    assert model["vae"]["scaling_factor"] == 0.13025
    assert model["vae"]["force_upcast"] is True
    assert model["zero_unset_negative_prompt"] is True
    assert model["defaults"] == {"steps": 50, "guidance_scale": 5.0}
    assert model["scheduler"]["sampler"] == "euler"
    first, second = model["text_encoders"]
    assert (first["hidden_layer"], first["final_layer_norm"]) == ("penultimate", False)
    assert (first["pooled_size"], second["pooled_size"]) == (0, 40)
    assert (first["tokenizer"]["pad_id"], second["tokenizer"]["pad_id"]) == (599, 0)
    assert second["tokenizer"]["vocabulary"] == "tokenizer_2/vocab.json"


def test_describes_the_scheduler_of_sd21_768(models_dir: Path) -> None:
    scheduler = description(models_dir / "sd21-v")["scheduler"]
    assert (scheduler["sampler"], scheduler["prediction_type"]) == ("ddim", "v_prediction")


@pytest.mark.parametrize("family", EXPORTED)
def test_lists_every_file_with_size_and_checksum(models_dir: Path, family: str) -> None:
    folder = models_dir / family
    expected = {
        path.relative_to(folder).as_posix(): {
            "size": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in folder.rglob("*")
        if path.is_file() and path.name != "model.json"
    }
    assert description(folder)["files"] == expected


def test_says_what_exported_it(models_dir: Path) -> None:
    exporter = description(models_dir / "sd15")["exporter"]
    assert set(exporter) == {"torch", "diffusers", "transformers", "source"}
    assert exporter["source"] == "sd15-diffusers"


@pytest.mark.parametrize("family", EXPORTED)
def test_stores_every_weight_once(models_dir: Path, family: str) -> None:
    unet = load_unet(models_dir / f"{family}-diffusers", torch.float32)
    with zipfile.ZipFile(models_dir / family / "unet.pt") as archive:
        stored = sum(entry.file_size for entry in archive.infolist() if "/data/" in entry.filename)
    assert stored == sum(weight.nbytes for weight in unet.parameters())


@pytest.mark.parametrize("family", EXPORTED)
def test_names_no_path_of_the_machine_that_exported(models_dir: Path, family: str) -> None:
    for path in (models_dir / family).glob("*.pt"):
        with zipfile.ZipFile(path) as archive:
            code = [name for name in archive.namelist() if "/data/" not in name]
            assert any("/code/" in name for name in code)
            assert not [name for name in code if b"site-packages" in archive.read(name)]
            assert not [name for name in code if str(REPOSITORY).encode() in archive.read(name)]


def test_exports_a_single_file_with_all_options(models_dir: Path, tmp_path: Path, output: Path) -> None:
    pack(models_dir / "sd15-diffusers", tmp_path / "one.safetensors")
    (tmp_path / "defaults.json").write_text('{"steps": 20, "interval": 3, "branch": 0}')
    options = ["--config", str(models_dir / "sd15-diffusers"), "--dtype", "float16"]
    options += ["--name", "half", "--sampler", "dpm++2m"]
    options += ["--defaults", str(tmp_path / "defaults.json")]
    assert run(tmp_path / "one.safetensors", output, *options) == 0
    model = description(output)
    assert (model["dtype"], model["name"]) == ("float16", "half")
    assert model["exporter"]["source"] == "one.safetensors"
    assert model["scheduler"]["sampler"] == "dpm++2m"
    assert model["defaults"] == {"steps": 20, "guidance_scale": 7.5, "interval": 3, "branch": 0}
    for name in ("unet.pt", "vae_decoder.pt", "vae_encoder.pt", "text_encoder.pt"):
        stored = torch.jit.load(output / name).parameters()
        original = torch.jit.load(models_dir / "sd15" / name).parameters()
        assert all(torch.equal(*pair) for pair in zip(stored, halves(original), strict=True))


def halves(weights: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    return [weight.half() for weight in weights]


# Text encoders


def text_output(source: Path, name: str, projected: bool) -> tuple[torch.Tensor, ...]:
    model = load_text_encoder(source, name, projected, torch.float32)
    ids = text_encoder.example_ids(model, batch=2, tokens=9, seed=3)
    with torch.inference_mode():
        return text_encoder.run_transformers(model, False, ids)


@pytest.mark.parametrize(("name", "projected"), [("text_encoder", False), ("text_encoder_2", True)])
def test_text_weights_load_with_and_without_their_old_prefix(
    models_dir: Path, tmp_path: Path, name: str, projected: bool
) -> None:
    source = models_dir / "sdxl-diffusers"
    weights = load_file(source / name / "model.safetensors")
    bare = {key.removeprefix("text_model."): weight for key, weight in weights.items()}
    old = {key if key.startswith("text_projection") else f"text_model.{key}": weight for key, weight in bare.items()}
    expected = text_output(source, name, projected)
    copy = copy_model(source, tmp_path / "source")
    save_file(old, copy / name / "model.safetensors", metadata={"format": "pt"})
    for got, want in zip(text_output(copy, name, projected), expected, strict=True):
        assert torch.equal(got, want)


def test_text_is_pooled_at_the_first_end_token(models_dir: Path, tmp_path: Path) -> None:
    """With the id of the end token in the configuration, as after transformers' PR 24773."""
    source = copy_model(models_dir / "sdxl-diffusers", tmp_path / "source")
    edit_json(source / "text_encoder_2" / "config.json", eos_token_id=37)
    model = load_text_encoder(source, "text_encoder_2", True, torch.float32)
    ids = torch.tensor([[598, 5, 37, 599, 37, 0], [598, 37, 599, 599, 0, 0]])
    with torch.inference_mode():
        expected = model(ids, output_hidden_states=True)
        hidden, pooled = text_encoder.trace_text_encoder(model, penultimate=True)(ids)
    assert torch.equal(hidden, expected.hidden_states[-2])
    assert torch.equal(pooled, expected.text_embeds)


def test_a_missing_weight_is_an_error(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = load_file(sd15 / TEXT_WEIGHTS)
    removed = next(key for key in weights if "layers.1.mlp.fc1.weight" in key)
    del weights[removed]
    save_file(weights, sd15 / TEXT_WEIGHTS, metadata={"format": "pt"})
    message = refusal(capsys, sd15, output)
    assert "text_encoder/: 1 missing keys" in message
    assert "layers.1.mlp.fc1.weight" in message


# Tokenizers


def test_both_forms_of_a_clip_tokenizer_are_written_alike(models_dir: Path, tmp_path: Path) -> None:
    old = models_dir / "sdxl-diffusers" / "tokenizer_2"
    new = tmp_path / "new" / "tokenizer_2"
    CLIPTokenizer.from_pretrained(str(old)).save_pretrained(str(new))
    (new / "vocab.json").unlink(missing_ok=True)
    (new / "merges.txt").unlink(missing_ok=True)
    outputs = [tmp_path / "from_old", tmp_path / "from_new"]
    facts = []
    for source, target in zip([old, new], outputs, strict=True):
        target.mkdir()
        facts.append(export_tokenizer(source, target, 600, 77))
    assert facts[0] == facts[1]
    vocabularies, merges = zip(*(written(target) for target in outputs), strict=True)
    assert vocabularies[0] == vocabularies[1]
    assert merges[0] == merges[1]


def written(folder: Path) -> tuple[dict[str, int], list[str]]:
    tokenizer = folder / "tokenizer_2"
    merges = (tokenizer / "merges.txt").read_text(encoding="utf-8").splitlines()
    return json.loads((tokenizer / "vocab.json").read_text(encoding="utf-8")), merges


def sentencepiece_folder(folder: Path, **changes: Any) -> Path:
    config = {
        "tokenizer_class": "SentencePiece",
        "model_max_length": 40,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
        "add_bos": True,
        "add_eos": True,
    }
    folder.mkdir()
    (folder / "tokenizer.model").write_bytes(b"a model")
    (folder / "tokenizer_config.json").write_text(json.dumps(config | changes))
    return folder


def test_a_sentencepiece_tokenizer_is_copied(tmp_path: Path, output: Path) -> None:
    output.mkdir()
    facts = export_tokenizer(sentencepiece_folder(tmp_path / "tokenizer"), output, 600, 40)
    assert facts == {
        "type": "sentencepiece",
        "model": "tokenizer/tokenizer.model",
        "max_length": 40,
        "bos_id": 1,
        "eos_id": 2,
        "pad_id": 0,
    }
    assert (output / "tokenizer" / "tokenizer.model").read_bytes() == b"a model"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eos_token_id": 600}, "eos_id 600.*0 to 599"),
        ({"pad_token_id": None}, "pad_id None"),
        ({"model_max_length": 41}, "model_max_length 41.*3 to 40"),
        ({"add_bos": False}, "bos and eos"),
    ],
)
def test_a_tokenizer_that_does_not_fit_is_an_error(
    tmp_path: Path, output: Path, changes: dict[str, Any], message: str
) -> None:
    output.mkdir()
    folder = sentencepiece_folder(tmp_path / "tokenizer", **changes)
    with pytest.raises(ExportError, match=message):
        export_tokenizer(folder, output, 600, 40)


# Schedulers


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
        ("EulerDiscreteScheduler", "use_exponential_sigmas", True),
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


def test_an_unknown_scheduler_can_be_replaced() -> None:
    config = {"_class_name": "UniPCMultistepScheduler", "beta_start": 0.001}
    with pytest.raises(ExportError, match=r"UniPCMultistepScheduler.*--sampler"):
        scheduler_facts(config, None, fixes=True)
    assert scheduler_facts(config, "ddim", fixes=True)["beta_start"] == 0.001


# What is refused


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "tokenizer", "scheduler/scheduler_config.json"])
def test_a_missing_part_is_named(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], part: str) -> None:
    (sd15 / part).rename(sd15 / "elsewhere")
    assert f"has no {part}" in refusal(capsys, sd15, output)


def test_missing_weights_are_named(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sd15 / TEXT_WEIGHTS).unlink()
    assert "text_encoder/ has no weights" in refusal(capsys, sd15, output)


def test_a_missing_path_is_named(tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"'{tmp_path}/none'" in refusal(capsys, tmp_path / "none", output)


def test_a_hub_id_that_cannot_be_had_is_one_line(
    output: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> str:
        try:
            raise ConnectionError("no route to host")
        except ConnectionError as error:
            raise OSError("cannot load\nsee above") from error

    monkeypatch.setattr(DiffusionPipeline, "download", fail)
    message = refusal(capsys, "someone/some-model", output)
    assert "'someone/some-model'" in message
    assert "no route to host" in message


def test_a_controlnet_is_named(tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "config.json").write_text('{"_class_name": "ControlNetModel"}')
    assert "is a ControlNetModel" in refusal(capsys, tmp_path / "net", output)


def test_another_kind_of_pipeline_is_named(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit_json(sd15 / "model_index.json", _class_name="StableDiffusion3Pipeline")
    assert "is a StableDiffusion3Pipeline" in refusal(capsys, sd15, output)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("in_channels", 9, "9 channels (for inpainting)"),
        ("in_channels", 8, "8 channels and gives 4"),
        ("time_cond_proj_dim", 256, "time_cond_proj_dim 256"),
        ("class_embed_type", "timestep", "class_embed_type 'timestep'"),
        ("cross_attention_dim", 48, "make 32 channels, the UNet reads 48"),
    ],
)
def test_an_unsuitable_unet_is_named(
    sd15: Path,
    output: Path,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    value: Any,
    message: str,
) -> None:
    edit_json(sd15 / "unet" / "config.json", **{setting: value})
    assert message in refusal(capsys, sd15, output)


def test_the_refiner_is_refused(
    models_dir: Path, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = copy_model(models_dir / "sdxl-diffusers", tmp_path / "source")
    # Five time ids of width 8 instead of six: so the refiner tells an aesthetic score.
    edit_json(source / "unet" / "config.json", projection_class_embeddings_input_dim=80)
    assert "no SDXL base model" in refusal(capsys, source, output)


@pytest.mark.parametrize(
    "content", ['{"steps": 0}', '{"steps": "20"}', '{"speed": 1}', '{"sampler": "magic"}', "[]", "{"]
)
def test_wrong_defaults_are_refused(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    path = sd15 / "defaults.json"
    path.write_text(content)
    assert "defaults.json" in refusal(capsys, sd15, output, "--defaults", str(path))


def test_wrong_flags_are_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--source", "a"], ["--source", "a", "--output", "b", "--dtype", "int8"]):
        with pytest.raises(SystemExit) as error:
            export(arguments)
        assert error.value.code == 2


def test_sizes_of_the_oldest_models_are_doubled(sd15: Path) -> None:
    edit_json(sd15 / "unet" / "config.json", _diffusers_version="0.8.1", sample_size=32)
    assert default_size(unet_config(sd15)) == (64, 64)
    edit_json(sd15 / "unet" / "config.json", sample_size=[12, 20])
    assert default_size(unet_config(sd15)) == (12, 20)


# All or nothing


def test_a_failure_half_way_leaves_nothing(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sd15 / "vae" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    assert "cannot load vae/" in refusal(capsys, sd15, output)


def test_an_interrupt_leaves_nothing(sd15: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(steps, "load_vae", interrupted)
    assert run(sd15, output) == run_command.INTERRUPTED
    assert not list(output.parent.iterdir())


def test_a_wrong_archive_is_not_kept(
    sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = text_encoder.run_transformers

    def slightly_off(*arguments: Any) -> tuple[torch.Tensor, torch.Tensor]:
        hidden, pooled = original(*arguments)
        return hidden * (1 + 1e-4), pooled

    monkeypatch.setattr(text_encoder, "run_transformers", slightly_off)
    assert "text_encoder.pt differs from diffusers" in refusal(capsys, sd15, output)


@pytest.mark.parametrize("option", [[], ["--overwrite"]])
def test_a_folder_of_something_else_is_never_replaced(
    sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    output.mkdir()
    (output / "diary.txt").write_text("mine")
    assert "is no exported model" in refusal(capsys, sd15, output, *option)
    assert (output / "diary.txt").read_text() == "mine"


def test_an_earlier_export_is_replaced_only_when_asked(
    sd15: Path,
    output: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output.mkdir()
    (output / "model.json").write_text('{"exporter": {}}')
    assert "--overwrite" in refusal(capsys, sd15, output)
    monkeypatch.setattr(steps, "export_model", lambda *_: {"name": "new"})
    assert run(sd15, output, "--overwrite") == 0
    assert description(output)["name"] == "new"
    assert list(output.parent.iterdir()) == [output]


def test_a_failed_replacement_keeps_the_earlier_export(
    sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output.mkdir()
    (output / "model.json").write_text('{"exporter": {}}')
    (sd15 / TEXT_WEIGHTS).unlink()
    refusal(capsys, sd15, output, "--overwrite")
    assert (output / "model.json").read_text() == '{"exporter": {}}'


# Traces that would run in one type, or on one device, only


class Casting(torch.nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values.to(torch.float64) * 2


class SameType(torch.nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values.to(values.dtype).float().to(dtype=torch.float32) * 2


class Counting(torch.nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values + torch.arange(values.shape[0], device=values.device)


@pytest.mark.parametrize(("module", "call"), [(Casting(), "aten::to"), (Counting(), "cpu")])
def test_a_trace_bound_to_a_type_or_device_is_an_error(module: torch.nn.Module, call: str) -> None:
    with pytest.raises(ExportError, match=call):
        trace(module, (torch.ones(3),))


def test_a_cast_to_the_same_type_is_not_recorded() -> None:
    traced = trace(SameType(), (torch.ones(3),))
    assert traced(torch.ones(3, dtype=torch.bfloat16)).dtype == torch.bfloat16
