"""What has been computed, kept by what it was computed from.

A job's folder is made anew by every run of Snakemake that finds a reason for it; what lies in it are links to entries
of the store. So a sweep that has grown, or was cut into other jobs, computes what is new; and what a killed job had
finished is not lost.
"""

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

STORE = ".store"
"""Folder of a study's results that holds its store."""


class Store:
    """Entries of one study: folders, each with the files of one member, complete or not there.

    Parameters
    ----------
    folder : path
        Where they are kept.
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)

    def entry(self, stage: str, key: str, stamp: str) -> Path:
        """Folder of a member's files, as made by the source and from the inputs that ``stamp`` stands for."""
        return self.folder / stage / f"{key}-{stamp}"

    @contextmanager
    def making(self, entry: Path) -> Iterator[Path]:
        """A folder to write an entry's files to; it becomes the entry at the end, and is removed after an error.

        Two processes may make the same entry: their files are the same, and the first one's stay.
        """
        temporary = entry.with_name(f".{entry.name}.{uuid.uuid4().hex}.tmp")
        temporary.mkdir(parents=True)
        try:
            yield temporary
            try:
                os.rename(temporary, entry)
            except OSError:
                if not entry.is_dir():
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def prune(self, kept: Iterable[Path]) -> tuple[int, int]:
        """Remove every entry but these; how many went, and how many bytes."""
        wanted = {path.relative_to(self.folder) for path in kept}
        count = size = 0
        for path in sorted(self.folder.glob("*/*")):
            if path.relative_to(self.folder) not in wanted and not path.name.startswith("."):
                size += sum(file.stat().st_size for file in path.iterdir())
                shutil.rmtree(path)
                count += 1
        return count, size


def link_files(entry: Path, folder: Path) -> None:
    """Give the files of an entry a second name in a folder; copies where the file system has no hard links."""
    for file in sorted(entry.iterdir()):
        try:
            os.link(file, folder / file.name)
        except OSError:
            shutil.copy2(file, folder / file.name)
