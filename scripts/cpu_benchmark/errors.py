"""The one error that the benchmark reports to its user."""


class BenchmarkError(Exception):
    """A benchmark that cannot run or go on: the message is one line saying what, why and what would do."""
