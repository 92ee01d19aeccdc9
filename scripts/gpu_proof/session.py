"""Runs the stages one after the other; none stops the next."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from gpu_proof.budget import Deadline, allowance
from gpu_proof.errors import CheckError, Missing, OutOfTime
from gpu_proof.place import Place
from gpu_proof.results import DONE, FAILED, LEFT_OUT, OVERDUE, Results
from gpu_proof.scale import Scale
from gpu_proof.stage_table import Stage
from gpu_proof.work import Work


def check(stages: Sequence[Stage], pack: Path, device: str, scale: Scale, output: Path, seconds: float) -> bool:
    """Runs all stages within so many seconds, and returns whether none has failed."""
    deadline = Deadline(seconds)
    with tempfile.TemporaryDirectory(prefix="gpu-check-", dir=_scratch()) as scratch:
        place = Place(pack, device, scale, Path(scratch), output)
        results = Results(output, place.facts())
        try:
            place.begin_models()
            for stage in stages:
                place.begin_peer("sd21")
                _run(stage, place, deadline, results)
        finally:
            place.close()
            results.write()
        return results.all_is_well()


def _run(stage: Stage, place: Place, deadline: Deadline, results: Results) -> None:
    found, begin = results.begin(stage.name, stage.title), time.monotonic()
    seconds = allowance(deadline.left(), stage.limit * place.scale.patience, stage.least)
    if not seconds:
        state = found.end(LEFT_OUT, f"{deadline.left():.0f} s are left of all, it takes {stage.least:.0f} or more")
    else:
        state = found.end(*_outcome(stage, Work(stage.name, place, Deadline(seconds), found)))
    print(f"{stage.name}: {state}, {time.monotonic() - begin:.1f} s", file=sys.stderr, flush=True)


def _outcome(stage: Stage, work: Work) -> tuple[str, str | None]:
    """How a stage ended, and why it ended early."""
    try:
        stage.run(work)
    except OutOfTime as error:
        return OVERDUE, str(error)
    except Missing as error:
        return LEFT_OUT, str(error)
    except CheckError as error:
        return FAILED, str(error)
    except Exception as error:  # A stage's mistake must not cost the minutes of the others.
        return FAILED, f"{type(error).__name__}: {error}"
    return DONE, None


def end_by_signal() -> None:
    """From now on SIGTERM is an exception, so that what runs is ended and what was found is written."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def _scratch() -> str | None:
    """Memory, where there is plenty of it: models are written and read once."""
    folder = Path("/dev/shm")
    if not folder.is_dir():
        return None
    status = os.statvfs(folder)
    return str(folder) if status.f_bavail * status.f_frsize > 40 << 30 else None
