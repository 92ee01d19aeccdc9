"""--trace: a line for every UNet call, and the chart of it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from expectations import DONE, FAILED, INTERRUPTED, Run, assert_done, assert_fails, files_below
from PIL import Image

PLOT = Path(__file__).resolve().parents[2] / "scripts" / "plot_trace.py"
ASKED = ("-p", "a cat", "--steps", 5, "--interval", 2, "--branch", 1, "-s", 7)
FIELDS = [
    "pictures",
    "step",
    "timestep",
    "sigma",
    "kind",
    "branch",
    "halves",
    "milliseconds",
    "latents_movement",
    "deep_feature_movement",
]


def lines_of(path: Path) -> list[dict]:
    """The steps; every line must be whole."""
    text = path.read_text()
    assert not text or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_for_every_call_as_planned(draw: Run, tmp_path: Path) -> None:
    """pndm visits one timestep twice: more calls than steps."""
    assert_done(draw(*ASKED, "-o", "a.png", "--trace", "trace.jsonl"), "a.png")
    planned = json.loads(draw(*ASKED, "--plan", "--json").stdout)["plan"]
    traced = lines_of(tmp_path / "trace.jsonl")
    assert len(traced) == len(planned) == 6
    for number, (step, plan) in enumerate(zip(traced, planned, strict=True)):
        assert list(step) == FIELDS
        assert (step["pictures"], step["step"]) == (["a.png"], number)
        assert (step["kind"], step["timestep"]) == (plan["kind"], plan["timestep"])
        assert step["milliseconds"] > 0 and step["latents_movement"] > 0
        # Full steps are compared with the full step before.
        assert (step["deep_feature_movement"] is not None) == (step["kind"] == "full" and number > 0)


def test_batches_of_a_list(draw: Run, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("a cat\na dog\na hen --steps 2\n")
    flags = ("--sampling-method", "ddim", "--steps", 3, "--batch-size", 2, "-o", "out/", "--trace", "t.jsonl")
    for _ in range(2):  # a trace that is there is begun anew
        assert draw("--prompts", "prompts.txt", "-s", 1, *flags, "--overwrite").returncode == DONE
    steps = lines_of(tmp_path / "t.jsonl")
    assert [step["step"] for step in steps] == [0, 1, 2, 0, 1]
    assert [step["pictures"] for step in steps] == [["out/00000.png", "out/00001.png"]] * 3 + [["out/00002.png"]] * 2


def test_an_interrupted_run_keeps_whole_lines(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    words = [program, "-m", tiny_model, "-W", 64, "-H", 64, "-t", 1, "-p", "a cat", "--steps", 999]
    command = [str(word) for word in [*words, "-o", "a.png", "--trace", "trace.jsonl"]]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        trace = tmp_path / "trace.jsonl"
        while not trace.exists() or trace.stat().st_size < 2000:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    steps = lines_of(trace)
    assert 0 < len(steps) < 999
    assert [step["step"] for step in steps] == list(range(len(steps)))


@pytest.mark.parametrize("path", [".", "not-there/t.jsonl", "/proc/t.jsonl"])
def test_a_trace_that_can_not_be_written(draw: Run, tmp_path: Path, path: str) -> None:
    """Said before the work."""
    result = draw(*ASKED, "-o", "a.png", "--trace", path)
    assert_fails(result, FAILED, f"--trace '{path}'")
    assert len(result.stderr.splitlines()) == 1
    assert files_below(tmp_path) == []


def test_a_full_disk_ends_the_run(draw: Run) -> None:
    assert_fails(draw(*ASKED, "--trace", "/dev/full"), FAILED, "/dev/full", "No space left")


def plot(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(PLOT), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["chart.png", "chart.svg"])
def test_the_chart(draw: Run, tmp_path: Path, name: str) -> None:
    pytest.importorskip("matplotlib")
    assert_done(draw(*ASKED, "-b", 2, "--batch-size", 1, "-o", "a.png", "--trace", "t.jsonl"), "a_000.png", "a_001.png")
    result = plot(tmp_path / "t.jsonl", "-o", tmp_path / name)
    assert (result.returncode, result.stdout, result.stderr) == (DONE, "", "")
    if name.endswith(".png"):
        assert len(Image.open(tmp_path / name).convert("RGB").getcolors(1 << 20)) > 10
    else:
        assert "<svg" in (tmp_path / name).read_text()


@pytest.mark.parametrize("text", ["", "not JSON\n", '{"step": 0}\n', "[1]\n"], ids=repr)
def test_no_chart_of_something_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.jsonl").write_text(text)
    for trace in ("t.jsonl", "none.jsonl"):
        result = plot(tmp_path / trace, "-o", tmp_path / "chart.png")
        assert result.returncode == FAILED
        assert result.stderr.count("\n") == 1 and trace in result.stderr
        assert not (tmp_path / "chart.png").exists()
