"""Prompts of every kind reach the text encoder or are refused in one line."""

import json
import subprocess
from pathlib import Path

import pytest
from expectations import DONE, Run, assert_done, assert_rejects, files_below, warnings_of
from PIL import Image

LARGEST_ARGUMENT = 128 * 1024 - 1  # bytes in one argument, as Linux allows (MAX_ARG_STRLEN)
MEGABYTE = 1024 * 1024


PROMPTS = ["", " ", "-5 degrees", "--no-such-flag", "ein Fuchs, 狐, 🦊", "a\nb\tc\x01\x1b[31m", "%s%n%d", "'\"\\"]


@pytest.mark.parametrize("prompt", PROMPTS, ids=repr)
def test_any_text_is_a_prompt(draw: Run, tmp_path: Path, prompt: str) -> None:
    result = draw(f"--prompt={prompt}", "--steps", 1, "-o", "a.png", "--json")
    assert result.returncode == DONE, result.stderr
    assert json.loads(result.stdout)["prompt"] == prompt
    assert Image.open(tmp_path / "a.png").text["parameters"].startswith(f"{prompt}\n")


def test_different_prompts_make_different_pictures(draw: Run, tmp_path: Path) -> None:
    for name, prompts in {"a": ["-p", "a cat"], "b": ["-p", "a dog"], "c": ["-p", "a cat", "-n", "a dog"]}.items():
        assert_done(draw(*prompts, "-s", 1, "--steps", 2, "-o", f"{name}.png"), f"{name}.png")
    assert len({Image.open(path).tobytes() for path in tmp_path.glob("*.png")}) == 3


@pytest.mark.parametrize("text", [b"\xff\xfe", b"a cat \xc3", b"\xed\xa0\x80", b"\xc0\xaf"], ids=repr)
def test_not_utf8(draw: Run, tmp_path: Path, text: bytes) -> None:
    assert_rejects(draw("--prompt", text, "--steps", 1), "prompt", "UTF-8", "byte")
    assert files_below(tmp_path) == []


def test_negative_prompt_not_utf8(draw: Run, tmp_path: Path) -> None:
    assert_rejects(draw("-p", "a cat", "-n", b"\xff", "--steps", 1), "prompt", "UTF-8", "byte")
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("flag", ["--prompt", "--negative-prompt"])
def test_what_is_cut_off_is_said(draw: Run, flag: str) -> None:
    prompt = [] if flag == "--prompt" else ["-p", "a cat"]
    result = draw(*prompt, flag, "cat " * 100 + "zebra", "--steps", 1, "-o", "a.png", "-q")
    assert_done(result, "a.png")
    (warning,) = warnings_of(result)
    assert "75" in warning and "cat" in warning
    assert ("negative prompt" in warning) == (flag == "--negative-prompt")


def test_what_fits_is_not_warned_about(draw: Run) -> None:
    assert not warnings_of(draw("-p", "cat " * 20, "--steps", 1, "-o", "a.png"))


@pytest.mark.parametrize("word", ["cat ", "a", "狐", " "], ids=repr)
def test_the_longest_prompt_that_linux_passes_on(draw: Run, word: str) -> None:
    prompt = word * (LARGEST_ARGUMENT // len(word.encode()))
    result = draw("-p", prompt, "--steps", 1, "-o", "a.png", "-q")
    assert_done(result, "a.png")
    assert len(result.stderr) < 1000
    assert bool(warnings_of(result)) == bool(prompt.strip())


@pytest.mark.parametrize("word", ["cat ", "a", "狐", " "], ids=repr)
def test_a_prompt_of_1_megabyte_is_tokenized(build_dir: Path, tiny_model: Path, tmp_path: Path, word: str) -> None:
    """One argument can't be as long, so this asks the tokenizer itself."""
    tokenizer = json.loads((tiny_model / "model.json").read_text())["parts"]["text_encoder"]["tokenizer"]
    (tmp_path / "tokenizer").symlink_to(tiny_model / "tokenizer")
    (tmp_path / "model.json").write_text(json.dumps({"tokenizer": tokenizer}))
    prompt = word * (MEGABYTE // len(word.encode()))
    command = [build_dir / "tests" / "tokenize_lines", tmp_path]
    result = subprocess.run(command, input=json.dumps([prompt]), capture_output=True, text=True, timeout=60, check=True)
    tokens = json.loads(result.stdout)
    assert len(tokens["ids"]) == 77
    assert bool(tokens["truncated_text"]) == bool(prompt.strip())
