"""Faults of the system under a run: what was made stays whole, and how it ended is told. See tests/FAULTS.md."""

import json
import os
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from expectations import DONE, ERROR, FAILED, INTERRUPTED, Run, assert_done, assert_fails, files_below
from faulty_system import Faults, build_faults
from PIL import Image

CAT = ("-p", "a cat", "-t", 1, "-s", 7)


def command(program: Path, model: Path, *arguments: object, side: int = 64) -> list[str]:
    """Makes pictures of a cat that are that wide and high."""
    return [str(word) for word in (program, "-m", model, *CAT, "-W", side, "-H", side, *arguments)]


def worker(program: Path, model: Path, *arguments: object) -> list[str]:
    """Makes what is asked for on stdin."""
    flags = ("-W", 64, "-H", 64, "-t", 1, "--steps", 1, "--prompts", "-", "-o", "%d.png")
    return [str(word) for word in (program, "-m", model, *flags, *arguments)]


def start(folder: Path, words: list[str], **options: object) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(words, cwd=folder, **pipes | options)


def assert_whole(folder: Path, names: list[str]) -> None:
    """The folder holds these pictures and nothing else; each can be read."""
    assert files_below(folder) == sorted(names)
    for name in names:
        Image.open(folder / name).load()


@pytest.fixture(scope="session")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Faults:
    """A system with faults."""
    return build_faults(tmp_path_factory.mktemp("faults"))


# Calls that are interrupted, and that do only a part


@pytest.mark.parametrize("short", [1, 4096])
def test_interrupted_and_short_calls_change_nothing(draw: Run, tmp_path: Path, faults: Faults, short: int) -> None:
    flags = ("-p", "a cat", "-s", 7, "--steps", 2, "-b", 2, "-q")
    written = ("--save-latents", "l.npy", "--trace", "t.jsonl")
    for name in ("calm", "faulty"):
        (tmp_path / name).mkdir()
    assert draw(*flags, *written, cwd=tmp_path / "calm").returncode == DONE
    result = draw(*flags, *written, cwd=tmp_path / "faulty", env=faults(interrupted=1, short=short))
    assert result.returncode == DONE, result.stderr
    names = files_below(tmp_path / "calm")
    assert files_below(tmp_path / "faulty") == names and len(names) == 4
    for name in set(names) - {"t.jsonl"}:
        assert (tmp_path / "faulty" / name).read_bytes() == (tmp_path / "calm" / name).read_bytes(), name
    lines = [(tmp_path / name / "t.jsonl").read_text().splitlines() for name in ("calm", "faulty")]
    assert [json.loads(line)["sigma"] for line in lines[0]] == [json.loads(line)["sigma"] for line in lines[1]]


def test_prompts_that_arrive_in_pieces(draw: Run, tmp_path: Path, faults: Faults) -> None:
    lines = "a cat --seed 7\n\na café by the sea --seed 8\n"
    flags = ("--steps", 1, "--prompts", "-", "-o", "%d.png", "-q")
    assert_done(draw(*flags, input=lines, env=faults(interrupted=1, short=1)), "0.png", "1.png")
    assert_whole(tmp_path, ["0.png", "1.png"])


# Signals


@pytest.mark.parametrize("times", [1, 2])
def test_a_terminal_that_goes_away(program: Path, tiny_model: Path, tmp_path: Path, times: int) -> None:
    """Shell and kernel both tell of it: what is being written is finished all the same."""
    process = start(
        tmp_path, command(program, tiny_model, "--steps", 20, "-b", 500, "--batch-size", 1, "-o", "%03d.png")
    )
    first = process.stdout.readline().strip()
    for _ in range(times):
        process.send_signal(signal.SIGHUP)
        time.sleep(0.01)
    rest, said = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED
    assert said.splitlines()[-1] == "deepcache-gen: interrupted"
    assert_whole(tmp_path, [first, *rest.splitlines()])


