"""Embeddings as a user meets them: named, in a folder, in lists, in records; and files that are none."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from expectations import Run, assert_done, assert_rejects, files_below, warnings_of
from hostile_embeddings import HOSTILE, automatic1111, vectors, whole, write
from PIL import Image

ASKED = ("-p", "a mystyle cat", "--steps", 2, "-s", 7, "--dtype", "fp32")
PLAIN = ("-p", "a cat", "--steps", 2, "-s", 7, "--dtype", "fp32")

Latents = Callable[..., np.ndarray]


def settings(file: Path) -> dict:
    return json.loads(Image.open(file).info["deepcache-gen"])


@pytest.fixture
def latents_of(draw: Run, tmp_path: Path) -> Latents:
    """The final latents of the picture that these flags ask for."""

    def make(*flags: object) -> np.ndarray:
        assert_done(draw(*flags, "-o", "made.png", "--overwrite", "--save-latents", "made.npy"), "made.png")
        return np.load(tmp_path / "made.npy")

    return make


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_embedding_is_said(draw: Run, tmp_path: Path, name: str) -> None:
    make, said = HOSTILE[name]
    write(tmp_path / name, make())
    assert_rejects(draw(*ASKED, "--embedding", f"{name}:mystyle"), "--embedding", name, said)
    assert files_below(tmp_path) == [name]


def test_what_is_no_file_is_said(draw: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pt")
    (tmp_path / "folder.pt").mkdir()
    for path in ("pipe.pt", "folder.pt", "not-there.pt", "not-there.pt:mystyle", "/dev/zero", ":mystyle"):
        assert_rejects(draw(*ASKED, "--embedding", path), "--embedding", path, "no such file")
    for path in ("not-there", "pipe.pt"):
        assert_rejects(draw(*ASKED, "--embedding-dir", path), "--embedding-dir", path)


def test_a_token_is_one_that_prompts_can_spell(draw: Run, tmp_path: Path) -> None:
    write(tmp_path / "a.pt", automatic1111())
    for token in ("a/b", "a\nb", "\x1b[31m", "", " x", b"\xff"):
        flag = b"a.pt:" + token if isinstance(token, bytes) else f"a.pt:{token}"
        assert_rejects(draw(*ASKED, "--embedding", flag), "--embedding", "can't stand in a prompt")


def test_a_word_of_the_model_is_no_token(draw: Run, tmp_path: Path) -> None:
    write(tmp_path / "a.pt", automatic1111())
    assert_rejects(draw(*PLAIN, "--embedding", "a.pt"), "a.pt", "its token 'a' is a word that model tiny knows")


def test_of_automatic1111s_style_a_word_may_be_one(latents_of: Latents, tmp_path: Path) -> None:
    """As there: the embedding is read in its place, though not within other words."""
    write(tmp_path / "cat.pt", automatic1111())
    style, flags = ("--prompt-style", "a1111"), ("--embedding", "cat.pt")
    assert latents_of(*PLAIN, *style, *flags).tobytes() != latents_of(*PLAIN, *style).tobytes()
    cats = ("-p", "cats and catalogues", "--steps", 1, "-s", 7, *style)
    assert latents_of(*cats, "--embedding-dir", ".").tobytes() == latents_of(*cats).tobytes()


def test_two_have_not_one_token(draw: Run, tmp_path: Path) -> None:
    write(tmp_path / "a.pt", automatic1111())
    write(tmp_path / "b.pt", automatic1111())
    flags = ("--embedding", "a.pt:mystyle", "--embedding", "b.pt:MyStyle")
    assert_rejects(draw(*ASKED, *flags), "'mystyle' is that of a.pt and of b.pt")


def test_the_token_is_the_files_name_unless_it_is_said(latents_of: Latents, tmp_path: Path) -> None:
    write(tmp_path / "mystyle.pt", automatic1111())
    write(tmp_path / "x.safetensors", whole())
    named = latents_of(*ASKED, "--embedding", "mystyle.pt")
    assert latents_of(*ASKED, "--embedding", "x.safetensors:mystyle").tobytes() == named.tobytes()
    assert latents_of(*ASKED).tobytes() != named.tobytes()


@pytest.mark.parametrize("flag", ["--embedding-dir", "--embd-dir"])
def test_a_folder_gives_what_the_prompts_spell(draw: Run, latents_of: Latents, tmp_path: Path, flag: str) -> None:
    """What else lies there is not looked at: broken files, those of other models and other things."""
    folder = tmp_path / "embeddings"
    folder.mkdir()
    write(folder / "MyStyle.pt", automatic1111())
    write(folder / "worse.safetensors", whole(vectors(seed=1)))
    for name in ("broken.pt", "other.bin", "mystyle.png", "readme.txt", "a\nb.pt"):
        write(folder / name, b"no embedding")
    (folder / "mystyle.bin").mkdir()
    made = latents_of(*ASKED, "-n", "worse", flag, "embeddings")
    named = ("--embedding", "embeddings/MyStyle.pt", "--embedding", "embeddings/worse.safetensors")
    assert made.tobytes() == latents_of(*ASKED, "-n", "worse", *named).tobytes()
    assert latents_of(*ASKED, flag, "embeddings").tobytes() != made.tobytes()
    assert_rejects(draw("-p", "a broken cat", flag, "embeddings"), "embeddings/broken.pt", "no safetensors file")


def test_one_that_is_named_goes_before_one_of_the_folder(latents_of: Latents, tmp_path: Path) -> None:
    (tmp_path / "embeddings").mkdir()
    write(tmp_path / "embeddings" / "mystyle.pt", b"broken")
    write(tmp_path / "x.pt", automatic1111())
    assert latents_of(*ASKED, "--embedding-dir", "embeddings", "--embedding", "x.pt:mystyle").size > 0


def test_a_picture_without_it_is_as_ever(draw: Run, tmp_path: Path) -> None:
    """To the byte, so that it counts as made."""
    write(tmp_path / "mystyle.pt", automatic1111())
    assert_done(draw(*PLAIN, "-o", "a.png"), "a.png")
    unused = draw(*PLAIN, "--embedding", "mystyle.pt", "--embedding-dir", ".", "-o", "b.png")
    assert_done(unused, "b.png")
    assert warnings_of(unused) == ["--embedding: no prompt has the token 'mystyle', so that it has no effect"]
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_records_say_what_was_used(draw: Run, run: Run, tiny_model: Path, tmp_path: Path) -> None:
    write(tmp_path / "mystyle.pt", automatic1111())
    made = draw(*ASKED, "--embedding", "mystyle.pt", "-o", "a.png", "--json")
    assert made.returncode == 0, made.stderr
    record = json.loads(made.stdout.splitlines()[0])
    checksum = record["embedding_sha256"]["mystyle"]
    assert (record["embedding"], len(checksum)) == (["mystyle.pt:mystyle"], 64)
    said = settings(tmp_path / "a.png")
    assert said["embedding_sha256"] == {"mystyle": checksum}
    assert f'TI hashes: "mystyle: {checksum[:12]}"' in Image.open(tmp_path / "a.png").text["parameters"]
    again = run("-m", tiny_model, "-t", 1, "--dtype", "fp32", "--from-image", "a.png", "-o", "b.png")
    assert_done(again, "b.png")
    assert warnings_of(again) == []
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_resume_goes_by_what_is_in_the_file(draw: Run, tmp_path: Path) -> None:
    write(tmp_path / "mystyle.pt", automatic1111())
    flags = (*ASKED, "-o", "a.png", "--resume")
    assert_done(draw(*flags, "--embedding", "mystyle.pt"), "a.png")
    os.rename(tmp_path / "mystyle.pt", tmp_path / "moved.pt")
    moved = draw(*flags, "--embedding", "moved.pt:mystyle")
    assert_done(moved)
    assert "there already" in moved.stderr
    write(tmp_path / "moved.pt", automatic1111(vectors(seed=1)))
    assert_rejects(draw(*flags, "--embedding", "moved.pt:mystyle"), "holds something else")


def test_lines_of_a_list_have_their_own(draw: Run, tmp_path: Path) -> None:
    """One that says some has no others; an empty list is none."""
    write(tmp_path / "one.pt", automatic1111())
    write(tmp_path / "two.pt", automatic1111(vectors(seed=1)))
    lines = [
        {},
        {"embedding": "two.pt:mystyle"},
        {"embedding": ["two.pt:cats", "two.pt:mystyle"]},
        {"embedding": []},
        {"embedding": "one.pt:mystyle"},
    ]
    (tmp_path / "list.jsonl").write_text(
        "".join(json.dumps({"prompt": "a mystyle cat"} | line) + "\n" for line in lines)
    )
    texts = ["a mystyle cat", "a mystyle cat --embedding two.pt:mystyle", "a mystyle cat --embedding ''"]
    (tmp_path / "list.txt").write_text("\n".join(texts))
    flags = ("--embedding", "one.pt:mystyle", "--steps", 2, "-s", 7)
    assert draw("--prompts", "list.jsonl", *flags, "-o", "j%d.png").returncode == 0
    assert draw("--prompts", "list.txt", *flags, "-o", "t%d.png").returncode == 0
    pictures = {name: (tmp_path / f"{name}.png").read_bytes() for name in ("j0", "j1", "j3", "j4", "t0", "t1", "t2")}
    assert len({pictures["j0"], pictures["j1"], pictures["j3"]}) == 3
    assert pictures["j0"] == pictures["j4"] == pictures["t0"]
    assert (pictures["j1"], pictures["j3"]) == (pictures["t1"], pictures["t2"])
    assert settings(tmp_path / "j2.png")["embedding"] == ["two.pt:mystyle"]


def test_a_broken_one_is_that_lines_problem(draw: Run, tmp_path: Path) -> None:
    write(tmp_path / "broken.pt", b"no embedding")
    lines = [{"prompt": "a mystyle cat"}, {"prompt": "a mystyle cat", "embedding": "broken.pt:mystyle"}]
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    flags = ("--prompts", "list.jsonl", "--steps", 1, "-o", "%d.png")
    assert draw(*flags).returncode == 2
    assert files_below(tmp_path) == ["broken.pt", "list.jsonl"]
    skipped = draw(*flags, "--skip-bad-lines")
    assert (skipped.returncode, skipped.stdout) == (0, "0.png\n")
    assert "list.jsonl:2: --embedding broken.pt: is no safetensors file" in skipped.stderr


def test_a_configuration_file_may_name_several(draw: Run, tmp_path: Path) -> None:
    write(tmp_path / "one.pt", automatic1111())
    write(tmp_path / "two.pt", automatic1111(vectors(seed=1)))
    (tmp_path / "c.toml").write_text('embedding = ["one.pt:mystyle", "two.pt:mycats"]\n')
    asked = ("-p", "a mystyle of mycats", "--steps", 1, "--config", "c.toml")
    assert_done(draw(*asked, "-o", "a.png"), "a.png")
    assert settings(tmp_path / "a.png")["embedding"] == ["one.pt:mystyle", "two.pt:mycats"]
    assert_done(draw(*asked, "--embedding", "two.pt:mystyle", "-o", "b.png"), "b.png")
    assert settings(tmp_path / "b.png")["embedding"] == ["two.pt:mystyle"]


def test_compare_makes_use_of_them(draw: Run, tmp_path: Path) -> None:
    write(tmp_path / "mystyle.pt", automatic1111())
    made = draw("compare", *ASKED, "--embedding", "mystyle.pt", "--interval", 2, "--branch", 0, "-o", "out")
    assert made.returncode == 0, made.stderr
    for name in ("original", "interval2-branch0"):
        assert "mystyle" in settings(tmp_path / "out" / f"{name}.png")["embedding_sha256"]
