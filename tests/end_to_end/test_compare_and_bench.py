"""What caching changes (compare) and what it gains (bench)."""

import csv
import io
import json
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from expectations import DONE, INTERRUPTED, Run, assert_rejects, files_below, find_part
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

# Records have times to the microsecond, and what was computed of them before.
TIMES = 1e-3
SMALL = ("-t", 1, "--steps", 6, "--cfg-scale", 3)


@pytest.fixture
def compare(run: Run, tiny_model: Path) -> Run:
    def run_compare(*arguments: object) -> object:
        return run("compare", "-m", tiny_model, "-W", 64, "-H", 64, *SMALL, "-p", "a cat", "-s", 3, *arguments)

    return run_compare


def test_comparison_of_settings(compare: Run, tmp_path: Path) -> None:
    """The figures are those of the pictures that were written."""
    result = compare("--interval", "1,3", "--branch", "0,2", "--json", "-o", "out")
    assert result.returncode == DONE, result.stderr
    settings = json.loads(result.stdout)["settings"]
    assert [(each["interval"], each["branch"]) for each in settings] == [(1, 0), (3, 0), (3, 2)]
    assert [(each["full_steps"], each["cached_steps"]) for each in settings] == [(7, 0), (3, 4), (3, 4)]
    names = ["out/original.png", "out/interval3-branch0.png", "out/interval3-branch2.png"]
    assert [each["path"] for each in settings] == names
    pictures = [np.asarray(Image.open(tmp_path / name)) for name in names]
    for each, picture in zip(settings[1:], pictures[1:], strict=True):
        assert each["psnr"] == pytest.approx(peak_signal_noise_ratio(pictures[0], picture), abs=1e-4)
        expected = structural_similarity(pictures[0], picture, channel_axis=-1)
        assert each["ssim"] == pytest.approx(expected, abs=1e-4)
        assert each["speed_up"] == pytest.approx(settings[0]["seconds"] / each["seconds"], rel=TIMES)
        assert len(each["step_seconds"]) == 7
    assert (settings[0]["psnr"], settings[0]["ssim"], settings[0]["speed_up"]) == (None, 1, 1)


def test_comparison_for_people(compare: Run, draw: Run, tmp_path: Path) -> None:
    result = compare("--interval", "2", "--branch", "1")
    lines = result.stdout.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["setting", "original", "interval 2, branch 1"]
    names = ["contact-sheet.png", "interval2-branch1.png", "original.png"]
    assert files_below(tmp_path) == [f"comparison/{name}" for name in names]
    same = ["-p", "a cat", "-s", 3, *SMALL[2:], "--interval", 2, "--branch", 1, "-o", "a.png"]
    assert draw(*same).returncode == DONE
    made = (tmp_path / "comparison/interval2-branch1.png").read_bytes()
    assert made == (tmp_path / "a.png").read_bytes(), "as if made alone"


POLICIES = ("--cache-policy", "curve:full=2,guidance=held", "--cache-policy", "3/0")


def test_comparison_of_policies_and_fewer_plain_steps(compare: Run, draw: Run, tmp_path: Path) -> None:
    """Each once; the steps are as the program makes them alone, and cost about as much as what is cached."""
    same_again = ("--cache-policy", "uniform:interval=3,branch=0", "--cache-policy", "curve:full=6")
    ddim = ("--sampling-method", "ddim")
    result = compare(*ddim, *POLICIES, *same_again, "--steps-baseline", "--json", "-o", "out", "--report", "page")
    assert result.returncode == DONE, result.stderr
    settings = json.loads(result.stdout)["settings"]
    cached = ["curve, full 2, branch 0, guidance held", "interval 3, branch 0"]
    names = [each["setting"] for each in settings]
    assert names[:3] == ["original", *cached] and len(set(names)) == len(names)
    plain = settings[3:]
    assert {each["steps"] for each in plain} <= {2, 3, 4} and len(plain) in (2, 4)
    for own, curve in zip(plain[::2], plain[1::2], strict=True):
        steps = own["steps"]
        assert (own["setting"], curve["setting"]) == (f"{steps} steps", f"{steps} steps, curve")
        assert (own["timesteps_curve"], curve["timesteps_curve"], curve["steps"]) == (False, True, steps)
        assert all((each["full_steps"], each["cached_steps"]) == (steps, 0) for each in (own, curve))
        nearest = [abs(1 / each["ideal_speed_up"] - 1 / own["ideal_speed_up"]) for each in settings[1:3]]
        assert min(nearest) <= 0.5 / 6, "half of a step of six"
    assert settings[1]["cache_policy"] == "curve:full=2,branch=0,guidance=held"
    assert (settings[1]["full_calls"], settings[1]["interval"], settings[1]["branch"]) == ([0, 2], None, 0)
    pictures = [np.asarray(Image.open(tmp_path / each["path"])) for each in settings]
    for each, picture in zip(settings[1:], pictures[1:], strict=True):
        assert each["psnr"] == pytest.approx(peak_signal_noise_ratio(pictures[0], picture), abs=1e-4)
    html = (tmp_path / "page/index.html").read_text()
    assert all(name in html for name in names)
    alone = ["-p", "a cat", "-s", 3, *SMALL[2:4], "--cfg-scale", 3, *ddim, "--interval", 1, "--steps"]
    last = plain[-1]
    assert (
        draw(*alone[:4], *alone[6:-1], "--steps", last["steps"], "--timesteps-curve", "-o", "a.png").returncode == DONE
    )
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / last["path"]).read_bytes()


