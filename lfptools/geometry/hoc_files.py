"""hoc files read as text: what they load and define; NEURON is not needed to know what a cell is made of."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_INCLUDE = re.compile(r"\b(?:load_file|xopen)\s*\(\s*(?:\d\s*,\s*)?\"([^\"]+)\"")
_COMPUTED = re.compile(r"\b(?:load_file|xopen)\s*\(\s*(?:\d\s*,\s*)?(?![\s\d\"])")
_DEFINED = re.compile(r"\b(?:proc|func|iterator)\s+(\w+)\s*\(")
_TEMPLATE = re.compile(r"\bbegintemplate\b.*?\bendtemplate\b[^\n]*", re.DOTALL)
_HOC = (".hoc", ".oc", ".ses", ".nrn")


def without_comments(text: str) -> str:
    """hoc text without its comments, its lines where they were."""
    return _COMMENT.sub(_lines, text)


def loaded_names(text: str) -> list[str]:
    """Names of files that a hoc text loads, where they are written out."""
    if "load_file" not in text and "xopen" not in text:
        return []  # long lists of points are searched fast
    return _INCLUDE.findall(text)


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
        texts[file] = without_comments(file.read_text(encoding="utf-8", errors="replace"))
        for name in loaded_names(texts[file]):
            waiting += [Path(os.path.normpath(folder / name)) for folder in (path.parent, file.parent)]
    return texts


def reachable(path: Path, folder: Path) -> dict[Path, str]:
    """Like :func:`included`, and every hoc file of the folder where the name of a file to load is computed."""
    texts = included(path)
    if any(_COMPUTED.search(text) for text in texts.values()):
        for file in sorted(folder.rglob("*")):
            if file.suffix.lower() in _HOC and file not in texts:
                texts |= {inner: text for inner, text in included(file).items() if inner not in texts}
    return texts


def definitions(texts: Mapping[Path, str]) -> Iterator[tuple[str, Path, int]]:
    """Name, file and line of every procedure and function that is defined outside templates."""
    for file, text in texts.items():
        outside = _TEMPLATE.sub(_lines, text)
        for match in _DEFINED.finditer(outside):
            yield match.group(1), file, outside.count("\n", 0, match.start()) + 1


def mentions(texts: Mapping[Path, str], pattern: str) -> Iterator[tuple[str, Path, int]]:
    """Matched text, file and line of every place where a regular expression matches."""
    for file, text in texts.items():
        for match in re.finditer(pattern, text):
            yield match.group(), file, text.count("\n", 0, match.start()) + 1


def _lines(match: re.Match) -> str:
    """Nothing, on as many lines."""
    return "\n" * match.group().count("\n") or " "
