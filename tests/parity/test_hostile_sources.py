"""The exporter on sources of strangers: they run nothing, read nothing beside them, and end in one clear line."""

import io
import json
import os
import pickle
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from export_run import TEXT_WEIGHTS, description, refusal, run
from exporter.errors import ExportError
from exporter.json_file import LARGEST, read_json
from exporter.pickled_weights import require_weights_only
from safetensors.torch import load_file
from single_file import pack
from tiny_models import edit_json

EXPORT_MODEL = Path(__file__).resolve().parents[2] / "scripts" / "export_model.py"

Write = Callable[[Path, Any], None]


class Call:
    """Calls a function with these arguments where it is unpickled carelessly."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.function, self.arguments


def as_archive(path: Path, content: Any) -> None:
    torch.save(content, path)


def as_legacy_file(path: Path, content: Any) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


def as_bare_pickle(path: Path, content: Any) -> None:
    path.write_bytes(pickle.dumps(content, protocol=2))


def as_newest_pickle(path: Path, content: Any) -> None:
    path.write_bytes(pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL))


def as_tar(path: Path, content: Any) -> None:
    """The oldest format of torch: three pickles in a tar."""
    with tarfile.open(path, "w") as archive:
        for name in ("storages", "tensors", "pickle"):
            pickled = pickle.dumps(content, protocol=2)
            entry = tarfile.TarInfo(name)
            entry.size = len(pickled)
            archive.addfile(entry, io.BytesIO(pickled))


def commands(marker: Path) -> dict[str, Any]:
    """Contents that make a file where they are unpickled carelessly."""
    write = f"open({str(marker)!r}, 'w').close()"
    weight = {"a.weight": torch.zeros(2)}
    return {
        "os.system": {"state_dict": weight, "callbacks": Call(os.system, f"touch '{marker}'")},
        "exec": Call(exec, write),
        "eval": {"state_dict": {**weight, "b.weight": Call(eval, f"exec({write!r})")}},
        "nested": [({"deep": [Call(Call, Call(os.mkdir, str(marker)))]},)],
        "file": {"state_dict": weight, "hyper_parameters": Call(torch.load, str(marker))},
    }


@pytest.mark.parametrize("write", [as_archive, as_legacy_file, as_bare_pickle, as_newest_pickle, as_tar])
@pytest.mark.parametrize("kind", ["os.system", "exec", "eval", "nested", "file"])
def test_a_checkpoint_runs_nothing(
    tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str], write: Write, kind: str
) -> None:
    marker, checkpoint = tmp_path / "marker", tmp_path / "model.ckpt"
    write(checkpoint, commands(marker)[kind])
    message = refusal(capsys, checkpoint, output)
    assert "'model.ckpt' holds" in message and "get the model as .safetensors" in message
    assert not marker.exists()


@pytest.mark.parametrize("write", [as_archive, as_legacy_file, as_bare_pickle, as_tar])
@pytest.mark.parametrize("part", ["text_encoder", "unet", "vae"])
def test_a_part_runs_nothing(
    sd15: Path, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str], write: Write, part: str
) -> None:
    marker, name = tmp_path / "marker", "pytorch_model" if part == "text_encoder" else "diffusion_pytorch_model"
    for path in (sd15 / part).glob("*.safetensors"):
        path.unlink()
    write(sd15 / part / f"{name}.bin", commands(marker)["os.system"])
    assert f"'{name}.bin' holds" in refusal(capsys, sd15, output)
    assert not marker.exists()


def test_a_shard_runs_nothing(sd15: Path, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marker, folder, shard = tmp_path / "marker", sd15 / "text_encoder", "pytorch_model-00001-of-00001.bin"
    weights = load_file(sd15 / TEXT_WEIGHTS)
    (sd15 / TEXT_WEIGHTS).unlink()
    torch.save({**weights, "more": Call(os.system, f"touch '{marker}'")}, folder / shard)
    index = {"metadata": {}, "weight_map": dict.fromkeys(weights, shard)}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    assert f"'{shard}' holds" in refusal(capsys, sd15, output)
    assert not marker.exists()


def test_a_script_is_no_checkpoint(tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.jit.script(torch.nn.Linear(2, 2)).save(tmp_path / "model.ckpt")
    assert "'model.ckpt' has compressed records, as archives with code have" in refusal(
        capsys, tmp_path / "model.ckpt", output
    )


def test_harmless_pickles_are_read(
    models_dir: Path, sd15: Path, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights in .bin files, and in a .ckpt, make the model that the same in .safetensors make."""
    for part in ("text_encoder", "unet", "vae"):
        (weights,) = (sd15 / part).glob("*.safetensors")
        name = "pytorch_model" if part == "text_encoder" else "diffusion_pytorch_model"
        torch.save(load_file(weights), sd15 / part / f"{name}.bin")
        weights.unlink()
    assert run(sd15, output) == 0
    pack(models_dir / "sd15-diffusers", tmp_path / "one.safetensors")
    torch.save({"state_dict": load_file(tmp_path / "one.safetensors")}, tmp_path / "one.ckpt")
    single = output.with_name("single")
    assert run(tmp_path / "one.ckpt", single, "--config", str(models_dir / "sd15-diffusers")) == 0
    expected = description(models_dir / "sd15")["files"]
    for exported in (output, single):
        for name in ("unet.pt", "vae_decoder.pt", "text_encoder.pt"):
            found, wanted = (torch.jit.load(folder / name).parameters() for folder in (exported, models_dir / "sd15"))
            assert all(torch.equal(*pair) for pair in zip(found, wanted, strict=True))
        assert description(exported)["files"].keys() == expected.keys()


