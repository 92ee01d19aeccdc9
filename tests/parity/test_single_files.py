"""Single files exported without network and without --config: settings, tokenizer, and what is said of broken ones."""

import json
import shutil
import socket
import struct
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.loaders import single_file_utils
from export_run import description, refusal, run
from exporter import known_configurations, prediction
from exporter.clip_vocabulary import write_clip_tokenizer
from exporter.known_configurations import KNOWN, known_family, write_configuration
from random_model.families import FAMILIES
from random_model.folder import write_model
from safetensors.torch import load_file, save_file
from single_file import pack
from transformers import CLIPTokenizer

# Of the releases' own configuration files (v1-inference.yaml, v2-inference.yaml, sd_xl_base.yaml, sd_xl_refiner.yaml).
LDM_UNETS = {
    "v1": {"num_heads": 8, "context_dim": 768, "channel_mult": [1, 2, 4, 4], "attention_resolutions": [4, 2, 1]},
    "v2": {
        "num_head_channels": 64,
        "context_dim": 1024,
        "channel_mult": [1, 2, 4, 4],
        "attention_resolutions": [4, 2, 1],
        "use_linear_in_transformer": True,
    },
    "xl_base": {
        "num_head_channels": 64,
        "context_dim": 2048,
        "channel_mult": [1, 2, 4],
        "attention_resolutions": [4, 2],
        "use_linear_in_transformer": True,
        "transformer_depth": [1, 2, 10],
        "num_classes": "sequential",
        "adm_in_channels": 2816,
    },
    "xl_refiner": {
        "num_head_channels": 64,
        "context_dim": 1280,
        "channel_mult": [1, 2, 4, 4],
        "attention_resolutions": [4, 2],
        "use_linear_in_transformer": True,
        "transformer_depth": 4,
        "num_classes": "sequential",
        "adm_in_channels": 2560,
        "model_channels": 384,
    },
}
VAE = {"ddconfig": {"ch_mult": [1, 2, 4, 4]}}
# As CLIP's own tokenizer gives them; the example of transformers' documentation among them.
KNOWN_IDS = {
    "a photo of a cat": [320, 1125, 539, 320, 2368],
    "hello world": [3306, 1002],
}


