"""--profile: a timeline of the whole run, as a Chrome trace."""

import json
from pathlib import Path

from expectations import DONE, FAILED, Run, assert_done, assert_fails, files_below

ASKED = ("-p", "a cat", "--steps", 6, "--interval", 3, "--sampling-method", "ddim", "-s", 7, "-o", "a.png")


def annotations(path: Path) -> list[dict]:
    """What the program named in a trace, in the order in which it began."""
    events = json.loads(path.read_text())["traceEvents"]
    return sorted((event for event in events if event.get("cat") == "user_annotation"), key=lambda event: event["ts"])


def test_what_is_done_is_named_in_order(draw: Run, tmp_path: Path) -> None:
    """Each call lies within the loop, and operators of LibTorch within each call; the picture is the usual one."""
    assert_done(draw(*ASKED, "--profile", "profile.json"), "a.png")
    named = annotations(tmp_path / "profile.json")
    full, cached = "full call", "cached call"
    assert [event["name"] for event in named] == [
        "text", "denoising", full, cached, cached, full, cached, cached, "decode",
    ]  # fmt: skip
    _, loop, *calls, decoding = named
    events = json.loads((tmp_path / "profile.json").read_text())["traceEvents"]
    starts = [event["ts"] for event in events if event.get("cat") == "cpu_op"]
    for call in calls:
        assert loop["ts"] <= call["ts"] and call["ts"] + call["dur"] <= loop["ts"] + loop["dur"]
        assert any(call["ts"] <= start <= call["ts"] + call["dur"] for start in starts)
    assert decoding["ts"] >= loop["ts"] + loop["dur"]
    profiled = (tmp_path / "a.png").read_bytes()
    assert_done(draw(*ASKED, "--overwrite"), "a.png")
    assert (tmp_path / "a.png").read_bytes() == profiled
    assert files_below(tmp_path) == ["a.png", "profile.json"]


def test_a_benchmark_is_profiled_too(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    """A warm-up and one round."""
    asked = ("--size", 64, "--settings", "original", "--rounds", 1, "--steps", 3, "--sampling-method", "ddim", "-t", 1)
    assert run("bench", "-m", tiny_model, *asked, "--profile", "profile.json").returncode == DONE
    loops = [event for event in annotations(tmp_path / "profile.json") if event["name"] == "denoising"]
    assert len(loops) == 2


def test_a_file_that_can_not_be_written_is_refused_before_any_work(draw: Run, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert_fails(draw(*ASKED, "--profile", "there"), FAILED, "there: cannot be written")
    assert files_below(tmp_path) == []


def test_a_run_that_ends_with_an_error_is_profiled(draw: Run, tmp_path: Path) -> None:
    """The timeline may tell why: here the trace has no room."""
    assert_fails(draw(*ASKED, "--trace", "/dev/full", "--profile", "profile.json"), FAILED, "/dev/full")
    assert [event["name"] for event in annotations(tmp_path / "profile.json")][:2] == ["text", "denoising"]
