"""Model folders that can't be used: exit code 1 and one line that names the file and what is wrong with it."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from expectations import FAILED, Run, assert_fails, assert_rejects, files_below
from model_files import edit_description, replace_file

CAT = ("-p", "a cat", "--steps", 1, "-W", 64, "-H", 64, "-t", 1)

Spoil = Callable[[Path], None]


@pytest.fixture
def spoilt(run: Run, tiny_model: Path, tmp_path: Path) -> Callable[..., None]:
    """Checks that a copy of the tiny model, once spoilt, is refused with these words and that nothing is written."""

    def check(spoil: Spoil, *said: str) -> None:
        folder = tmp_path / "model"
        shutil.copytree(tiny_model, folder)
        spoil(folder)
        (tmp_path / "work").mkdir()
        # Not by its whole path, which might have the words in it.
        assert_fails(run("-m", "../model", *CAT, cwd=tmp_path / "work"), FAILED, *said)
        assert files_below(tmp_path / "work") == []

    return check


def edit(folder: Path, path: list[str | int], change: Callable[[Any, Any], None]) -> None:
    """Calls `change` with the container in model.json that `path` leads to and the last key."""

    def change_there(container: Any) -> None:
        for key in path[:-1]:
            container = container[key]
        change(container, path[-1])

    edit_description(folder, change_there)


def path_of(field: str) -> list[str | int]:
    """ "a.0.b" as keys; file names have dots and stand in for themselves."""
    return [int(key) if key.isdigit() else key for key in field.split(".")]


# Some of every object; all fields are read in the same way.
REQUIRED = """
    format_version name defaults defaults.steps files latent_channels parts parts.unet.rungs vae vae.scaling_factor
    parts.text_encoder.file parts.text_encoder.tokenizer parts.text_encoder.tokenizer.type
    parts.text_encoder.tokenizer.vocabulary parts.text_encoder.tokenizer.eos_id scheduler scheduler.beta_start
    scheduler.prediction_type
