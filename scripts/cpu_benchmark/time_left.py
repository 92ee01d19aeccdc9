"""Progress on stderr: what is going on and about how long the rest takes."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

MINUTE = 60


def say(text: str) -> None:
    """Prints one line to stderr."""
    print(text, file=sys.stderr, flush=True)


class TimeLeft:
    """Estimates from what is done how long the rest takes.

    total: all work, in any unit. preparations: how often something is got ready, which takes time
    of its own that does not grow with the work.
    """

    def __init__(self, total: float, preparations: int, now: Callable[[], float] = time.monotonic) -> None:
        self._work, self._preparations = Share(total), Share(preparations)
        self._now, self._since = now, now()

    def report(self, text: str) -> None:
        """Says the text and, once any work is done, the time left."""
        left = self._work.seconds_left() + self._preparations.seconds_left()
        say(f"{text}; about {duration(left)} left" if self._work.done else text)

    def add(self, work: float) -> None:
        """Notes that since the last note this much of the total was done."""
        self._note(self._work, work)

    def prepared(self) -> None:
        """Notes that since the last note something was got ready."""
        self._note(self._preparations, 1)

    def _note(self, share: "Share", done: float) -> None:
        now = self._now()
        share.seconds, share.done = share.seconds + now - self._since, share.done + done
        self._since = now


@dataclass
class Share:
    """A kind of work: how much there is, how much of it is done, and how long that took."""

    total: float
    done: float = 0
    seconds: float = 0

    def seconds_left(self) -> float:
        """About how long the rest takes, 0 while none is done."""
        return self.seconds * max(self.total / self.done - 1, 0) if self.done else 0


def duration(seconds: float) -> str:
    """Seconds below two minutes, whole minutes above."""
    return f"{seconds:.0f} s" if seconds < 2 * MINUTE else f"{seconds / MINUTE:.0f} min"
