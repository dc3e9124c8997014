"""The files that a folder of mod files is made of."""

import os
import re
from pathlib import Path

_ENDINGS = (".mod", ".inc", ".h", ".hpp")
_INCLUDE = re.compile(r"^\s*(?:INCLUDE|#\s*include)\s+\"([^\"]+)\"", re.MULTILINE)


def mechanism_files(folder: Path) -> dict[str, Path]:
    """Mod files, headers, and what they include by a literal name: name relative to the folder, to path.

    Files outside the folder are left out: a library is compiled from a copy of the folder's own.
    """
    waiting = [path for path in folder.iterdir() if path.suffix in _ENDINGS] if folder.is_dir() else []
    found: dict[str, Path] = {}
    while waiting:
        path = waiting.pop()
        name = Path(os.path.relpath(path, folder)).as_posix()
        if name in found or name.startswith("../") or not path.is_file():
            continue
        found[name] = path
        for inner in _INCLUDE.findall(path.read_text(encoding="utf-8", errors="replace")):
            waiting += [place / inner for place in (folder, path.parent)]
    return dict(sorted(found.items()))
