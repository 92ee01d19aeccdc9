"""A prompt list over several processes: as a Slurm array job, and by GNU parallel."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import slurm
from expectations import files_below

REPOSITORY = Path(__file__).resolve().parents[2]
ARRAY = REPOSITORY / "scripts" / "slurm_array.sh"
MERGE = REPOSITORY / "scripts" / "merge_records.py"
SMALL = ("-W", "64", "-H", "64", "-t", "1", "--batch-size", "1")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[slurm.Slurm]:
    if problem := slurm.why_not():
        pytest.skip(problem)
    try:
        running = slurm.Slurm(tmp_path / "cluster")
    except slurm.DaemonEnded as problem:
        pytest.skip(f"Slurm cannot run here: {problem}")
    yield running
    running.stop()


def records_in(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_array_job_with_a_task_killed_and_requeued(
    cluster: slurm.Slurm, program: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """Every picture is there, none was made twice, and the merged records have each of them once."""
    count = 36
    (tmp_path / "prompts.txt").write_text("".join(f"cat {i} --seed {i} --steps 60\n" for i in range(count)))
    flags = ["--tasks", 3, "--records", "records", "--", "-m", tiny_model, *SMALL, "--prompts", "prompts.txt"]
    variables = cluster.environment | {"DEEPCACHE_GEN": str(program)}
    submitted = cluster.run(ARRAY, *flags, "-o", f"{tmp_path}/out/", cwd=tmp_path, env=variables)
    assert submitted.returncode == 0, submitted.stderr
    array, _ = submitted.stdout.split()

    first_shard = tmp_path / "records" / "task-1.jsonl"
    end = time.monotonic() + 180
    while not (first_shard.is_file() and len(first_shard.read_text().splitlines()) >= 2):
        assert time.monotonic() < end, [log.read_text() for log in (tmp_path / "records").glob("*.log")]
        time.sleep(0.05)
    before = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in files_below(tmp_path / "out")}
    assert len(before) < count
    cluster.requeue(f"{array}_1")
    cluster.wait_for_jobs()

    made = [name for name in files_below(tmp_path / "out") if not name.startswith(".")]
    assert made == [f"{i:05d}.png" for i in range(count)]
    after = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in before if not name.startswith(".")}
    assert after == {name: when for name, when in before.items() if name in after}, "made twice"
    merged = records_in(tmp_path / "records" / "all.jsonl")
    assert [record["item"] for record in merged] == list(range(count))
    assert not any("error" in record for record in merged)
    attempts = records_in_all_tasks(tmp_path / "records")
    times_made = [sum(r["path"] == record["path"] and "timing" in r for r in attempts) for record in merged]
    assert max(times_made) == 1
    assert any(record.get("skipped") for record in attempts), "nothing was resumed"


def records_in_all_tasks(folder: Path) -> list[dict]:
    records = []
    for file in folder.glob("task-*.jsonl"):
        for line in file.read_text().splitlines():
            try:
                records.append(json.loads(line))
            except ValueError:
                continue  # the end of the attempt that was killed
    return records


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "--tasks"),
        (["--tasks", "0"], "--tasks '0'"),
        (["--tasks", "2"], "--records"),
        (["--tasks", "2", "--records", "r"], "--prompts FILE"),
        (["--taks", "2"], "unknown flag '--taks'"),
        (["--tasks"], "its value is missing"),
    ],
    ids=str,
)
def test_wrong_usage(tmp_path: Path, flags: list[str], said: str) -> None:
    result = subprocess.run([ARRAY, *flags], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr and len(result.stderr.splitlines()) == 1
    assert files_below(tmp_path) == []


def test_merging_keeps_what_says_most(tmp_path: Path) -> None:
    first = [
        {"path": "a", "item": 0, "timing": {}},
        {"path": "b", "item": 1, "error": "full"},
        {"item": 3, "error": "?"},
    ]
    second = [{"path": "a", "item": 0, "skipped": True}, {"path": "b", "item": 1, "timing": {}}]
    lines = "\n".join(map(json.dumps, first)) + '\n{"path": "c", "ite\n'
    (tmp_path / "task-1.jsonl").write_text(lines + "\n".join(map(json.dumps, second)))
    (tmp_path / "task-2.jsonl").write_text('{"path": "d", "item": 2, "skipped": true}\n')
    result = subprocess.run([sys.executable, MERGE, tmp_path], capture_output=True, text=True, check=False)
    assert result.returncode == 1 and "3 pictures made, 1 failed" in result.stderr
    assert records_in(tmp_path / "all.jsonl") == [
        first[0],
        second[1],
        {"path": "d", "item": 2, "skipped": True},
        first[2],
    ]


def test_gnu_parallel_makes_the_shards_of_a_list(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    """The README's line, on the CPU."""
    if shutil.which("parallel") is None:
        pytest.skip("GNU parallel is not installed")
    (tmp_path / "prompts.txt").write_text("".join(f"cat {i} --seed {i} --steps 2\n" for i in range(6)))
    line = '{program} -m {model} {small} --prompts prompts.txt --shard "{{}}"/2 --device cpu -o out/'
    line = line.format(program=program, model=tiny_model, small=" ".join(SMALL))
    # GNU parallel writes into the home folder.
    variables = os.environ | {"HOME": str(tmp_path / "home")}
    command = ["parallel", "--will-cite", "-j2", line, ":::", "1", "2"]
    result = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert sorted(result.stdout.splitlines()) == [f"out/{i:05d}.png" for i in range(6)]
