"""--clip-skip as a user meets it: its range, records, lists, and pictures that are there already."""

import json
from pathlib import Path

from expectations import Run, assert_done, assert_rejects, warnings_of
from PIL import Image

CAT = ("-p", "a cat", "--steps", 2, "-s", 7, "--dtype", "fp32")


def settings(file: Path) -> dict:
    return json.loads(Image.open(file).info["deepcache-gen"])


def test_the_range_is_that_of_the_models_layers(draw: Run) -> None:
    said = "--clip-skip 3: model tiny has 2 layers; expected 1 (the last one) to 2"
    assert_rejects(draw(*CAT, "--clip-skip", 3), said)
    assert_rejects(draw(*CAT, "--clip-skip", "2.5"), "--clip-skip '2.5': expected a whole number")


def test_the_models_own_is_as_ever(draw: Run, tmp_path: Path) -> None:
    assert_done(draw(*CAT, "-o", "a.png"), "a.png")
    for value in (1, 0, -1):
        assert_done(draw(*CAT, "--clip-skip", value, "-o", f"{value}.png"), f"{value}.png")
        assert (tmp_path / f"{value}.png").read_bytes() == (tmp_path / "a.png").read_bytes()


def test_records_say_it_and_it_is_made_again(draw: Run, run: Run, tiny_model: Path, tmp_path: Path) -> None:
    made = draw(*CAT, "--clip-skip", 2, "-o", "a.png", "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout.splitlines()[0])["clip_skip"] == 2
    assert ", Clip skip: 2," in Image.open(tmp_path / "a.png").text["parameters"]
    again = run("-m", tiny_model, "-t", 1, "--dtype", "fp32", "--from-image", "a.png", "-o", "b.png")
    assert_done(again, "b.png")
    assert warnings_of(again) == []
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_pictures_that_are_there_have_it_or_not(draw: Run) -> None:
    assert_done(draw(*CAT, "-o", "a.png"), "a.png")
    assert_rejects(draw(*CAT, "--clip-skip", 2, "-o", "a.png", "--resume"), "holds something else")
    assert_done(draw(*CAT, "--clip-skip", 2, "-o", "a.png", "--overwrite"), "a.png")
    assert "there already" in draw(*CAT, "--clip-skip", 2, "-o", "a.png", "--resume").stderr


def test_pictures_of_a_batch_have_their_own(draw: Run, tmp_path: Path) -> None:
    lines = [{"prompt": "a cat"}, {"prompt": "a cat", "clip_skip": 2}]
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    shared = ("--steps", 2, "-s", 7, "--dtype", "fp32")
    assert draw("--prompts", "list.jsonl", *shared, "-o", "%d.png", "--batch-size", 2).returncode == 0
    assert_done(draw(*CAT, "-o", "a.png"), "a.png")
    assert_done(draw(*CAT, "--clip-skip", 2, "-o", "b.png"), "b.png")
    for ours, alone in (("0.png", "a.png"), ("1.png", "b.png")):
        assert (tmp_path / ours).read_bytes() == (tmp_path / alone).read_bytes()


def test_compare_takes_it(draw: Run, tmp_path: Path) -> None:
    made = draw("compare", *CAT, "--clip-skip", 2, "--interval", 2, "--branch", 0, "-o", "out")
    assert made.returncode == 0, made.stderr
    for name in ("original", "interval2-branch0"):
        assert settings(tmp_path / "out" / f"{name}.png")["clip_skip"] == 2
