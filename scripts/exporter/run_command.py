"""How the exporter's commands end: the only place that turns errors into messages."""

from collections.abc import Callable

from exporter.errors import ExportError
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
    return 0


def _fail(name: str, message: str, code: int) -> int:
    say(f"{name}: {' '.join(message.split())}")
    return code
