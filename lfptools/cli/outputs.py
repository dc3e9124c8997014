"""Files that a command is asked to write: whether it can, before the work; and what the system says, in one line."""

import os
from pathlib import Path

from lfptools.errors import StorageError


def refuse_unwritable(path: Path) -> None:
    """Refuse what cannot become a file, before anything is computed for it.

    Parameters
    ----------
    path : path
        File to write; folders above it that are not there will be made.

    Raises
    ------
    StorageError
        If it is a folder, a file stands where a folder is needed, or the folder may not be written to.
    """
    if path.is_dir():
        raise StorageError(f"{path}: is a folder; expected the name of a file to write")
    refuse_unwritable_folder(path.parent, path)


def refuse_unwritable_folder(folder: Path, path: Path) -> None:
    """Refuse a folder that ``path`` is to be written in, as :func:`refuse_unwritable` does.

    Raises
    ------
    StorageError
        If a file stands in its place, or it may not be written to.
    """
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not there.is_dir():
        raise StorageError(f"{path}: cannot be written: {there} is a file, expected a folder")
    effective = os.access in os.supports_effective_ids
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=effective):
        raise StorageError(f"{path}: cannot be written: no permission to write in {there.absolute()}")


def told(error: OSError) -> str:
    """What the system refused, in one line: which file, and why."""
    file = error.filename2 or error.filename  # of a renaming, the name that was asked for
    why = error.strerror or str(error) or type(error).__name__
    return f"{file}: {why}" if file is not None else why
