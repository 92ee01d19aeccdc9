"""The configuration file: defaults of flags, what is refused in it, and where messages and help say they come from."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from expectations import DONE, FAILED, USAGE, Run, assert_fails, assert_rejects, files_below

PLAN = ("-p", "a cat", "--plan", "--json")

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the user's configuration file and returns its path."""

    def write_file(text: str) -> Path:
        path = tmp_path / "config/deepcache-gen/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write_file


@pytest.fixture
def here(run: Run, tmp_path: Path) -> Run:
    """Runs the program as the user whose configuration `write` wrote."""

    def run_here(*arguments: object, **options: object) -> object:
        return run(*arguments, env={"HOME": str(tmp_path), "XDG_CONFIG_HOME": f"{tmp_path}/config"}, **options)

    return run_here


def test_flags_win_over_the_file_and_the_file_over_the_model(here: Run, write: Write) -> None:
    write('# mine\nsteps = 7\nsampling-method = "euler"\ncfg_scale = 3.5\ninterval = 2\nbranch = 1\n')
    plan = json.loads(here(*PLAN, "--steps", 9).stdout)
    fields = ("steps", "sampler", "interval", "branch")
    assert [plan[field] for field in fields] == [9, "euler", 2, 1]


def test_another_file_is_read_instead(here: Run, write: Write, tmp_path: Path) -> None:
    write("steps = 7\ninterval = 2\n")
    (tmp_path / "other.toml").write_text("interval = 4\n")
    plan = json.loads(here(*PLAN, "--config", "other.toml").stdout)
    assert plan["interval"] == 4 and plan["steps"] != 7
    assert json.loads(here(*PLAN, "--config", "/dev/null").stdout)["steps"] != 7


def test_without_xdg_it_is_below_home(run: Run, tmp_path: Path) -> None:
    path = tmp_path / ".config/deepcache-gen/config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("steps = 7\n")
    assert json.loads(run(*PLAN, env={"HOME": str(tmp_path)}).stdout)["steps"] == 7
    assert "Default: 7 (from ~/.config/deepcache-gen/config.toml)." in flat(
        run("--help", env={"HOME": str(tmp_path)}).stdout
    )


def test_every_command_takes_what_it_knows(here: Run, write: Write, tiny_model: Path) -> None:
    """A file may have flags of several commands; `interval` is a list for one of them."""
    write(f'model = "{tiny_model}"\ninterval = 3\nrounds = 1\nbatch-count = 4\njson = true\n')
    flags = ("-t", 1, "--steps", 4, "-W", 64, "-H", 64)
    compared = here("compare", "-p", "a cat", "--branch", 0, *flags)
    assert [each["interval"] for each in json.loads(compared.stdout)["settings"]] == [1, 3]
    assert json.loads(here("models").stdout)


@pytest.mark.parametrize(("flag", "kept"), [("-v", "quiet"), ("-q", "verbose"), ("-q", "quiet")])
def test_a_flag_wins_over_what_excludes_it(here: Run, write: Write, tiny_model: Path, flag: str, kept: str) -> None:
    write(f'{kept} = true\nmodel = "{tiny_model}"\nwidth = 64\nheight = 64\nthreads = 1\n')
    result = here("-p", "a cat", "--steps", 2, "-o", "a.png", flag)
    assert result.returncode == DONE, result.stderr
    assert ("loaded" in result.stderr) == (flag == "-v")


def test_a_switch_that_is_false_is_off(here: Run, write: Write) -> None:
    write("json = false\n")
    assert here("-p", "a cat", "--plan").stdout.splitlines()[0].startswith("scenes")


REFUSED = [
    ("stpes = 3", ["unknown key 'stpes'", "did you mean 'steps'?"]),
    ("zzzzzzzzz = 3", ["unknown key 'zzzzzzzzz'", "steps = 30"]),
    ("[mine]\nsteps = 3", ["'mine.steps'", "section"]),
    ("steps = ten", ["steps 'ten'", "whole number"]),
    ("steps = 3.5", ["steps '3.5'", "whole number"]),
    ("steps = [3, 4]", ["steps: has 2 values"]),
    ("negative-prompt = blurry grey", ["negative-prompt: has 2 values", "in quotes"]),
    ("quiet = 2", ["quiet '2'", "true or false"]),
    ('prompt = "a cat"', ["prompt", "no place"]),
    ("help = true", ["help", "no place"]),
    ('config = "other.toml"', ["config", "no place"]),
    ("steps = 3\nsteps = 4", ["steps: has 2 values", "set it once"]),
    ("interval = 3\ncache-interval = 4", ["cache-interval", "set twice"]),
    ("cfg-scale = 3\ncfg_scale = 4", ["cfg_scale", "set twice"]),
    ("quiet = true\nverbose = true", ["verbose", "quiet"]),
]


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_refused(here: Run, write: Write, tmp_path: Path, text: str, said: list[str]) -> None:
    path = write(text + "\n")
    assert_rejects(here(*PLAN), str(path), *said)
    assert files_below(tmp_path) == ["config/deepcache-gen/config.toml"]


