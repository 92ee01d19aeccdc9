"""The benchmark drives the program through flags of the program."""

from pathlib import Path

from cpu_benchmark.case import SCHEDULES, Case
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
