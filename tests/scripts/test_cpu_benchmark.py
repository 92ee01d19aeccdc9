"""scripts/bench_cpu.py: what it refuses, how it counts, and that its passes are the published ones."""

import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from DeepCache import DeepCacheSDHelper
from diffusers import UNet2DConditionModel

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from cpu_benchmark import beside_session, checks, machine, session, throughput
from cpu_benchmark.beside_session import BesideSession
from cpu_benchmark.busy_loops import busy_loops
from cpu_benchmark.case import Case, PeerSetup, Repeated, Schedule, Turn
from cpu_benchmark.child import run
from cpu_benchmark.command_line import document, main
from cpu_benchmark.copies_at_work import rate
from cpu_benchmark.errors import BenchmarkError
from cpu_benchmark.machine import physical_cores
from cpu_benchmark.multiply_adds import ideal_ratio, meta_unet, multiply_adds
from cpu_benchmark.peer_process import PeerProcess
from cpu_benchmark.plan import Plan
from cpu_benchmark.program import Program
from cpu_benchmark.program_copy import ProgramCopy
from cpu_benchmark.repeated_passes import repeated
from cpu_benchmark.results import PROGRAM, Measured, Process, Rates, Results, ratio
from cpu_benchmark.session import Session
from cpu_benchmark.situation import ALONE, Situation, situations
from cpu_benchmark.stable_diffusion_cpp import logged_seconds
from cpu_benchmark.table_text import digits
from cpu_benchmark.tables import markdown
from cpu_benchmark.throughput import Span, common_window, is_enough, per_second
from cpu_benchmark.time_left import TimeLeft
from cpu_benchmark.unet_passes import CachedPass, FullPass, deep_feature, pass_inputs
from exporter.judgement import BOUND, largest_difference
from exporter.ladder import run_diffusers
from random_model.families import FAMILIES

CASE = Case(64, 2, "fp32")
TOKENS = 77
# Notes its arguments, and answers as the program does; with --trace, which comes last, it goes on until it is ended.
FAKE_PROGRAM = """#!/bin/sh
echo "$*" >>"$0.calls"
for last; do :; done
case "$*" in *"--interval 1 "*) kind=full ;; *) kind=cached ;; esac
step=0
case "$*" in *--trace*)
  while sleep 0.01; do
    echo "{\\"step\\": $step, \\"kind\\": \\"$kind\\"}"
    step=1
  done >"$last" ;;
esac
echo '{"timing": {"load": 1.5, "text": 0.1, "denoise": 2, "decode": 0.4, "full_step": 0.5, "cached_step": 0.05}}'
"""

