"""File names that hoc can take: its strings are ASCII."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hoc_path(path: Path) -> Iterator[str]:
    """The path itself, or, where it is not ASCII, a link to it that lasts as long as the context."""
    if str(path).isascii():
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="lfptools.") as folder:
        link = Path(folder) / f"file{path.suffix}"
        link.symlink_to(path.resolve())
        yield str(link)
