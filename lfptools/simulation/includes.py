"""``load_file`` and templates in hoc files: a file of the user's is loaded each time, a template once in a process."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lfptools.geometry.hoc_files import included
from lfptools.simulation.templates import without_defined

_LOADS_ONCE = re.compile(r"\bload_file\s*\(\s*\"([^\"]+)\"")


@contextlib.contextmanager
def always_loading(path: Path) -> Iterator[Path]:
    """The file, or a copy of it that loads what it names in any case, and defines no template again.

    NEURON remembers the names of loaded files without folder: in the second cell of a process, or when another folder
    has a file of the same name, ``load_file`` would do nothing and the cell would lack sections. A template that exists
    already is left out of the copy. The copy stands in a folder of links to everything beside the original.

    Raises
    ------
    MorphologyError
        If a file defines a template that exists with another text.
    """
    changed = {}
    for file in included(path):
        text = file.read_text(errors="replace")
        new = without_defined(_LOADS_ONCE.sub(lambda match, file=file: _forced(match, file.parent, path), text), file)
        if new != text:
            changed[file] = new
    if not changed:
        yield path
        return
    changed.setdefault(path, path.read_text(errors="replace"))
    root = Path(os.path.commonpath([file.parent for file in changed]))
    with tempfile.TemporaryDirectory() as copy:
        _mirror(root, Path(copy), changed)
        yield Path(copy) / path.relative_to(root)


def _forced(match: re.Match, folder: Path, first: Path) -> str:
    name = match.group(1)
    if not any((beside / name).is_file() for beside in (folder, first.parent)):
        return match.group()  # of NEURON's own library
    return f'load_file(1, "{name}"'


def _mirror(folder: Path, copy: Path, changed: dict[Path, str]) -> None:
    for entry in folder.iterdir():
        twin = copy / entry.name
        if entry in changed:
            twin.write_text(changed[entry])
        elif entry.is_dir() and any(entry in file.parents for file in changed):
            twin.mkdir()
            _mirror(entry, twin, changed)
        else:
            twin.symlink_to(entry)
