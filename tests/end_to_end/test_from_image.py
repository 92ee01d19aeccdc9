"""--from-image: a picture is made again from what its file says; flags win over it, and it over the configuration."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from expectations import Run, assert_done, assert_fails, assert_rejects, warnings_of
from PIL import Image
from PIL.PngImagePlugin import PngInfo

FIRST = ("-p", "a cat, (big:1.2): \u6d77", "-n", "a dog", "--steps", 4, "-s", 7, "--interval", 2, "--branch", 1)
OTHER = ("--sampling-method", "dpm++2m", "--scheduler", "karras", "--cfg-scale", 4.5, "-W", 72)
A1111 = (
    "a cat\nNegative prompt: a dog\nSteps: 2, Sampler: DPM++ 2M Karras, CFG scale: 4.5, Seed: 7, Size: 64x72, "
    "Model hash: 6ce0161689, Model: tiny, Clip skip: 2, Version: v1.6.0"
)


@pytest.fixture
def again(run: Run, tiny_model: Path):
    """Makes a picture again, with the model looked up where the tiny one lies."""

    def make_again(picture: str, *arguments: object):
        return run("--models-dir", tiny_model.parent, "-t", 1, "--from-image", picture, *arguments)

    return make_again


def settings(file: Path) -> dict:
    return json.loads(Image.open(file).info["deepcache-gen"])


def save_with_text(file: Path, **texts: str) -> None:
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_itxt(keyword.replace("_", "-"), text)
    Image.new("RGB", (8, 8)).save(file, pnginfo=info)


@pytest.mark.parametrize(
    "flags",
    [FIRST, (*FIRST, *OTHER), ("-p", "", "--steps", 1), ("-p", "a", "--sampling-method", "euler", "--sigmas", "9,2,0")],
)
@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
def test_a_picture_is_repeated_to_the_byte(draw_plainly: Run, again: Run, tmp_path: Path, flags: tuple, ending: str):
    assert_done(draw_plainly(*flags, "-o", f"a.{ending}"), f"a.{ending}")
    repeated = again(f"a.{ending}", "-o", f"b.{ending}")
    assert_done(repeated, f"b.{ending}")
    assert warnings_of(repeated) == []
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


@pytest.fixture
def draw_plainly(run: Run, tiny_model: Path) -> Run:
    return lambda *arguments: run("-m", tiny_model, "-H", 64, "-t", 1, *arguments)


def test_flags_win_over_the_picture_and_it_over_the_configuration(draw: Run, again: Run, tmp_path: Path) -> None:
    assert_done(draw("-p", "a cat", "--steps", 2, "-s", 7, "-o", "a.png"), "a.png")
    (tmp_path / "config.toml").write_text('steps = 3\nnegative-prompt = "no"\nquality = 40\n')
    asked = again("a.png", "-s", 8, "-n", "a dog", "-o", "b.png", "--config", "config.toml")
    assert_done(asked, "b.png")
    assert warnings_of(asked) == []
    before, after = settings(tmp_path / "a.png"), settings(tmp_path / "b.png")
    assert {key for key in before if before[key] != after[key]} == {"seed", "negative_prompt"}
    assert (after["seed"], after["negative_prompt"]) == (8, "a dog")


def test_several_images_go_on_from_its_seed(draw: Run, again: Run, tmp_path: Path) -> None:
    assert_done(draw("-p", "a cat", "--steps", 1, "-s", 7, "-b", 3, "-o", "%d.png"), "0.png", "1.png", "2.png")
    assert_done(again("1.png", "-b", 2, "-o", "x%d.png"), "x0.png", "x1.png")
    for ours, first in (("x0.png", "1.png"), ("x1.png", "2.png")):
        assert (tmp_path / ours).read_bytes() == (tmp_path / first).read_bytes()


def test_a_picture_of_automatic1111(again: Run, tmp_path: Path) -> None:
    save_with_text(tmp_path / "old.png", parameters=A1111)
    made = again("old.png", "-o", "new.png")
    assert_done(made, "new.png")
    assert warnings_of(made) == [
        "old.png: left out, since this program has no such settings: Model hash",
    ]
    made = settings(tmp_path / "new.png")
    expected = {"prompt": "a cat", "negative_prompt": "a dog", "steps": 2, "sampler": "dpm++2m", "scheduler": "karras"}
    expected |= {"guidance_scale": 4.5, "seed": 7, "width": 64, "height": 72, "model": "tiny", "clip_skip": 2}
    assert {key: made[key] for key in expected} == expected


def test_what_differs_is_said(draw: Run, again: Run, tmp_path: Path) -> None:
    assert_done(draw("-p", "a cat", "--steps", 1, "-s", 7, "-o", "a.png"), "a.png")
    known = settings(tmp_path / "a.png")
    save_with_text(tmp_path / "b.png", deepcache_gen=json.dumps(known | {"sharpness": 3, "unet_sha256": "f" * 64}))
    made = again("b.png", "-o", "c.png")
    assert_done(made, "c.png")
    (warning,) = warnings_of(made)
    assert warning.startswith("b.png: was made otherwise, and another picture may come of it; what differs: ")
    assert "sharpness" in warning
    assert "unet_sha256" in warning


def test_a_model_that_is_named_is_not_compared(draw: Run, run: Run, tiny_model: Path, tmp_path: Path) -> None:
    assert_done(draw("-p", "a cat", "--steps", 1, "-s", 7, "-o", "a.png"), "a.png")
    shutil.copytree(tiny_model, tmp_path / "moved")
    save_with_text(
        tmp_path / "b.png", deepcache_gen=json.dumps(settings(tmp_path / "a.png") | {"unet_sha256": "f" * 64})
    )
    made = run("-m", "moved", "-t", 1, "--from-image", "b.png", "-o", "c.png")
    assert_done(made, "c.png")
    assert warnings_of(made) == []
    pixels = [np.asarray(Image.open(tmp_path / name)) for name in ("a.png", "c.png")]
    assert np.array_equal(*pixels)


def test_a_model_that_is_not_there_is_an_error(draw: Run, run: Run, tmp_path: Path) -> None:
    assert_done(draw("-p", "a cat", "--steps", 1, "-s", 7, "-o", "a.png"), "a.png")
    result = run("--from-image", "a.png", "-o", "b.png")
    assert result.returncode != 0
    assert "tiny" in result.stderr
    assert "(model is set in a.png)" in result.stderr


def test_it_can_be_planned(draw: Run, again: Run) -> None:
    assert_done(draw("-p", "a cat", "--steps", 2, "-s", 7, "-o", "a.png"), "a.png")
    planned = again("a.png", "--plan")
    assert planned.returncode == 0
    assert "a cat" in planned.stdout or "2 steps" in planned.stdout


def test_a_list_has_its_settings_as_defaults(draw: Run, again: Run, tmp_path: Path) -> None:
    assert_done(draw("-p", "a cat", "--steps", 2, "-s", 7, "-o", "a.png"), "a.png")
    (tmp_path / "list.txt").write_text("a dog --output b.png\n")
    assert_done(again("a.png", "--prompts", "list.txt"), "b.png")
    made = settings(tmp_path / "b.png")
    assert (made["prompt"], made["steps"], made["seed"], made["width"]) == ("a dog", 2, 7, 64)


BAD = {
    "nothing": ({}, "holds no settings of this program or of AUTOMATIC1111's"),
    "a comment": ({"parameters": "hello"}, "holds a text that is no settings of a picture"),
    "no object": ({"deepcache_gen": "[1]"}, "JSON that is no object"),
    "no json": ({"deepcache_gen": "{"}, "is not valid JSON"),
    "an odd value": ({"deepcache_gen": '{"prompt": {"a": 1}}'}, "says 'prompt' is"),
    "no number": ({"deepcache_gen": '{"prompt": "a", "steps": "many"}'}, "--steps 'many'"),
    "no size": ({"parameters": A1111.replace("64x72", "large")}, "'Size' is 'large'"),
}


@pytest.mark.parametrize("kind", BAD)
def test_odd_texts_are_refused(run: Run, tmp_path: Path, kind: str) -> None:
    texts, message = BAD[kind]
    save_with_text(tmp_path / "a.png", **texts)
    assert_rejects(run("--from-image", "a.png"), "--from-image 'a.png'", message)


def test_values_that_do_not_fit_name_the_picture(run: Run, tmp_path: Path) -> None:
    save_with_text(tmp_path / "a.png", deepcache_gen='{"prompt": "a", "steps": 100000}')
    assert_rejects(run("--from-image", "a.png"), "--steps 100000", "(steps is set in a.png)")


def test_other_files_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not a picture")
    assert_rejects(run("--from-image", "text.png"), "text.png", "no whole PNG, JPEG or WebP file")
    assert_rejects(run("--from-image", "."), "'.'", "no file")
    assert_fails(run("--from-image", "none.png"), 1, "none.png", "cannot be read")
