"""Completion as a user of bash, zsh or fish meets it: Tab is pressed in the real shell."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from shells import Shell, open_shell, why_not

SHELLS = ("bash", "zsh", "fish")


@pytest.fixture(scope="module")
def environment(program: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The program is on $PATH; beside the embedded model are others: one with a space in its name, one that can't be
    used, and one whose name is a command."""
    folder = tmp_path_factory.mktemp("environment")
    embedded = Path(__file__).resolve().parents[2] / "models" / "scenes"
    if not (embedded / "model.json").is_file():
        pytest.skip("models/scenes holds no model yet")
    for name in ("bin", "models", "models/broken", "home"):
        (folder / name).mkdir()
    (folder / "bin/deepcache-gen").symlink_to(program)
    (folder / "models/broken/model.json").write_text("{}")
    for name in ("my model", "winter", "$(touch owned)"):
        (folder / "models" / name).symlink_to(embedded)
    settings = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "DEEPCACHE_GEN_MODELS": f"{folder}/models"}
    return os.environ | settings | {"HOME": f"{folder}/home", "HISTFILE": "/dev/null", "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def scripts(program: Path) -> dict[str, str]:
    """What `completion SHELL` prints."""
    command = [program, "completion"]
    return {name: subprocess.run([*command, name], capture_output=True, text=True).stdout for name in SHELLS}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files and folders to complete."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "list of prompts.txt").write_text("a cat\n")
    (folder / "result.txt").write_text("")
    (folder / "results").mkdir()
    return folder


@pytest.fixture(scope="module", params=SHELLS)
def shell(
    request: pytest.FixtureRequest, environment: dict[str, str], scripts: dict[str, str], work: Path
) -> Iterator[Shell]:
    if reason := why_not(request.param):
        pytest.skip(reason)
    shell = open_shell(request.param, scripts, environment, work)
    yield shell
    shell.close()


COMPLETED = [
    ("--sampling-m", "--sampling-method"),
    ("compl", "completion"),
    ("--sampling-method dpm++3", "dpm++3m"),
    ("--sampling-method=dpm++3", "--sampling-method=dpm++3m"),
    ("compare --sampling-method dpm++3", "dpm++3m"),
    ("--device cp", "cpu"),
    ("compare --inter", "--interval"),
    ("-q compare --inter", "--interval"),
    ("bench --format m", "markdown"),
    ("completion z", "zsh"),
    ("-m win", "winter"),
    ("compare --model win", "winter"),
    ("inspect win", "winter"),
    ("-m 'my", "my model"),
    ("-m my\\ m", "my model"),
    ("-m ./res", "./results/"),
    ("--prompts list", "list of prompts.txt"),
    ("compare -o res", "results/"),
    ("--models-dir res", "results/"),
]


@pytest.mark.parametrize(("typed", "word"), COMPLETED, ids=lambda text: text)
def test_one_completion(shell: Shell, typed: str, word: str) -> None:
    # zsh takes the slash away again when something else follows.
    assert shell.completed(typed).rstrip("/") == word.rstrip("/")


def test_the_value_of_a_flag_is_no_command(shell: Shell) -> None:
    """A prompt may say `bench`; the flags are those for making pictures all the same."""
    assert shell.completed("-p bench --batch-c") == "--batch-count"


OFFERED = [
    ("--sampling-method eu", ["euler", "euler_a"], []),
    ("comp", ["compare", "completion"], ["bench"]),
    ("models --", ["--json", "--models-dir"], ["--steps"]),
    ("bench --s", ["--size", "--settings", "--steps"], ["--seed"]),
    ("-o res", ["result.txt", "results/"], ["list"]),
    ("--models-dir ", ["results"], ["result.txt"]),
]


@pytest.mark.parametrize(("typed", "expected", "others"), OFFERED, ids=str)
def test_several_completions(shell: Shell, typed: str, expected: list[str], others: list[str]) -> None:
    offered = shell.offered(typed, expected)
    assert all(text in offered for text in expected), offered
    assert not [text for text in others if text in offered]


def test_models_that_can_be_used_are_offered_and_no_name_is_run(shell: Shell, work: Path) -> None:
    offered = shell.offered("-m ", ["scenes", "model", "owned"])
    assert "broken" not in offered
    assert not (work / "owned").exists()


def test_a_sourced_script_works_in_zsh(scripts: dict[str, str], environment: dict[str, str], tmp_path: Path) -> None:
    """As `source <(deepcache-gen completion zsh)` in .zshrc."""
    if reason := why_not("zsh"):
        pytest.skip(reason)
    commands = "autoload -Uz compinit; compinit -u -D; source ./script; print $_comps[deepcache-gen]"
    (tmp_path / "script").write_text(scripts["zsh"])
    result = subprocess.run(
        ["zsh", "-f", "-c", commands], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (result.stdout, result.stderr) == ("_deepcache-gen\n", "")


@pytest.mark.parametrize("name", SHELLS)
def test_the_shell_finds_no_fault_in_the_script(name: str, scripts: dict[str, str], tmp_path: Path) -> None:
    if reason := why_not(name):
        pytest.skip(reason)
    (tmp_path / "script").write_text(scripts[name])
    result = subprocess.run([name, "-n", tmp_path / "script"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