def test_harmful_pickles_beside_safetensors_are_not_read(sd15: Path, tmp_path: Path, output: Path) -> None:
    marker = tmp_path / "marker"
    as_archive(sd15 / "text_encoder" / "pytorch_model.bin", commands(marker)["os.system"])
    assert run(sd15, output) == 0
    assert not marker.exists()


# What is larger than its file


def test_compressed_records_are_refused(tmp_path: Path) -> None:
    path, packed = tmp_path / "plain.ckpt", tmp_path / "packed.ckpt"
    torch.save({"a": torch.zeros(10**6)}, path)
    with zipfile.ZipFile(path) as stored, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in stored.namelist():
            archive.writestr(name, stored.read(name))
    require_weights_only(path)
    with pytest.raises(ExportError, match=r"'packed\.ckpt' has compressed records"):
        require_weights_only(packed)


def test_a_tensor_larger_than_its_file_is_refused(tmp_path: Path) -> None:
    torch.save({"a": [torch.zeros(1).expand(10**6, 10**6)]}, tmp_path / "wide.ckpt")
    with pytest.raises(ExportError, match=r"'wide\.ckpt' has a tensor \[1000000, 1000000\] larger than the file"):
        require_weights_only(tmp_path / "wide.ckpt")


def test_a_dictionary_that_holds_itself_is_refused(tmp_path: Path) -> None:
    ring: dict[str, Any] = {}
    ring["state_dict"] = ring
    torch.save(ring, tmp_path / "ring.ckpt")
    with pytest.raises(ExportError, match=r"'ring\.ckpt' has a state_dict that holds itself"):
        require_weights_only(tmp_path / "ring.ckpt")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello", b"\x80\x02", b"\x80\x02]q\x00h\x00", b"(" * 10**6])
def test_a_broken_pickle_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.ckpt").write_bytes(content)
    with pytest.raises(ExportError, match=r"^'broken\.ckpt' [^\n]+$"):
        require_weights_only(tmp_path / "broken.ckpt")


# Settings that ask for code


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("text_encoder/config.json", {"auto_map": {"AutoModel": "evil.Evil"}}, "auto_map"),
        ("unet/config.json", {"auto_map": {"AutoModel": "evil.Evil"}}, "auto_map"),
        ("unet/config.json", {"_class_name": "EvilUNet"}, "holds a EvilUNet"),
        ("text_encoder/config.json", {"architectures": ["EvilModel"]}, "holds a EvilModel"),
        ("text_encoder/config.json", {"quantization_config": {"quant_method": "evil"}}, "quantization_config"),
        ("vae/config.json", {"quantization_config": {"quant_method": "evil"}}, "quantization_config"),
        ("text_encoder/config.json", {"_attn_implementation": "evil/kernel"}, "asks for evil/kernel attention"),
        ("text_encoder/config.json", {"attn_implementation": "evil/kernel"}, "asks for evil/kernel attention"),
        ("tokenizer/tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["evil.Evil", None]}}, "auto_map"),
        ("model_index.json", {"_class_name": ["evil", "StableDiffusionPipeline"]}, "is a ['evil'"),
        ("scheduler/scheduler_config.json", {"_class_name": "os.system"}, "the scheduler is a os.system"),
    ],
)
def test_settings_ask_for_no_code(
    sd15: Path,
    tmp_path: Path,
    output: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    changes: dict[str, Any],
    said: str,
) -> None:
    """The code that they ask for lies beside them, for whoever would import it."""
    marker = tmp_path / "marker"
    for folder in (sd15, sd15 / "unet", sd15 / "vae", sd15 / "text_encoder", sd15 / "tokenizer"):
        (folder / "evil.py").write_text(f"open({str(marker)!r}, 'w').close()")
    edit_json(sd15 / name, **changes)
    assert said in refusal(capsys, sd15, output)
    assert not marker.exists()


