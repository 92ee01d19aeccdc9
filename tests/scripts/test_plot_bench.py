"""scripts/plot_bench.py: what it draws of bench_cpu.py's results, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from cpu_benchmark.case import Case
from cpu_benchmark.results import PROGRAM, Measured, Results
from cpu_benchmark.tables import as_json
from plot_bench import Bar, bars_of, title

PLOT = Path(__file__).parents[2] / "scripts" / "plot_bench.py"
CASE = Case(512, 2, "bf16")
IMAGES = [
    Measured(CASE, "original", {PROGRAM: [30.0, 10.0, 20.0], "openvino": [20.0, 20.0, 21.0]}),
    Measured(CASE, "3/0", {PROGRAM: [9.0, 8.0, 8.5]}),
]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A file as bench_cpu.py writes it."""
    measured = Results("scripts/bench_cpu.py", {"processor": "some(R) CPU, avx2, amx_bf16", "threads": 2}, 20)
    measured.start_ups = [0.3]
    measured.images = IMAGES
    file = tmp_path / "speed.json"
    file.write_text(json.dumps(as_json(measured)))
    return file


def plot(*arguments: Path | str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PLOT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_bars_are_medians_slowest_first_and_the_program_last_among_equals(results: Path) -> None:
    assert bars_of(json.loads(results.read_text())["images"]) == [
        Bar("OpenVINO, no caching", 20.0, False),
        Bar("deepcache-gen, no caching", 20.0, True),
        Bar("deepcache-gen, every 3rd step full", 8.5, True),
    ]


def test_title_says_what_was_measured_on_what(results: Path) -> None:
    text = title(json.loads(results.read_text()), 512, 2, "bf16")
    assert text == "Seconds for one image, 512x512, 20 steps, with guidance, bf16\nsome CPU (amx_bf16), 2 threads"


def test_draws_the_same_file_each_time(results: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    for chart in (first, second):
        ended = plot(results, "-o", chart)
        assert (ended.returncode, ended.stderr) == (0, "")
    assert first.read_text() == second.read_text()
    assert "<svg" in first.read_text()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"images": [], "machine": {}}'])
def test_other_files_are_named_in_one_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text(text)
    ended = plot(file, "-o", tmp_path / "chart.svg")
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert str(file) in ended.stderr
    assert not (tmp_path / "chart.svg").exists()
