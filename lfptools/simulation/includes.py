"""``load_file`` in hoc files: a file of the user's is loaded each time, not once in the life of the process."""

import contextlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lfptools.geometry.hoc_files import included

_LOADS_ONCE = re.compile(r"\bload_file\s*\(\s*\"([^\"]+)\"")


@contextlib.contextmanager
def always_loading(path: Path) -> Iterator[Path]:
    """The file, or a copy of it whose ``load_file`` of files beside it loads them in any case.

    NEURON remembers names without folder: in the second cell of a process, or when another folder has a file of the
    same name, ``load_file`` would do nothing and the cell would lack sections. Files of templates stay as they are,
    since a template cannot be defined twice. The copy stands in a folder of links to everything beside the original.
    """
    folder = path.parent
    changed = {}
    for file in included(path):
        text = file.read_text(errors="replace")
        forced = _LOADS_ONCE.sub(lambda match, file=file: _forced(match, file.parent), text)
        if forced != text and file.is_relative_to(folder):
            changed[file] = forced
    if not changed:
        yield path
        return
    with tempfile.TemporaryDirectory() as copy:
        _mirror(folder, Path(copy), changed)
        yield Path(copy) / path.name


def _forced(match: re.Match, folder: Path) -> str:
    file = folder / match.group(1)
    if not file.is_file() or "begintemplate" in file.read_text(errors="replace"):
        return match.group()
    return f'load_file(1, "{match.group(1)}"'


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
