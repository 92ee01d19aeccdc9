"""Where an export goes, and the command that it ends with."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from exporter import next_command
from exporter.errors import ExportError
from exporter.model_folder import check_output, new_folder


def test_folders_that_lead_to_the_place_are_made(tmp_path: Path) -> None:
    output = tmp_path / "data" / "models" / "mine"
    check_output(output, False)
    assert not list(tmp_path.iterdir())
    with new_folder(output) as folder:
        (folder / "part").touch()
    assert [path.name for path in output.parent.iterdir()] == ["mine"]
    assert (output / "part").is_file()


def test_a_place_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="file is no folder that may be written to"):
        check_output(tmp_path / "file" / "models" / "mine", False)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in bin/, the scripts' name for it, and another folder to be in."""
    program, scripts = tmp_path / "bin" / "deepcache-gen", tmp_path / "share" / "scripts"
    program.parent.mkdir()
    program.touch(mode=0o755)
    scripts.mkdir(parents=True)
    (scripts / "deepcache-gen").symlink_to(program)
    monkeypatch.setattr(next_command, "LAUNCHER", scripts / "deepcache-gen")
    monkeypatch.setenv("DEEPCACHE_GEN_MODELS", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    return program


def test_an_installed_program_has_its_name_where_it_is_found(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = installed.parents[1] / "mine"
    assert next_command.next_command(output, "sd").startswith(f"{installed} -m mine -p ")
    monkeypatch.setenv("PATH", str(installed.parent))
    assert next_command.next_command(output, "sd").startswith("deepcache-gen -m mine -p ")


def test_another_program_of_that_name_is_not_meant(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "deepcache-gen").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(other))
    assert next_command.next_command(tmp_path / "mine", "sd").startswith(f"{installed} -m mine ")
