"""A worker that made many pictures holds no more than one that made few; soak.py does it with thousands."""

from pathlib import Path

import pytest
from soak import Sample, Soak, growth

PICTURES = 60
# So few pictures are hardly more than a warm-up: the heap of 200 MiB still takes a few pages of 2 MiB.
MEMORY_GROWTH = 0.06


def test_a_worker_does_not_grow(program: Path, embedded_model: Path, tmp_path: Path) -> None:
    soak = Soak(program, embedded_model, tmp_path)
    samples = soak.run(PICTURES)
    assert len(samples) > PICTURES // 10
    assert growth(samples, MEMORY_GROWTH) == []
    assert soak.same_bytes()


def flat(pictures: int) -> Sample:
    """A worker that holds now a little more, now a little less."""
    return Sample(pictures, 300_000 + 500 * (pictures % 3), 11 + pictures % 2, 3 + pictures % 2)


def test_a_flat_worker_passes() -> None:
    assert growth([flat(pictures) for pictures in range(1, 5001, 25)]) == []


@pytest.mark.parametrize("leak", ["memory", "descriptors", "threads"])
def test_a_leak_is_seen(leak: str) -> None:
    """One descriptor or thread in a hundred pictures, and two KiB a picture."""
    samples = []
    for pictures in range(1, 5001, 25):
        even = flat(pictures)
        lost = 2 * pictures if leak == "memory" else pictures // 100
        samples.append(Sample(**{**vars(even), leak: getattr(even, leak) + lost}))
    assert [problem.split(":")[0] for problem in growth(samples)] == [leak]


def test_what_only_the_warm_up_takes_is_no_leak() -> None:
    samples = [Sample(pictures, min(pictures, 500) * 500, 9, 3) for pictures in range(1, 5001, 25)]
    assert growth(samples) == []
