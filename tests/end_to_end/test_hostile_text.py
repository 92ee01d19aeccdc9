"""Text and files of others: nothing of them controls the terminal, forges a line, hangs, or ends other prompts."""

import json
import os
import shutil
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from expectations import DONE, ERROR, FAILED, Result, Run, assert_done, assert_fails, assert_rejects, files_below
from model_files import edit_description

SMALL = ("--steps", 1, "-W", 64, "-H", 64, "-t", 1)
CAT = ("-p", "a cat", *SMALL)
FORGED = "deepcache-gen: error: forged"
EVIL = f"x\x1b]0;title\x07\n{FORGED}\x9b2J\u202e"
SPELLED = f"x\\x1b]0;title\\x07\\n{FORGED}\\u009b2J\\u202e"
CONTROLS = "\x1b\x07\x9b\u202e\r\x7f"

DEEP = "[" * 200_000 + "]" * 200_000
MANY_KEYS = "{" + ",".join(f'"{key}":0' for key in range(100_000)) + "}"


@pytest.fixture
def own_model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model, to be changed."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def assert_harmless(result: Result) -> None:
    """Nothing on the terminal but text, and no line that the program did not write."""
    for text in (result.stdout, result.stderr):
        assert not set(CONTROLS) & set(text)
        assert FORGED not in text.splitlines()


class TestAHostileName:
    """A model's name with escape sequences and lines of its own."""

    @pytest.fixture(autouse=True)
    def _name(self, own_model: Path) -> None:
        edit_description(own_model, lambda model: model.update(name=EVIL))

    @pytest.mark.parametrize("json_too", [[], ["--json"]], ids=str)
    @pytest.mark.parametrize("arguments", [["inspect", "model"], ["models", "--models-dir", "."]], ids=str)
    def test_in_tables(self, run: Run, own_model: Path, arguments: list[str], json_too: list[str]) -> None:
        result = run(*arguments, *json_too)
        assert result.returncode == DONE, result.stderr
        assert_harmless(result)

    def test_in_a_help_page(self, run: Run, own_model: Path) -> None:
        result = run("-m", own_model, "--help-all")
        assert_harmless(result)
        assert "\\x1b" in result.stdout

    def test_in_a_plan(self, run: Run, own_model: Path) -> None:
        result = run("-m", own_model, *CAT, "--plan")
        assert_harmless(result)
        assert result.stdout.startswith(SPELLED + ": 1 image")

    def test_in_a_run_and_its_log(self, run: Run, own_model: Path, tmp_path: Path) -> None:
        result = run("-m", own_model, *CAT, "-o", "a.png", "-v", "--log-file", "log")
        assert (result.returncode, result.stdout) == (DONE, "a.png\n")
        assert_harmless(result)
        assert result.stderr.startswith(SPELLED)
        log = (tmp_path / "log").read_text()
        assert SPELLED in log
        assert all(line[:2] == "20" for line in log.splitlines()), "every line begins with its time"


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model["scheduler"].update(sampler=EVIL),
        lambda model: model.update(dtype=EVIL),
        lambda model: model.update(family=EVIL),
        lambda model: model["parts"]["unet"].update(file=EVIL),
        lambda model: model["files"].update({EVIL: {"size": 0, "sha256": "0" * 64}}),
        lambda model: model["parts"]["unet"].update(rungs=EVIL),
        lambda model: model["parts"]["text_encoder"]["tokenizer"].update(type=EVIL),
    ],
    ids=["sampler", "dtype", "family", "file", "files", "rungs", "tokenizer"],
)
def test_in_errors(run: Run, own_model: Path, change: Callable[[dict[str, Any]], None]) -> None:
    edit_description(own_model, change)
    result = run("-m", own_model, *CAT)
    assert_harmless(result)
    assert_fails(result, FAILED, "\\x1b" if "\\x1b" in result.stderr else "\\u001b")


def test_in_arguments(run: Run) -> None:
    for arguments in (["-m", EVIL, *CAT], [EVIL], ["--" + EVIL], ["-p", "a", "--steps", EVIL], ["--prompts", EVIL]):
        result = run(*arguments)
        assert_harmless(result)
        assert len(result.stderr.splitlines()) == 1
        assert result.stderr.startswith(ERROR)


@pytest.mark.parametrize("name", ["a\nb.png", "\x1b[2J.png", "gnp.\u202exe.png", "a\x7f/"], ids=ascii)
def test_a_picture_has_no_such_name(draw: Run, tmp_path: Path, name: str) -> None:
    assert_rejects(draw("-p", "a cat", "-o", name), "--output", "holds a control character")
    assert files_below(tmp_path) == []


