"""The one error that the exporter reports to its user."""


class ExportError(Exception):
    """A model that cannot be exported: the message is one line saying what, why and what would do."""
