"""The one error that the exporter reports to its user, and foreign ones in one line."""


class ExportError(Exception):
    """A model that cannot be exported: the message is one line saying what, why and what would do."""


def first_line(error: BaseException) -> str:
    """The first line of a foreign error's message, or its type if it has none."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))


def last_line(error: BaseException) -> str:
    """The last line of a foreign error's message, where TorchScript says what happened after saying where."""
    return next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), repr(error))
