"""What `inspect` says of files of weights, whole and spoilt."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest
import torch
from expectations import DONE, FAILED, Run, assert_fails, assert_rejects, files_below
from hostile_weights import Tensors, hostile_files, hostile_loras
from safetensors.torch import load_file, save_file

LAYER = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"


def lora(rank: int = 4) -> dict[str, torch.Tensor]:
    return {
        f"{LAYER}.lora_down.weight": torch.ones(rank, 768, dtype=torch.float16),
        f"{LAYER}.lora_up.weight": torch.ones(320, rank, dtype=torch.float16),
        f"{LAYER}.alpha": torch.tensor(2.0),
    }


def test_a_lora_is_described(run: Run, tmp_path: Path) -> None:
    metadata = {"modelspec.title": "Winter", "ss_tag_frequency": json.dumps({"a": {"snow": 3, "ice": 9}})}
    save_file(lora(), tmp_path / "winter.safetensors", metadata)
    facts = json.loads(run("inspect", "winter.safetensors", "--json").stdout)
    digest = hashlib.sha256((tmp_path / "winter.safetensors").read_bytes()).hexdigest()
    expected = {
        "file": "winter.safetensors",
        "kind": "LoRA",
        "family": "SD 1.5",
        "rank": {"4": 1},
        "alpha": {"2": 1},
        "layers": {"unet attention": 1},
        "dtype": {"F16": 2, "F32": 1},
        "parameters": 4 * 768 + 320 * 4 + 1,
        "bytes": (tmp_path / "winter.safetensors").stat().st_size,
        "sha256": digest,
        "short_hash": digest[:10],
        "title": "Winter",
        "trigger_words": {"ice": 9, "snow": 3},
    }
    assert {name: facts[name] for name in expected} == expected
    result = run("inspect", "winter.safetensors")
    assert (result.returncode, result.stderr) == (DONE, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "winter.safetensors"
    assert [line.split(maxsplit=2)[1:] for line in lines if line.startswith("  trigger")] == [
        ["words", "ice (9), snow (3)"]
    ]
    assert files_below(tmp_path) == ["winter.safetensors"]


def test_a_file_comes_before_a_model_of_that_name(run: Run, tmp_path: Path) -> None:
    save_file(lora(), tmp_path / "scenes")
    assert json.loads(run("inspect", "scenes", "--json").stdout)["kind"] == "LoRA"
    (tmp_path / "scenes").unlink()
    assert json.loads(run("inspect", "scenes", "--json").stdout)["name"] == "scenes"


def test_texts_of_strangers_are_spelled_out(run: Run, tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07\n  family                 fake\u202e"
    save_file(lora(), tmp_path / "evil.safetensors", {"modelspec.title": evil, "modelspec.author": "x" * 100_000})
    for options in ([], ["--json"]):
        result = run("inspect", "evil.safetensors", *options)
        assert result.returncode == DONE
        assert not set("\x1b\x07\u202e") & set(result.stdout)
        assert "\n  family                 fake" not in result.stdout
        assert len(result.stdout) < 3000


def test_the_header_alone_is_read_of_a_large_file(program: Path, tmp_path: Path) -> None:
    """Of 3 GiB, most of which is a hole of the file system: its hash is taken, and its memory is not."""
    size = 3 << 30
    tensors = {"x": {"dtype": "F16", "shape": [size // 2], "data_offsets": [0, size]}}
    text = json.dumps(tensors).encode()
    with (tmp_path / "large.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + size)
    limited = ["bash", "-c", f"ulimit -v {1 << 20}; exec $0 inspect large.safetensors --json", program]
    result = subprocess.run(limited, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(result.stdout)["bytes"] == 8 + len(text) + size


@pytest.mark.parametrize(
    ("content", "said"), [case[1:] for case in hostile_files()], ids=[c[0] for c in hostile_files()]
)
def test_a_spoilt_file_is_refused_in_one_line(run: Run, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "spoilt.safetensors").write_bytes(content)
    assert_fails(run("inspect", "spoilt.safetensors"), FAILED, "spoilt.safetensors: ", said)
    assert files_below(tmp_path) == ["spoilt.safetensors"]


def test_a_pickle_is_not_read(run: Run, tmp_path: Path) -> None:
    torch.save({"state_dict": {"x": torch.zeros(2)}}, tmp_path / "model.ckpt")
    torch.save({"x": torch.zeros(2)}, tmp_path / "old.ckpt", _use_new_zipfile_serialization=False)
    for name in ("model.ckpt", "old.ckpt"):
        assert_fails(run("inspect", name), FAILED, name, "is a pickle", ".safetensors")


def test_what_is_no_regular_file_is_refused(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "/dev/zero"):
        assert_fails(run("inspect", name), FAILED, name, "is no regular file")


ASKED = ("-p", "a cat", "--steps", 1, "-o", "a.png")
# A layer of the tiny model.
PATH = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
SIZES = (32, 32)


def test_the_layer_is_one_of_the_tiny_model(draw: Run, tiny_model: Path, tmp_path: Path) -> None:
    """Or what follows would be refused for another reason."""
    weights = load_file(next((tiny_model.with_name("tiny-diffusers") / "unet").glob("*.safetensors")))
    assert weights[f"{PATH}.weight"].shape == SIZES
    layer = "lora_unet_" + PATH.replace(".", "_")
    tensors = {f"{layer}.lora_down.weight": torch.ones(2, 32), f"{layer}.lora_up.weight": torch.ones(32, 2)}
    save_file(tensors, tmp_path / "whole.safetensors")
    assert draw(*ASKED, "--lora", "whole.safetensors").returncode == DONE


@pytest.mark.parametrize(
    ("content", "said"), [case[1:] for case in hostile_files()], ids=[case[0] for case in hostile_files()]
)
def test_a_spoilt_file_is_no_lora(draw: Run, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "spoilt.safetensors").write_bytes(content)
    assert_rejects(draw(*ASKED, "--lora", "spoilt.safetensors"), "--lora", "spoilt.safetensors", said)
    assert files_below(tmp_path) == ["spoilt.safetensors"]


HOSTILE = list(hostile_loras("lora_unet_" + PATH.replace(".", "_"), *SIZES))


@pytest.mark.parametrize(("tensors", "said"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_lora_that_can_not_be_added_is_refused(draw: Run, tmp_path: Path, tensors: Tensors, said: str) -> None:
    save_file(tensors, tmp_path / "spoilt.safetensors")
    assert_rejects(draw("-q", *ASKED, "--lora", "spoilt.safetensors"), "--lora", "spoilt.safetensors", said)
    assert files_below(tmp_path) == ["spoilt.safetensors"]


def test_a_lora_is_no_pipe(draw: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    (tmp_path / "folder.safetensors").mkdir()
    for name in ("pipe.safetensors", "folder.safetensors"):
        assert_rejects(draw(*ASKED, "--lora", name), "--lora", name, "is no regular file")