def test_a_worker_goes_on_after_every_bad_line(draw: Run, tmp_path: Path) -> None:
    def line(**fields: object) -> str:
        return json.dumps({"prompt": "a cat", "steps": 1} | fields)

    bad = {
        line(output="nul\x00b.png"): "holds a NUL character",
        line(output="a\nb.png"): "holds a control character",
        line(prompt="a\x00b"): "holds a NUL character",
        f'{{"prompt": {DEEP}}}': "nested more than 100 levels deep",
        MANY_KEYS: "more than 1000 keys",
        f'{{"prompt": "{"a" * (2 << 20)}"}}': "the line is longer than 1 MiB",
        '{"prompt": "a", "seed": 99999999999999999999}': "expected a whole number",
        '{"prompt": "a", "guidance-scale": 1e999}': "not valid JSON",
        '{"prompt": "a", "\\u001b[2J": 1}': "unknown key '\\x1b[2J'",
    }
    lines = [text for number, bad_line in enumerate(bad) for text in (bad_line, line(output=f"{number}.png"))]
    result = draw("--prompts", "-", "--json", input="\n".join(lines))
    assert_harmless(result)
    assert result.returncode == FAILED
    records = [json.loads(record) for record in result.stdout.splitlines()]
    by_item = {record["item"]: record for record in records}
    assert len(by_item) == 2 * len(bad)
    for number, problem in enumerate(bad.values()):
        assert problem in by_item[2 * number]["error"]
        assert by_item[2 * number + 1]["path"] == f"{number}.png"
    assert files_below(tmp_path) == sorted(f"{number}.png" for number in range(len(bad)))


def test_prompts_may_come_through_a_pipe(draw: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_text("a cat --steps 1 -o a.png\n"))
    writer.start()
    assert_done(draw("--prompts", "pipe"), "a.png")
    writer.join()


def test_files_without_an_end(draw: Run) -> None:
    assert_fails(draw("--prompts", "/dev/zero"), FAILED, "/dev/zero", "64 MiB")
    assert_fails(draw("-p", "a cat", "--config", "/dev/zero"), FAILED, "/dev/zero", "65536 bytes")


class TestFilesOfAModel:
    """They lie in the folder, are regular, and are listed."""

    @pytest.mark.parametrize("place", ["../outside", "/dev/zero"])
    @pytest.mark.parametrize("command", [["inspect", "model"], ["-m", "./model", *CAT]], ids=["inspect", "draw"])
    def test_elsewhere(self, run: Run, own_model: Path, tmp_path: Path, place: str, command: list[str]) -> None:
        shutil.move(own_model / "tokenizer/vocab.json", tmp_path / "outside")

        def move(model: dict[str, Any]) -> None:
            model["parts"]["text_encoder"]["tokenizer"]["vocabulary"] = place
            model["files"][place] = model["files"].pop("tokenizer/vocab.json")

        edit_description(own_model, move)
        assert_fails(run(*command), FAILED, f"files: {place}:", "is no name of a file of the folder")

    def test_not_listed(self, run: Run, own_model: Path) -> None:
        edit_description(own_model, lambda model: model["files"].pop("tokenizer/vocab.json"))
        assert_fails(run("-m", own_model, *CAT), FAILED, "files: 'tokenizer/vocab.json' is missing")

    @pytest.mark.parametrize("name", ["tokenizer/merges.txt", "unet.pt", "model.json"])
    def test_a_pipe(self, run: Run, own_model: Path, name: str) -> None:
        (own_model / name).unlink()
        os.mkfifo(own_model / name)
        assert_fails(run("-m", own_model, *CAT), FAILED, name, "is no regular file")

    @pytest.mark.parametrize("target", ["/dev/zero", "../outside"])
    @pytest.mark.parametrize("name", ["tokenizer/merges.txt", "unet.pt"])
    def test_a_link_that_leads_out(self, run: Run, own_model: Path, tmp_path: Path, name: str, target: str) -> None:
        shutil.copy(own_model / name, tmp_path / "outside")
        (own_model / name).unlink()
        place = tmp_path / "outside" if target == "../outside" else Path(target)
        (own_model / name).symlink_to(place)
        assert_fails(run("-m", own_model, *CAT), FAILED, name, "leads out of the model folder")

    def test_links_within_and_to_the_folder(self, run: Run, own_model: Path, tmp_path: Path) -> None:
        (own_model / "unet.pt").rename(own_model / "store")
        (own_model / "unet.pt").symlink_to("store")
        (tmp_path / "link").symlink_to("model")
        assert_done(run("-m", "./link", *CAT, "-o", "a.png"), "a.png")

    @pytest.mark.parametrize("extra", [f'"x": {MANY_KEYS}', f'"x": {DEEP}', '"x": [' + "0," * 10**6 + "0]"], ids=len)
    def test_a_description_out_of_bounds(self, run: Run, own_model: Path, extra: str) -> None:
        text = (own_model / "model.json").read_text()
        (own_model / "model.json").write_text("{" + extra + "," + text.lstrip()[1:])
        assert_fails(run("-m", own_model, *CAT), FAILED, "model.json", "more than")
        listed = run("models", "--models-dir", ".")
        assert listed.returncode == DONE
        assert "can't be used" in listed.stdout.splitlines()[0]


def png_with_text(text: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = (1).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(bytes(4))
    chunks = ((b"IHDR", head), (b"tEXt", b"deepcache-gen\0" + text), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


@pytest.mark.parametrize("text", [DEEP, MANY_KEYS, f'{{"prompt": {DEEP}}}', "x" * (20 << 20), EVIL], ids=len)
def test_a_picture_that_is_there_may_say_anything(draw: Run, tmp_path: Path, text: str) -> None:
    content = png_with_text(text.encode("latin-1", "replace"))
    (tmp_path / "a.png").write_bytes(content)
    assert_rejects(draw("-p", "a cat", "--steps", 1, "-o", "a.png", "--resume"), "a.png", "--overwrite")
    assert (tmp_path / "a.png").read_bytes() == content
