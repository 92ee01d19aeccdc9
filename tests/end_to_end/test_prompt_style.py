"""How prompts are read: as they stand, which is said where another style would read weights; or with weights."""

import json
import shutil
from pathlib import Path

import pytest
from expectations import Result, Run, assert_done, assert_rejects, warnings_of
from model_files import edit_description
from PIL import Image
from test_from_image import A1111, save_with_text

HINT = "--prompt-style a1111"
QUICK = ("--steps", 1, "-s", 1)
LONG = ", ".join(["a cat and a dog"] * 40)


def hints_of(result: Result) -> list[str]:
    """The lines that name the other style."""
    return [line for line in result.stderr.splitlines() if HINT in line]


def settings(file: Path) -> dict:
    return json.loads(Image.open(file).info["deepcache-gen"])


def test_syntax_in_a_plain_prompt_is_said_in_one_line(draw: Run) -> None:
    result = draw("-p", "a (cat:1.3) BREAK <lora:x:1>", "-b", 2, "-o", "a.png", *QUICK)
    assert_done(result, "a_000.png", "a_001.png")
    assert hints_of(result) == [
        "the prompt has '<lora:x:1>', which is read as text; --prompt-style a1111 reads it as AUTOMATIC1111 does"
    ]


def test_who_has_chosen_is_not_told_of_the_choice(draw: Run) -> None:
    result = draw("-p", "a (cat:1.3)", "--prompt-style", "plain", "-o", "a.png", *QUICK)
    assert_done(result, "a.png")
    assert hints_of(result) == []


def test_a_list_has_one_line_for_all_its_prompts(draw: Run, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("a cat\na (dog)\n[a] b\n")
    result = draw("--prompts", "prompts.txt", "-o", "out/", *QUICK)
    assert result.returncode == 0
    assert [line.split(";")[0] for line in hints_of(result)] == [
        "2 of 3 prompts have what is read as text, the first a weight ('dog', 1.1)"
    ]


def test_a_prompt_that_is_cut_off_is_told_how_to_be_read(draw: Run) -> None:
    cut, whole = (draw("-p", LONG, *flags, "-o", "a.png", "--overwrite", *QUICK) for flags in ((), HINT.split()))
    assert_done(cut, "a.png")
    assert_done(whole, "a.png")
    assert len(hints_of(cut)) == 1 and "was cut off" in hints_of(cut)[0]
    assert warnings_of(whole) == []


def test_records_say_the_style_where_it_is_another(draw: Run, tmp_path: Path) -> None:
    for style in ("plain", "a1111"):
        assert_done(draw("-p", "a (cat)", "--prompt-style", style, "-o", f"{style}.png", *QUICK), f"{style}.png")
    assert "prompt_style" not in settings(tmp_path / "plain.png")
    assert "Prompt style" not in Image.open(tmp_path / "plain.png").info["parameters"]
    assert settings(tmp_path / "a1111.png")["prompt_style"] == "a1111"
    assert settings(tmp_path / "a1111.png")["prompt"] == "a (cat)"
    resumed = draw("-p", "a (cat)", "--prompt-style", "plain", "-o", "a1111.png", "--resume", *QUICK)
    assert resumed.returncode == 2, "another picture"


def test_a_picture_of_the_web_ui_is_read_in_its_style(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    save_with_text(tmp_path / "a.png", parameters=A1111.replace("a cat", "a (cat:1.2)"))
    again = ("--models-dir", tiny_model.parent, "-t", 1)
    result = run(*again, "--from-image", "a.png", "-o", "b.png")
    assert result.returncode == 0, result.stderr
    assert settings(tmp_path / "b.png")["prompt_style"] == "a1111"
    assert hints_of(result) == []
    plain = run(*again, "--from-image", "a.png", "--prompt-style", "plain", "-o", "c.png")
    assert plain.returncode == 0 and "prompt_style" not in settings(tmp_path / "c.png")


def test_a_model_may_recommend_a_style_and_plain_pictures_stay_plain(
    run: Run, tiny_model: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "web ui"))
    edit_description(folder, lambda model: model["defaults"].update(prompt_style="a1111"))
    quick = ("-m", folder, "-W", 64, "-H", 64, "-t", 1, *QUICK)
    assert run(*quick, "-p", "a (cat)", "-o", "a.png").returncode == 0
    assert settings(tmp_path / "a.png")["prompt_style"] == "a1111"
    assert run(*quick, "-p", "a (cat)", "--prompt-style", "plain", "-o", "b.png").returncode == 0
    assert run("-m", folder, "-t", 1, "--from-image", "b.png", "-o", "c.png").returncode == 0
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "c.png").read_bytes()
    edit_description(folder, lambda model: model["defaults"].update(prompt_style="other"))
    assert_rejects(run(*quick, "-p", "a", "-o", "d.png"), "prompt style 'other'")


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("-p", "a [b:c:0.5]"), "--prompt: '[b:c:0.5]'"),
        (("-p", "a [b|c]"), "--prompt: '[b|c]'"),
        (("-p", "a AND b"), "--prompt: 'AND b'"),
        (("-p", "(a:1.2.3)"), "--prompt: the weight '1.2.3'"),
        (("-p", "(a:1e9)", "-n", "(a:999999)", "--cfg-scale", 4), "--negative-prompt: 'a' weighs 999999"),
        (("-p", "a <hypernet:b:1>"), "'<hypernet:b:1>'"),
        (("-p", "a", "--prompt-style", "a111"), "did you mean 'a1111'"),
    ],
)
def test_what_cannot_be_read_so_is_refused_before_the_model_is_loaded(draw: Run, flags: tuple, named: str) -> None:
    style = () if "--prompt-style" in flags else ("--prompt-style", "a1111")
    assert_rejects(draw(*flags, *style, "-o", "a.png"), named)


def test_brackets_without_a_partner_are_said_once_for_all_images(draw: Run) -> None:
    result = draw("-p", "a (cat", "--prompt-style", "a1111", "-b", 2, "-o", "a.png", *QUICK)
    assert_done(result, "a_000.png", "a_001.png")
    assert len(warnings_of(result)) == 1
    assert "'(cat': the bracket is never closed" in warnings_of(result)[0]
