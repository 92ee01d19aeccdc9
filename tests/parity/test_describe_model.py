"""scripts/describe_model.py: adds what is measured to a folder that was exported before it was."""

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from exporter import describe_command
from exporter.archive import write_archive
from exporter.describe_command import main
from exporter.model_folder import description_text, fingerprint
from exporter.preview_map import DECIMALS
from exporter.run_command import FAILED

SCENES = Path(__file__).resolve().parents[2] / "models" / "scenes"


@pytest.fixture(autouse=True)
def built_program(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archives are looked at by the tests' own build of the program."""
    monkeypatch.setattr(describe_command, "PROGRAM", program)


@pytest.fixture
def old_export(models_dir: Path, tmp_path: Path) -> Path:
    """A copy of an export without the measured facts."""
    folder = Path(shutil.copytree(models_dir / "sdxl", tmp_path / "old"))
    description = json.loads((folder / "model.json").read_text())
    del description["vae"]["preview"]
    for part in description["parts"].values():
        del part["multiply_adds"]
    (folder / "model.json").write_text(json.dumps(description))
    return folder


def test_adds_what_the_exporter_writes(models_dir: Path, old_export: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in old_export.rglob("*") if path.name != "model.json"}
    before.pop(old_export / "tokenizer", None)
    assert main([str(old_export)]) == 0
    assert (old_export / "model.json").read_text() == (models_dir / "sdxl" / "model.json").read_text()
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert sorted(path.name for path in old_export.iterdir()) == sorted(
        path.name for path in (models_dir / "sdxl").iterdir()
    )


def test_what_people_wrote_beside_a_checksum_stays(old_export: Path) -> None:
    """`same_as`, which keeps the pictures of an earlier export."""
    description = json.loads((old_export / "model.json").read_text())
    description["files"]["unet.pt"]["same_as"] = ["1" * 64]
    (old_export / "model.json").write_text(json.dumps(description))
    assert main([str(old_export)]) == 0
    described = json.loads((old_export / "model.json").read_text())
    assert described["files"] == description["files"]
    assert "multiply_adds" in described["parts"]["unet"]


def test_the_embedded_model_is_described(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SCENES, tmp_path / "scenes"))
    assert main([str(folder)]) == 0
    found, expected = (json.loads((path / "model.json").read_text()) for path in (folder, SCENES))
    previews = [description["vae"].pop("preview") for description in (found, expected)]
    assert found == expected
    # They are fitted to float32 pictures, so that the last digit may differ where another processor rounds otherwise.
    assert np.allclose(*map(numbers, previews), rtol=0, atol=1.5 * 10**-DECIMALS)


def numbers(preview: dict[str, Any]) -> list[float]:
    """All numbers of a preview map."""
    return [*itertools.chain(*preview["matrix"]), *preview["bias"], preview["r_squared"]]


class Overwrites(torch.nn.Module):
    """Writes to a file of the user when it is called, or loaded."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.from_file("victim", True, 8, dtype=torch.uint8).fill_(65)


def test_an_archive_that_does_more_than_compute_is_not_run(
    old_export: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(old_export.parent)
    Path("victim").write_bytes(b"precious")
    write_archive(torch.jit.script(Overwrites()), old_export / "vae_decoder.pt", torch.float32)
    description = json.loads((old_export / "model.json").read_text())
    description["files"]["vae_decoder.pt"] = fingerprint(old_export / "vae_decoder.pt")
    (old_export / "model.json").write_text(json.dumps(description))
    assert main([str(old_export)]) == FAILED
    assert "vae_decoder.pt: is no TorchScript archive of deepcache-gen export: " in capsys.readouterr().err
    assert Path("victim").read_bytes() == b"precious"


def test_a_damaged_file_is_named(old_export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    description = (old_export / "model.json").read_text()
    with (old_export / "unet.pt").open("ab") as file:
        file.write(b"!")
    assert main([str(old_export)]) == FAILED
    assert "unet.pt is not the file that model.json describes" in capsys.readouterr().err
    assert (old_export / "model.json").read_text() == description


def test_a_missing_file_is_named(old_export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (old_export / "vae_encoder.pt").unlink()
    assert main([str(old_export)]) == FAILED
    assert "vae_encoder.pt" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("content", [None, "{}", '{"exporter": {}, "format_version": 1}'])
def test_what_is_no_export_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None) -> None:
    if content is not None:
        (tmp_path / "model.json").write_text(content)
    assert main([str(tmp_path)]) == FAILED
    assert str(tmp_path) in capsys.readouterr().err


def test_lists_of_numbers_take_one_line_and_texts_are_left_alone() -> None:
    description = {"rows": [[1, -2.5, 3e-05], [4]], "empty": [], "names": ["a", "b"], "text": "[\n 1,\n 2\n]"}
    text = description_text(description)
    assert "    [1, -2.5, 3e-05],\n    [4]\n" in text
    assert '    "a",\n' in text
    assert json.loads(text) == description
