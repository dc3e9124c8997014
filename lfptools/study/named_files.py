"""The files that a study names, each with those that it takes along, and where they lie when they are packed."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lfptools.config.document import Document
from lfptools.geometry.hoc_files import included
from lfptools.provenance.archive_files import archive_files
from lfptools.provenance.files import content_hash, file_hash
from lfptools.provenance.mod_files import mechanism_files
from lfptools.study.plan import Plan

_DIGITS = 16


@dataclass(frozen=True, eq=False)
class NamedFiles:
    """A file or a folder that a study names, and everything that is read because of it.

    Parameters
    ----------
    path : Path
        The file or the folder.
    files : tuple of Path
        The file and those that it loads; those of the folder that are used.
    """

    path: Path
    files: tuple[Path, ...]

    @cached_property
    def base(self) -> Path:
        """The deepest folder that holds the path and all files: below it their names stay as they are."""
        return Path(os.path.commonpath([self.path.parent, *(file.parent for file in self.files)]))

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """Name below the base to a file's hash."""
        return {file.relative_to(self.base).as_posix(): file_hash(file) for file in sorted(self.files)}

    @property
    def packed_in(self) -> str:
        """Folder of an archive for them: the same files have the same."""
        return f"inputs/{content_hash(dict(self.hashes))[:_DIGITS]}"

    def place(self, path: Path) -> str:
        """Name in an archive of the path, or of one below it."""
        return f"{self.packed_in}/{path.relative_to(self.base).as_posix()}"


def named_files(plan: Plan) -> Iterator[NamedFiles]:
    """What the cells and lead fields of a study's cases are made of, each path once."""
    found: dict[Path, NamedFiles] = {}
    for members in plan.members.values():
        for member in members.values():
            for role, path in member.files.items():
                if path not in found and not (role == "hoc_model" and "hoc_folder" in member.files):
                    found[path] = NamedFiles(path, tuple(_files(role, path)))
    yield from found.values()


def _files(role: str, path: Path) -> list[Path]:
    if role == "mechanisms":
        return list(mechanism_files(path).values())
    if role == "morphology":
        return list(included(path))
    return list(archive_files(path).values()) if path.is_dir() else [path]


def included_documents(document: Document) -> list[Path]:
    """The files of cells and probes that a study's file includes, each once."""
    inner = [path for one in document.included.values() for path in (one.path.resolve(), *included_documents(one))]
    return list(dict.fromkeys(inner))
