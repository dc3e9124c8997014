"""Which files a hoc file loads, read as text: NEURON is not needed to know what a cell is made of."""

import os
import re
from pathlib import Path

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_INCLUDE = re.compile(r"\b(?:load_file|xopen)\s*\(\s*(?:\d\s*,\s*)?\"([^\"]+)\"")


def included(path: Path) -> dict[Path, str]:
    """The file, and those that it loads by a literal name, to their text without comments.

    Names are looked for beside the file that loads them and, as NEURON does, beside the first one. Files of NEURON's
    own library, which are in neither place, are left out.
    """
    texts: dict[Path, str] = {}
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file in texts or not file.is_file():
            continue
        texts[file] = _COMMENT.sub(" ", file.read_text(encoding="utf-8", errors="replace"))
        for name in _INCLUDE.findall(texts[file]):
            waiting += [Path(os.path.normpath(folder / name)) for folder in (path.parent, file.parent)]
    return texts
