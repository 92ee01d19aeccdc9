"""How near our pictures of a task are to diffusers', said by task, family and caching."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
import pytest
from generation_case import LARGEST, Case
from task_judges import run_task
from test_images import LATENT_TOLERANCE, PICTURE_TOLERANCE, Generate, picture_difference, relative_difference
from worst_differences import WorstDifferences

AssertEqual = Callable[..., None]

# interval, branch
CACHINGS = ((None, None), (2, 0), (3, 1), (2, LARGEST), (3, 0), (2, 1), (3, LARGEST))


def cached_in_turns(cases: list[Case]) -> list[Case]:
    """The cases, each with the next of all ways to cache."""
    return [
        Case(**vars(case) | {"interval": interval, "branch": branch})
        for case, (interval, branch) in zip(cases, cycle(CACHINGS[1:]), strict=False)
    ]


@pytest.fixture
def assert_task_equal(generate: Generate, pipeline_of: Any, worst_differences: WorstDifferences) -> AssertEqual:
    """Makes a case's pictures by the program and by diffusers, notes how far they are apart, and allows rounding.

    The function that it is also takes the pictures `between` two passes (see `run_task`).
    """

    def compare(task: str, case: Case, between: np.ndarray | None = None) -> None:
        ours, theirs = generate(case), run_task(pipeline_of, case, between=between)
        assert ours.latents.shape == theirs.latents.shape
        assert ours.pictures.shape == theirs.pictures.shape
        latents = relative_difference(ours.latents, theirs.latents)
        levels = picture_difference(ours.pictures, theirs.pictures)
        cached = "uncached" if case.interval is case.full_calls is None else "cached"
        worst_differences.note(f"latents, {task}, {case.model}, {cached}", latents, str(case))
        worst_differences.note(f"levels, {task}", levels, str(case))
        assert (latents <= LATENT_TOLERANCE, levels <= PICTURE_TOLERANCE) == (True, True), (latents, levels)

    return compare