def test_what_can_not_be_had_of_plain_steps_is_left_out(compare: Run, tmp_path: Path) -> None:
    """Pndm follows no timesteps; and the rows of the sheet differ in length."""
    flags = ["--sampling-method", "pndm,ddim", "--interval", 3, "--branch", 0, "--steps-baseline"]
    result = compare(*flags, "--json", "-o", "out", "--report", "page")
    assert result.returncode == DONE, result.stderr
    assert re.search(r"steps, curve, for --steps-baseline, is left out: .*'pndm'", result.stderr)
    record = json.loads(result.stdout)
    lengths = [len(each["settings"]) for each in record["comparisons"]]
    assert lengths == [3, 4]
    sheet = np.asarray(Image.open(tmp_path / "out/contact-sheet.png"))
    rows = []
    for each in record["comparisons"]:
        pictures = [np.asarray(Image.open(tmp_path / setting["path"])) for setting in each["settings"]]
        places = [find_part(picture, sheet) for picture in pictures]
        rows.append({row for row, _ in places})
    assert [len(row) for row in rows] == [1, 1] and rows[0] != rows[1]


@pytest.mark.parametrize("name", ["comparison/original.png", "comparison/contact-sheet.png", "page/index.html"])
def test_comparison_replaces_nothing(compare: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text("mine")
    assert_rejects(compare("--report", "page"), name, "--overwrite")
    assert files_below(tmp_path) == [name] and (tmp_path / name).read_text() == "mine"
    assert compare("--report", "page", "--overwrite").returncode == DONE
    assert (tmp_path / name).read_bytes() != b"mine"


def test_interrupted_comparison_keeps_what_is_made(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    words = [
        "compare",
        "-m",
        tiny_model,
        "-W",
        64,
        "-H",
        64,
        "-t",
        1,
        "-p",
        "a cat",
        "-s",
        3,
        "--steps",
        600,
        "-o",
        "out",
    ]
    process = subprocess.Popen(
        [program, *map(str, words)], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    original = tmp_path / "out" / "original.png"
    end = time.monotonic() + 60
    while not original.exists() and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (INTERRUPTED, ""), stderr
    assert "out/original.png" in files_below(tmp_path)
    for name in files_below(tmp_path):
        Image.open(tmp_path / name).load()


def test_contact_sheet_shows_every_picture(compare: Run, tmp_path: Path) -> None:
    result = compare("--interval", "2,3", "--branch", "0,2", "--json", "-o", "out")
    record = json.loads(result.stdout)
    assert record["contact_sheet"] == "out/contact-sheet.png"
    with Image.open(tmp_path / "out/contact-sheet.png") as image:
        image.verify()
    sheet = np.asarray(Image.open(tmp_path / "out/contact-sheet.png"))
    assert 3 * 64 < sheet.shape[1] < 1000 and 2 * 64 < sheet.shape[0] < 600, "three columns, two rows"
    pictures = [np.asarray(Image.open(tmp_path / each["path"])) for each in record["settings"]]
    places = [find_part(picture, sheet) for picture in pictures]
    assert None not in places
    assert len({row for row, _ in places}) == 2 and places == sorted(places)
    for row, column in places:
        caption = sheet[row + 64 : row + 64 + 20, column : column + 64]
        assert caption.min() < 60 and caption.max() > 240, "dark on light"


def test_comparison_of_samplers(compare: Run, draw: Run, tmp_path: Path) -> None:
    """What caching changes is measured within each sampler, and a row of the sheet is for each."""
    flags = ["--sampling-method", "euler,Euler a", "--scheduler", "Karras"]
    result = compare(*flags, "--interval", "3", "--branch", "0", "--json", "-o", "out", "--report", "page")
    assert result.returncode == DONE, result.stderr
    record = json.loads(result.stdout)
    assert record["contact_sheet"] == "out/contact-sheet.png" and "settings" not in record
    names = [(each["sampler"], each["scheduler"]) for each in record["comparisons"]]
    assert names == [("euler", "karras"), ("euler_a", "karras")]
    sheet = np.asarray(Image.open(tmp_path / record["contact_sheet"]))
    places = []
    for name, each in zip(["euler", "euler_a"], record["comparisons"], strict=True):
        original, cached = each["settings"]
        paths = [f"out/{name}-karras/original.png", f"out/{name}-karras/interval3-branch0.png"]
        assert [original["path"], cached["path"]] == paths
        pictures = [np.asarray(Image.open(tmp_path / path)) for path in paths]
        assert cached["psnr"] == pytest.approx(peak_signal_noise_ratio(*pictures), abs=1e-4)
        assert cached["speed_up"] == pytest.approx(original["seconds"] / cached["seconds"], rel=TIMES)
        assert (original["psnr"], original["speed_up"]) == (None, 1)
        places.append([find_part(picture, sheet) for picture in pictures])
    (first, second), (third, fourth) = places
    assert first[0] == second[0] < third[0] == fourth[0], "a row for each sampler"
    assert first[1] == third[1] < second[1] == fourth[1]
    same = ["-p", "a cat", "-s", 3, *SMALL[2:], "--sampler", "euler_a", "--scheduler", "karras", "-o", "a.png"]
    assert draw(*same, "--interval", 1).returncode == DONE
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "out/euler_a-karras/original.png").read_bytes()
    assert "euler_a (karras), interval 3, branch 0" in (tmp_path / "page/index.html").read_text()


def test_comparison_of_schedules_for_people(compare: Run, tmp_path: Path) -> None:
    flags = ["--sampling-method", "dpm++2m", "--scheduler", "discrete,lu", "--interval", "3", "--branch", "0"]
    lines = [re.split(r" {2,}", line)[:2] for line in compare(*flags).stdout.splitlines()]
    settings = ["original", "interval 3, branch 0"]
    samplers = ["dpm++2m (discrete)", "dpm++2m (lu)"]
    assert lines == [["sampler", "setting"], *([sampler, each] for sampler in samplers for each in settings)]
    names = [
        f"dpm++2m-{schedule}/{name}" for schedule in ("discrete", "lu") for name in ("interval3-branch0", "original")
    ]
    assert files_below(tmp_path / "comparison") == sorted(["contact-sheet.png", *(f"{name}.png" for name in names)])


def test_a_comparison_of_one_sampler_is_as_without_a_list(compare: Run, tmp_path: Path) -> None:
    record = json.loads(compare("--sampling-method", "Euler a", "--interval", 3, "--branch", 0, "--json").stdout)
    assert record["sampler"] == "euler_a" and [each["interval"] for each in record["settings"]] == [1, 3]
    names = ["contact-sheet.png", "interval3-branch0.png", "original.png"]
    assert files_below(tmp_path) == [f"comparison/{name}" for name in names]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--sampling-method", "euler,eulr"], ["'eulr'", "did you mean 'euler'?"]),
        (["--sampling-method", "euler,"], ["''"]),
        (["--sampling-method", "euler_a,ddim,Euler a"], ["--sampling-method 'Euler a'", "euler_a", "once"]),
        (["--scheduler", "lu,karras,Lu"], ["--scheduler 'Lu'", "once"]),
        (["--sampling-method", "euler,ddim", "--scheduler", "karras"], ["'ddim'", "'karras'"]),
        (["--sampling-method", "euler_a,euler", "--eta", "0.5"], ["--eta 0.5", "'euler'"]),
    ],
    ids=str,
)
def test_comparison_of_samplers_that_do_not_go(compare: Run, tmp_path: Path, flags: list[str], said: list[str]) -> None:
    assert_rejects(compare(*flags), *said)
    assert files_below(tmp_path) == []


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--branch", "99"], "--branch 99"),
        (["--interval", "3,x"], "--interval 'x'"),
        (["-b", "2"], "--batch-count"),
        (["--cache-policy", ""], "--cache-policy ''"),
        (["--cache-policy", "curv:full=3"], "--cache-policy 'curv:full=3'"),
        (["--cache-policy", "3/0", "--cache-policy", "curve:full=99"], "--cache-policy, full 99"),
        (["--cache-policy", "99999999999/0"], "--cache-policy, interval '99999999999'"),
        (["--steps-baseline", "--timesteps", "9,8"], "--steps-baseline and --timesteps"),
        (["--steps-baseline", "--timesteps-curve"], "--steps-baseline and --timesteps-curve"),
    ],
    ids=str,
)
def test_comparison_of_what_is_not_to_be_had(compare: Run, tmp_path: Path, flags: list[str], said: str) -> None:
    assert_rejects(compare(*flags), said)
    assert files_below(tmp_path) == []