def test_code_that_nothing_asks_for_is_not_run(sd15: Path, tmp_path: Path, output: Path) -> None:
    marker = tmp_path / "marker"
    for name in ("unet/unet.py", "unet/unet_2d_condition.py", "tokenizer/tokenization_clip.py", "pipeline.py"):
        (sd15 / name).write_text(f"open({str(marker)!r}, 'w').close()")
    assert run(sd15, output) == 0
    assert not marker.exists()


@pytest.mark.parametrize(
    "kind",
    [
        ["evil", "UNet2DConditionModel"],
        ["diffusers", "EvilModel"],
        ["subprocess", "Popen"],
        ["diffusers"],
        [["a"], "b"],
    ],
    ids=str,
)
def test_a_config_folder_names_no_modules(
    models_dir: Path, sd15: Path, tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str], kind: list[Any]
) -> None:
    pack(models_dir / "sd15-diffusers", tmp_path / "one.safetensors")
    edit_json(sd15 / "model_index.json", unet=kind)
    message = refusal(capsys, tmp_path / "one.safetensors", output, "--config", str(sd15))
    assert f"model_index.json has the unet {kind!r}" in message


def test_an_adapter_is_not_fetched(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"base_model_name_or_path": "/elsewhere", "peft_type": "LORA"}
    (sd15 / "text_encoder" / "adapter_config.json").write_text(json.dumps(settings))
    assert "text_encoder/ has an adapter" in refusal(capsys, sd15, output)


# Files beside the folder, and such as have no end


@pytest.mark.parametrize("shard", ["../../stolen.safetensors", "/etc/passwd", "..", "", "none.safetensors", 3, ["a"]])
def test_shards_lie_in_their_folder(
    sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], shard: str | int | list[str]
) -> None:
    (sd15 / TEXT_WEIGHTS).rename(sd15.parent / "stolen.safetensors")
    index = {"metadata": {}, "weight_map": {"a": shard}}
    (sd15 / "text_encoder/model.safetensors.index.json").write_text(json.dumps(index))
    message = refusal(capsys, sd15, output)
    assert f"text_encoder/model.safetensors.index.json has the file '{shard}', which is not in its folder" in message


