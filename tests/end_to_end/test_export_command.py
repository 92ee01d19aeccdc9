"""`deepcache-gen export`, and what is said and done where -m names what no model has been made of yet."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from expectations import DONE, FAILED, INTERRUPTED, USAGE, Result, assert_done, assert_fails, assert_rejects
from terminals import answered_on_terminal

CAT = ("-p", "a cat", "-W", "64", "-H", "64", "--steps", "1", "-t", "1", "-q")
ODD_NAMES = ['it\'s a "model"', "$(touch gone)", "a\nb", "a;b & c", "*", "-x", "ünicode"]

# Stands in for the exporter: writes down what it is called with, and copies a model that is there.
EXPORTER = """
import json, os, pathlib, shutil, sys, time
here = pathlib.Path(__file__).parent
with open(here / "calls", "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
print("this is no result")
print("exporting", file=sys.stderr)
if sys.stdin.read():
    sys.exit(9)
if (here / "waits").exists():
    (here / "waits").rename(here / "waiting")
    time.sleep(60)
if (here / "fails").exists():
    sys.exit(int((here / "fails").read_text()))
flags = dict(word[2:].partition("=")[::2] for word in sys.argv[1:])
output = pathlib.Path(flags["output"])
shutil.copytree(here / "model", output)
description = json.loads((output / "model.json").read_text())
description["exporter"] |= {"source_identity": flags["source-identity"]}
(output / "model.json").write_text(json.dumps(description))
"""


class Tree:
    """An installed program whose exporter is the stand-in, a folder to work in, and a user's data folder."""

    def __init__(self, folder: Path, program: Path, model: Path) -> None:
        self.here, self.data = folder / "here", folder / "data"
        self.bin, self.scripts = folder / "in stalled/bin", folder / "in stalled/share/deepcache-gen/scripts"
        for each in (self.here, self.bin, self.scripts):
            each.mkdir(parents=True)
        self.program = self.bin / "deepcache-gen"
        shutil.copy(program, self.program)
        (self.scripts / "export_model.py").write_text(EXPORTER)
        (self.scripts / "model").symlink_to(model)
        (self.here / "old.ckpt").write_bytes(b"pickled")
        self.environment = {
            "XDG_DATA_HOME": str(self.data),
            "PATH": f"{self.bin}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        }

    def run(self, *arguments: str, **environment: str) -> Result:
        settings = {"cwd": self.here, "capture_output": True, "text": True, "timeout": 120, "check": False}
        variables = os.environ | self.environment | environment
        return subprocess.run([self.program, *arguments], stdin=subprocess.DEVNULL, env=variables, **settings)

    def calls(self) -> list[dict[str, str]]:
        """What the exporter was called with, flag by flag."""
        file = self.scripts / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        return [dict(word.partition("=")[::2] for word in json.loads(line)) for line in lines]

    def models(self) -> list[str]:
        folder = self.data / "deepcache-gen/models"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def tree(tmp_path: Path, program: Path, tiny_model: Path) -> Tree:
    return Tree(tmp_path, program, tiny_model)


def offered(message: str) -> str:
    """The command that a message offers."""
    return re.search(r"made once: (.*); then -m ", message)[1]


def test_export_makes_a_model_that_has_a_name(tree: Tree) -> None:
    assert tree.run("export", "old.ckpt", "--dtype", "fp16", "--no-verify").returncode == DONE
    (call,) = tree.calls()
    assert call["--output"] == str(tree.data / "deepcache-gen/models/old")
    assert (call["--source"], call["--dtype"], call["--no-verify"]) == ("old.ckpt", "float16", "")
    assert "old" in tree.run("models").stdout
    assert_done(tree.run("-m", "old", *CAT, "-o", "cat.png"), "cat.png")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_the_offered_command_is_whole_whatever_the_file_is_called(tree: Tree, name: str) -> None:
    """It is what a shell takes for the same file, and its name is refused only where no folder can be called so."""
    (tree.here / "old.ckpt").rename(tree.here / f"{name}.ckpt")
    result = tree.run(f"--model={name}.ckpt", *CAT)
    assert_fails(result, FAILED, "is a checkpoint", "--auto-export")
    command = ["bash", "-c", offered(result.stderr)]
    settings = {"cwd": tree.here, "env": os.environ | tree.environment, "capture_output": True, "text": True}
    exported = subprocess.run(command, check=False, timeout=120, **settings)
    if name in ("a\nb", "-x"):
        assert_fails(exported, USAGE, "the model's name", "export SOURCE NAME")
        assert tree.calls() == [] and tree.models() == []
    else:
        assert exported.returncode == DONE, exported.stderr
        assert (tree.here / tree.calls()[0]["--source"]).name == f"{name}.ckpt"
        assert tree.models() == [name]
    assert not (tree.here / "gone").exists()


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".", "..", "a\nb"])
def test_a_name_is_no_path(tree: Tree, name: str) -> None:
    assert_rejects(tree.run("export", "old.ckpt", name or "."), "the model's name")
    assert tree.calls() == []


def test_an_exporters_exit_status_is_the_commands(tree: Tree) -> None:
    for status in (1, 2, 130):
        (tree.scripts / "fails").write_text(str(status))
        assert tree.run("export", "old.ckpt").returncode == status


def test_another_models_name_is_not_taken(tree: Tree) -> None:
    assert tree.run("export", "old.ckpt", "mine").returncode == DONE
    places = str(tree.here / "models")
    (tree.here / "models").mkdir()
    assert_rejects(
        tree.run("export", "old.ckpt", "mine", DEEPCACHE_GEN_MODELS=places), "there is a model 'mine' already"
    )
    assert tree.run("export", "old.ckpt", "other", DEEPCACHE_GEN_MODELS=places).returncode == DONE
    assert (tree.here / "models/other/model.json").is_file()


