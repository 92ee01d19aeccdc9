"""The exporter: models for inpainting, SDXL's refiner, and VAEs alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny, DiffusionPipeline
from export_run import description, refusal, run
from exporter.errors import ExportError
from exporter.hub import download
from huggingface_hub.errors import EntryNotFoundError
from random_model.families import FAMILIES
from random_model.folder import write_model
from random_model.vocabulary import SIZE
from safetensors.torch import load_file, save_file
from single_file import pack, pack_refiner
from tiny_models import copy_model, edit_json

TinyModel = Callable[[str], Path]


def source_of(model: Path) -> Path:
    """The diffusers folder that a tiny model was exported from."""
    return model.with_name(f"{model.name}-diffusers")


def facts(folder: Path) -> dict[str, Any]:
    """What model.json says but for names of weights, files and versions."""
    model = {key: value for key, value in description(folder).items() if key not in ("files", "exporter", "name")}
    for part in model["parts"].values():
        del part["weights"]
    return model


# Inpainting


@pytest.mark.parametrize(
    ("name", "family", "guidance_scale"),
    [
        ("sd15-inpaint", "stable-diffusion", 7.5),
        ("sd21-inpaint", "stable-diffusion", 7.5),
        ("sdxl-inpaint", "stable-diffusion-xl", 7.5),
    ],
)
def test_describes_inpainting_models(tiny_model: TinyModel, name: str, family: str, guidance_scale: float) -> None:
    model = description(tiny_model(name))
    assert model["family"] == family
    assert model["latent_channels"] == 4
    assert (model["parts"]["unet"]["in_channels"], model["parts"]["unet"]["out_channels"]) == (9, 4)
    assert model["scheduler"]["prediction_type"] == "epsilon"
    assert model["defaults"] == {"steps": 50, "guidance_scale": guidance_scale}


@pytest.mark.parametrize("name", ["StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline"])
def test_an_inpainting_model_is_known_by_its_channels(
    tiny_model: TinyModel, tmp_path: Path, output: Path, name: str
) -> None:
    model = tiny_model("sd15-inpaint")
    source = copy_model(source_of(model), tmp_path / "source")
    edit_json(source / "model_index.json", _class_name=name)
    assert run(source, output) == 0
    assert facts(output) == facts(model)


def test_a_single_file_for_inpainting(tiny_model: TinyModel, tmp_path: Path, output: Path) -> None:
    model = tiny_model("sd15-inpaint")
    pack(source_of(model), tmp_path / "one.safetensors")
    assert run(tmp_path / "one.safetensors", output, "--config", str(source_of(model))) == 0
    assert description(output)["parts"]["unet"]["in_channels"] == 9
    assert_same_weights(output, model, ("unet", "text_encoder", "vae_decoder"))


def assert_same_weights(one: Path, other: Path, roles: tuple[str, ...]) -> None:
    for role in roles:
        pair = (torch.jit.load(folder / f"{role}.pt").parameters() for folder in (one, other))
        assert all(torch.equal(*weights) for weights in zip(*pair, strict=True)), role


# The refiner


def test_describes_the_refiner(tiny_model: TinyModel) -> None:
    model = description(tiny_model("sdxl-refiner"))
    assert model["family"] == "stable-diffusion-xl-refiner"
    assert set(model["parts"]) == {"unet", "vae_decoder", "vae_encoder", "text_encoder"}
    assert model["parts"]["unet"]["rungs"] == 12
    encoder = model["parts"]["text_encoder"]
    assert (encoder["skip"], encoder["final_norm"], encoder["projection_size"]) == (2, False, 40)
    assert encoder["tokenizer"]["vocabulary"] == "tokenizer/vocab.json"
    assert encoder["tokenizer"]["pad_id"] == 0
    assert model["zero_unset_negative_prompt"] is False
    assert model["vae"]["force_upcast"] is True
    assert model["defaults"] == {"steps": 50, "guidance_scale": 5.0}


def test_a_single_file_of_the_refiner(tmp_path: Path, output: Path) -> None:
    settings = FAMILIES["sdxl-refiner"](True, SIZE)
    # A file is known for the refiner's by its tenth layer.
    settings = replace(settings, text_encoders=[settings.text_encoders[0] | {"num_hidden_layers": 10}])
    source, whole = tmp_path / "source", output.with_name("whole")
    write_model(source, settings, seed=0, dtype=torch.float32)
    pack_refiner(source, tmp_path / "one.safetensors")
    assert run(tmp_path / "one.safetensors", output, "--config", str(source)) == 0
    assert run(source, whole) == 0
    assert facts(output) == facts(whole)
    assert_same_weights(output, whole, ("unet", "text_encoder", "vae_decoder", "vae_encoder"))


def test_a_base_model_without_its_first_encoder_is_no_refiner(
    models_dir: Path, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = copy_model(models_dir / "sdxl-diffusers", tmp_path / "source")
    (source / "text_encoder").rename(source / "elsewhere")
    assert "has no text_encoder/config.json" in refusal(capsys, source, output)


def test_a_refiner_with_the_time_ids_of_the_base_model_is_refused(
    tiny_model: TinyModel, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = copy_model(source_of(tiny_model("sdxl-refiner")), tmp_path / "source")
    edit_json(source / "unet" / "config.json", projection_class_embeddings_input_dim=40 + 6 * 8)
    assert "with 5 time ids the UNet reads 48 channels" in refusal(capsys, source, output)


# VAEs


def test_describes_a_tiny_vae(tiny_model: TinyModel) -> None:
    model = description(tiny_model("taesd"))
    preview = model["vae"].pop("preview")
    assert len(preview["matrix"][0]) == 4
    assert model["family"] == "autoencoder"
    assert set(model["parts"]) == {"vae_decoder", "vae_encoder"}
    assert model["latent_channels"] == 4
    assert "scheduler" not in model
    assert model["vae"] == {
        "scaling_factor": 1.0,
        "scale": 8,
        "force_upcast": False,
        "latents_mean": None,
        "latents_std": None,
        "sample_size": None,
        "encoder_output": "latents",
    }


@torch.no_grad()
def test_a_tiny_vae_computes_what_diffusers_computes(tiny_model: TinyModel) -> None:
    model = tiny_model("taesd")
    judge = AutoencoderTiny.from_pretrained(source_of(model))
    latents, pictures = torch.randn(2, 4, 9, 6) * 4, torch.rand(2, 3, 72, 48) * 2 - 1
    decoder, encoder = (torch.jit.load(model / f"{role}.pt") for role in ("vae_decoder", "vae_encoder"))
    torch.testing.assert_close(decoder(latents), judge.decode(latents).sample)
    torch.testing.assert_close(encoder(pictures), judge.encode(pictures).latents)


@torch.no_grad()
def test_a_vae_alone_is_exported(tiny_model: TinyModel) -> None:
    model = tiny_model("vae")
    said = description(model)
    assert said["family"] == "autoencoder"
    assert set(said["parts"]) == {"vae_decoder", "vae_encoder"}
    assert said["vae"]["scaling_factor"] == 0.18215
    assert "encoder_output" not in said["vae"]
    judge = AutoencoderKL.from_pretrained(source_of(model))
    pictures = torch.rand(1, 3, 32, 48) * 2 - 1
    moments = torch.jit.load(model / "vae_encoder.pt")(pictures)
    torch.testing.assert_close(moments, judge.encode(pictures).latent_dist.parameters)


def test_a_pipeline_may_have_a_tiny_vae(tiny_model: TinyModel, sd15: Path, output: Path) -> None:
    (sd15 / "vae").rename(sd15 / "elsewhere")
    copy_model(source_of(tiny_model("taesd")), sd15 / "vae")
    index = {"vae": ["diffusers", "AutoencoderTiny"]}
    edit_json(sd15 / "model_index.json", **index)
    assert run(sd15, output) == 0
    model = description(output)
    assert model["vae"]["encoder_output"] == "latents"
    assert model["default_width"] == 128
    assert set(model["parts"]) == {"unet", "vae_decoder", "vae_encoder", "text_encoder"}


def test_a_vae_of_the_hub_is_fetched_without_a_pipeline(
    tiny_model: TinyModel, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_of(tiny_model("taesd"))
    monkeypatch.setattr(DiffusionPipeline, "download", has_no_index)
    asked = []

    def snapshot(hub_id: str, allow_patterns: list[str]) -> str:
        asked.append((hub_id, allow_patterns))
        return str(source)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    assert run("someone/taesd", output) == 0
    # First to see what it is; the hub's client keeps it.
    assert asked == [("someone/taesd", ["config.json", "diffusion_pytorch_model*.safetensors*"])] * 2
    assert description(output)["exporter"]["source"] == "someone/taesd"


def has_no_index(_: str) -> str:
    """What diffusers says of a repository without model_index.json."""
    raise EntryNotFoundError("404: model_index.json")


def test_a_hub_id_of_neither_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def snapshot(_: str, allow_patterns: list[str]) -> str:
        raise ConnectionError(f"no {allow_patterns[0]}")

    monkeypatch.setattr(DiffusionPipeline, "download", has_no_index)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    with pytest.raises(ExportError, match="'someone/some-vae' is no folder here, and the hub does not give it"):
        download("someone/some-vae")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"_class_name": "AsymmetricAutoencoderKL"}, "is a AsymmetricAutoencoderKL; exported are Stable Diffusion"),
        ({"upsampling_scaling_factor": 4}, "the VAE has upsampling_scaling_factor 4; accepted: 2"),
        ({"upsample_fn": "bilinear"}, "the VAE has upsample_fn 'bilinear'; accepted: 'nearest'"),
        ({"shift_factor": 0.1}, "the VAE has shift_factor 0.1; accepted: 0"),
        ({"num_decoder_blocks": [101, 1, 1, 1]}, "num_decoder_blocks 101; at most 100"),
        ({"auto_map": {"AutoModel": "evil.Evil"}}, "has auto_map; only plain models"),
        ({"encoder_block_out_channels": [16] * 3, "num_encoder_blocks": [1] * 3}, "different numbers of blocks"),
    ],
)
def test_an_unsuitable_vae_is_named(
    tiny_model: TinyModel,
    tmp_path: Path,
    output: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, Any],
    message: str,
) -> None:
    source = copy_model(source_of(tiny_model("taesd")), tmp_path / "source")
    edit_json(source / "config.json", **change)
    if "num_encoder_blocks" in change:
        # Its weights are those of three blocks, too.
        changed = AutoencoderTiny.from_config(AutoencoderTiny.load_config(source))
        save_file(changed.state_dict(), source / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})
    assert message in refusal(capsys, source, output)


def test_a_vae_whose_weights_lie_elsewhere_is_refused(
    tiny_model: TinyModel, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = copy_model(source_of(tiny_model("taesd")), tmp_path / "source")
    weights = source / "diffusion_pytorch_model.safetensors"
    weights.rename(tmp_path / "elsewhere.safetensors")
    weights.symlink_to(tmp_path / "elsewhere.safetensors")
    assert "leads out of its folder" in refusal(capsys, source, output)


def test_a_vae_with_a_missing_weight_is_refused(
    tiny_model: TinyModel, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = copy_model(source_of(tiny_model("taesd")), tmp_path / "source")
    path = source / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    del weights["decoder.layers.0.weight"]
    save_file(weights, path, metadata={"format": "pt"})
    assert "1 missing keys, e.g. decoder.layers.0.weight" in refusal(capsys, source, output)


@pytest.mark.parametrize("options", [["--sampler", "ddim"], ["--defaults", "defaults.json"]])
def test_what_makes_pictures_is_not_taken_for_a_vae(
    tiny_model: TinyModel,
    tmp_path: Path,
    output: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("defaults.json").write_text('{"steps": 4}')
    message = refusal(capsys, source_of(tiny_model("taesd")), output, *options)
    assert "a VAE alone makes no pictures; leave --sampler and --defaults out" in message
