"""The one error that the exporter reports to its user, and foreign ones and foreign text in one line."""


class ExportError(Exception):
    """A model that cannot be exported: the message is one line saying what, why and what would do."""


def first_line(error: BaseException) -> str:
    """The first line of a foreign error's message, or its type if it has none."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))


def last_line(error: BaseException) -> str:
    """The last line of a foreign error's message, where TorchScript says what happened after saying where."""
    return next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), repr(error))


def visible(text: str) -> str:
    """Text of others as a terminal may show it: what cannot be seen is written as Python escapes it.

    So are control characters, with which a file could rule the terminal, and those that turn the direction of writing.
    """
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
