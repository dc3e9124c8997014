"""The files that a model's folder is made of, without what compilers, version control and Python leave there."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from lfptools.provenance.files import content_hash, file_hash

# Where nrnivmodl puts what it compiles (NEURON would load it unasked), and Python.
_MADE = frozenset({"x86_64", "arm64", "aarch64", "i686", "i386", "powerpc64le", "__pycache__"})


def archive_files(folder: Path) -> dict[str, Path]:
    """Every file below a folder: name relative to it, to path; links are followed.

    Left out are hidden files and folders, and folders named by a processor, in which ``nrnivmodl`` compiles.
    """
    return {
        (place / name).relative_to(folder).as_posix(): place / name
        for place, names in _walk(folder)
        for name in names
        if (place / name).is_file()
    }


def archive_hash(folder: Path, file: Path) -> str:
    """Hash of all files of a folder, names and contents, and of which one of them is run."""
    files = {name: file_hash(path) for name, path in archive_files(folder).items()}
    return content_hash([Path(os.path.relpath(file, folder)).as_posix(), files])


def copy_archive(folder: Path, target: Path) -> None:
    """Copy what :func:`archive_files` lists, and empty folders; the copies may be written to."""
    for place, _ in _walk(folder):
        (target / place.relative_to(folder)).mkdir(parents=True)
    for name, path in archive_files(folder).items():
        shutil.copyfile(path, target / name)


def _walk(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _MADE)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield Path(place), sorted(name for name in files if not name.startswith("."))