@pytest.mark.parametrize(
    ("text", "flags", "said"),
    [
        ("steps = 5000", [], ["--steps 5000", "1 to 1000", "(steps is set in "]),
        ("width = 63", [], ["--width 63", "(width is set in "]),
        ('sampling-method = "eulr"', [], ["'eulr'", "did you mean 'euler'", "(sampling-method is set in "]),
        ('scheduler = "karas"', [], ["'karas'", "(scheduler is set in "]),
        ('device = "cpuu"', [], ["'cpuu'", "(device is set in "]),
        ("threads = 0", [], ["--threads 0", "(threads is set in "]),
        ("interval = 30", ["--steps", "4"], ["--interval 30", "(interval is set in "]),
        ('model = "scens"', [], ["'scens'", "did you mean 'scenes'", "(model is set in "]),
        ('output = "x.gif"', [], ["x.gif", "(output is set in "]),
        ("resume = true", ["--save-latents", "x.npy"], ["--resume", "(resume is set in "]),
        ("batch-size = 0\nbatch-count = 2", [], ["--batch-size 0", "(batch-size is set in "]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_value_that_is_refused_later_is_traced_to_the_file(
    here: Run, write: Write, text: str, flags: list[str], said: list[str]
) -> None:
    path = write(text + "\n")
    result = here("-p", "a cat", *flags)
    assert_rejects(result, *said, f"{path})")


def test_what_is_no_fault_of_the_file_is_not_blamed_on_it(here: Run, write: Write) -> None:
    path = write("steps = 20\nthreads = 1\n")
    for flags in (["--steps", 5000], ["--width", 63], ["--interval", 30]):
        result = here("-p", "a cat", *flags)
        assert result.returncode == USAGE and str(path) not in result.stderr, result.stderr


def test_a_line_of_a_list_is_told_from_the_file(here: Run, write: Write, tmp_path: Path) -> None:
    path = write("steps = 5000\n")
    (tmp_path / "prompts.txt").write_text("a cat\na dog --steps 3\na cow --steps 6000\n")
    lines = here("--prompts", "prompts.txt").stderr.splitlines()
    assert len(lines) == 3
    assert "prompts.txt:1" in lines[0] and f"(steps is set in {path})" in lines[0]
    assert "prompts.txt:3" in lines[1] and "--steps 6000" in lines[1] and str(path) not in lines[1]


def test_an_output_that_can_not_be_written(here: Run, write: Write) -> None:
    path = write('output = "/proc/a.png"\n')
    assert_fails(here("-p", "a cat"), FAILED, "/proc/a.png", f"(output is set in {path})")


@pytest.mark.parametrize("file", ["not-there.toml", "."])
def test_a_file_that_can_not_be_read(here: Run, file: str) -> None:
    assert_fails(here(*PLAN, "--config", file), FAILED, f"{file}: cannot be read")


def flat(page: str) -> str:
    """A page's text without its line breaks."""
    return re.sub(r"\s+", " ", page)


@pytest.mark.parametrize("page", ["--help", "--help-all"])
def test_help_says_where_defaults_come_from(here: Run, write: Write, tmp_path: Path, page: str) -> None:
    write('steps = 33\nnegative-prompt = "blurry, grey"\nquiet = true\ndevice = "cpu"\n')
    text = flat(here(page).stdout)
    shown = "(from ~/config/deepcache-gen/config.toml)."
    for flag, default in (("--steps N", "33"), ("--device NAME", "cpu"), ("-q, --quiet", "on")):
        assert re.search(rf"{re.escape(flag)} [^()]*Default: {default} {re.escape(shown)}", text), flag
    assert f"Default: 'blurry, grey' {shown}" in text
    assert "Default: auto" not in text.split("--device NAME")[1].split("--dtype")[0].split("Output")[0]
    assert re.search(r"--interval[^()]*Default: \d+ \(model scenes\)\.", text)


def test_help_shows_the_defaults_of_the_configured_model(here: Run, write: Write, tiny_model: Path) -> None:
    write(f'model = "{tiny_model}"\n')
    assert "(model tiny)." in flat(here("--help").stdout)


def test_help_of_a_command_shows_its_defaults(here: Run, write: Write) -> None:
    write("rounds = 9\nsteps = 33\nbatch-count = 2\n")
    text = flat(here("bench", "--help").stdout)
    assert "Default: 9 (from" in text and "Default: 33 (from" in text
    assert "Default: original,3/0,5/0,5/1." in text


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["completion", "bash"], ["man"]], ids=str)
def test_pages_come_also_where_the_file_is_broken(here: Run, write: Write, arguments: list[str]) -> None:
    """So that a shell starts, and help is there to mend the file."""
    write("stpes = 3\n")
    result = here(*arguments)
    assert (result.returncode, result.stderr) == (DONE, "")
