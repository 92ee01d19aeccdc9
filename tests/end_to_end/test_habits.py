"""What people and their tools take for granted: messages, colours, narrow terminals, log files, versions, man."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from expectations import DONE, FAILED, Run, assert_done, assert_fails, files_below
from terminals import shown_on_terminal

CAT = ("-p", "a cat", "--steps", 4, "-s", 7)
SECONDS = r"\d+\.\d\d s"
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} (error|warning|note|detail|end) .+")


def command(program: Path, model: Path, *arguments: object) -> list[str]:
    small = ("-W", 64, "-H", 64, "-t", 1)
    return [str(word) for word in (program, "-m", model, *small, *CAT, *arguments)]


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"CLICOLOR_FORCE": "1"}], ids=str)
def test_no_colours(program: Path, tiny_model: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    """The bar moves the cursor and deletes lines, and nothing else."""
    words = command(program, tiny_model, "-o", "a.png", "-n", "x", "--cfg-scale", 1)
    result, shown = shown_on_terminal(words, tmp_path, **environment)
    assert (result.returncode, result.stdout) == (DONE, "a.png\n")
    assert "warning" in shown
    assert set(re.findall(r"\x1b\[[\d;?]*[A-Za-z]", shown)) == {"\x1b[K"}


@pytest.mark.parametrize("columns", [40, 20, 132])
def test_progress_fits_the_terminal(program: Path, tiny_model: Path, tmp_path: Path, columns: int) -> None:
    words = command(program, tiny_model, "-b", 3, "--batch-size", 2, "--interval", 2, "--branch", 0)
    result, shown = shown_on_terminal(words, tmp_path, columns=columns)
    assert result.returncode == DONE
    bars = [bar for bar in re.findall(r"\r\x1b\[K([^\r\n]*)", shown) if re.search(r"\d/\d", bar)]
    assert bars and max(len(bar) for bar in bars) < columns
    # The terminal is left as a line begins, with no bar on it.
    assert shown.endswith(("\r\x1b[K", "\n"))


def test_a_dumb_terminal_gets_lines(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    result, shown = shown_on_terminal(command(program, tiny_model), tmp_path, TERM="dumb")
    assert result.returncode == DONE
    assert "\x1b" not in shown and "step 5/5" in shown
    assert "\r" not in shown.replace("\r\n", "\n")


def test_a_log_of_a_long_list_has_a_line_a_batch(draw: Run, tmp_path: Path) -> None:
    """As in a CI log: no carriage returns, no escapes, and not a line a step."""
    (tmp_path / "prompts.txt").write_text("a cat\n" * 6)
    result = draw(*CAT, "--prompts", "prompts.txt", "--batch-size", 2, "-o", "out/")
    assert result.returncode == 2, "--prompt and --prompts"
    result = draw(*CAT[2:], "--prompts", "prompts.txt", "--batch-size", 2, "-o", "out/", env={"CI": "true"})
    assert result.returncode == DONE
    assert not set("\r\x1b") & set(result.stderr)
    assert len(re.findall("step 5/5", result.stderr)) == 3 == result.stderr.count(": step ")


def test_quiet_says_nothing(draw: Run) -> None:
    result = draw(*CAT, "-b", 2, "-o", "a.png", "-q")
    assert_done(result, "a_000.png", "a_001.png")
    assert result.stderr == ""


def test_verbose_says_where_time_goes(draw: Run, tmp_path: Path) -> None:
    """Stages of every image, and totals that fit them."""
    (tmp_path / "prompts.txt").write_text("a cat\na dog\na hen\n")
    result = draw(*CAT[2:], "--prompts", "prompts.txt", "--batch-size", 1, "-o", "out/", "-v", "--json")
    stages = rf"prompts\.txt:\d, seed 7: text {SECONDS}, denoise {SECONDS} \(.*\), decode {SECONDS}"
    assert len(re.findall(stages, result.stderr)) == 3
    assert re.search(rf"loaded .* in {SECONDS}, runs on cpu in \w+, \d+ CPU threads?, \w", result.stderr)
    last = result.stderr.splitlines()[-1]
    total, each, load = re.fullmatch(r"3 images in (\S+) s, (\S+) s each; load (\S+) s", last).groups()
    records = [json.loads(line)["timing"] for line in result.stdout.splitlines()]
    made = sum(timing["text"] + timing["denoise"] + timing["decode"] for timing in records)
    assert float(total) >= made - 0.01
    assert float(each) == pytest.approx(float(total) / 3, abs=0.01)
    assert float(load) == pytest.approx(records[0]["load"], abs=0.01)


def test_totals_are_for_several_images(draw: Run) -> None:
    assert "each; load" not in draw(*CAT, "-o", "a.png", "-v").stderr
    assert "each; load" not in draw(*CAT, "-b", 2, "-o", "b.png").stderr


def test_log_file_has_what_stderr_has_and_more(draw: Run, tmp_path: Path) -> None:
    asked = (*CAT, "-n", "x", "--cfg-scale", 1, "--overwrite", "-o", "a.png")
    loud = draw(*asked, "-v", "--log-file", "run.log")
    assert loud.returncode == DONE
    log = (tmp_path / "run.log").read_text()
    lines = log.splitlines()
    assert all(LOG_LINE.fullmatch(line) for line in lines), log
    texts = [line.split(" ", 2)[2] for line in lines]
    said = [line for line in loud.stderr.splitlines() if ": step " not in line]
    assert [line.removeprefix("deepcache-gen: warning: ") for line in said] == texts[:-1]
    assert lines[-1].endswith(" end done")

    quiet = draw(*asked, "-q", "--log-file", "run.log")
    assert quiet.returncode == DONE
    again = (tmp_path / "run.log").read_text()
    assert again.startswith(log), "appended to"
    assert len(again.splitlines()) == 2 * len(lines), "as much of a quiet run"


ENDS = [
    ((*CAT, "--width", 63), "--width 63"),
    ((*CAT, "-o", "/proc/a.png"), "/proc/a.png"),
    (("compare", *CAT, "--interval", 9), "--interval 9"),
    (("bench", "--rounds", 0), "--rounds 0"),
    ((*CAT, "--plan"), "done"),
]


@pytest.mark.parametrize(("arguments", "said"), ENDS, ids=str)
def test_log_file_has_how_a_run_ended(run: Run, tmp_path: Path, arguments: tuple, said: str) -> None:
    result = run(*arguments, "--log-file", "run.log")
    assert (result.returncode == DONE) == (said == "done")
    assert said in (tmp_path / "run.log").read_text().splitlines()[-1].split(" end ", 1)[1]


@pytest.mark.parametrize("command", [(), ("compare",), ("bench",)], ids=str)
@pytest.mark.parametrize("path", ["not-there/run.log", ".", "/proc/run.log"])
def test_log_file_that_can_not_be_written(run: Run, tmp_path: Path, command: tuple[str, ...], path: str) -> None:
    """Said before the work."""
    asked = ("--steps", 1) if command == ("bench",) else CAT
    result = run(*command, *asked, "--log-file", path)
    assert_fails(result, FAILED, f"--log-file '{path}'")
    assert len(result.stderr.splitlines()) == 1
    assert files_below(tmp_path) == []


def test_versions(run: Run) -> None:
    """Those of the LibTorch that the program was built with: the one of the environment."""
    import torch

    result = run("--version", "--json")
    assert (result.returncode, result.stderr) == (DONE, "")
    facts = json.loads(result.stdout)
    assert f"deepcache-gen {facts['version']}\n" == run("--version").stdout
    assert facts["libtorch"] == torch.__version__.split("+")[0]
    if facts["cuda"] != "not installed":
        assert facts["cuda"] == torch.version.cuda
    if facts["cudnn"] != "not installed":
        major, minor, patch = map(int, facts["cudnn"].split("."))
        assert 10_000 * major + 100 * minor + patch == torch.backends.cudnn.version()
    assert facts["cpu_kernels"] == torch.backends.cpu.get_cpu_capability()
    assert facts["cpu_dtype"] in ("bf16", "fp32")
    assert int(facts["physical_cores"]) >= 1


MAN_TOOLS = [
    ["man", "--warnings", "-l", "PAGE"],
    ["groff", "-ww", "-man", "-Tutf8", "PAGE"],
    ["mandoc", "-T", "lint", "-W", "warning", "PAGE"],
]


@pytest.mark.parametrize("tool", MAN_TOOLS, ids=lambda tool: tool[0])
def test_manual_page_is_well_formed(run: Run, tmp_path: Path, tool: list[str]) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    page = tmp_path / "deepcache-gen.1"
    page.write_text(run("man").stdout)
    words = [word.replace("PAGE", str(page)) for word in tool]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    found = [line for line in (result.stderr + (result.stdout if tool[0] == "mandoc" else "")).splitlines() if line]
    # The page has no date: it is made from the program, and a date would make each build another one.
    assert [line for line in found if "missing date" not in line] == []
    if tool[0] != "mandoc":
        text = re.sub(r"\x1b\[[\d;]*m|.\x08", "", result.stdout)
        assert "~/.config/deepcache-gen/config.toml" in text
        assert "--sampling-method, --sampler NAME" in text
