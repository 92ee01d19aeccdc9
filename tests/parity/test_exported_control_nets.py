"""The exporter: control nets, from folders and single files, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import ControlNetModel
from export_run import description
from exporter import run_command
from exporter.command_line import main as export
from exporter.control_net import control_inputs, run_control_net, run_diffusers
from exporter.control_net_source import is_control_net
from exporter.double_precision import cast
from exporter.judgement import BOUND, largest_difference
from safetensors.torch import load_file, save_file
from single_file import control_net_name
from tiny_models import copy_model, edit_json

TinyModel = Callable[[str], Path]
WEIGHTS = "diffusion_pytorch_model.safetensors"
NETS = ("control-sd15", "control-sd21", "control-sdxl")


def source_of(net: Path) -> Path:
    """The diffusers folder that a tiny net was exported from."""
    return net.with_name(f"{net.name}-diffusers")


def run(source: Path, output: Path, *options: str) -> int:
    return export(["--controlnet", str(source), "--output", str(output), *options])


def refusal(capsys: pytest.CaptureFixture[str], source: Path, output: Path, *options: str) -> str:
    """The message of an export that fails and leaves nothing behind."""
    assert run(source, output, *options) == run_command.FAILED
    assert not list(output.parent.iterdir())
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("name", NETS)
@torch.inference_mode()
def test_every_residual_equals_diffusers(tiny_model: TinyModel, name: str) -> None:
    folder = tiny_model(name)
    net = ControlNetModel.from_pretrained(source_of(folder)).double().eval()
    exported = torch.jit.load(folder / "control_net.pt").double()
    for seed, shape in enumerate([(1, 16, 16, 77), (2, 7, 10, 3)]):
        inputs = cast(control_inputs(net, *shape, seed), torch.float64)
        ours, theirs = run_control_net(exported, inputs), run_diffusers(net, inputs)
        assert all(residual.abs().max() > 1e-3 for residual in theirs), "a net of zeros would tell nothing"
        assert largest_difference(ours, theirs) <= BOUND


@pytest.mark.parametrize(
    ("name", "family", "rungs", "context", "pooled"),
    [
        ("control-sd15", "stable-diffusion", 12, 32, 0),
        ("control-sd21", "stable-diffusion", 12, 32, 0),
        ("control-sdxl", "stable-diffusion-xl", 9, 80, 40),
    ],
)
def test_describes_a_net(tiny_model: TinyModel, name: str, family: str, rungs: int, context: int, pooled: int) -> None:
    model = description(tiny_model(name))
    part = model["parts"]["control_net"]
    assert (model["family"], model["latent_channels"], set(model["parts"])) == (family, 4, {"control_net"})
    assert (part["rungs"], part["in_channels"], part["context_size"], part["pooled_size"]) == (
        rungs,
        4,
        context,
        pooled,
    )
    assert (part["picture_scale"], part["channel_order"], part["global_pool"]) == (8, "rgb", False)
    assert part["weights"]["picture"] == "controlnet_cond_embedding"
    assert part["weights"]["residuals"] == "controlnet_down_blocks"


def test_what_is_done_beside_the_net_is_a_fact(tiny_model: TinyModel) -> None:
    part = description(tiny_model("control-sd15-shuffle"))["parts"]["control_net"]
    assert (part["channel_order"], part["global_pool"]) == ("bgr", True)


def test_costs_are_those_of_the_modules(tiny_model: TinyModel) -> None:
    """By hand: a 1x1 residual of rung 0 and conv_in, and the picture's eight convolutions."""
    part = description(tiny_model("control-sd15"))["parts"]["control_net"]
    costs = part["multiply_adds"]
    assert len(costs["down"]) == part["rungs"]
    assert costs["down"][0] == [0, 32 * 4 * 9 + 32 * 32, 0]
    channels = [(3, 8, 64), (8, 8, 64), (8, 8, 16), (8, 8, 16), (8, 16, 4), (16, 16, 4), (16, 16, 1), (16, 32, 1)]
    assert costs["picture"] == [0, sum(9 * inner * outer * pixels for inner, outer, pixels in channels), 0]


# Single files


def as_original(net: Path, path: Path, prefix: str = "control_model.") -> Path:
    """A single file with the original's names, without what a diffusers folder says beside."""
    weights = load_file(net / WEIGHTS)
    save_file({prefix + control_net_name(key): weight.contiguous() for key, weight in weights.items()}, path)
    return path


@pytest.mark.parametrize("names", ["diffusers", "control_model.", ""])
def test_single_files_are_read(tiny_model: TinyModel, tmp_path: Path, output: Path, names: str) -> None:
    net = source_of(tiny_model("control-sd15"))
    path = tmp_path / "net.safetensors"
    if names == "diffusers":
        save_file(load_file(net / WEIGHTS), path)
    else:
        as_original(net, path, names)
    assert run(path, output, "--config", str(net), "--no-verify") == 0
    expected = torch.jit.load(tiny_model("control-sd15") / "control_net.pt").state_dict()
    got = torch.jit.load(output / "control_net.pt").state_dict()
    assert got.keys() == expected.keys()
    assert all(torch.equal(got[key], expected[key]) for key in expected)


