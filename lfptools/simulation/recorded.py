"""Attributes that hold what the last run recorded, and say how to record it when it did not."""

from lfptools.errors import CellError


class NotRecorded(CellError, AttributeError):
    """A result that no run has recorded yet."""


class Recorded:
    """A read-only attribute, taken from the owner's ``_results`` under the same name.

    Parameters
    ----------
    name : str
        Name of the attribute.
    how : str
        What records it.
    """

    def __init__(self, name: str, how: str):
        self._name, self._how = name, how

    def __get__(self, owner, owner_type=None):
        if owner is None:
            return self
        try:
            return owner._results[self._name]
        except KeyError:
            raise NotRecorded(f".{self._name} has not been recorded: it needs {self._how}") from None
