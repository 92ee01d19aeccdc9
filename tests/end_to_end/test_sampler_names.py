"""Samplers and sigma schedules: their list, the names that others give them, and levels of the user's own."""

import json
from pathlib import Path

import pytest
from expectations import DONE, Run, assert_done, assert_rejects, files_below, warnings_of
from PIL import Image

PAGE = Path(__file__).resolve().parents[2] / "src" / "schedulers" / "README.md"
CAT = ("-p", "a cat", "-s", 7, "-o", "a.png")


def test_the_list_for_people(run: Run) -> None:
    result = run("samplers")
    assert (result.returncode, result.stderr) == (DONE, "")
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 120
    assert lines[0].split() == ["sampler", "AUTOMATIC1111", "calls", "noise", "sigma", "schedules", "diffusers"]
    names = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert {"euler_a", "dpm++2m", "tcd", "karras", "ays"} <= set(names)


def test_the_list_for_programs_is_that_of_the_version(run: Run) -> None:
    listed = json.loads(run("samplers", "--json").stdout)
    version = json.loads(run("--version", "--json").stdout)
    assert listed == {key: version[key] for key in ("samplers", "schedules")}
    by_name = {each["name"]: each for each in listed["samplers"]}
    assert (by_name["euler_a"]["noise"], by_name["euler_a"]["eta"]) == (True, 1)
    assert (by_name["euler"]["noise"], by_name["euler"]["eta"]) == (False, None)
    assert by_name["euler"]["takes_sigmas"] and not by_name["ddim"]["takes_sigmas"]


def test_the_page_has_the_list_as_it_is(run: Run) -> None:
    """If it does not: write what `deepcache-gen samplers --markdown` prints below the last heading."""
    assert PAGE.read_text().split("## The tables\n\n")[1] == run("samplers", "--markdown").stdout


def test_help_and_manual_have_the_list(run: Run) -> None:
    for arguments in (["--help-all"], ["man"]):
        text = run(*arguments).stdout
        assert "DPM++ 2M SDE" in text and "Align Your Steps" in text and "even in log sigma" in text
    assert "DPM++ 2M SDE" not in run("--help").stdout


@pytest.mark.parametrize(
    ("given", "sampler", "schedule"),
    [
        (["--sampling-method", "Euler a"], "euler_a", "discrete"),
        (["--sampling-method", "dpmpp_2m", "--scheduler", "Karras"], "dpm++2m", "karras"),
        (["--sampler", "EulerAncestralDiscreteScheduler", "--scheduler", "SGM Uniform"], "euler_a", "sgm_uniform"),
        (["--sampling-method=DPM++ 2M SDE", "--scheduler=use_exponential_sigmas"], "dpm++2m_sde", "exponential"),
    ],
    ids=str,
)
def test_names_of_other_programs(draw: Run, given: list[str], sampler: str, schedule: str) -> None:
    plan = json.loads(draw("-p", "a cat", "--steps", 4, *given, "--plan", "--json").stdout)
    assert (plan["sampler"], plan["scheduler"]) == (sampler, schedule)


