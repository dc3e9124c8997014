"""Checks of Neurolucida ASC files: nested lists of points ``(x y z diameter)``."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from lfptools.errors import MorphologyError
from lfptools.geometry.sample_tree import finite, positive

_TOKEN = re.compile(r'"[^"\n]*"|;[^\n]*|[()|,<>]|[^\s()|,<>;"]+|"|\n')
_NUMBER = re.compile(r"[-+.\d]|nan|inf", re.IGNORECASE)
_NAMES = {"cellbody", "axon", "dendrite", "apical"}


def check_asc(path: Path, text: str) -> None:
    """Refuse an ASC file whose parentheses do not match, or whose points are not four numbers with diameter > 0.

    Raises
    ------
    MorphologyError
        Naming the line.
    """
    open_lists: list[_List] = []
    points, line, in_spine = 0, 1, False
    names: set[str] = set()
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == "\n":
            line += 1
        elif token == '"':
            raise MorphologyError(path, "a text that starts with a quotation mark does not end in its line", line)
        elif token in "<>":
            in_spine = token == "<"
        elif token == ")":
            if not open_lists:
                raise MorphologyError(path, "a closing parenthesis without an opening one", line)
            closed = open_lists.pop()
            points += _check_list(path, closed)
            if len(open_lists) == 1 and len(closed.words) == 1:
                names.add(closed.words[0].lower())
        elif token[0] not in ";,|":
            if not open_lists and token != "(":
                raise MorphologyError(
                    path, f"{token[:30]!r} stands outside any parentheses: is this an ASC file?", line
                )
            if open_lists and not open_lists[-1].first:
                open_lists[-1].first = token
            if token == "(":
                # A tree starts with a list, a contour with its name, a marker with its kind.
                measured = not in_spine and (not open_lists or open_lists[0].first == "(")
                open_lists.append(_List(line, measured))
            else:
                open_lists[-1].words.append(token)
    if open_lists:
        raise MorphologyError(path, "this parenthesis is never closed: is the file truncated?", open_lists[0].line)
    if not points:
        raise MorphologyError(path, "the file holds no point (x y z diameter)")
    if not names & _NAMES:
        raise MorphologyError(path, "the file holds neither (CellBody) nor (Axon), (Dendrite) or (Apical)")


@dataclass
class _List:
    """An open list: where it starts, whether a point in it has a diameter that becomes a cable's, what it holds."""

    line: int
    measured: bool
    first: str = ""
    words: list[str] = field(default_factory=list)


def _check_list(path: Path, closed: _List) -> int:
    """Check one closed list; 1 if it is a point."""
    words, line = closed.words, closed.line
    if not words or not _NUMBER.match(words[0]):
        return 0
    # Newer programs add the section's name, "S3", behind the diameter.
    if len(words) not in ((4, 5) if closed.measured else (3, 4, 5)):
        raise MorphologyError(path, f"a point must be (x y z diameter), got ({' '.join(words[:8])})", line)
    for name, word in zip("xyz", words, strict=False):
        finite(path, line, name, word)
    if closed.measured:
        positive(path, line, "diameter", words[3])
    elif len(words) > 3:
        finite(path, line, "diameter", words[3])
    return 1