@pytest.mark.parametrize("name", ["tokenizer/merges.txt", "unet/config.json", TEXT_WEIGHTS, "model_index.json"])
def test_links_do_not_lead_out(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    secret = sd15.parent / "secret"
    (sd15 / name).rename(secret)
    (sd15 / name).symlink_to(secret)
    assert f"leads out of its folder, to {secret}" in refusal(capsys, sd15, output)


def test_a_folder_of_the_hub_s_cache_is_read(sd15: Path, output: Path) -> None:
    """There every file is a link to one that is called by its checksum."""
    blobs, snapshot = sd15.parent / "cache" / "blobs", sd15.parent / "cache" / "snapshots" / "1a2b"
    blobs.mkdir(parents=True)
    for number, path in enumerate(path for path in sd15.rglob("*") if path.is_file()):
        link = snapshot / path.relative_to(sd15)
        link.parent.mkdir(parents=True, exist_ok=True)
        path.rename(blobs / str(number))
        link.symlink_to(os.path.relpath(blobs / str(number), link.parent))
    assert run(snapshot, output) == 0


@pytest.mark.parametrize(
    "name",
    [
        "tokenizer/merges.txt",
        "tokenizer/tokenizer_config.json",
        "tokenizer/added_tokens.json",
        "tokenizer/additional_chat_templates/a.jinja",
        "model_index.json",
        "known_words.json",
        "unet/config.json",
        TEXT_WEIGHTS,
    ],
)
def test_a_pipe_is_not_waited_for(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (sd15 / name).unlink(missing_ok=True)
    (sd15 / name).parent.mkdir(exist_ok=True)
    os.mkfifo(sd15 / name)
    assert f"/{Path(name).name} is no regular file" in refusal(capsys, sd15, output)


def test_a_file_without_end_is_not_read(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sd15 / "tokenizer/merges.txt").unlink()
    (sd15 / "tokenizer/merges.txt").symlink_to("/dev/zero")
    assert "tokenizer/merges.txt is no regular file" in refusal(capsys, sd15, output)


def test_texts_are_bounded(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.truncate(sd15 / "tokenizer/merges.txt", LARGEST + 1)
    assert f"tokenizer/merges.txt has {LARGEST + 1} bytes" in refusal(capsys, sd15, output)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_json_is_one_line(tmp_path: Path, opening: str, closing: str) -> None:
    depth = 200_000
    (tmp_path / "deep.json").write_text(opening * depth + ("1" if closing == "}" else "") + closing * depth)
    with pytest.raises(ExportError, match=r"/deep\.json is nested too deep$"):
        read_json(tmp_path / "deep.json")


@pytest.mark.parametrize("name", ["unet/config.json", "tokenizer/tokenizer_config.json", "text_encoder/config.json"])
def test_deep_settings_are_one_line(sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (sd15 / name).write_text('{"a": ' + "[" * 200_000 + "]" * 200_000 + "}")
    assert f"{name} is nested too deep" in refusal(capsys, sd15, output)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("unet/config.json", {"layers_per_block": 10**9}),
        ("unet/config.json", {"transformer_layers_per_block": [1, 10**9, 1, 1]}),
        ("unet/config.json", {"down_block_types": ["DownBlock2D"] * 10**5}),
        ("vae/config.json", {"layers_per_block": 10**9}),
        ("text_encoder/config.json", {"num_hidden_layers": 10**9}),
    ],
)
def test_a_model_of_endless_layers_is_refused(
    sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], name: str, changes: dict[str, Any]
) -> None:
    edit_json(sd15 / name, **changes)
    message = refusal(capsys, sd15, output)
    assert f"{name} has" in message and "at most 100" in message


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("tokenizer/tokenizer_config.json", {"model_max_length": "x"}),
        ("tokenizer/tokenizer_config.json", {"added_tokens_decoder": [1]}),
        ("text_encoder/config.json", {"architectures": 3}),
        ("text_encoder/config.json", {"hidden_size": 10**12}),
        ("unet/config.json", {"block_out_channels": "abc"}),
        ("unet/config.json", {"sample_size": {"a": 1}}),
        ("vae/config.json", {"latent_channels": -1}),
        ("vae/config.json", {"scaling_factor": "x"}),
        ("scheduler/scheduler_config.json", {"num_train_timesteps": "x"}),
        ("scheduler/scheduler_config.json", {"beta_start": []}),
    ],
)
def test_nonsense_is_one_line(
    sd15: Path, output: Path, capsys: pytest.CaptureFixture[str], name: str, changes: dict[str, Any]
) -> None:
    edit_json(sd15 / name, **changes)
    assert refusal(capsys, sd15, output).startswith("export_model: ")


# What the terminal is told


def test_control_characters_are_shown_and_not_sent(sd15: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    edit_json(sd15 / "model_index.json", _class_name="a\x1b]0;mine\x07\nexport_model: done\x9b2J\u202egnp")
    message = refusal(capfd, sd15, output)
    assert "is a a\\x1b]0;mine\\x07 export_model: done\\x9b2J\\u202egnp;" in message


def test_a_checkpoint_s_names_are_shown_and_not_sent(tmp_path: Path, output: Path) -> None:
    """The command as a whole: one line, exit code 1, nothing left."""
    checkpoint = tmp_path / "model.ckpt"
    checkpoint.write_bytes(b"\x80\x02c__builtin__\nev\x1b[2Jal\nq\x00X\x01\x00\x00\x00aq\x01\x85q\x02Rq\x03.")
    words = [sys.executable, EXPORT_MODEL, "--source", checkpoint, "--output", output]
    result = subprocess.run(words, capture_output=True, timeout=300, check=False)
    assert result.returncode == 1
    assert result.stdout == b""
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith(b"export_model: 'model.ckpt' holds more than weights")
    assert b"\x1b" not in lines[0] and b"\\x1b[2Jal" in lines[0]
    assert list(output.parent.iterdir()) == []