def test_names_of_other_programs_in_lists_of_prompts(draw: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text('a cat --sampling-method "Euler a" --scheduler Karras\na dog --sampler dpmpp_2m\n')
    line = {"prompt": "a cat", "sampling_method": "Euler a", "scheduler": "Karras"}
    (tmp_path / "b.jsonl").write_text(json.dumps(line) + "\n")
    for name, samplers in (("a.txt", ["euler_a", "dpm++2m"]), ("b.jsonl", ["euler_a"])):
        result = draw("--prompts", name, "--steps", 4, "--plan", "--json")
        plans = [json.loads(line) for line in result.stdout.splitlines()]
        assert [plan["sampler"] for plan in plans] == samplers, result.stderr
        assert plans[0]["scheduler"] == "karras"


def test_names_of_other_programs_in_a_configuration_file(draw: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('sampling-method = "Euler a"\nscheduler = "Karras"\n')
    asked = ("--config", config, "--steps", 2, "-p", "a cat")
    plan = json.loads(draw(*asked, "--plan", "--json").stdout)
    assert (plan["sampler"], plan["scheduler"]) == ("euler_a", "karras")
    config.write_text('sampling-method = "Euler b"\n')
    assert_rejects(draw(*asked), "'Euler b'", f"(sampling-method is set in {config})")


def test_another_name_is_no_other_picture(draw: Run, tmp_path: Path) -> None:
    result = draw(*CAT, "--steps", 2, "--sampling-method", "Euler a", "--json")
    assert json.loads(result.stdout)["sampler"] == "euler_a"
    assert "Sampler: Euler a, Schedule type: Uniform," in Image.open(tmp_path / "a.png").text["parameters"]
    before = (tmp_path / "a.png").read_bytes()
    for name in ("euler_a", "euler_ancestral", "EulerAncestralDiscreteScheduler"):
        assert_done(draw(*CAT, "--steps", 2, "--sampling-method", name, "--resume"))
    assert (tmp_path / "a.png").read_bytes() == before
    assert_rejects(draw(*CAT, "--steps", 2, "--sampling-method", "Euler", "--resume"), "a.png", "--overwrite")


OWN_LEVELS = [
    (["euler_a", "--steps", 2, "--eta", 0.5], {"eta": 0.5}, "Eta: 0.5,", ["euler_a", "--steps", 2, "--eta", 0.4]),
    (
        ["euler", "--sigmas", "14.6,3,0.5,0"],
        {"sigmas": [14.6, 3, 0.5, 0], "steps": 3, "scheduler": "discrete"},
        'Sigmas: "14.6,3,0.5,0",',
        ["euler", "--sigmas", "14.6,3,0.6,0"],
    ),
    (
        ["ddim", "--timesteps", "999,500"],
        {"timesteps": [999, 500], "steps": 2, "scheduler": "discrete"},
        'Timesteps: "999,500",',
        ["ddim", "--timesteps", "999,501"],
    ),
    (
        ["euler", "--timesteps-curve", "--steps", 3],  # of the model's 50: round(50 (j / 3)^1.5) is 0, 10, 27
        {"timesteps_curve": True, "timesteps": [981, 781, 441], "steps": 3, "scheduler": "discrete"},
        'Timesteps: "981,781,441", Timesteps curve: true,',
        ["euler", "--timesteps-curve", "--steps", 4],
    ),
]


@pytest.mark.parametrize(("asked", "recorded", "text", "other"), OWN_LEVELS, ids=lambda value: str(value)[:30])
def test_own_levels_are_recorded_and_resumed(
    draw: Run, tmp_path: Path, asked: list[object], recorded: dict[str, object], text: str, other: list[object]
) -> None:
    result = draw(*CAT, "--json", "--sampling-method", *asked)
    assert result.returncode == DONE, result.stderr
    assert recorded.items() <= json.loads(result.stdout).items()
    assert text in Image.open(tmp_path / "a.png").text["parameters"]
    assert_done(draw(*CAT, "--sampling-method", *asked, "--resume"))
    for flags in ([], ["--resume"]):
        assert_rejects(draw(*CAT, "--sampling-method", *other, *flags), "a.png", "--overwrite")


def test_steps_on_the_curve_are_these_timesteps(draw: Run, tmp_path: Path) -> None:
    cached = ("--sampling-method", "ddim", "--interval", 2)
    curve = draw(*CAT, *cached, "--steps", 4, "--timesteps-curve", "--json")
    timesteps = ",".join(str(int(timestep)) for timestep in json.loads(curve.stdout)["timesteps"])
    assert_done(draw(*CAT[:4], *cached, "--timesteps", timesteps, "-o", "b.png"), "b.png")
    assert Image.open(tmp_path / "a.png").tobytes() == Image.open(tmp_path / "b.png").tobytes()


def test_a_picture_on_the_curve_is_made_again(draw: Run, tmp_path: Path) -> None:
    asked = ("--sampling-method", "dpm++2m", "--steps", 3, "--timesteps-curve")
    assert draw(*CAT, *asked, "-q").returncode == DONE
    assert draw("--from-image", "a.png", "-o", "b.png", "-q").returncode == DONE
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert_done(draw("--from-image", "b.png", "-o", "b.png", "--resume"))
    anew = json.loads(draw("--from-image", "a.png", "--steps", 2, "-o", "c.png", "--plan", "--json").stdout)
    assert (anew["timesteps_curve"], anew["steps"], anew["timesteps"]) == (True, 2, [951, 609])  # calls 0 and 18 of 50
    given = json.loads(draw("--from-image", "a.png", "--timesteps", "9,8", "-o", "c.png", "--plan", "--json").stdout)
    assert "timesteps_curve" not in given and given["timesteps"] == [9, 8]


def test_the_usual_eta_is_no_other_setting(draw: Run, tmp_path: Path) -> None:
    asked = (*CAT, "--steps", 2, "--sampling-method", "euler_a")
    record = json.loads(draw(*asked, "--eta", 1, "--json").stdout)
    assert "eta" not in record and "Eta" not in Image.open(tmp_path / "a.png").text["parameters"]
    assert_done(draw(*asked, "--resume"))


def test_without_eta_euler_a_is_euler(draw: Run, tmp_path: Path) -> None:
    for name, flags in (("a", ["euler_a", "--eta", 0]), ("b", ["euler"])):
        assert_done(
            draw("-p", "a cat", "-s", 7, "--steps", 3, "--sampling-method", *flags, "-o", f"{name}.png"), f"{name}.png"
        )
    one, other = (Image.open(tmp_path / f"{name}.png").tobytes() for name in "ab")
    assert max(abs(a - b) for a, b in zip(one, other, strict=True)) <= 1


def test_own_levels_in_lists_of_prompts(draw: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a cat --sampler euler --sigmas 9,2,0\na dog --sampler ddim --timesteps 9,9 -s 1\n")
    result = draw("--prompts", "a.txt", "-s", 1, "-o", "out/", "--json", "--skip-bad-lines")
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first.get("sigmas") or second.get("sigmas")) == [9, 2, 0]
    assert ["a.txt:2: " in warning and "--timesteps" in warning for warning in warnings_of(result)] == [True]


REJECTED = [
    (["euler_a", "--eta", "x"], ["--eta 'x'", "finite number"]),
    (["euler_a", "--eta", "nan"], ["--eta 'nan'", "finite number"]),
    (["euler_a", "--eta", "1.5"], ["--eta 1.5", "to 1"]),
    (["euler_a", "--eta=-1"], ["--eta -1", "to 1"]),
    (["euler", "--eta", "0.5"], ["--eta 0.5", "'euler'", "euler_a"]),
    (["euler", "--sigmas", "14.6,x,0"], ["--sigmas 'x'", "finite number"]),
    (["euler", "--sigmas", ""], ["--sigmas ''"]),
    (["euler", "--sigmas", "3"], ["--sigmas"]),
    (["euler", "--sigmas", "1,2,0"], ["--sigmas", "falling"]),
    (["euler", "--sigmas", "3,-1"], ["--sigmas", "falling"]),
    (["ddim", "--sigmas", "14.6,3,0"], ["'ddim'", "--sigmas", "euler"]),
    (["euler", "--sigmas", "14.6,3,0", "--scheduler", "karras"], ["--scheduler", "--sigmas", "leave one out"]),
    (["euler", "--sigmas", "14.6,3,0", "--timesteps", "9,8"], ["--sigmas", "--timesteps", "leave one out"]),
    (["euler", "--sigmas", "14.6,3,0.5,0", "--steps", "4"], ["--steps 4", "--sigmas", "3 steps"]),
    (["ddim", "--timesteps", "999,500", "--scheduler", "discrete"], ["--scheduler", "--timesteps", "leave one out"]),
    (["ddim", "--timesteps", "999,500", "--steps", "3"], ["--steps 3", "--timesteps", "2 steps"]),
    (["ddim", "--timesteps", "500,999"], ["--timesteps", "falling"]),
    (["ddim", "--timesteps", "1000,500"], ["--timesteps", "999"]),
    (["ddim", "--timesteps", "999.5,500"], ["--timesteps", "whole"]),
    (["pndm", "--timesteps", "999,500"], ["'pndm'", "--timesteps", "ddim"]),
    (["pndm", "--timesteps-curve"], ["'pndm'", "--timesteps-curve", "ddim"]),
    (["ddim", "--timesteps-curve", "--timesteps", "9,8"], ["--timesteps-curve", "--timesteps", "exclude"]),
    (["euler", "--timesteps-curve", "--sigmas", "9,8"], ["--timesteps-curve", "--sigmas", "exclude"]),
    (["euler", "--timesteps-curve", "--scheduler", "karras"], ["--timesteps-curve", "--scheduler", "exclude"]),
]


@pytest.mark.parametrize(("asked", "said"), REJECTED, ids=lambda value: " ".join(value))
def test_levels_that_are_not_accepted(draw: Run, tmp_path: Path, asked: list[str], said: list[str]) -> None:
    assert_rejects(draw("-p", "a cat", "--sampling-method", *asked), *said)
    assert files_below(tmp_path) == []