# Evaluates what it is asked.
TOY_PEER = """
import itertools, os, threading, time

def spin():
    while True:
        pass

def start(number):
    return lambda request: eval(request, globals() | {"number": number})
"""


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """Flags that are right, with folders that hold no weights and a fake program."""
    encoder = {"tokenizer": {"max_length": TOKENS}}
    unet = {"rungs": 12, "context_size": 32}
    parts = {"unet": unet, "text_encoder": encoder}
    write_json(tmp_path / "model" / "model.json", {"dtype": "float16", "parts": parts})
    config = FAMILIES["sd21"](True, 600).unet | {"_class_name": "UNet2DConditionModel"}
    write_json(tmp_path / "diffusers" / "unet" / "config.json", config)
    program = tmp_path / "program"
    program.write_text(FAKE_PROGRAM)
    program.chmod(0o755)
    flags = ["--model", "model", "--diffusers", "diffusers", "--program", "program"]
    return [flag if flag.startswith("-") else str(tmp_path / flag) for flag in flags]


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(value))


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        (["--sizes", "256,100"], "--sizes has 100"),
        (["--sizes", "big"], "--sizes 'big'"),
        (["--batches", "3"], "--batches has 3"),
        (["--dtypes", "fp16"], "--dtypes has 'fp16'; accepted: fp32, bf16"),
        (["--dtypes", ""], "--dtypes is empty"),
        (["--branches", "0,12"], "--branches has 12; this model has branches 0 to 11"),
        (["--peers", "openvinno"], "--peers has 'openvinno'"),
        (["--rounds", "0"], "--rounds is 0"),
        (["--steps", "few"], "--steps"),
        (["--model", "nowhere"], "nowhere/model.json is missing"),
        (["--diffusers", "nowhere"], "nowhere/unet/config.json is missing"),
        (["--program", "nowhere"], "--program nowhere is no program"),
        (["--sd-cpp", "sd"], "--sd-cpp-model"),
        (["--sd-cpp", "sd", "--sd-cpp-model", "m", "--beside", "2"], "--sd-cpp does not go with --beside"),
        (["--beside", "2,0"], "--beside has 0"),
        (["--apart"], "--apart goes with --beside"),
        (["--images", "only", "--beside", "2"], "--images only does not go with --beside"),
        (["--images", "none"], "--images"),
        (["--beside", "two"], "--beside 'two'"),
        (["--beside-load=-1"], "--beside-load has -1"),
        (["--output", "table.txt"], "--output table.txt"),
        (["--colour"], "--colour"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(
    arguments: list[str], extra: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--peers", "", *extra]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert named in err


def test_other_model_is_refused(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model" / "model.json").write_text('{"unet": {"rungs": 12, "context_size": 1024}}')
    assert main([*arguments, "--peers", ""]) == 2
    assert "is no export of" in capsys.readouterr().err


def test_a_unet_that_takes_the_guidance_scale_is_refused(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unet = {"rungs": 12, "context_size": 32, "guidance_embedding": 256}
    (tmp_path / "model" / "model.json").write_text(json.dumps({"unet": unet}))
    assert main([*arguments, "--peers", ""]) == 2
    assert "has a UNet that takes the guidance scale" in capsys.readouterr().err


def test_peers_need_the_model_in_their_format(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    without = [arguments[i] for i in (0, 1, 4, 5)]
    assert main([*without, "--peers", "openvino"]) == 2
    assert "--peers openvino needs the model in diffusers' format: add --diffusers DIR" in capsys.readouterr().err


def test_missing_package_says_what_to_install(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "find_spec", lambda _: None)
    assert main([*arguments, "--peers", "openvino"]) == 2
    assert "pip install -r scripts/requirements-bench.txt" in capsys.readouterr().err


def test_requirements_name_what_is_checked_for() -> None:
    for package, file in checks.PACKAGES.values():
        text = (Path(__file__).parents[2] / "scripts" / file).read_text()
        assert f"\n{package}==" in text


def test_failing_program_is_quoted(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "program").write_text("#!/bin/sh\necho 'starting' >&2\necho 'no such luck' >&2\nexit 1\n")
    assert main([*arguments, "--peers", ""]) == 2
    assert capsys.readouterr().err.rstrip().endswith("no such luck")


def test_measures_the_program_alone(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(session, "ideal_ratios", lambda _: {(64, 0): 0.125})
    output = tmp_path / "speed.json"
    flags = ["--peers", "", "--sizes", "64", "--branches", "0", "--dtypes", "bf16", "--rounds", "2", "--images"]
    assert main([*arguments, *flags, "--output", str(output)]) == 0
    measured = json.loads(output.read_text())
    full = next(row for row in measured["passes"] if row["what"] == "full" and row["batch"] == 2)
    assert full["seconds"] == {PROGRAM: [0.5, 0.5]}
    assert [row["multiply_adds_of_full"] for row in measured["passes"] if row["what"] == "branch 0"] == [0.125] * 2
    assert [row["seconds"][PROGRAM] for row in measured["images"]] == [[2.5, 2.5]] * 8
    assert "left" in capsys.readouterr().err
    calls = (tmp_path / "program.calls").read_text()
    assert "-W 64 -H 64 --steps 9 --sampling-method ddim --interval 3 --branch 0 --cfg-scale 1.0 " in calls
    assert calls.count("--interval 5 --branch 1 ") == 4


def test_measures_images_only_where_asked(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "ideal_ratios", lambda _: {})
    output = tmp_path / "speed.md"
    flags = ["--peers", "", "--sizes", "64", "--batches", "2", "--dtypes", "bf16", "--rounds", "1", "--images", "only"]
    assert main([*arguments, *flags, "--output", str(output)]) == 0
    page = output.read_text()
    assert "## Whole images" in page
    assert "## UNet passes" not in page
    assert " --steps 9 " not in (tmp_path / "program.calls").read_text()


def test_a_pipeline_without_deepcache_makes_no_cached_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PIPELINES", {"plain": ("", False), "caching": ("", True)})
    program = SimpleNamespace(image=lambda *_: 1.0)
    plan = Plan(program, None, TOKENS, (CASE,), (), (), 1, True, 20)
    pipelines = [SimpleNamespace(name=name, ask=lambda _: 4.0) for name in ("plain", "caching")]
    asked = {}
    for schedule in (Schedule(1, 0), Schedule(3, 0)):
        image = Measured(CASE, str(schedule))
        Session(plan, Results("", {}, 20), lambda: None)._image_in_turn(CASE, schedule, pipelines, image)
        asked[str(schedule)] = list(image.seconds)
    assert asked == {"original": [PROGRAM, "plain", "caching"], "3/0": [PROGRAM, "caching"]}


def test_measures_the_program_beside_itself_and_busy_loops(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(throughput, "LEAST_SECONDS", 0.2)
    output = tmp_path / "speed.json"
    without = [arguments[i] for i in (0, 1, 4, 5)]
    flags = ["--peers", "", "--sizes", "64", "--batches", "2", "--dtypes", "bf16", "--branches", "1", "--rounds", "2"]
    assert main([*without, *flags, "--beside", "2", "--beside-load", "0,1", "--output", str(output)]) == 0
    rows = json.loads(output.read_text())["beside"]
    places = [(row["what"], row["copies"], row["busy_loops"]) for row in rows]
    assert places == [(what, *place) for what in ("full", "branch 1") for place in ((1, 0), (2, 0), (2, 1))]
    # A step takes 0.01 s and a little.
    assert all(0 < number < 100 * row["copies"] for row in rows for number in row["per_second"][PROGRAM])
    assert [row["of_alone"][PROGRAM] for row in rows if row["copies"] == 1] == [1, 1]
    assert "left" in capsys.readouterr().err
    calls = (tmp_path / "program.calls").read_text().splitlines()
    copies = [line for line in calls if "--trace" in line]
    assert len(copies) == 2 * 2 * (1 + 2 + 2)
    assert sum("--steps 500 --sampling-method ddim --interval 500 --branch 1 " in line for line in copies) == 10
    assert sum("copy-1-%d.png" in line for line in copies) == 8


@pytest.mark.parametrize(
    ("apart", "expected"),
    [
        (False, ["load", "load", *[engine for place in "1212" for engine in (f"program {place}", f"peer {place}")]]),
        (True, ["program 1", "program 2", "load", "load", "peer 1", "peer 2"] * 2),
    ],
)
def test_program_and_peers_take_every_place(
    apart: bool, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    peer = SimpleNamespace(name="toy", ready_seconds=2.0, peak=9, idle_use=0.0)
    places = (ALONE, Situation(2, 0))
    program = Program(tmp_path, tmp_path, 1, tmp_path / "x.png", peak=7, loads=[0.5])
    plan = Plan(program, tmp_path, TOKENS, (CASE,), (), ("openvino",), 2, False, 20, places, apart)
    measuring = BesideSession(plan, Results("", {}, 20), lambda: None)

    def note(engine: str, copies: int, value: float) -> float:
        order.append(f"{engine} {copies}")
        return value

    monkeypatch.setattr(beside_session, "PeerProcess", lambda *_: SimpleContext(peer))
    monkeypatch.setattr(measuring, "_require_room", lambda _: None)
    monkeypatch.setattr(program, "forget", lambda: None)
    monkeypatch.setattr(beside_session, "peer_rate", lambda copies, *_: note("peer", len(copies), 4.0))
    monkeypatch.setattr(measuring, "_program_rate", lambda _case, _work, place: note("program", place.copies, 8.0))
    monkeypatch.setattr(machine, "available_memory", lambda: order.append("load") or 2**40)
    measuring._measure(CASE)
    assert order == expected
    assert [row.per_second for row in measuring.results.beside] == [{PROGRAM: [8.0] * 2, "openvino": [4.0] * 2}] * 2


def test_copies_that_do_not_fit_are_refused(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(beside_session, "weight_bytes", lambda *_: 3 * 2**30)
    monkeypatch.setattr(machine, "available_memory", lambda: 11 * 2**30)
    assert main([*arguments, "--peers", "", "--dtypes", "bf16", "--beside", "1,4"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "11.0 GiB of memory are left, the weights of 4 times the program in bf16 would take 12.0" in error


def test_program_without_timing_is_an_error(tmp_path: Path) -> None:
    program = Program(Path("/bin/true"), tmp_path, 1, tmp_path / "x.png")
    with pytest.raises(BenchmarkError, match="no timing"):
        program.image(CASE, Schedule(1, 0), 5)


def test_child_reports_its_own_memory_and_time() -> None:
    mebibytes = 400
    ended = run([sys.executable, "-c", f"x = bytearray({mebibytes} << 20); print(len(x))"])
    assert ended.stdout == f"{mebibytes << 20}\n"
    assert ended.peak > mebibytes << 20
    assert 0 < ended.seconds < 60


def canned() -> Results:
    results = Results("scripts/bench_cpu.py --x", {"processor": "Abacus", "cores": 2}, 20, start_ups=[0.3, 0.4, 0.5])
    results.ideal = {(64, 0): 0.1}
    results.passes = [
        Measured(CASE, "full", {PROGRAM: [1.0, 2.0, 4.0], "openvino": [1.5, 1.0, 6.0]}),
        Measured(CASE, "branch 0", {PROGRAM: [0.1, 0.5, 0.2], "openvino": [0.2, 0.3, 0.4]}),
    ]
    results.images = [Measured(CASE, "3/0", {PROGRAM: [12.0]})]
    results.processes = [Process("openvino", CASE, "passes", 12.5, 3 * 2**30, 0.004)]
    return results


def evenly(begin: float, seconds: float, count: int) -> list[Span]:
    """Passes without gaps."""
    return [Span(begin + i * seconds, begin + (i + 1) * seconds) for i in range(count)]


def test_only_what_all_do_at_once_is_counted() -> None:
    """A copy is fast before the other begins, and after it has ended."""
    early = [*evenly(0, 0.5, 20), *evenly(10, 1, 10), *evenly(20, 0.5, 20)]
    late = evenly(8, 2, 6)
    assert common_window([early, late]) == Span(10, 20)
    assert per_second([early, late]) == pytest.approx(1 + 1 / 2)


def test_passes_over_the_edges_count_in_part() -> None:
    assert per_second([evenly(0, 3, 9), evenly(1, 4, 5)]) == pytest.approx(1 / 3 + 1 / 4)


def test_time_between_passes_is_not_theirs() -> None:
    """As when a picture is decoded between its steps and those of the next."""
    with_gaps = [*evenly(0, 1, 5), *evenly(8, 1, 5), *evenly(20, 1, 5)]
    assert per_second([with_gaps]) == pytest.approx(1)


def test_passes_reported_together_all_count() -> None:
    spans = [Span(0, 1), Span(1, 4), Span(4, 4), Span(4, 4), Span(4, 5)]
    assert per_second([spans]) == pytest.approx(4 / 4)


@pytest.mark.parametrize(
    ("copies", "enough"),
    [
        ([evenly(0, 1, 11)], True),
        ([evenly(0, 1, 10)], False),
        ([evenly(0, 4, 3)], False),
        ([evenly(0, 4, 4)], True),
        ([evenly(0, 1, 11), evenly(2, 1, 12)], False),
        ([evenly(0, 1, 12), evenly(20, 1, 12)], False),
        ([evenly(0, 1, 12), []], False),
        ([evenly(0, 1, 12), evenly(0, 1, 1)], False),
    ],
)
def test_window_is_long_and_full_enough(copies: list[list[Span]], enough: bool) -> None:
    assert is_enough(copies) == enough


def test_situations_begin_with_the_process_alone() -> None:
    assert situations((2, 4), (0, 1)) == (ALONE, Situation(2, 0), Situation(2, 1), Situation(4, 0), Situation(4, 1))
    assert situations((1,), (0,)) == ()


def test_busy_loops_spin_and_end() -> None:
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    before = set(children.read_text().split())
    with pytest.raises(KeyboardInterrupt), busy_loops(2):
        spinning = set(children.read_text().split()) - before
        raise KeyboardInterrupt
    assert len(spinning) == 2
    assert not spinning & set(children.read_text().split())


def test_copy_that_ends_is_quoted(tmp_path: Path) -> None:
    failing = ["/bin/sh", "-c", "echo '{}'; echo 'no such luck' >&2; exit 3"]
    with ProgramCopy(failing, False, bool) as copy, pytest.raises(BenchmarkError, match="no such luck"):
        rate([copy])


def test_steps_of_the_other_kind_and_first_ones_do_not_count(tmp_path: Path) -> None:
    kinds = [(0, "full"), (1, "cached"), (2, "cached"), (0, "full"), (1, "cached")]
    lines = "\n".join(json.dumps({"step": step, "kind": kind}) for step, kind in kinds)
    program = Program(tmp_path / "program", tmp_path, 1, tmp_path / "x.png")
    # The trace goes to the last argument.
    program.path.write_text(f"#!/bin/sh\nfor last; do :; done\necho '{lines}' >$last\nsleep 60\n")
    program.path.chmod(0o755)
    with program.copy(CASE, Repeated(0), 20, 0) as copy:
        assert len(copy.take()) == 3
    assert copy.ready > 0
    assert copy.peak > 0


def test_ratio_is_that_of_neighbouring_turns() -> None:
    assert ratio({PROGRAM: [1.0, 10.0, 2.0], "peer": [3.0, 20.0, 2.0]}, "peer") == 2


def test_markdown_has_every_measurement() -> None:
    lines = markdown(canned()).splitlines()
    assert "- processor: Abacus" in lines
    assert "| 64 | 2 | fp32 | full | 2000 [1000-4000] | 1500 [1000-6000] | 1.50 |" in lines
    assert "| 64 | 2 | fp32 | branch 0 | 200 [100-500] | 300 [200-400] | 2.00 |" in lines
    assert "| 64 | 2 | fp32 | branch 0 | 10.0% | 10.0% | 20.0% |" in lines
    assert "| 64 | 2 | fp32 | 3/0 | 12.0 [12.0-12.0] |" in lines
    assert "`deepcache-gen --version`: 400 [300-500] ms." in lines
    assert "| 64 | 2 | fp32 | passes | openvino | 12.50 | 3.00 | 0.4% |" in lines


def test_table_of_situations() -> None:
    results = Results("scripts/bench_cpu.py --x", {}, 20, start_ups=[0.3])
    results.beside = [
        Rates(CASE, "full", ALONE, {PROGRAM: [2.0, 4.0, 3.0], "openvino": [1.0, 4.0, 2.0]}),
        Rates(CASE, "full", Situation(2, 1), {PROGRAM: [1.0, 3.0, 3.0], "openvino": [0.5, 1.0, 2.0]}),
        Rates(CASE, "image 3/0", ALONE, {PROGRAM: [0.5, 0.5, 0.5]}),
    ]
    lines = markdown(results).splitlines()
    assert "## UNet passes, ms" not in lines
    assert "| 64 | 2 | fp32 | full | 2 | 1 | 3.00 [1.00-3.00] | 0.75 | 1.00 [0.500-2.00] | 0.50 | 2.00 |" in lines
    assert "| 64 | 2 | fp32 | image 3/0 | 1 | 0 | 0.500 [0.500-0.500] | 1.00 |  |  |  |" in lines
    second = json.loads(document(results, ".json"))["beside"][1]
    assert second["per_second"]["openvino"] == [0.5, 1.0, 2.0]
    assert second["ratio"] == {"openvino": 2.0}


def test_json_has_every_turn() -> None:
    measured = json.loads(document(canned(), ".json"))
    branch = measured["passes"][1]
    assert branch["seconds"]["openvino"] == [0.2, 0.3, 0.4]
    assert branch["median_seconds"] == {PROGRAM: 0.2, "openvino": 0.3}
    assert branch["ratio"] == {"openvino": 2.0}
    assert branch["multiply_adds_of_full"] == 0.1


@pytest.mark.parametrize(("number", "text"), [(1234.6, "1235"), (12.345, "12.3"), (1.2345, "1.23"), (0.04321, "0.043")])
def test_digits(number: float, text: str) -> None:
    assert digits(number) == text


def test_time_left_is_in_proportion_to_work(capsys: pytest.CaptureFixture[str]) -> None:
    clock = iter([100.0, 110.0, 120.0])
    left = TimeLeft(40, preparations=3, now=lambda: next(clock))
    left.report("begin")
    left.prepared()
    left.add(10)
    left.report("images")
    assert capsys.readouterr().err == "begin\nimages; about 50 s left\n"


@pytest.mark.parametrize(
    ("usable", "cores"),
    [({0, 1, 2, 3}, 2), ({0, 2}, 1), ({1}, 1)],
)
def test_physical_cores_are_counted_once(usable: set[int], cores: int) -> None:
    ids = [(0, 0), (1, 1), (2, 0), (3, 1)]
    text = "\n\n".join(f"processor\t: {cpu}\nphysical id\t: 0\ncore id\t\t: {core}" for cpu, core in ids)
    assert physical_cores(text, usable) == cores


def test_seconds_in_the_log_of_stable_diffusion_cpp() -> None:
    assert logged_seconds("[INFO ] x.cpp:3 - generate_image completed in 12.83s\n") == 12.83
    with pytest.raises(BenchmarkError, match="generate_image"):
        logged_seconds("nothing")


@pytest.fixture
def toy_peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that peer processes can start."""
    (tmp_path / "toy_peer.py").write_text(TOY_PEER)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "toy_peer"


def test_peer_answers_in_a_process_of_its_own(toy_peer: str) -> None:
    with PeerProcess("toy", toy_peer, (5,)) as peer:
        assert peer.ask("os.getpid()") != os.getpid()
        time.sleep(0.2)
        assert peer.ask("number + 2") == 7
        assert peer.peak > 2**20
        assert peer.ready_seconds > 0
        assert 0 < peer.idle_use < 0.2


def test_peer_that_works_while_others_have_their_turn_is_noticed(toy_peer: str) -> None:
    with PeerProcess("toy", toy_peer, (5,)) as peer:
        time.sleep(0.3)
        peer.ask("threading.Thread(target=spin, daemon=True).start()")
        quiet = peer.idle_use
        time.sleep(0.9)
        peer.ask("1")
        assert peer.idle_use > 2 * quiet + 0.05, "what others leave of a core on a busy machine"


def test_peer_that_fails_is_quoted(toy_peer: str) -> None:
    with pytest.raises(BenchmarkError, match=r"toy failed: TypeError: start\(\) missing 1 required"):
        PeerProcess("toy", toy_peer, ())
    with PeerProcess("toy", toy_peer, (5,)) as peer, pytest.raises(BenchmarkError, match="toy failed: Zero"):
        peer.ask("1 / 0")


def test_peer_repeats_until_told_to_stop(toy_peer: str) -> None:
    with PeerProcess("toy", toy_peer, (5,)) as peer:
        peer.begin("itertools.count(number)")
        assert [peer.take() for _ in range(3)] == [5, 6, 7]
        peer.halt()
        peer.rest()
        assert peer.ask("number") == 5
        peer.begin("iter([1 / 0])")
        with pytest.raises(BenchmarkError, match="toy failed: Zero"):
            peer.take()


def test_repeated_passes_leave_no_gaps() -> None:
    passes = repeated(lambda: time.sleep(0.03))
    spans = [*next(passes), *next(passes)]
    assert len(spans) > 1
    assert all(one.end == following.begin for one, following in itertools.pairwise(spans))
    assert all(0.03 <= span.end - span.begin < 10 for span in spans)


def test_peer_that_is_killed_is_an_error(toy_peer: str) -> None:
    killed = "toy failed: it was killed, probably for want of memory"
    with PeerProcess("toy", toy_peer, (5,)) as peer, pytest.raises(BenchmarkError, match=killed):
        peer.ask("os.kill(os.getpid(), 9)")


def test_peers_take_turns_with_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """All are asked once a round and branch, the program first."""
    order: list[str] = []

    def taking(name: str, full: float) -> Callable[..., Turn]:
        return lambda *_: order.append(name) or Turn([9.0, full, full], [full / 10] * 6)

    peers = [SimpleNamespace(name=name, ask=taking(name, full)) for name, full in (("a", 2.0), ("b", 3.0))]
    program = SimpleNamespace(passes=taking("program", 1.0), forget=lambda: None, loads=[0.5], peak=7)
    plan = SimpleNamespace(program=program, branches=(0, 1), rounds=2, work=lambda: 1.0, preparations=lambda: 1)
    measuring = Session(plan, Results("", {}, 20), lambda: None)
    monkeypatch.setattr(measuring, "_peers", lambda _: SimpleContext(peers))
    measuring._measure_passes(CASE)
    assert order == ["program", "a", "b"] * 4
    full, *cached = measuring.results.passes
    assert full.seconds == {PROGRAM: [1.0] * 4, "a": [2.0] * 4, "b": [3.0] * 4}
    assert [row.what for row in cached] == ["branch 0", "branch 1"]
    assert [row.seconds["b"] for row in cached] == [pytest.approx([0.3, 0.3])] * 2


class SimpleContext:
    """Hands out a value and cleans nothing up."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __enter__(self) -> object:
        return self.value

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module", params=["sd15", "sd21", "sdxl"])
def config(request: pytest.FixtureRequest) -> dict[str, object]:
    """Of a UNet in miniature."""
    return FAMILIES[request.param](True, 600).unet


@pytest.fixture(scope="module")
def unet(config: dict[str, object]) -> UNet2DConditionModel:
    # It is tiny: more threads would only wait for each other.
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return UNet2DConditionModel.from_config(config).double().eval()


@pytest.mark.parametrize("branch", [0, 4])
@torch.inference_mode()
def test_cached_pass_equals_the_published_helper(unet: UNet2DConditionModel, branch: int) -> None:
    latents, _, context, *added = pass_inputs(unet, CASE, TOKENS)
    timesteps = torch.tensor([601, 401])
    helper = DeepCacheSDHelper(SimpleNamespace(unet=unet, scheduler=SimpleNamespace(timesteps=timesteps)))
    helper.set_params(cache_interval=2, cache_branch_id=branch)
    helper.enable()
    run_diffusers(unet, (latents, timesteps[0], context, *added))
    expected = run_diffusers(unet, (-latents, timesteps[1], context, *added))
    helper.disable()
    deep = deep_feature(unet, (latents, timesteps[:1].expand(2), context, *added), branch)
    second = (-latents, timesteps[1:].expand(2), context, *added)
    # In double precision, rounding is far below the bound.
    assert largest_difference(CachedPass(unet, branch)(deep, *second), (expected,)) <= BOUND
    assert largest_difference(FullPass(unet)(*second), (expected,)) > 1e-2


@torch.no_grad()
def test_helper_repeats_the_kind_of_pass_that_is_asked_for(
    config: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cached pass does not run the middle of the UNet, a full one does each time."""
    eager_peer = pytest.importorskip("cpu_benchmark.eager_peer")
    unet = UNet2DConditionModel.from_config(config).eval()
    middles: list[int] = []
    unet.mid_block.resnets[0].register_forward_hook(lambda *_: middles.append(1))
    monkeypatch.setattr(eager_peer, "load_unet", lambda *_: unet)
    monkeypatch.setattr(eager_peer, "repeated", lambda run_pass: (run_pass() for _ in range(4)))
    answer = eager_peer.start(PeerSetup(tmp_path, CASE, (0,), 1, TOKENS))
    assert len([*answer(Repeated(0))]) == 4
    assert len(middles) == 1
    assert len([*answer(Repeated(None))]) == 4
    assert len(middles) == 5


def test_deeper_branches_cost_more_and_less_than_all(config: dict[str, object]) -> None:
    unet = meta_unet(config)
    ratios = [ideal_ratio(unet, 64, branch, TOKENS) for branch in (0, 1, 4)]
    assert 0 < ratios[0] < ratios[1] < ratios[2] < 1


def test_multiply_adds_of_a_convolution() -> None:
    convolution = torch.nn.Conv2d(3, 5, 3, padding=1, device="meta")
    pixels = 7 * 11
    assert multiply_adds(convolution, (torch.empty(2, 3, 7, 11, device="meta"),)) == 2 * pixels * 3 * 5 * 3 * 3
