"""--cache-policy as a user meets it: records, pictures made again, lists, configuration, what it excludes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from expectations import Run, assert_done, assert_fails, assert_rejects, warnings_of
from PIL import Image

CAT = ("-p", "a cat", "--sampling-method", "ddim", "--steps", 8, "-s", 7, "--dtype", "fp32")
POLICIES = [
    "curve:full=3",
    "curve:full=3,branch=2,guidance=held",
    "window:first=2,every=3,guidance=held",
    "centre:full=3,centre=2,power=1.4",
    "steps:full=0+1+5",
    "uniform:interval=3,guidance=held",
    "range:interval=3,start=0.5,guidance=held",
    "curve:full=3,extrapolate=0.3",
    "curve:full=3,reuse=denoised,extrapolate=0.5",
]


def settings(file: Path) -> dict:
    return json.loads(Image.open(file).info["deepcache-gen"])


@pytest.mark.parametrize("policy", POLICIES)
def test_a_picture_says_what_it_came_to_and_is_made_again(
    draw: Run, run: Run, tiny_model: Path, tmp_path: Path, policy: str
) -> None:
    made = draw(*CAT, "--cache-policy", policy, "-o", "a.png", "--json")
    assert made.returncode == 0, made.stderr
    record = json.loads(made.stdout)
    assert record["cache_policy"].startswith(policy.split(",")[0])
    assert record["full_calls"][0] == 0
    assert len(record["full_calls"]) == record["full_steps"]
    assert settings(tmp_path / "a.png")["full_calls"] == record["full_calls"]
    assert "DeepCache policy: " in Image.open(tmp_path / "a.png").text["parameters"]
    again = run("-m", tiny_model, "-t", 1, "--dtype", "fp32", "--from-image", "a.png", "-o", "b.png")
    assert_done(again, "b.png")
    assert warnings_of(again) == []
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_passes_have_their_own_calls_and_are_made_again(draw: Run, run: Run, tiny_model: Path, tmp_path: Path) -> None:
    hires = ("--hires-scale", 1.5, "--hires-strength", 0.5)
    assert_done(draw(*CAT, *hires, "--cache-policy", "curve:full=3", "-o", "a.png"), "a.png")
    first, second = settings(tmp_path / "a.png")["full_calls"]
    assert (first[0], second[0]) == (0, 0)
    again = run("-m", tiny_model, "-t", 1, "--dtype", "fp32", "--from-image", "a.png", "-o", "b.png")
    assert_done(again, "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_text_alone_makes_it_again_too(draw: Run, run: Run, tiny_model: Path, tmp_path: Path) -> None:
    """What other programs leave of a picture's texts."""
    assert_done(draw(*CAT, "--cache-policy", "steps:full=0+1+5,guidance=held", "-o", "a.png"), "a.png")
    picture = Image.open(tmp_path / "a.png")
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("parameters", picture.text["parameters"])
    picture.save(tmp_path / "text.png", pnginfo=info)
    again = run("-m", tiny_model, "-t", 1, "--dtype", "fp32", "--from-image", "text.png", "-o", "b.png")
    assert_done(again, "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_calls_that_were_placed_stay_where_they_are(draw: Run, run: Run, tiny_model: Path, tmp_path: Path) -> None:
    """Whatever the policy would choose now: a record of a curve that lay elsewhere."""
    assert_done(draw(*CAT, "--cache-policy", "curve:full=3,at=0+4+5", "-o", "a.png"), "a.png")
    said = settings(tmp_path / "a.png")
    assert (said["cache_policy"], said["full_calls"]) == ("curve:full=3,branch=0", [0, 4, 5])
    again = run("-m", tiny_model, "-t", 1, "--dtype", "fp32", "--from-image", "a.png", "-o", "b.png")
    assert_done(again, "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_what_it_came_to_is_what_resume_compares(draw: Run) -> None:
    assert_done(draw(*CAT, "--cache-policy", "window:first=2,every=3", "-o", "a.png"), "a.png")
    same = ("--cache-policy", "steps:full=0+1+4+7", "-o", "a.png", "--resume")
    assert "there already" in draw(*CAT, *same).stderr
    for other in ("steps:full=0+1+4", "steps:full=0+1+4+7,branch=1", "steps:full=0+1+4+7,guidance=held"):
        assert_rejects(draw(*CAT, "--cache-policy", other, "-o", "a.png", "--resume"), "holds something else")
    assert_rejects(draw(*CAT, "--interval", 3, "-o", "a.png", "--resume"), "holds something else")


def test_a_uniform_policy_is_the_interval(draw: Run, tmp_path: Path) -> None:
    assert_done(draw(*CAT, "--interval", 3, "--branch", 1, "-o", "a.png"), "a.png")
    for number, policy in enumerate(("uniform:interval=3,branch=1", "3/1", "range:interval=3,branch=1,end=1")):
        assert_done(draw(*CAT, "--cache-policy", policy, "-o", f"{number}.png"), f"{number}.png")
        assert (tmp_path / f"{number}.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    assert_done(draw(*CAT, "--cache-policy", "steps:full=0+3+6,branch=1", "-o", "b.png"), "b.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), np.asarray(Image.open(tmp_path / "b.png")))
    assert_done(draw(*CAT, "--interval", 1, "-o", "c.png"), "c.png")
    assert_done(draw(*CAT, "--cache-policy", "window:every=1", "-o", "d.png"), "d.png")
    assert (tmp_path / "c.png").read_bytes() == (tmp_path / "d.png").read_bytes()


def test_lines_of_a_list_have_their_own(draw: Run, tmp_path: Path) -> None:
    lines = ["a cat --interval 3", "a cat", "a cat --cache-policy window:first=2,every=3"]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    shared = (
        "--sampling-method",
        "ddim",
        "--steps",
        8,
        "-s",
        7,
        "--dtype",
        "fp32",
        "--cache-policy",
        "steps:full=0+1+4",
    )
    assert draw("--prompts", "list.txt", *shared, "-o", "%d.png").returncode == 0
    assert_done(draw(*CAT, "--interval", 3, "-o", "a.png"), "a.png")
    assert_done(draw(*CAT, "--cache-policy", "steps:full=0+1+4", "-o", "b.png"), "b.png")
    assert_done(draw(*CAT, "--cache-policy", "window:first=2,every=3", "-o", "c.png"), "c.png")
    for ours, alone in (("0.png", "a.png"), ("1.png", "b.png"), ("2.png", "c.png")):
        assert (tmp_path / ours).read_bytes() == (tmp_path / alone).read_bytes()
    (tmp_path / "list.jsonl").write_text(json.dumps({"prompt": "a", "interval": 3, "cache_policy": "3/0"}))
    both = draw("--prompts", "list.jsonl", "-o", "%d.png")
    assert both.returncode == 2
    assert "--interval and --cache-policy exclude each other" in both.stderr


def test_the_configuration_file_gives_way(draw: Run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('cache-policy = "steps:full=0+1+4"\n')
    assert_done(draw(*CAT, "--config", "own.toml", "-o", "a.png"), "a.png")
    assert settings(tmp_path / "a.png")["full_calls"] == [0, 1, 4]
    assert_done(draw(*CAT, "--config", "own.toml", "--interval", 2, "-o", "b.png"), "b.png")
    assert settings(tmp_path / "b.png")["interval"] == 2
    (tmp_path / "other.toml").write_text("interval = 2\nbranch = 1\n")
    assert_done(draw(*CAT, "--config", "other.toml", "--cache-policy", "steps:full=0+2", "-o", "c.png"), "c.png")
    assert settings(tmp_path / "c.png")["full_calls"] == [0, 2]
    (tmp_path / "both.toml").write_text('interval = 2\ncache-policy = "3/0"\n')
    assert_rejects(draw(*CAT, "--config", "both.toml"), "excludes")


def test_flags_win_over_a_picture(draw: Run, run: Run, tiny_model: Path, tmp_path: Path) -> None:
    again = ("-m", tiny_model, "-t", 1, "--dtype", "fp32", "--from-image", "a.png")
    assert_done(draw(*CAT, "--cache-policy", "steps:full=0+1+5,branch=2", "-o", "a.png"), "a.png")
    assert_done(run(*again, "--interval", 2, "-o", "b.png"), "b.png")
    assert (settings(tmp_path / "b.png")["interval"], settings(tmp_path / "b.png")["branch"]) == (2, 0)
    assert_done(run(*again, "--cache-policy", "window:first=2,every=3", "-o", "c.png"), "c.png")
    assert settings(tmp_path / "c.png")["full_calls"] == [0, 1, 4, 7]


def test_it_excludes_the_flags_that_it_stands_instead_of(draw: Run) -> None:
    for flag in ("--interval", "--branch", "--cache-start"):
        assert_rejects(draw(*CAT, "--cache-policy", "3/0", flag, 1), f"{flag} and --cache-policy exclude each other")
    assert_rejects(draw(*CAT, "--cache-policy", ""), "--cache-policy ''")
    assert_rejects(draw(*CAT, "--cache-policy", "curve:full=9"), "full 9: expected 1 to 8")
    reuse = "curve:full=3,reuse=denoised"
    for option in ("branch=1", "guidance=held"):
        assert_rejects(draw(*CAT, "--cache-policy", f"{reuse},{option}"), "has no effect with reuse=denoised")
    assert_rejects(draw(*CAT, "--cache-policy", "budget:seconds=1"), "run deepcache-gen tune")


def test_the_plan_and_the_trace_say_what_each_call_does(draw: Run, tmp_path: Path) -> None:
    held = ("--cache-policy", "steps:full=0+4,branch=2,guidance=held")
    plan = json.loads(draw(*CAT, *held, "--plan", "--json").stdout)["plan"]
    kinds = [(call["kind"], call["branch"], call["halves"]) for call in plan]
    cached = [("cached", 2, 1)] * 3
    assert kinds == [("full", 2, 2), *cached, ("full", 2, 2), *cached]
    assert_done(draw(*CAT, *held, "-o", "a.png", "--trace", "steps.jsonl"), "a.png")
    traced = [json.loads(line) for line in (tmp_path / "steps.jsonl").read_text().splitlines()]
    assert [(step["kind"], step["branch"], step["halves"]) for step in traced] == kinds


def test_a_model_recommends_one(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_model, model)
    facts = json.loads((tiny_model / "model.json").read_text())
    small = ("-m", model, "-W", 64, "-H", 64, "-t", 1, "-p", "a cat", "-s", 7, "-o")

    def recommend(policy: str) -> None:
        facts["defaults"] = {**facts["defaults"], "steps": 8, "sampler": "ddim", "interval": 2, "cache_policy": policy}
        (model / "model.json").write_text(json.dumps(facts))

    recommend("steps:full=0+1+5")
    assert_done(run(*small, "a.png"), "a.png")
    assert settings(tmp_path / "a.png")["full_calls"] == [0, 1, 5]
    assert_done(run(*small, "b.png", "--branch", 1), "b.png")
    assert (settings(tmp_path / "b.png")["interval"], settings(tmp_path / "b.png")["branch"]) == (2, 1)
    recommend("curve:full=4,guidance=held")
    assert_done(run(*small, "c.png", "--steps", 20), "c.png")
    assert len(settings(tmp_path / "c.png")["full_calls"]) == 10
    recommend("lottery")
    assert_fails(run(*small, "d.png"), 1, "model.json: defaults.cache_policy 'lottery'", "unknown policy")
