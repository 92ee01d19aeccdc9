"""`tune` as a user meets it: a file beside the model that policies follow, going on, usage, odd models."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from expectations import FAILED, Run, assert_fails, assert_rejects

SMALL = ("-W", 64, "-H", 64, "-t", 1, "--dtype", "fp32", "--sampling-method", "ddim")
FAST = (*SMALL, "--steps", 6, "--pictures", 1, "--branches", 0)


@pytest.fixture
def own_model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that may be changed."""
    folder = tmp_path / "own"
    shutil.copytree(tiny_model, folder)
    return folder


def test_a_tuned_model_is_drawn_with_by_curve_and_budget(run: Run, own_model: Path, tmp_path: Path) -> None:
    made = run("tune", "-m", own_model, *FAST, "--report", "report")
    assert made.returncode == 0, made.stderr
    assert f"{own_model / 'tuned.json'}; now use --cache-policy budget:speedup=" in made.stderr
    tuned = json.loads((own_model / "tuned.json").read_text())
    assert (tuned["sampler"], tuned["calls"], tuned["width"]) == ("ddim", 6, 64)
    assert tuned["front"][-1]["full"] == [0, 1, 2, 3, 4, 5]
    for reuse in ("feature", "denoised"):
        errors = [placement["error"] for placement in tuned["front"] if placement["reuse"] == reuse]
        assert errors == sorted(errors, reverse=True)
        assert len(errors) > 1
    assert not list(own_model.glob("*.partial"))
    for said in ("uncached", "3/0", "tuned", "fewer steps", "curve:full="):
        assert said in made.stdout.replace("no caching", "uncached")
    page = (tmp_path / "report" / "index.html").read_text()
    assert page.count("<svg") == 2
    assert "src=" not in page

    draw = ("-m", own_model, *SMALL, "--steps", 6, "-p", "a cat", "-s", 3, "--json")
    front = [placement for placement in tuned["front"] if 1 < len(placement["full"]) < 6]
    for placement in front[:2]:
        kind = f"branch=0,guidance={placement['guidance']}"
        if placement["reuse"] == "denoised":
            kind = f"reuse=denoised,extrapolate={placement['extrapolate']}"
        policy = f"curve:full={len(placement['full'])},{kind}"
        record = json.loads(run(*draw, "--cache-policy", policy, "-o", "a.png", "--overwrite").stdout)
        assert record["full_calls"] == placement["full"]
    fastest = json.loads(run(*draw, "--cache-policy", "budget:seconds=1000", "-o", "b.png").stdout)
    assert fastest["full_steps"] == 6
    assert_rejects(
        run(*draw, "--cache-policy", "budget:speedup=1000", "-o", "c.png"),
        "the fastest that is known of model tiny is",
        "ask for less",
    )


def test_json_has_everything(run: Run, own_model: Path) -> None:
    made = run("tune", "-m", own_model, *FAST, "--json", "-q", "-o", "elsewhere.json")
    assert (made.returncode, made.stderr) == (0, "")
    result = json.loads(made.stdout)
    assert result["path"] == "elsewhere.json"
    kinds = {setting["kind"] for setting in result["checked"]}
    assert {"uncached", "tuned", "uniform", "steps"} <= kinds
    assert result["checked"][0]["pictures"][0]["psnr"] is None
    assert not (own_model / "tuned.json").exists()