def test_nohup_is_heeded(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    words = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
    words += command(program, tiny_model, "--steps", 20, "-b", 3, "--batch-size", 1, "-o", "%d.png")
    process = start(tmp_path, words)
    assert process.stdout.readline() == "0.png\n"
    process.send_signal(signal.SIGHUP)
    assert process.communicate(timeout=120)[0] == "1.png\n2.png\n"
    assert process.returncode == DONE


SIGNALS = [signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("phase", "call", "file", "made"),
    [
        ("loading", "open", "unet.pt", 0),
        # One that has begun is finished: it has its name, and the record of it is printed.
        ("writing", "write", "out/.deepcache-gen-", 1),
        ("renaming", "rename", "out/.deepcache-gen-", 1),
    ],
)
def test_a_signal_in_a_call(
    program: Path,
    tiny_model: Path,
    tmp_path: Path,
    faults: Faults,
    number: signal.Signals,
    phase: str,
    call: str,
    file: str,
    made: int,
) -> None:
    words = command(program, tiny_model, "--steps", 1, "-b", 50, "--batch-size", 1, "-o", "out/%d.png")
    process = start(tmp_path, words, env=faults(signal=int(number), call=call, file=file))
    out, _ = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED, phase
    names = out.splitlines()
    # The next was begun before its writer asked.
    assert len(names) in (made, made + 1)
    assert_whole(tmp_path, names)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("phase", "steps", "side", "said"),
    [
        ("encoding", 100, 64, "batches of up to"),
        ("denoising", 100, 64, ": step "),
        ("decoding", 1, 512, ": step "),
    ],
)
def test_a_signal_after_a_line(
    program: Path,
    tiny_model: Path,
    tmp_path: Path,
    number: signal.Signals,
    phase: str,
    steps: int,
    side: int,
    said: str,
) -> None:
    """A picture whose pixels are being made from its latents is finished, and no other."""
    flags = ("--steps", steps, "--sampling-method", "ddim", "-b", 50, "--batch-size", 1, "-o", "%d.png")
    process = start(tmp_path, command(program, tiny_model, *flags, side=side))
    while said not in process.stderr.readline():
        assert process.poll() is None
    # The line of a step is written just before the question whether to stop.
    time.sleep(0.1)
    process.send_signal(number)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED, phase
    names = out.splitlines()
    assert len(names) < 50 and (phase != "decoding" or names == ["0.png"])
    assert_whole(tmp_path, names)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_waiting_for_stdin(
    program: Path, tiny_model: Path, tmp_path: Path, number: signal.Signals
) -> None:
    process = start(tmp_path, worker(program, tiny_model))
    process.stdin.write("a cat\n")
    process.stdin.flush()
    assert process.stdout.readline() == "0.png\n"
    process.send_signal(number)
    # Not through `communicate`, which would end the input.
    assert process.wait(timeout=60) == INTERRUPTED
    process.communicate()
    assert_whole(tmp_path, ["0.png"])


# Memory