""".split()


@pytest.mark.parametrize("field", REQUIRED)
def test_missing_field(spoilt: Callable[..., None], field: str) -> None:
    path = path_of(field)
    spoilt(
        lambda folder: edit(folder, path, lambda parent, key: parent.pop(key)), "model.json", str(path[-1]), "missing"
    )


WRONG_VALUES: list[tuple[str, Any, list[str]]] = [
    ("format_version", 3, ["format_version", "3"]),
    ("family", "stable-diffusion-4", ["'stable-diffusion-4'", "stable-diffusion"]),
    ("dtype", "float8", ["dtype", "'float8'", "float32"]),
    ("default_width", "wide", ["default_width", "wide"]),
    ("default_width", -8, ["default_width", "-8"]),
    ("parts", [], ["parts", "object"]),
    ("parts.unet", [], ["unet", "object"]),
    ("parts.unet.rungs", 9, ["9", "12", "rungs"]),
    ("vae.scaling_factor", 0, ["scaling_factor"]),
    ("vae.latents_mean", [0.0], ["latents_mean"]),
    ("parts.text_encoder", "x", ["text_encoder", "object"]),
    ("parts.text_encoder.layers", 3, ["text_encoder.pt has 2 layers", "3"]),
    ("parts.text_encoder.skip", 3, ["skip", "3"]),
    ("parts.text_encoder.projection_size", 5, ["text_encoder.pt", "projection"]),
    ("scheduler.sampler", "unipc2", ["sampler", "'unipc2'", "pndm"]),
    ("scheduler.beta_start", 7, ["beta_start", "7"]),
    ("parts.unet.file", "other.pt", ["other.pt"]),
    ("files", {}, ["files", "text_encoder.pt"]),
]


@pytest.mark.parametrize("role", ["unet", "vae_decoder", "text_encoder"])
def test_a_part_that_a_picture_needs_is_missing(spoilt: Callable[..., None], role: str) -> None:
    spoilt(lambda folder: edit(folder, ["parts", role], lambda parent, key: parent.pop(key)), role, "which this needs")


@pytest.mark.parametrize(("field", "value", "said"), WRONG_VALUES)
def test_wrong_value(spoilt: Callable[..., None], field: str, value: object, said: list[str]) -> None:
    change = {path_of(field)[-1]: value}
    spoilt(lambda folder: edit(folder, path_of(field), lambda parent, _: parent.update(change)), *said)


# Valid, but what goes through it level by level would overflow the stack.
DEEP = b"[" * 500_000 + b"]" * 500_000


@pytest.mark.parametrize(
    "content",
    [b"", b"not json", b"[1, 2]", b'{"name": "x"', b"\xff\xfe\x00", b"[" * 100_000, b'{"name": %b}' % DEEP],
    ids=lambda c: repr(c[:12]),
)
def test_model_json_is_no_json_object(spoilt: Callable[..., None], content: bytes) -> None:
    spoilt(lambda folder: (folder / "model.json").write_bytes(content), "model.json", "JSON")


@pytest.mark.parametrize("name", ["unet.pt", "text_encoder.pt", "vae_decoder.pt", "tokenizer/merges.txt"])
class TestFiles:
    """One file at a time."""

    def test_missing(self, spoilt: Callable[..., None], name: str) -> None:
        spoilt(lambda folder: (folder / name).unlink(), name, "export")

    def test_truncated(self, spoilt: Callable[..., None], name: str) -> None:
        def truncate(folder: Path) -> None:
            data = (folder / name).read_bytes()
            (folder / name).write_bytes(data[: len(data) // 2])

        spoilt(truncate, name, "bytes", "damaged")

    def test_one_bit_flipped(self, spoilt: Callable[..., None], name: str) -> None:
        def damage(folder: Path) -> None:
            data = bytearray((folder / name).read_bytes())
            data[len(data) // 2] ^= 1
            (folder / name).write_bytes(bytes(data))

        spoilt(damage, name, "SHA-256", "damaged")

    def test_wrong_checksum(self, spoilt: Callable[..., None], name: str) -> None:
        facts = {"sha256": "0" * 64}
        spoilt(
            lambda folder: edit(folder, ["files", name], lambda files, key: files[key].update(facts)), name, "SHA-256"
        )


def test_damage_after_a_good_run(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    """A file that was right when it was read is read again once it has changed, whatever its date says."""
    shutil.copytree(tiny_model, tmp_path / "model")
    unet = tmp_path / "model" / "unet.pt"
    time.sleep(2.5)  # younger files are not remembered
    assert run("-m", "model", *CAT, "-o", "1.png").returncode == 0
    assert list(Path(os.environ["XDG_CACHE_HOME"]).rglob("model/files.json"))
    before = unet.stat()
    with unet.open("r+b") as file:
        file.seek(before.st_size // 2)
        byte = file.read(1)[0]
        file.seek(before.st_size // 2)
        file.write(bytes([byte ^ 1]))
    os.utime(unet, ns=(before.st_atime_ns, before.st_mtime_ns))
    time.sleep(2.5)  # or its youth alone would give it away
    assert_fails(run("-m", "model", *CAT, "-o", "2.png"), FAILED, "unet.pt", "SHA-256")


@pytest.mark.parametrize("name", ["unet.pt", "text_encoder.pt", "vae_decoder.pt"])
class TestArchivesWithTheRightChecksum:
    """Whoever wrote the model wrote nonsense: only reading the archive shows it."""

    def test_truncated(self, spoilt: Callable[..., None], name: str) -> None:
        spoilt(lambda folder: replace_file(folder, name, (folder / name).read_bytes()[:-1000]), name, "TorchScript")

    @pytest.mark.parametrize("content", [b"", b"hello\nworld\n" * 100], ids=len)
    def test_no_archive(self, spoilt: Callable[..., None], name: str, content: bytes) -> None:
        spoilt(lambda folder: replace_file(folder, name, content), name, "TorchScript")


@pytest.mark.parametrize(
    ("name", "other", "said"),
    [
        ("unet.pt", "text_encoder.pt", ["unet.pt", "time_embedding"]),
        ("text_encoder.pt", "vae_decoder.pt", ["text_encoder.pt"]),
        ("vae_decoder.pt", "text_encoder.pt", ["vae_decoder.pt"]),
    ],
)
def test_archive_of_another_part(spoilt: Callable[..., None], name: str, other: str, said: list[str]) -> None:
    spoilt(lambda folder: replace_file(folder, name, (folder / other).read_bytes()), *said)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": "b"}', b'{"a": -1}'], ids=repr)
def test_broken_vocabulary(spoilt: Callable[..., None], content: bytes) -> None:
    spoilt(lambda folder: replace_file(folder, "tokenizer/vocab.json", content), "vocab.json")


def test_vocabulary_of_another_tokenizer(spoilt: Callable[..., None]) -> None:
    spoilt(lambda folder: replace_file(folder, "tokenizer/vocab.json", b"{}"), "merges.txt", "vocabulary")


def test_no_folder(run: Run, tmp_path: Path) -> None:
    assert_rejects(
        run("-m", "not-there", *CAT), "unknown model 'not-there'", "Known: scenes", "no such folder", "export"
    )
    assert_fails(run("-m", "./not-there", *CAT), FAILED, "./not-there", "no such folder", "export")


def test_no_model_in_the_folder(run: Run, tmp_path: Path) -> None:
    assert_fails(run("-m", ".", *CAT), FAILED, "model.json", "export")


def test_a_file_is_no_model(run: Run, tiny_model: Path) -> None:
    assert_fails(run("-m", tiny_model / "unet.pt", *CAT), FAILED, "unet.pt", "folder")


def test_model_json_is_a_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "model.json").mkdir()
    assert_fails(run("-m", ".", *CAT), FAILED, "model.json")


def test_a_diffusers_folder_is_no_model(run: Run, tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text("{}")
    assert_fails(run("-m", ".", *CAT), FAILED, "a diffusers folder", "deepcache-gen export .")