@pytest.fixture
def bench(run: Run, tiny_model: Path) -> Run:
    def run_bench(*arguments: object) -> object:
        return run("bench", "-m", tiny_model, *SMALL, "--size", "64,72", "--batch", "2,1", "--rounds", 2, *arguments)

    return run_bench


def test_bench_as_json(bench: Run) -> None:
    result = bench("--settings", "original,3/0,2/1", "--format", "json")
    assert result.returncode == DONE, result.stderr
    cells = json.loads(result.stdout)["cells"]
    expected = [
        (size, batch, setting) for size in (64, 72) for batch in (2, 1) for setting in ("original", "3/0", "2/1")
    ]
    assert [(cell["size"], cell["batch"], cell["setting"]) for cell in cells] == expected
    for cell in cells:
        assert len(cell["seconds"]) == len(cell["ratios"]) == 2 and min(cell["seconds"]) > 0
        assert cell["median_seconds"] == pytest.approx(sum(cell["seconds"]) / 2, rel=TIMES)
        original = next(c for c in cells if (c["size"], c["batch"]) == (cell["size"], cell["batch"]))
        ratios = [theirs / ours for theirs, ours in zip(original["seconds"], cell["seconds"], strict=True)]
        assert cell["ratios"] == pytest.approx(ratios, rel=TIMES)
        assert cell["ideal_ratio"] == 1 if cell["setting"] == "original" else cell["ideal_ratio"] > 1
    assert "round 2/2" in result.stderr and "left" in result.stderr


