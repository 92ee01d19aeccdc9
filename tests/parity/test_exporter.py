"""The exporter: what it writes."""

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from export_run import TEXT_WEIGHTS, description, refusal, run
from exporter import text_encoder
from exporter.components import load_text_encoder, load_unet
from exporter.judgement import BOUND, largest_difference
from safetensors.torch import load_file, save_file
from single_file import pack
from tiny_models import EXPORTED, copy_model, edit_json

REPOSITORY = Path(__file__).resolve().parents[2]


# What is written


def test_describes_sd15(models_dir: Path) -> None:
    model = description(models_dir / "sd15")
    del model["files"], model["exporter"]
    # What is measured has its own tests.
    del model["vae"]["preview"]
    for part in model["parts"].values():
        del part["multiply_adds"]
    # The names of weights too.
    assert all(part.pop("weights") for part in model["parts"].values())
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
        "format_version": 2,
        "name": "sd15",
        "family": "stable-diffusion",
        "dtype": "float32",
        "default_width": 128,
        "default_height": 128,
        "latent_channels": 4,
        "parts": {
            "unet": {"file": "unet.pt", "rungs": 12, "in_channels": 4, "out_channels": 4, "context_size": 32},
            "vae_decoder": {"file": "vae_decoder.pt"},
            "vae_encoder": {"file": "vae_encoder.pt"},
            "text_encoder": {
                "file": "text_encoder.pt",
                "layers": 2,
                "hidden_size": 32,
                "projection_size": 0,
                "skip": 1,
                "final_norm": True,
                "end_id": None,
                "tokenizer": tokenizer,
            },
        },
        "vae": {
            "scaling_factor": 0.18215,
            "scale": 8,
            "force_upcast": False,
            "latents_mean": None,
            "latents_std": None,
            "sample_size": 32,
        },
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
    assert model["parts"]["unet"]["rungs"] == 9
    assert model["parts"]["unet"]["context_size"] == 80
    assert model["vae"]["scaling_factor"] == 0.13025
    assert model["vae"]["force_upcast"] is True
    assert model["zero_unset_negative_prompt"] is True
    assert model["defaults"] == {"steps": 50, "guidance_scale": 5.0}
    assert model["scheduler"]["sampler"] == "euler"
    first, second = model["parts"]["text_encoder"], model["parts"]["text_encoder_2"]
    assert (first["skip"], first["final_norm"]) == (2, False)
    assert (first["projection_size"], second["projection_size"]) == (0, 40)
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
    (tmp_path / "defaults.json").write_text('{"steps": 20, "interval": 3, "branch": 0, "cache_policy": "curve:full=8"}')
    options = ["--config", str(models_dir / "sd15-diffusers"), "--dtype", "float16"]
    options += ["--name", "half", "--sampler", "dpm++2m"]
    options += ["--defaults", str(tmp_path / "defaults.json")]
    assert run(tmp_path / "one.safetensors", output, *options) == 0
    model = description(output)
    assert (model["dtype"], model["name"]) == ("float16", "half")
    assert model["exporter"]["source"] == "one.safetensors"
    assert model["scheduler"]["sampler"] == "dpm++2m"
    recommended = {"steps": 20, "guidance_scale": 7.5, "interval": 3, "branch": 0, "cache_policy": "curve:full=8"}
    assert model["defaults"] == recommended
    for name in ("unet.pt", "vae_decoder.pt", "vae_encoder.pt", "text_encoder.pt"):
        stored = torch.jit.load(output / name).parameters()
        original = torch.jit.load(models_dir / "sd15" / name).parameters()
        assert all(torch.equal(*pair) for pair in zip(stored, halves(original), strict=True))


def halves(weights: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    return [weight.half() for weight in weights]


# Text encoders


@pytest.mark.parametrize(("name", "projected"), [("text_encoder", False), ("text_encoder_2", True)])
def test_text_weights_load_with_and_without_their_old_prefix(
    models_dir: Path, tmp_path: Path, name: str, projected: bool
) -> None:
    source = models_dir / "sdxl-diffusers"
    weights = load_file(source / name / "model.safetensors")
    bare = {key.removeprefix("text_model."): weight for key, weight in weights.items()}
    old = {key if key.startswith("text_projection") else f"text_model.{key}": weight for key, weight in bare.items()}
    expected = load_text_encoder(source, name, projected, torch.float32).state_dict()
    copy = copy_model(source, tmp_path / "source")
    save_file(old, copy / name / "model.safetensors", metadata={"format": "pt"})
    loaded = load_text_encoder(copy, name, projected, torch.float32).state_dict()
    assert loaded.keys() == expected.keys()
    assert all(torch.equal(loaded[key], weight) for key, weight in expected.items())


def test_text_is_pooled_at_the_first_end_token(models_dir: Path, tmp_path: Path) -> None:
    """With the id of the end token in the configuration, as after transformers' PR 24773."""
    source = copy_model(models_dir / "sdxl-diffusers", tmp_path / "source")
    edit_json(source / "text_encoder_2" / "config.json", eos_token_id=37)
    model = load_text_encoder(source, "text_encoder_2", True, torch.float32).double()
    facts = text_encoder.text_encoder_facts(model, penultimate=True)
    assert facts.end_id == 37
    ids = torch.tensor([[598, 5, 37, 599, 37, 0], [598, 37, 599, 599, 0, 0]])
    with torch.inference_mode():
        expected = model(ids, output_hidden_states=True)
        ends = text_encoder.ends_of(ids, facts.end_id)
        states, _, pooled = text_encoder.run_text_encoder(text_encoder.trace_text_encoder(model), (ids, ends))
    assert largest_difference((states[-2], pooled), (expected.hidden_states[-2], expected.text_embeds)) <= BOUND


def test_a_missing_weight_is_an_error(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = load_file(sd15 / TEXT_WEIGHTS)
    removed = next(key for key in weights if "layers.1.mlp.fc1.weight" in key)
    del weights[removed]
    save_file(weights, sd15 / TEXT_WEIGHTS, metadata={"format": "pt"})
    message = refusal(capsys, sd15, output)
    assert "text_encoder/: 1 missing keys" in message
    assert "layers.1.mlp.fc1.weight" in message