def test_a_diffusers_folder_and_a_hub_id_are_named(tree: Tree) -> None:
    (tree.here / "sd 15").mkdir()
    (tree.here / "sd 15/model_index.json").write_text("{}")
    assert_fails(tree.run("-m", "sd 15", *CAT), FAILED, "diffusers folder", "export 'sd 15'; then -m 'sd 15' works")
    assert_fails(tree.run("-m", "owner/model", *CAT), FAILED, "hub id", "export owner/model; then -m model works")
    assert_fails(tree.run("inspect", "owner/model"), FAILED, "hub id")
    (tree.here / "owner").mkdir()
    assert_fails(tree.run("-m", "owner/model", *CAT), FAILED, "owner/model", "there is no such folder")


def test_a_truncated_file_is_named_before_anything_is_done(tree: Tree) -> None:
    (tree.here / "cut.safetensors").write_bytes((10**6).to_bytes(8, "little") + b'{"a"')
    assert_fails(tree.run("-m", "cut.safetensors", "--auto-export", *CAT), FAILED, "cut.safetensors")
    assert tree.calls() == []


def test_auto_export_goes_on_with_the_picture_and_exports_once(tree: Tree) -> None:
    asked = ("-m", "old.ckpt", "--auto-export", *CAT)
    assert_done(tree.run(*asked, "-o", "1.png"), "1.png")
    assert_done(tree.run(*asked, "-o", "2.png"), "2.png")
    assert_fails(tree.run("-m", "old.ckpt", *CAT), FAILED, "was exported before: give the model's name, old")
    assert len(tree.calls()) == 1
    (tree.here / "old.ckpt").write_bytes(b"another")
    assert_done(tree.run(*asked, "-o", "3.png"), "3.png")
    assert tree.models() == ["old", "old-2"]


def test_auto_export_is_of_no_effect_on_models_and_pages(tree: Tree) -> None:
    assert tree.run("-m", "old.ckpt", "--auto-export", "--help").returncode == DONE
    assert_fails(tree.run("-m", "old.ckpt", "--auto-export", *CAT[:-1], "--plan"), FAILED, "is a checkpoint")
    assert_rejects(tree.run("-m", "gone", "--auto-export", *CAT), "unknown model 'gone'")
    assert tree.calls() == []


def test_a_failed_export_ends_the_run(tree: Tree) -> None:
    (tree.scripts / "fails").write_text("1")
    assert_fails(tree.run("-m", "old.ckpt", "--auto-export", *CAT), FAILED, "the export failed")
    (tree.scripts / "fails").write_text("130")
    assert tree.run("-m", "old.ckpt", "--auto-export", *CAT).returncode == INTERRUPTED


def test_ctrl_c_ends_the_exporter_too(tree: Tree) -> None:
    (tree.scripts / "waits").touch()
    command = [tree.program, "-m", "old.ckpt", "--auto-export", *CAT]
    settings = {"cwd": tree.here, "env": os.environ | tree.environment, "start_new_session": True}
    with subprocess.Popen(command, stderr=subprocess.PIPE, **settings) as process:
        while not (tree.scripts / "waiting").exists():
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED


@pytest.mark.parametrize(("answer", "made"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_at_a_terminal_it_is_asked(tree: Tree, answer: str, made: bool) -> None:
    command = [str(tree.program), "-m", "old.ckpt", *CAT[:-1], "-o", "cat.png"]
    result, shown = answered_on_terminal(command, tree.here, answer, **tree.environment)
    assert "'old.ckpt' is a checkpoint; make a model of it in" in shown
    assert (result.returncode, tree.models()) == ((DONE, ["old"]) if made else (FAILED, [])), shown
    assert result.stdout == ("cat.png\n" if made else "")


def test_without_an_exporter_it_is_said(tree: Tree) -> None:
    (tree.scripts / "export_model.py").unlink()
    assert_fails(
        tree.run("-m", "old.ckpt", *CAT), FAILED, "is a checkpoint", "there is no exporter beside this program"
    )
    assert_fails(tree.run("export", "old.ckpt"), FAILED, "there is no exporter beside this program", "copy")
    empty = tree.here / "empty"
    empty.mkdir()
    (tree.scripts / "export_model.py").write_text(EXPORTER)
    assert_fails(tree.run("export", "old.ckpt", PATH=str(empty)), FAILED, "python3 can't be started")


def test_flags_are_those_of_the_exporter(tree: Tree) -> None:
    script = Path(__file__).resolve().parents[2] / "scripts/export_model.py"
    usage = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=True).stdout
    theirs = set(re.findall(r"^  (--[a-z-]+)", usage, re.MULTILINE))
    page = tree.run("export", "--help").stdout
    ours = set(re.findall(r"(--[a-z-]+)", page.partition("\nExport\n")[2].partition("\n\n")[0]))
    # What the command itself says; of a control net the exporter sees that it is one.
    given = {"--source", "--controlnet", "--output", "--name", "--source-identity"}
    assert theirs - given == ours - {"--sampling-method"}


def test_the_real_exporter_makes_a_model_of_a_diffusers_folder(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    source = tiny_model.with_name("tiny-diffusers")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [program, "-m", source, "--auto-export", "--models-dir", tmp_path, *CAT, "-o", "cat.png"]
    settings = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True, "timeout": 300}
    result = subprocess.run(command, check=False, **settings)
    assert_done(result, "cat.png")
    description = json.loads((tmp_path / "tiny-diffusers/model.json").read_text())
    assert description["exporter"]["source"] == "tiny-diffusers"
    again = subprocess.run([*command[:-1], "again.png"], check=False, **settings)
    assert_done(again, "again.png")
    assert "exported" not in again.stderr
