"""export_model.py --no-verify: the same model, said to be not compared with diffusers."""

import json
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from exporter.command_line import main
from random_model.folder import make_model


def test_the_same_model_without_the_comparison(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "source"
    make_model(source, "vae", tiny=True, seed=0, dtype=torch.float32)
    said = {}
    for name, flags in (("verified", []), ("quick", ["--no-verify"])):
        asked = ["--source", str(source), "--output", str(tmp_path / name), "--name", "vae"]
        assert main([*asked, *flags]) == 0
        said[name] = capsys.readouterr().err
    assert "judge vae_decoder" in said["verified"] and "vae_decoder.pt repeats diffusers" in said["verified"]
    assert "judge" not in said["quick"] and "repeats" not in said["quick"]
    assert "vae_decoder.pt is not compared with diffusers (--no-verify)" in said["quick"]
    quick, verified = (json.loads((tmp_path / name / "model.json").read_text()) for name in ("quick", "verified"))
    # TorchScript counts the classes that a process has made in the files.
    assert {key: value for key, value in quick.items() if key != "files"} == {
        key: value for key, value in verified.items() if key != "files"
    }
    assert quick["files"].keys() == verified["files"].keys()
