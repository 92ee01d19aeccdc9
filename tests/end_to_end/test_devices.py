"""One run over several devices; here all of them are the CPU."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from expectations import FAILED, Run, assert_done, assert_rejects, files_below

SMALL = ("-W", 64, "-H", 64, "--batch-size", 1, "--steps", 3)
TWO = ("--devices", "cpu,cpu", "-t", 2)  # each gets one thread
LIST = "a cat --seed 1\na dog --seed 2 --steps 9\na hen --seed 3\na cow --seed 4 -b 3\na bee --seed 5 -W 128\n"
NAMES = [f"out/{name}.png" for name in ("0", "1", "2", "3_000", "3_001", "3_002", "4")]


@pytest.fixture
def make(run: Run, tiny_model: Path) -> Run:
    """Runs the program on the tiny model; unlike `draw` it leaves the number of threads open."""
    return lambda *arguments, **options: run("-m", tiny_model, *arguments, **options)


def test_two_devices_make_the_same_as_one(make: Run, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text(LIST)
    rest = ("--prompts", "prompts.txt", "-o", "out/%d.png")
    assert_done(make(*SMALL, "-t", 1, *rest), *NAMES)
    alone = {name: (tmp_path / name).read_bytes() for name in NAMES}
    assert_done(make(*SMALL, *TWO, *rest, "--overwrite"), *NAMES)
    assert {name: (tmp_path / name).read_bytes() for name in alone} == alone


def test_latents_keep_the_order(make: Run, tmp_path: Path) -> None:
    cats = ("-p", "a cat", "-s", 1, "-b", 6, "--overwrite", "-o", "cat.png", "--save-latents")
    assert make(*SMALL, "-t", 1, *cats, "one.npy").returncode == 0
    assert make(*SMALL, *TWO, *cats, "two.npy").returncode == 0
    assert (tmp_path / "one.npy").read_bytes() == (tmp_path / "two.npy").read_bytes()


def test_records_keep_the_order_and_name_the_device(make: Run, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text(LIST)
    result = make(*SMALL, *TWO, "--prompts", "prompts.txt", "-o", "out/", "--json")
    assert result.returncode == 0
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["item"] for record in records] == [0, 1, 2, 3, 3, 3, 4]
    assert {record["device"] for record in records} == {"cpu"}
    assert len(files_below(tmp_path / "out")) == 7


def test_resume_makes_what_is_missing(make: Run, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("".join(f"cat {i} --steps 8\n" for i in range(6)))
    assert_done(make(*SMALL, *TWO, "--prompts", "prompts.txt", "-o", "out/%d.png"), *[f"out/{i}.png" for i in range(6)])
    (tmp_path / "out/3.png").unlink()
    assert_done(make(*SMALL, *TWO, "--prompts", "prompts.txt", "-o", "out/%d.png", "--resume"), "out/3.png")


def test_prompts_from_stdin(make: Run, tmp_path: Path) -> None:
    lines = "".join(f"cat {i} --seed {i}\n" for i in range(5)) + "cat --setps 3\n"
    result = make(*SMALL, *TWO, "--prompts", "-", "-o", "out/%d.png", input=lines)
    assert result.returncode == FAILED
    assert result.stdout.splitlines() == [f"out/{i}.png" for i in range(5)]
    assert "1 of 6 images could not be made: stdin:6" in result.stderr


def test_a_worker_on_two_devices_answers_at_once(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    words = [program, "-m", tiny_model, *SMALL, *TWO, "--prompts", "-", "-o", "out/"]
    worker = subprocess.Popen(
        [str(word) for word in words],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for i in range(4):
        worker.stdin.write(f"cat {i}\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == f"out/{i:05}.png\n"
    worker.send_signal(2)
    assert worker.wait(timeout=30) == 130
    _, said = worker.communicate()
    assert "4 images made" in said and said.splitlines()[-1] == "deepcache-gen: interrupted"


def test_a_trace_of_two_devices_has_every_step(make: Run, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text(LIST)
    result = make(*SMALL, *TWO, "--prompts", "prompts.txt", "-o", "out/%d.png", "--trace", "steps.jsonl")
    assert_done(result, *NAMES)
    steps = [json.loads(line) for line in (tmp_path / "steps.jsonl").read_text().splitlines()]
    for name in NAMES:
        count = (9 if name == "out/1.png" else 3) + 1  # PNDM takes one step twice
        assert [step["step"] for step in steps if step["pictures"] == [name]] == list(range(count))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--devices", "cpu,cpu", "--preview", "now.png"), ("--preview", "one device")),
        (("--devices", "cpu,cpu", "--device", "cpu"), ("--device and --devices exclude each other",)),
        (("--devices", "cpu,gpu"), ("--devices 'cpu,gpu'", "cuda:0,cuda:1")),
        (("--devices", "0,0"), ("--devices '0,0'", "cuda:0 twice")),
    ],
)
def test_refused(make: Run, flags: tuple[str, ...], said: tuple[str, ...]) -> None:
    assert_rejects(make("-p", "a cat", *SMALL, *flags), *said)


@pytest.mark.skipif(os.path.exists("/dev/nvidia0"), reason="there is a GPU")
def test_a_gpu_that_is_not_there(make: Run) -> None:
    assert_rejects(make("-p", "a cat", *SMALL, "--devices", "cpu,cuda:1"), "cuda:1", "NVIDIA")
