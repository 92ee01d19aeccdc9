"""What a stage has to work with."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gpu_proof import child
from gpu_proof.budget import Deadline
from gpu_proof.errors import CheckError, Missing, OutOfTime
from gpu_proof.place import EMBEDDED_MODEL, FOLDER, Place
from gpu_proof.results import StageResults

# Characters of what a program said that are kept.
LONGEST = 20000


class Work:
    """The place, the stage's time, its results, and a folder of its own."""

    def __init__(self, name: str, place: Place, deadline: Deadline, results: StageResults) -> None:
        self.place, self.scale, self.deadline, self.results = place, place.scale, deadline, results
        self.folder = place.scratch / name
        self.folder.mkdir()

    def run(self, command: Sequence[object], **more: str) -> child.Ended:
        """Runs a command within the stage's time, with `more` in its environment; throws OutOfTime."""
        return child.run(
            command,
            environment=self.place.environment | more,
            seconds=self.deadline.require(),
            folder=self.folder,
        )

    def program(self, *flags: object, device: str | None = None, model: Path = EMBEDDED_MODEL) -> child.Ended:
        """Runs the program; throws CheckError with its last line if it fails."""
        ended = self.run([*self.program_command(device, model), *flags], **self.place.libraries)
        if ended.code != 0:
            self.results.value("failed", {"flags": [str(flag) for flag in flags], "said": ended.stderr[-LONGEST:]})
            raise CheckError(f"deepcache-gen {' '.join(map(str, flags))}: {child.reason(ended)}")
        return ended

    def attempt(self, what: str, do: Callable[..., None], *arguments: object) -> None:
        """Does a part of a stage that the others do not need: if it fails, that is a check that does not hold."""
        try:
            do(*arguments)
        except (OutOfTime, Missing):
            raise
        except CheckError as error:
            self.results.check(what, False, str(error))

    def program_command(self, device: str | None = None, model: Path = EMBEDDED_MODEL) -> list[object]:
        """The program with a device and a model; a command's name has to come first."""
        return [self.place.program, "-m", model, "--device", device or self.place.device]

    def python(self, script: str, *arguments: object) -> Any:
        """Runs a script of this folder, and returns the JSON that it prints; throws CheckError if it fails."""
        ended = self.run([sys.executable, FOLDER / script, *arguments])
        if ended.code != 0:
            raise CheckError(f"{script}: {child.reason(ended)}")
        return json.loads(ended.stdout)


def records(ended: child.Ended) -> list[dict[str, Any]]:
    """The JSON objects that a run with --json printed."""
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
