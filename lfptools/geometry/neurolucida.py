"""Checks of Neurolucida ASC files: nested lists of points ``(x y z diameter)``."""

import re
from pathlib import Path

from lfptools.errors import MorphologyError
from lfptools.geometry.sample_tree import finite, positive

_TOKEN = re.compile(r'"[^"\n]*"|;[^\n]*|[()|,<>]|[^\s()|,<>;"]+|"|\n')
_NUMBER = re.compile(r"[-+.\d]|nan|inf", re.IGNORECASE)
_NEURITES = {"axon", "dendrite", "apical"}


def check_neurolucida(path: Path, text: str) -> None:
    """Refuse an ASC file whose parentheses do not match, or whose points are not four numbers with diameter > 0.

    Raises
    ------
    MorphologyError
        Naming the line.
    """
    open_lists: list[tuple[int, list[str]]] = []
    points, line, tops = 0, 1, []
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == "\n":
            line += 1
        elif token == '"':
            raise MorphologyError(path, "a text that starts with a quotation mark does not end in its line", line)
        elif token == "(":
            open_lists.append((line, []))
        elif token == ")":
            if not open_lists:
                raise MorphologyError(path, "a closing parenthesis without an opening one", line)
            opened, words = open_lists.pop()
            points += _check_list(path, opened, words)
            if len(open_lists) == 1 and len(words) == 1:
                tops.append(words[0].lower())
        elif token[0] not in '";,<>':
            if not open_lists:
                raise MorphologyError(
                    path, f"{token[:30]!r} stands outside any parentheses: is this an ASC file?", line
                )
            open_lists[-1][1].append(token)
    if open_lists:
        raise MorphologyError(path, "this parenthesis is never closed: is the file truncated?", open_lists[-1][0])
    if not points:
        raise MorphologyError(path, "the file holds no point (x y z diameter)")
    if not _NEURITES & set(tops) and "cellbody" not in tops:
        raise MorphologyError(path, "the file holds neither (CellBody) nor (Axon), (Dendrite) or (Apical)")


def _check_list(path: Path, line: int, words: list[str]) -> int:
    """Check one closed list of words; 1 if it is a point."""
    if not words or not _NUMBER.match(words[0]):
        return 0
    # Newer programs add the section's name, "S3", behind the diameter.
    if len(words) not in (4, 5):
        raise MorphologyError(path, f"a point must be (x y z diameter), got ({' '.join(words[:8])})", line)
    for name, word in zip("xyz", words, strict=False):
        finite(path, line, name, word)
    positive(path, line, "diameter", words[3])
    return 1
