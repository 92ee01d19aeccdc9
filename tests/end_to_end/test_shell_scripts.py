"""The program as a part of shell scripts: pipes, xargs, pipefail, loops."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from expectations import DONE, ERROR, FAILED, USAGE, files_below
from PIL import Image

Shell = object


@pytest.fixture
def bash(program: Path, tiny_model: Path, tmp_path: Path) -> Shell:
    """Runs a bash script in which `gen` is the program on a small model."""
    (tmp_path / "bin").mkdir()
    small = f"-m '{tiny_model}' -W 64 -H 64 -t 1 --steps 2"
    (tmp_path / "bin/gen").write_text(f"#!/bin/sh\nexec '{program}' {small} \"$@\"\n")
    (tmp_path / "bin/gen").chmod(0o755)
    (tmp_path / "work").mkdir()

    def run(script: str, **options: object) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
        settings = {"cwd": tmp_path / "work", "env": environment, "capture_output": True, "text": True, "timeout": 120}
        return subprocess.run(["bash", "-c", script], check=False, **settings | options)

    return run


def test_a_careful_script_runs_to_its_end(bash: Shell, tmp_path: Path) -> None:
    script = """
        set -euo pipefail
        picture=$(gen -p 'a cat' -s 1 -o cat.png)
        [[ -s $picture ]]
        gen -p 'a dog' -s 2 -o dog.png --json | tee record.json | wc -l
        echo "end"
    """
    result = bash(script)
    assert (result.returncode, result.stdout.split()) == (DONE, ["1", "end"]), result.stderr
    assert json.loads((tmp_path / "work/record.json").read_text())["path"] == "dog.png"


def test_a_careful_script_stops_at_a_failure(bash: Shell) -> None:
    for flags, code in (("--steps 0", USAGE), ("-o /proc/x.png", FAILED)):
        result = bash(f"set -euo pipefail; gen -p x {flags} | cat; echo not reached")
        assert (result.returncode, result.stdout) == (code, "")


def test_xargs_in_parallel(bash: Shell, tmp_path: Path) -> None:
    """Two at a time, with one log; nobody gets in another's way."""
    script = """
        for i in 1 2 3 4; do printf '%s\\0' "cat number $i"; done |
            xargs -0 -P 2 -I {} gen -p {} -s 3 -o {}.png --log-file all.log -q | sort
    """
    result = bash(script)
    names = [f"cat number {i}.png" for i in range(1, 5)]
    assert (result.returncode, result.stdout.splitlines(), result.stderr) == (DONE, names, "")
    assert files_below(tmp_path / "work") == ["all.log", *names]
    log = (tmp_path / "work/all.log").read_text().splitlines()
    assert sum(line.endswith(" end done") for line in log) == 4


def test_prompts_from_a_pipe_to_a_pipe(bash: Shell, tmp_path: Path) -> None:
    script = """
        set -o pipefail
        printf 'a cat\\na dog\\n' | gen --prompts - -s 1 -o out/ 2>messages |
            while IFS= read -r path; do cp "$path" "copy of ${path#out/}"; done
    """
    result = bash(script)
    assert (result.returncode, result.stderr) == (DONE, "")
    for name in ("copy of 00000.png", "copy of 00001.png"):
        assert Image.open(tmp_path / "work" / name).size == (64, 64)


def test_a_reader_that_has_seen_enough(bash: Shell, tmp_path: Path) -> None:
    """`| head -1` ends the run with one line and leaves whole pictures."""
    result = bash("gen -p 'a cat' -b 100 --batch-size 1 -o %d.png 2>messages | head -1; echo ${PIPESTATUS[0]}")
    assert result.stdout.split() == ["0.png", str(FAILED)]
    last = (tmp_path / "work/messages").read_text().splitlines()[-1]
    assert last.startswith(f"{ERROR}standard output: ")
    pictures = [name for name in files_below(tmp_path / "work") if name != "messages"]
    assert 1 <= len(pictures) < 100
    assert all(Image.open(tmp_path / "work" / name).load() for name in pictures)


def test_messages_can_be_thrown_away(bash: Shell) -> None:
    result = bash("gen -p 'a cat' -o a.png -v 2>/dev/null")
    assert (result.returncode, result.stdout, result.stderr) == (DONE, "a.png\n", "")


def test_words_of_any_kind_in_a_prompt(bash: Shell, tmp_path: Path) -> None:
    prompt = 'it\'s "a" $HOME `x` \\ * ? [b] {c} ~ & ; | < > # ! %d\ttab ünï'
    result = bash(
        'gen -p "$PROMPT" -o "$PROMPT2.png" --json',
        env=os.environ
        | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "PROMPT": prompt, "PROMPT2": "it's $x * 100%%"},
    )
    assert result.returncode == DONE, result.stderr
    record = json.loads(result.stdout)
    assert (record["prompt"], record["path"]) == (prompt, "it's $x * 100%.png")
    assert Image.open(tmp_path / "work" / record["path"]).text["parameters"].startswith(prompt + "\n")