def test_bench_as_csv_and_markdown(bench: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(bench("--settings", "original,3/0", "--format", "csv").stdout)))
    assert [(row["size"], row["batch"], row["interval"]) for row in rows][:2] == [("64", "2", "1"), ("64", "2", "3")]
    assert len(rows) == 8 and all(float(row["median_seconds"]) > 0 for row in rows)
    table = [line for line in bench("-q").stdout.splitlines() if line.startswith("|")]
    assert table[0] == "| pixels | batch | original | 3/0 | 5/0 | 5/1 |"
    assert len(table) == 6 and table[2].startswith("| 64 | 2 |")


def test_bench_of_policies(bench: Run) -> None:
    specs = ["--setting", "original", "--setting", "curve:full=2,guidance=held", "--setting", "3/0"]
    result = bench(*specs, "--format", "json")
    assert result.returncode == DONE, result.stderr
    cells = json.loads(result.stdout)["cells"]
    names = ["original", "curve:full=2,guidance=held", "3/0"]
    assert [cell["setting"] for cell in cells] == names * 4
    assert [(cell["interval"], cell["branch"]) for cell in cells[:3]] == [(1, 0), (None, 0), (3, 0)]
    assert cells[0]["ideal_ratio"] == 1 and min(cells[1]["ideal_ratio"], cells[2]["ideal_ratio"]) > 1
    assert all(len(cell["ratios"]) == 2 for cell in cells)
    beside = bench("--settings", "original,2/1", *specs[2:4], "--format", "csv", "-q").stdout
    rows = list(csv.DictReader(io.StringIO(beside)))
    assert [row["setting"] for row in rows[:3]] == ["original", "2/1", names[1]]
    assert [row["interval"] for row in rows[:3]] == ["1", "2", ""]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--setting", "curve:full=9"], "--setting curve:full=9: full 9: expected 1 to 7"),
        (["--setting", "curve:ful=3"], "--setting 'curve:ful=3'"),
        (["--setting", "3/99"], "--setting 3/99: branch 99"),
        (["--setting", ""], "--setting ''"),
        (["--settings", "curve:full=3"], "--settings 'curve:full=3'"),
        (["--settings", "3/99"], "--settings 3/99: --branch 99"),
        (["--settings", "9/0"], "--interval 9"),
        (["--size", "64,63"], "--size 63"),
        (["--batch", "0"], "--batch '0'"),
        (["--rounds", "0"], "--rounds 0"),
        (["--format", "xml"], "--format 'xml'"),
    ],
    ids=str,
)
def test_bench_of_what_is_not_to_be_had(run: Run, tiny_model: Path, flags: list[str], said: str) -> None:
    assert_rejects(run("bench", "-m", tiny_model, *SMALL, *flags), said)