def test_where_the_model_cannot_be_written_it_is_the_users_own(program: Path, run: Run, tiny_model: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(tiny_model, folder / "model")
        (folder / "model").chmod(0o555)
        (folder / "theirs").mkdir()
        (folder / "theirs").chmod(0o777)
        environment = {
            **os.environ,
            "XDG_DATA_HOME": f"{folder}/theirs/data",
            "XDG_CACHE_HOME": f"{folder}/theirs/cache",
        }
        words = [str(word) for word in (*without_root(program), program, "tune", "-m", folder / "model", *FAST)]
        made = subprocess.run(words, env=environment, cwd="/", capture_output=True, text=True, timeout=120, check=False)
        assert made.returncode == 0, made.stderr
        assert not (folder / "model" / "tuned.json").exists()
        (file,) = (folder / "theirs" / "data" / "deepcache-gen" / "tuned").iterdir()
        assert re.fullmatch(r"tiny-[0-9a-f]{16}\.json", file.name)
        draw = ("-m", folder / "model", *SMALL, "--steps", 6, "-p", "a cat", "--cache-policy", "budget:seconds=1000")
        assert run(*draw, env=environment).returncode == 0


def without_root(program: Path) -> list[str]:
    """Before a command: nobody, whom a folder can refuse."""
    if os.geteuid() != 0:
        return []
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if shutil.which("setpriv") is None or subprocess.run([*words, program, "--version"], check=False).returncode != 0:
        pytest.skip("nobody can't run the program where it lies")
    return words


def test_a_file_of_another_unet_is_refused_where_it_is_needed(run: Run, own_model: Path) -> None:
    assert run("tune", "-m", own_model, *FAST).returncode == 0
    file = own_model / "tuned.json"
    draw = ("-m", own_model, *SMALL, "--steps", 6, "-p", "a cat")
    file.write_text(file.read_text().replace(json.loads(file.read_text())["unet_sha256"], "0" * 64))
    assert_fails(
        run(*draw, "--cache-policy", "curve:full=2"), FAILED, "was tuned with another UNet", "run deepcache-gen tune"
    )
    file.write_text("{}")
    assert_fails(run(*draw, "--cache-policy", "budget:speedup=2"), FAILED, "format: is missing", "deepcache-gen tune")
    assert run(*draw, "--interval", 3).returncode == 0, "nobody looks at it"


def test_it_goes_on_after_an_interruption(program: Path, run: Run, own_model: Path, tmp_path: Path) -> None:
    command = ("tune", "-m", own_model, *SMALL, "--steps", 8, "--pictures", 2, "--branches", 0)
    partial = own_model / "tuned.json.partial"
    process = subprocess.Popen(
        [program, *(str(argument) for argument in command)], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    for _ in range(1000):
        if partial.exists() or process.poll() is not None:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("it was faster than the signal")
    assert process.returncode == 130
    assert f"what was measured is in {partial}" in messages
    assert json.loads(partial.read_text())["gains"]
    again = run(*command)
    assert again.returncode == 0
    assert f"going on with what is in {partial}" in again.stderr
    assert not partial.exists()


def test_a_strangers_partial_file_is_begun_anew(run: Run, own_model: Path) -> None:
    partial = own_model / "tuned.json.partial"
    partial.write_text('{"format":1,"of":"x"}')
    made = run("tune", "-m", own_model, *FAST)
    assert made.returncode == 0
    assert "is about another tuning" in made.stderr
    partial.write_text("[[[")
    made = run("tune", "-m", own_model, *FAST)
    assert made.returncode == 0
    assert "it is begun anew" in made.stderr


@pytest.mark.parametrize(
    "flags",
    [
        ("--sampling-method", "heun", "--steps", 3),
        ("--sampling-method", "lcm", "--steps", 4),
        ("--sampling-method", "euler_a", "--steps", 4),
        ("--cfg-scale", 1, "--steps", 4),
        ("--steps", 2),
    ],
    ids=str,
)
def test_other_samplers_and_odd_values(run: Run, own_model: Path, flags: tuple) -> None:
    usual = SMALL[:-2] if "--sampling-method" in flags else SMALL
    made = run("tune", "-m", own_model, *usual, "--pictures", 1, "--branches", "0,2", *flags)
    assert made.returncode == 0, made.stderr
    assert json.loads((own_model / "tuned.json").read_text())["front"]


def test_a_model_that_does_not_say_what_it_costs(run: Run, own_model: Path) -> None:
    model = json.loads((own_model / "model.json").read_text())
    for part in model["parts"].values():
        part.pop("multiply_adds", None)
    (own_model / "model.json").write_text(json.dumps(model))
    draw = ("-m", own_model, *SMALL, "--steps", 6, "-p", "a cat", "-o", "x.png")
    assert_rejects(run(*draw, "--cache-policy", "budget:speedup=1.1"), "costs is not known", "deepcache-gen tune")
    assert run("tune", "-m", own_model, *FAST).returncode == 0
    assert run(*draw, "--cache-policy", "budget:seconds=1000").returncode == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--pictures", 0), "--pictures 0: expected 1 to 100"),
        (("--branches", 12), "--branches 12: expected 0 to 11 for model tiny"),
        (("--branches", "a"), "--branches"),
        (("--steps", 1), "--steps 1: there is nothing to cache"),
        (("--interval", 3), "--interval has no effect with tune"),
        (("--prompt", "a cat"), "--prompt has no effect with tune"),
        (("--prompts", "missing.txt"), "missing.txt"),
        (("-o", "/proc/none/x.json"), "/proc/none"),
    ],
    ids=str,
)
def test_what_is_not_accepted_is_said_before_anything_is_measured(
    run: Run, tiny_model: Path, flags: tuple, said: str
) -> None:
    given = FAST[:-4] if {"--pictures", "--branches"} & set(flags) else FAST
    given = [word for word in given if "--steps" not in flags or word not in ("--steps", 6)]
    refused = run("tune", "-m", tiny_model, *given, *flags)
    assert refused.returncode in (1, 2)
    assert said in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_prompts_of_a_file_share_everything_but_what_they_draw(run: Run, own_model: Path, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text('a cat -- -n "people"\na dog\na house\n')
    made = run("tune", "-m", own_model, *FAST, "--prompts", "prompts.txt")
    assert made.returncode == 0, made.stderr
    (tmp_path / "prompts.txt").write_text("a cat\na dog --steps 9\n")
    assert_rejects(run("tune", "-m", own_model, *FAST, "--prompts", "prompts.txt"), "'a dog' is made in another way")
