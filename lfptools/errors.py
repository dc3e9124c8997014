"""What lfptools raises, and how a message names the nearest legal name."""

import difflib
from collections.abc import Iterable
from pathlib import Path


class LfptoolsError(Exception):
    """Base of every error that lfptools raises on purpose."""


class ConfigError(LfptoolsError, ValueError):
    """A study, cell or probe file asks for something that cannot be done; names the file and the key."""


class CellError(LfptoolsError, ValueError):
    """A cell, synapse or electrode was asked for something that it has not."""


class InputError(LfptoolsError, ValueError):
    """Activation times, noise or draws that cannot be made as asked."""


class GeometryError(LfptoolsError, ValueError):
    """Segments, contacts or 3-D points with impossible values."""


class MorphologyError(LfptoolsError, ValueError):
    """A morphology file that cannot be a cell; names the file and the line."""

    def __init__(self, path: Path | str, what: str, line: int | None = None):
        where = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{where}: {what}")
        self.path, self.line = Path(path), line


class MechanismError(LfptoolsError, RuntimeError):
    """Mod files that do not compile, load or exist."""


class SimulationError(LfptoolsError, RuntimeError):
    """NEURON could not complete a run."""


class DatasetError(LfptoolsError, ValueError):
    """A dataset that breaks the rules of its kind, on the way out or in."""


class StorageError(DatasetError):
    """A file that could not be written: a full disk, a quota, a read-only folder."""


class CaseFailed(DatasetError):
    """Data of a case that could not be computed were asked for; says why it could not."""


class MeasureError(LfptoolsError, ValueError):
    """A number that cannot be measured from the data: too few spikes, nothing recorded there, no onset in sight."""


class PictureError(LfptoolsError, ValueError):
    """A picture, movie or page that cannot be made as asked, or not with what is installed."""


class ClaimMissed(LfptoolsError):
    """Measured numbers that are not what a study claims, or cases that failed."""


class LfptoolsWarning(UserWarning):
    """Something a scientist should know about a result that is otherwise valid."""


def unknown_name(kind: str, got: object, legal: Iterable[str], where: str = "") -> str:
    """One message for every misspelt name: what came, the nearest legal name, the legal names.

    Parameters
    ----------
    kind : str
        What the name stands for ("section", "keyword", "figure kind").
    got : object
        What the user wrote.
    legal : iterable of str
        What could have been written.
    where : str
        Where it was written (a file and key, a call); put in front.
    """
    names = sorted(str(name) for name in legal)
    near = _nearest(str(got), names)
    hint = f"; did you mean {near!r}?" if near else "."
    shown = ", ".join(names[:30]) + (f", … ({len(names)} in all)" if len(names) > 30 else "")
    return f"{where + ': ' if where else ''}unknown {kind} {got!r}{hint} Legal: {shown or 'none'}."


def _nearest(got: str, names: list[str]) -> str | None:
    """The name that somebody may have meant, in capitals or not; None rather than one that has little in common."""
    small = {name.casefold(): name for name in reversed(names)}
    near = difflib.get_close_matches(got.casefold(), small, n=1, cutoff=0.55)
    if not near and len(got) > 1:
        near = [name for name in small if name.startswith(got.casefold())][-1:]  # "amp" of amplitude_nA
    return small[near[0]] if near else None