@pytest.fixture
def file(models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A single file of a miniature with CLIP's whole vocabulary, whose shapes are those that are known of SD 1.5."""
    tiny = FAMILIES["sd15"](True, known_configurations.SIZE)
    monkeypatch.setattr(known_configurations, "known_family", lambda _: tiny)
    write_model(tmp_path / "diffusers", tiny, 0, torch.float32)
    pack(tmp_path / "diffusers", tmp_path / "v1-5.safetensors")
    return tmp_path / "v1-5.safetensors"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("no_network")
def test_a_single_file_needs_no_network_and_no_config(
    file: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(file, output) == 0
    model = description(output)
    assert (model["family"], model["default_width"]) == ("stable-diffusion", 128)
    assert model["scheduler"]["prediction_type"] == "epsilon"
    assert len(json.loads((output / "tokenizer/vocab.json").read_text())) == known_configurations.SIZE
    assert capsys.readouterr().err.splitlines()[-1].endswith(f'-m {output} -p "a lighthouse by the sea"')


@pytest.mark.usefixtures("no_network")
def test_settings_of_the_user_and_of_the_file(file: Path, tmp_path: Path, output: Path) -> None:
    save_file(load_file(file), file, metadata={"modelspec.prediction_type": "v"})
    assert run(file, output) == 0
    assert description(output)["scheduler"]["prediction_type"] == "v_prediction"
    tokenizer = tmp_path / "mine"
    shutil.copytree(output / "tokenizer", tokenizer)
    options = ["--prediction-type", "epsilon", "--tokenizer", str(tokenizer), "--overwrite"]
    assert run(file, output, *options) == 0
    assert description(output)["scheduler"]["prediction_type"] == "epsilon"


def test_a_folder_without_a_tokenizer_is_named(
    file: Path, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    message = refusal(capsys, file, output, "--tokenizer", str(tmp_path / "empty"))
    assert "empty' has neither vocab.json and merges.txt nor tokenizer.json" in message


@pytest.mark.parametrize("pad", ["<|endoftext|>", "!"])
def test_the_tokenizer_is_clip_s(tmp_path: Path, pad: str) -> None:
    write_clip_tokenizer(tmp_path / "tokenizer", pad, None)
    tokenizer = CLIPTokenizer.from_pretrained(str(tmp_path / "tokenizer"), local_files_only=True)
    for text, ids in KNOWN_IDS.items():
        assert tokenizer(text).input_ids == [49406, *ids, 49407]
    assert (tokenizer.pad_token_id, tokenizer.model_max_length) == ({"!": 0}.get(pad, 49407), 77)


@pytest.mark.parametrize("kind", LDM_UNETS)
def test_settings_are_what_diffusers_makes_of_the_release_s(kind: str) -> None:
    common = {"in_channels": 4, "out_channels": 4, "num_res_blocks": 2, "model_channels": 320, "transformer_depth": 1}
    parameters = common | LDM_UNETS[kind]
    section = {"params": {"unet_config": {"params": parameters}, "first_stage_config": {"params": VAE}}}
    theirs = single_file_utils.create_unet_diffusers_config_from_ldm({"model": section}, {}, image_size=512)
    with torch.device("meta"):
        ours = UNet2DConditionModel(**known_family(kind).unet)
        reference = UNet2DConditionModel.from_config({key: value for key, value in theirs.items() if value is not None})
    shapes = [{name: weight.shape for name, weight in each.state_dict().items()} for each in (ours, reference)]
    assert shapes[0] == shapes[1]
    assert ours.config.norm_eps == reference.config.norm_eps


@pytest.mark.parametrize("kind", KNOWN)
def test_every_kind_is_a_model_that_the_exporter_accepts(tmp_path: Path, kind: str) -> None:
    from exporter.source import checked

    write_configuration(tmp_path, kind, "v_prediction", True, None)
    checked(tmp_path, kind)
    scheduler = json.loads((tmp_path / "scheduler/scheduler_config.json").read_text())
    assert (scheduler["prediction_type"], scheduler["rescale_betas_zero_snr"]) == ("v_prediction", True)
    assert json.loads((tmp_path / "unet/config.json").read_text())["sample_size"] == {
        "v1": 64, "inpainting": 64, "v2": 96, "inpainting_v2": 96,
    }.get(kind, 128)  # fmt: skip


@pytest.mark.parametrize(("factor", "is_v"), [(1.0, False), (-3.0, True)])
def test_a_unet_is_asked_what_it_predicts(factor: float, is_v: bool) -> None:
    """One that answers with its input, the noise, and one that answers far below it."""

    class Answers(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor(factor))
            self.config = UNet2DConditionModel.from_config(FAMILIES["sd21"](True, 600).unet).config

        def forward(self, latents: torch.Tensor, timestep: torch.Tensor, text: torch.Tensor) -> object:
            assert timestep.item() == 999 and text.shape[2] == self.config.cross_attention_dim
            return type("Output", (), {"sample": latents * self.weight})

    assert prediction.predicts_v(Answers()) == is_v


def test_a_second_generation_file_is_asked_and_its_size_follows(
    file: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = FAMILIES["sd15"](True, known_configurations.SIZE)
    monkeypatch.setattr(known_configurations, "known_family", lambda _: replace(tiny, pad_tokens=["!"]))
    monkeypatch.setattr(single_file_utils, "infer_diffusers_model_type", lambda _: "v2")
    monkeypatch.setattr("exporter.single_file.predicts_v", lambda _: True)
    assert run(file, output) == 0
    model = description(output)
    assert (model["scheduler"]["prediction_type"], model["default_width"]) == ("v_prediction", 768)


@pytest.mark.parametrize("kept", [4, 60, -1])
def test_a_truncated_file_is_named_before_anything_is_imported(
    tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str], kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_file({"weight": torch.zeros(64)}, tmp_path / "cut.safetensors")
    whole = (tmp_path / "cut.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[:kept])
    monkeypatch.setattr("exporter.command_line._quieten", lambda: pytest.fail("imports diffusers"))
    message = refusal(capsys, tmp_path / "cut.safetensors", output)
    assert "'cut.safetensors' is truncated" in message and "download or copy it again" in message


def test_a_part_of_a_folder_that_is_cut_off_is_named(
    sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sd15 / "unet/diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert f"'unet/{path.name}' is truncated" in refusal(capsys, sd15, output)


@pytest.mark.parametrize("content", [b"\xff" * 9, struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 8) + b'{"a": 1}'])
def test_what_is_no_safetensors_file_is_named(
    tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "odd.safetensors").write_bytes(content)
    assert "'odd.safetensors' is no .safetensors file" in refusal(capsys, tmp_path / "odd.safetensors", output)
