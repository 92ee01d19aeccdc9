"""Inside limits that a container sets: threads and batches follow them, and what the kernel kills loses nothing."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from control_groups import CPU_QUOTA, MEMORY_LIMIT, ControlGroup, control_group
from expectations import Run, files_below

GIBIBYTE = 1 << 30


@pytest.fixture
def group(request: pytest.FixtureRequest) -> Iterator[ControlGroup]:
    """A group in which the test's parameter can be limited."""
    with control_group(request.param) as made:
        if made is None:
            pytest.skip("this machine lets nobody make control groups")
        yield made


def facts(group: ControlGroup, program: Path) -> dict[str, str]:
    command = group.command([program, "--version", "--json"])
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=environment)
    return json.loads(result.stdout)


@pytest.mark.parametrize("group", [CPU_QUOTA], indirect=True)
def test_threads_follow_the_quota(group: ControlGroup, program: Path) -> None:
    group.limit(100_000)
    assert (facts(group, program)["cpu_quota"], facts(group, program)["threads"]) == ("1", "1")
    group.limit(110_000)
    threads = min(2, int(facts(group, program)["physical_cores"]))
    assert (facts(group, program)["cpu_quota"], facts(group, program)["threads"]) == ("1.1", str(threads))


@pytest.mark.parametrize("group", [MEMORY_LIMIT], indirect=True)
def test_memory_is_what_the_container_has(group: ControlGroup, program: Path) -> None:
    group.limit(GIBIBYTE)
    found = facts(group, program)
    assert found["memory"] == "1.0 GiB"
    assert 0 < float(found["free_memory"].removesuffix(" GiB")) <= 1.0


@pytest.mark.parametrize("group", [MEMORY_LIMIT], indirect=True)
def test_batches_are_as_large_as_the_container_bears(
    group: ControlGroup, program: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """By estimate a picture of 512x512 takes a quarter of a gibibyte: three fit beside program and model."""
    group.limit(GIBIBYTE)
    command = [program, "-m", tiny_model, "-p", "a cat", "-W", 512, "-H", 512, "--steps", 1, "-b", 4, "-t", 1, "-s", 1]
    result = subprocess.run(
        group.command(command), cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    said = [line for line in result.stderr.splitlines() if "batches of up to" in line]
    assert len(said) == 1 and int(said[0].split("up to ")[1].split()[0]) in (1, 2, 3), result.stderr


@pytest.mark.parametrize("group", [MEMORY_LIMIT], indirect=True)
def test_what_the_kernel_kills_for_memory_is_resumed(
    group: ControlGroup, program: Path, tiny_model: Path, tmp_path: Path, run: Run
) -> None:
    lines = ["cat --seed 1", "dog --seed 2", "sea --seed 3 -W 1024 -H 1024", "hen --seed 4"]
    (tmp_path / "prompts.txt").write_text("\n".join(lines))
    small = ["-m", tiny_model, "-W", 64, "-H", 64, "-t", 1, "--steps", 1, "--batch-size", 1]
    asked = [*small, "--prompts", "prompts.txt"]
    whole = run(*asked, "-o", "whole/%d.png")
    assert whole.returncode == 0, whole.stderr
    # The small pictures take a tenth of a gibibyte, the large one two, though its VAE works on tiles then.
    group.limit(GIBIBYTE // 8)
    command = group.command([program, *asked, "-o", "killed/%d.png"])
    killed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    made = killed.stdout.splitlines()
    # The second may still be on its way to the disk.
    assert made in (["killed/0.png"], ["killed/0.png", "killed/1.png"])
    resumed = run(*asked, "-o", "killed/%d.png", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout.splitlines()[-2:] == ["killed/2.png", "killed/3.png"]
    assert not set(made) & set(resumed.stdout.splitlines())
    for name in files_below(tmp_path / "whole"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


@pytest.mark.parametrize("group", [MEMORY_LIMIT], indirect=True)
def test_a_model_and_its_refiner_take_turns_where_memory_is_short(
    group: ControlGroup, program: Path, tiny_model: Path, tmp_path: Path, run: Run
) -> None:
    """Loaded one after the other they make the same pictures; the model is its own refiner here."""
    asked = ["-m", tiny_model, "--refiner", tiny_model, "-p", "a cat", "-W", 64, "-H", 64, "-t", 1, "-s", 1]
    asked += ["--steps", 6, "--sampler", "ddim", "-b", 2, "--batch-size", 1]
    together = run(*asked, "-o", "together/%d.png")
    assert together.returncode == 0, together.stderr
    assert "loaded anew" not in together.stderr
    group.limit(2 * GIBIBYTE)
    command = group.command([program, *asked, "-o", "in-turns/%d.png"])
    in_turns = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert in_turns.returncode == 0, in_turns.stderr
    assert in_turns.stderr.count("each is loaded anew for every batch") == 1
    for number in range(2):
        pictures = [tmp_path / folder / f"{number}.png" for folder in ("together", "in-turns")]
        assert pictures[0].read_bytes() == pictures[1].read_bytes()
