"""The exporter: what it refuses, and that it writes all or nothing."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DiffusionPipeline
from export_run import TEXT_WEIGHTS, description, refusal, run
from exporter import export as steps
from exporter import run_command, text_encoder
from exporter.command_line import main as export
from exporter.unet_check import default_size, unet_config
from tiny_models import copy_model, edit_json

EXPORT_MODEL = Path(__file__).resolve().parents[2] / "scripts" / "export_model.py"

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


def test_a_part_of_another_kind_is_named(tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "config.json").write_text('{"_class_name": "Transformer2DModel"}')
    assert "is a Transformer2DModel" in refusal(capsys, tmp_path / "part", output)


def test_another_kind_of_pipeline_is_named(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit_json(sd15 / "model_index.json", _class_name="StableDiffusion3Pipeline")
    assert "is a StableDiffusion3Pipeline" in refusal(capsys, sd15, output)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("in_channels", 5, "5 channels (for a depth map)"),
        ("in_channels", 8, "8 channels (for a picture, as InstructPix2Pix) and gives 4"),
        ("in_channels", 7, "7 channels and gives 4; exported are those that take and give the VAE's 4, or take 9"),
        ("time_cond_proj_dim", 255, "time_cond_proj_dim 255; accepted: None, or an even 4 or more"),
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


def test_a_base_model_with_the_time_ids_of_the_refiner_is_refused(
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
    edit_json(sd15 / "vae" / "config.json", norm_num_groups=7)
    assert "cannot load vae/" in refusal(capsys, sd15, output)


def test_a_truncated_part_is_named_at_once(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sd15 / "vae" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    assert "'vae/diffusion_pytorch_model.safetensors' is truncated" in refusal(capsys, sd15, output)


def test_an_interrupt_leaves_nothing(sd15: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(steps, "load_vae", interrupted)
    assert run(sd15, output) == run_command.INTERRUPTED
    assert not list(output.parent.iterdir())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_leaves_nothing(sd15: Path, output: Path, number: signal.Signals, code: int) -> None:
    words = [sys.executable, EXPORT_MODEL, "--source", sd15, "--output", output]
    with subprocess.Popen([str(word) for word in words], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline().startswith("load text_encoder")
        assert any(output.parent.iterdir())
        process.send_signal(number)
        process.communicate(timeout=120)
    assert process.returncode == code
    assert not any(output.parent.iterdir())


def test_a_wrong_trace_is_not_written(
    sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original, written = text_encoder.run_transformers, []

    def slightly_off(*arguments: Any) -> tuple[torch.Tensor, ...]:
        states, *others = original(*arguments)
        return states * (1 + 1e-8), *others

    monkeypatch.setattr(text_encoder, "run_transformers", slightly_off)
    monkeypatch.setattr(steps, "write_archive", lambda *arguments: written.append(arguments))
    message = refusal(capsys, sd15, output)
    assert "the trace of text_encoder differs from diffusers by 1.0e-08 in double precision" in message
    assert not written


def test_a_wrong_archive_is_not_kept(
    sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = steps.write_archive

    def write_another_weight(module: torch.jit.ScriptModule, path: Path, dtype: torch.dtype) -> None:
        with torch.no_grad():
            next(module.parameters())[-1] *= 1 + 2**-20
        original(module, path, dtype)

    monkeypatch.setattr(steps, "write_archive", write_another_weight)
    assert "text_encoder.pt, reloaded, differs from diffusers by" in refusal(capsys, sd15, output)


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
    monkeypatch.setattr(steps, "export_model", lambda *_: {"name": "new", "family": "sd15"})
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
