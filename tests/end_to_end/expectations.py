"""What every run of the program owes its user."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

Result = subprocess.CompletedProcess[str]
Run = Callable[..., Result]

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
ERROR, WARNING = "deepcache-gen: error: ", "deepcache-gen: warning: "
LONGEST_MESSAGE = 600  # characters; more is a dump


def assert_done(result: Result, *printed: object) -> None:
    """The run succeeded, complained about nothing, and printed just these lines on stdout."""
    assert result.returncode == DONE, result.stderr
    assert ERROR not in result.stderr
    assert result.stdout.splitlines() == [str(line) for line in printed]


def assert_fails(result: Result, exit_code: int, *said: str) -> None:
    """The run ended with this code, nothing on stdout, and one last line on stderr that says all of `said`."""
    assert result.returncode == exit_code, result.stderr
    assert not result.stdout
    lines = result.stderr.splitlines()
    errors = [line for line in lines if line.startswith(ERROR)]
    assert errors == lines[-1:], result.stderr
    assert len(errors[0]) <= LONGEST_MESSAGE
    missing = [text for text in said if text not in errors[0]]
    assert not missing, errors[0]


def assert_rejects(result: Result, *said: str) -> None:
    """The command line was refused before anything else was said or done."""
    assert_fails(result, USAGE, *said)
    assert len(result.stderr.splitlines()) == 1, result.stderr


def warnings_of(result: Result) -> list[str]:
    """The warnings on stderr."""
    return [line.removeprefix(WARNING) for line in result.stderr.splitlines() if line.startswith(WARNING)]


def files_below(folder: Path) -> list[str]:
    """The names of all files below a folder, hidden ones included, relative to it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def find_part(part: np.ndarray, image: np.ndarray) -> tuple[int, int] | None:
    """The row and column at which all pixels of `part` stand in `image`; None where they do not."""
    height, width = part.shape[:2]
    inside = image[: len(image) - height + 1, : image.shape[1] - width + 1]
    for row, column in np.argwhere((inside == part[0, 0]).all(axis=-1)):
        if np.array_equal(image[row : row + height, column : column + width], part):
            return int(row), int(column)
    return None
