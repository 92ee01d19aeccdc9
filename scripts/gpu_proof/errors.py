"""What ends a stage, or the command, with a line to read."""


class CheckError(Exception):
    """Something could not be done; the text says what and why."""


class OutOfTime(CheckError):
    """A stage's time is over."""


class Missing(CheckError):
    """What a stage needs is not there, so that it is left out."""
