"""How the exporter's commands end: the only place that turns errors into messages."""

import traceback
from collections.abc import Callable
from pathlib import Path

from exporter.errors import ExportError, first_line
from exporter.progress import say

FAILED, INTERRUPTED = 1, 130


def run_command(name: str, work: Callable[[], None]) -> int:
    """Does the work and returns the exit code; prints one line that begins with `name` for an error."""
    try:
        work()
    except ExportError as error:
        return _fail(name, str(error), FAILED)
    except OSError as error:
        return _fail(name, f"{error.strerror or error}: {error.filename or ''}", FAILED)
    except KeyboardInterrupt:
        return _fail(name, "interrupted; nothing was written", INTERRUPTED)
    except Exception as error:  # What a broken or hostile source provokes and nobody foresaw.
        return _fail(name, f"the source is not understood: {_place(error)}: {first_line(error)}", FAILED)
    return 0


def _place(error: BaseException) -> str:
    """What kind of error it is and where it was met, for whoever is to mend it."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frame.f_code.co_filename).name}:{line}"


def _fail(name: str, message: str, code: int) -> int:
    say(f"{name}: {' '.join(message.split())}")
    return code
