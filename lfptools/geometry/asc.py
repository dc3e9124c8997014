"""Checks of Neurolucida ASC files: nested lists of points ``(x y z diameter)``."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from lfptools.errors import MorphologyError
from lfptools.geometry.sample_tree import finite, positive

_TOKEN = re.compile(r'"[^"\n]*"|;[^\n]*|[()|,<>]|[^\s()|,<>;"]+|"|\n')
_NUMBER = re.compile(r"[-+.\d]|nan|inf", re.IGNORECASE)
_UNREAD = "NEURON's Import3d reads nothing of such a file; markers stand before"
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
        elif token == "|":
            _bar(path, line, open_lists)
        elif token == ")":
            if not open_lists:
                raise MorphologyError(path, "a closing parenthesis without an opening one", line)
            closed = open_lists.pop()
            points += _check_list(path, closed)
            if closed.bar:
                raise MorphologyError(path, "a fork ends with '|': a branch is missing", line)
            if open_lists and not in_spine and closed.first == "(":
                open_lists[-1].forked = True
            if len(open_lists) == 1 and len(closed.words) == 1:
                names.add(closed.words[0].lower())
        elif token[0] not in ";,|":
            if not open_lists and token != "(":
                raise MorphologyError(
                    path, f"{token[:30]!r} stands outside any parentheses: is this an ASC file?", line
                )
            if open_lists and not in_spine:
                _follows(path, line, open_lists[-1], token)
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
    end: str = ""
    """The word with which its branch ended (Normal, Incomplete, …)."""
    bar: bool = False
    """Whether a branch has just been divided from the next."""
    forked: bool = False
    """Whether its branch has forked."""


def _bar(path: Path, line: int, open_lists: list[_List]) -> None:
    """Between two branches of a fork, and nowhere else: Import3d would read nothing of the file."""
    if len(open_lists) < 2 or open_lists[-1].first != "(":
        raise MorphologyError(path, "'|' stands outside of a fork: (branch | branch)", line)
    if open_lists[-1].bar:
        raise MorphologyError(path, "a branch between two '|' has no point", line)
    open_lists[-1].end, open_lists[-1].bar, open_lists[-1].forked = "", True, False


def _follows(path: Path, line: int, inner: _List, token: str) -> None:
    """Points come first in a branch, then a fork or the word that tells how it ends; a contour has lists alone."""
    if not token.isascii() and token[0] != '"':
        raise MorphologyError(path, f"{token[:30]!r} is no word of an ASC file: letters of ASCII are expected", line)
    if inner.first.startswith('"') and token != "(":
        raise MorphologyError(
            path, f"{token[:30]!r} stands in a contour, where points (x y z diameter) are expected", line
        )
    if inner.first != "(" or not inner.measured:
        return
    if inner.forked:
        raise MorphologyError(path, f"a branch ends where it forks, and {token[:30]!r} follows: {_UNREAD}", line)
    if inner.end:
        raise MorphologyError(path, f"{inner.end!r} ends a branch, and {token[:30]!r} follows: {_UNREAD}", line)
    if token != "(":
        if inner.bar:
            raise MorphologyError(path, f"{token[:30]!r} stands where the points of a branch are expected", line)
        inner.end = token
    inner.bar = False


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
