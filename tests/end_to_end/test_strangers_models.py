"""A stranger's model folder, its sizes and checksums in order: it can do nothing but make a picture."""

import shutil
from pathlib import Path

import pytest
from expectations import FAILED, Run, assert_fails, files_below
from hostile_archives import SCRIPTS, Base, DoublesForEver, broken_archives, scripted
from model_files import edit_description, replace_file

CAT = ("-p", "a cat", "--steps", 1, "-W", 64, "-H", 64, "-t", 1)


def forget_checksum(folder: Path, name: str) -> None:
    """Gives model.json a wrong checksum of a file."""
    edit_description(folder, lambda description: description["files"][name].update(sha256="0" * 64))


@pytest.fixture
def stranger(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model, to be spoilt, beside a folder `work` with a user's file in it."""
    shutil.copytree(tiny_model, tmp_path / "stranger")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "victim").write_bytes(b"precious")
    return tmp_path / "stranger"


def assert_refused(run: Run, folder: Path, *said: str) -> None:
    """The folder is refused in one line with these words, and the user's files are as they were."""
    work = folder.parent / "work"
    result = run("-m", "../stranger", *CAT, cwd=work)
    assert_fails(result, FAILED, *said)
    assert files_below(work) == ["victim"]
    assert (work / "victim").read_bytes() == b"precious"


@pytest.mark.parametrize(("script", "said"), SCRIPTS, ids=[script.__name__ for script, _ in SCRIPTS])
@pytest.mark.parametrize("honest", [True, False], ids=["its checksum", "another checksum"])
def test_code_that_does_more_than_compute(
    run: Run, stranger: Path, script: type[Base], said: str, honest: bool
) -> None:
    replace_file(stranger, "text_encoder.pt", scripted(script(), stranger.parent))
    if not honest:
        forget_checksum(stranger, "text_encoder.pt")
    assert_refused(run, stranger, "text_encoder.pt", said if honest else "SHA-256")


@pytest.mark.parametrize("name", ["unet.pt", "vae_decoder.pt"])
def test_the_same_in_every_part(run: Run, stranger: Path, name: str) -> None:
    replace_file(stranger, name, scripted(SCRIPTS[0][0](), stranger.parent))
    assert_refused(run, stranger, name, "nothing of it was run", "torch.from_file")


def test_calls_that_double(run: Run, stranger: Path) -> None:
    replace_file(stranger, "text_encoder.pt", scripted(DoublesForEver(), stranger.parent))
    assert_refused(run, stranger, "text_encoder.pt", "operations")


def test_broken_forms(run: Run, stranger: Path) -> None:
    """One after the other, since each is small."""
    archive = (stranger / "text_encoder.pt").read_bytes()
    for name, content, said in broken_archives(archive):
        replace_file(stranger, "text_encoder.pt", content)
        print(name)
        assert_refused(run, stranger, "text_encoder.pt", said)
