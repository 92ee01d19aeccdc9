"""The benchmark drives the program through flags of the program."""

import itertools
from pathlib import Path

import pytest
from cpu_benchmark.case import SCHEDULES, Case, Repeated, Schedule, Work
from cpu_benchmark.program import Program


def test_every_turn_runs_after_the_others(program: Path, tiny_model: Path, tmp_path: Path) -> None:
    """Turns have other settings than those before them, and write to the same files."""
    measured = Program(program, tiny_model, 1, tmp_path / "picture-%d.png")
    for case in (Case(64, 1, "fp32"), Case(64, 2, "fp32")):
        for branch in (0, 1):
            turn = measured.passes(case, branch)
            assert min(turn.full + turn.cached) > 0
        for schedule in SCHEDULES:
            assert measured.image(case, schedule, 6) > 0
    assert len(measured.loads) == 2 * (2 + len(SCHEDULES))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["picture-0.png", "picture-1.png"]


@pytest.mark.parametrize("work", [Repeated(None), Repeated(0), Schedule(3, 0)])
def test_copies_report_while_they_work(work: Work, program: Path, tiny_model: Path, tmp_path: Path) -> None:
    """The trace arrives step by step, the records picture by picture, and an ended copy leaves what it has written."""
    measured = Program(program, tiny_model, 1, tmp_path / "picture-%d.png")
    with measured.copy(Case(64, 2, "fp32"), work, 6, 3) as copy:
        spans = copy.take()
        while len(spans) < 20:
            spans += copy.take()
    assert all(one.end <= following.begin for one, following in itertools.pairwise(spans))
    assert sum(span.end - span.begin for span in spans) > 0
    measured.note([copy])
    assert measured.peak > 0 and measured.loads[0] > 0