def test_memory_that_is_not_to_be_had(program: Path, tiny_model: Path, tmp_path: Path, faults: Faults) -> None:
    """From the load to the file: allocations of half a mebibyte and more fail from some moment on."""
    words = command(program, tiny_model, "--steps", 1, "--dtype", "fp32", "-q", "-o", "a.png", side=384)
    told = {"memory": 1 << 19, "count": tmp_path / "count"}

    def run_until(allocation: int) -> subprocess.CompletedProcess[str]:
        environment = faults(**told, allocation=allocation)
        return subprocess.run(
            words, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False, env=environment
        )

    subprocess.run([program, "--version"], capture_output=True, check=True, env=faults(**told, allocation=1_000_000))
    # Libraries that can't even be loaded end the program themselves.
    before = int((tmp_path / "count").read_text())
    assert run_until(1_000_000).returncode == DONE
    total = int((tmp_path / "count").read_text())
    picture = (tmp_path / "a.png").read_bytes()
    assert total > before + 20
    complaints = set()
    for allocation in [*range(before + 1, total, total // 12), total]:
        (tmp_path / "a.png").unlink(missing_ok=True)
        result = run_until(allocation)
        (tmp_path / "count").unlink(missing_ok=True)
        if result.returncode == DONE:  # It had a smaller way, as the load has.
            assert (tmp_path / "a.png").read_bytes() == picture
            continue
        assert_fails(result, FAILED, "memory")
        complaints.add(result.stderr.splitlines()[-1])
        assert files_below(tmp_path) == []
    assert complaints


def test_a_picture_without_memory_does_not_end_the_others(
    program: Path, tiny_model: Path, tmp_path: Path, faults: Faults
) -> None:
    """A worker goes on after a picture that is too large: here no allocation of 4 MiB succeeds."""
    words = worker(program, tiny_model, "--dtype", "fp32", "--json")
    process = start(tmp_path, words, env=faults(memory=1 << 22, allocation=1))
    records = []
    for line in ("a cat", "a cat --width 512 --height 512", "a cat"):
        process.stdin.write(line + "\n")
        process.stdin.flush()
        records.append(json.loads(process.stdout.readline()))
    process.communicate(timeout=120)
    assert process.returncode == FAILED
    assert ["error" in record for record in records] == [False, True, False]
    assert "not enough memory on this machine for an image of 512x512" in records[1]["error"]
    assert_whole(tmp_path, ["0.png", "2.png"])


def test_a_lack_of_memory_is_traced_to_the_configuration(
    program: Path, tiny_model: Path, tmp_path: Path, faults: Faults
) -> None:
    configuration = tmp_path / "large.toml"
    configuration.write_text("width = 512\nheight = 512\nsteps = 1\n")
    words = [program, "-m", tiny_model, "--config", configuration, "-p", "a cat", "--dtype", "fp32", "-o", "a.png"]
    result = subprocess.run(
        words,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=faults(memory=1 << 22, allocation=1),
    )
    assert_fails(result, FAILED, "not enough memory", f"(height and width are set in {configuration})")


@pytest.mark.parametrize("mebibytes", [360, 400, 440, 480, 520, 560, 600, 640, 680, 720])
def test_an_address_space_that_is_too_small(program: Path, tiny_model: Path, tmp_path: Path, mebibytes: int) -> None:
    """`ulimit -v` also takes from libraries what they do not check: then the picture is whole or not there."""
    limit = mebibytes << 20
    words = command(program, tiny_model, "--steps", 1, "-o", "a.png", "-q")
    result = subprocess.run(
        words,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    made = result.stdout.splitlines()
    assert (result.returncode == DONE) == (made == ["a.png"]), result.stderr
    if result.returncode == FAILED:
        assert result.stderr.splitlines()[-1].startswith((ERROR, "libgomp: "))
    assert_whole(tmp_path, made)


# Two processes in one folder


@pytest.mark.parametrize("flag", ["--resume", "--overwrite"])
def test_two_processes_in_one_folder(program: Path, tiny_model: Path, tmp_path: Path, flag: str) -> None:
    """Each file is one of theirs as a whole: both make the same."""
    words = command(program, tiny_model, "--steps", 1, "-b", 40, "--batch-size", 1, "-o")
    subprocess.run([*words, "alone/%d.png"], cwd=tmp_path, capture_output=True, check=True)
    both = [start(tmp_path, [*words, "both/%d.png", flag]) for _ in range(2)]
    for process in both:
        _, said = process.communicate(timeout=120)
        assert process.returncode == DONE, said
    names = files_below(tmp_path / "alone")
    assert len(names) == 40
    assert_whole(tmp_path / "both", names)
    for name in names:
        assert (tmp_path / "both" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


def test_two_processes_that_add_to_one_file(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    """The latents of the one that began last are whole; the other says that its file was taken away."""
    words = command(program, tiny_model, "--steps", 1, "--batch-size", 1, "--save-latents", "l.npy")
    first = start(tmp_path, [*words, "-b", "300", "-o", "first/%d.png"])
    assert first.stdout.readline() == "first/0.png\n"
    second = start(tmp_path, [*words, "-b", "5", "-o", "second/%d.png"])
    second.communicate(timeout=120)
    assert second.returncode == DONE
    _, said = first.communicate(timeout=120)
    assert first.returncode == FAILED
    assert "l.npy: was taken away while more was to be added to it" in said
    assert np.load(tmp_path / "l.npy").shape[0] == 5


# The clock

HOUR = 3600


def test_a_clock_that_is_set_back(run: Run, tiny_model: Path, tmp_path: Path, faults: Faults) -> None:
    """What is known of a model's files is not believed where they are of the future: they are read again."""
    model = shutil.copytree(tiny_model, tmp_path / "model")
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    flags = ("-m", model, *CAT, "-W", 64, "-H", 64, "--steps", 1, "-q")

    def run_at(hours: int, name: str) -> subprocess.CompletedProcess[str]:
        return run(*flags, "-o", name, env=faults(clock=hours * HOUR) | cache)

    assert_done(run_at(2, "a.png"), "a.png")
    known = list((tmp_path / "cache").rglob("files.json"))
    assert len(known) == 1 and "unet.pt" in known[0].read_text()
    assert_done(run_at(-2, "b.png"), "b.png")
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()

    path = model / "unet.pt"
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    for hours in (-2, 2):
        assert_fails(run_at(hours, "c.png"), FAILED, "unet.pt", "SHA-256")