def test_a_small_file_without_settings_is_refused(
    tiny_model: TinyModel, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = as_original(source_of(tiny_model("control-sd15")), tmp_path / "net.safetensors")
    message = refusal(capsys, path, output)
    assert "reads text of width 32" in message
    assert "--config" in message


def test_a_file_that_lacks_weights_is_refused(
    tiny_model: TinyModel, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = source_of(tiny_model("control-sd15"))
    weights = load_file(net / WEIGHTS)
    del weights["mid_block.resnets.0.conv1.weight"]
    save_file(weights, tmp_path / "net.safetensors")
    message = refusal(capsys, tmp_path / "net.safetensors", output, "--config", str(net))
    assert "lacks 1 weights of a control net, such as mid_block.resnets.0.conv1.weight" in message


# What is refused


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("lora_controlnet", "Control-LoRA"),
        ("task_embedding", "ControlNet-Union"),
        ("control_model.enc_zero_convs_out.0.weight", "ControlNet-XS"),
        ("lllite_unet_input_blocks_4_1.down.0.weight", "ControlLLLite"),
        ("adapter.body.0.block1.weight", "T2I-Adapter"),
        ("model.diffusion_model.out.0.weight", "no control net"),
    ],
)
def test_relatives_are_named(
    tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str], key: str, title: str
) -> None:
    save_file({key: torch.zeros(1)}, tmp_path / "other.safetensors")
    message = refusal(capsys, tmp_path / "other.safetensors", output)
    assert title in message
    assert "Stable Diffusion 1.5, 2.1 and SDXL" in message


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("ControlNetUnionModel", "is a ControlNet-Union"),
        ("ControlNetXSAdapter", "is a ControlNet-XS"),
        ("T2IAdapter", "is a T2I-Adapter"),
        ("SD3ControlNetModel", "is a SD3ControlNetModel"),
    ],
)
def test_folders_of_relatives_are_named(
    tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str], kind: str, title: str
) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "config.json").write_text(json.dumps({"_class_name": kind}))
    assert title in refusal(capsys, tmp_path / "net", output)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("mid_block_type", "UNetMidBlock2D"),
        ("class_embed_type", "timestep"),
        ("conditioning_channels", 1),
        ("controlnet_conditioning_channel_order", "gbr"),
    ],
)
def test_an_unsuitable_net_is_named(
    tiny_model: TinyModel, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str], setting: str, value: Any
) -> None:
    net = copy_model(source_of(tiny_model("control-sd15")), tmp_path / "net")
    edit_json(net / "config.json", **{setting: value})
    assert f"has {setting} {value!r}" in refusal(capsys, net, output)


def test_a_pipeline_is_no_net(models_dir: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is a whole pipeline" in refusal(capsys, models_dir / "sd15-diffusers", output)


def test_a_net_is_known_without_the_flag(
    tiny_model: TinyModel, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = source_of(tiny_model("control-sd15"))
    assert export(["--source", str(source), "--output", str(output), "--no-verify"]) == 0
    assert description(output)["parts"].keys() == {"control_net"}
    assert "--control-image PICTURE --control-net" in capsys.readouterr().err


def test_a_flag_of_models_is_refused_then_as_well(
    tiny_model: TinyModel, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = source_of(tiny_model("control-sd15"))
    arguments = ["--source", str(source), "--output", str(output), "--sampler", "ddim"]
    assert export(arguments) == run_command.FAILED
    assert "--sampler is about a model, not about a control net" in capsys.readouterr().err


@pytest.mark.parametrize("prefix", ["", "control_model."])
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_file_of_a_net_is_known(tmp_path: Path, prefix: str, suffix: str) -> None:
    file = tmp_path / f"net{suffix}"
    weights = {f"{prefix}{name}": torch.zeros(1) for name in ("time_embed.0.weight", "zero_convs.0.0.weight")}
    if suffix == ".pth":
        torch.save({"state_dict": weights}, file)
    else:
        save_file(weights, file)
    assert is_control_net(str(file))


def test_other_files_are_no_nets(tmp_path: Path, models_dir: Path) -> None:
    (tmp_path / "broken.ckpt").write_bytes(b"\x80\x02nothing")
    save_file({"model.diffusion_model.out.0.weight": torch.zeros(1)}, tmp_path / "model.safetensors")
    others = ("broken.ckpt", "model.safetensors", "not-there.ckpt")
    assert not any(is_control_net(str(tmp_path / name)) for name in others)
    assert not is_control_net(str(models_dir / "sd15-diffusers"))


@pytest.mark.parametrize("flag", [("--sampler", "ddim"), ("--prediction-type", "epsilon"), ("--source", "x")])
def test_flags_of_models_are_usage_errors(output: Path, flag: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as error:
        export(["--controlnet", "net", "--output", str(output), *flag])
    assert error.value.code == 2
