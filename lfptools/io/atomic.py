"""Files that are there whole or not at all."""

import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

_TEMPORARY: Final = re.compile(r"^\..+\.[0-9a-f]{32}\.tmp$")


class AtomicFile:
    """A file under a temporary name beside ``path``, until :meth:`commit` gives it its own.

    The name is unique, so that processes that write the same file (one of them left over from a killed run, perhaps)
    never share one. Missing parent folders are made.
    """

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.temporary = self.path.with_name(f".{self.path.name}.{uuid.uuid4().hex}.tmp")

    def commit(self) -> None:
        """Bring the data to the disk, then the name."""
        _sync(self.temporary)
        os.replace(self.temporary, self.path)
        _sync(self.path.parent)

    def discard(self) -> None:
        """Remove what is there under the temporary name; after a commit that is nothing."""
        with suppress(FileNotFoundError):
            # After a failed write HDF5 cannot close the file: without a name it would still fill the disk.
            os.truncate(self.temporary, 0)
            self.temporary.unlink()


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """A name beside ``path`` to write to; renamed to ``path`` at the end, removed on any error.

    Raises
    ------
    OSError
        If the file cannot be synced or renamed.
    """
    file = AtomicFile(path)
    try:
        yield file.temporary
        file.commit()
    finally:
        file.discard()


def write_json(content: Mapping[str, Any] | Sequence[Any], path: Path) -> None:
    """Write plain data as JSON, complete or not at all; NaN and infinities are refused."""
    with atomic_path(path) as partial:
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        partial.write_text(text + "\n", encoding="utf-8")


def leftovers(folder: Path | str) -> list[Path]:
    """Temporary files and folders that killed processes left below a folder (or that living ones write just now)."""
    return sorted(file for file in Path(folder).rglob(".*.tmp") if _TEMPORARY.search(file.name))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
