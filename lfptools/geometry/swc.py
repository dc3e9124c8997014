"""Check of SWC files: one point a line, ``id type x y z radius parent``."""

import re
from pathlib import Path

from lfptools.errors import MorphologyError
from lfptools.geometry.sample_tree import finite, positive

COLUMNS = ("id", "type", "x", "y", "z", "radius", "parent")

# NEURON makes an array as long as the largest id.
LARGEST_ID = 10_000_000

_INTEGER = re.compile(r"[+-]?\d{1,12}", re.ASCII)


def check_swc(path: Path, text: str) -> None:
    """Refuse an SWC file that is not one tree of points with finite coordinates and positive radii.

    Raises
    ------
    MorphologyError
        With the line.
    """
    lines: dict[int, int] = {}
    root_line = None
    last = None
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.partition("#")[0].split()
        if not fields:
            continue
        point, parent = _point(path, number, fields)
        if point in lines:
            raise MorphologyError(path, f"id {point} was used in line {lines[point]} already", number)
        if last is not None and point < last:
            # Import3d puts ids in order but leaves the diameters where they were.
            raise MorphologyError(path, f"ids must increase from line to line, got {point} after {last}", number)
        if parent < 0:
            if root_line is not None:
                raise MorphologyError(
                    path, f"a second root (parent {parent}); the first is in line {root_line}: one tree a file", number
                )
            root_line = number
        elif parent == point:
            raise MorphologyError(path, f"point {point} is its own parent", number)
        elif parent not in lines:
            raise MorphologyError(path, _no_parent(point, parent, text), number)
        lines[point], last = number, point
    if not lines:
        raise MorphologyError(path, "no points: the file has comments and blank lines alone")


def _point(path: Path, number: int, fields: list[str]) -> tuple[int, int]:
    if len(fields) != len(COLUMNS):
        raise MorphologyError(
            path, f"expected {len(COLUMNS)} columns ({' '.join(COLUMNS)}), got {len(fields)}: {_shown(fields)}", number
        )
    whole = {}
    for name in ("id", "type", "parent"):
        field = fields[COLUMNS.index(name)]
        if not _INTEGER.fullmatch(field):
            raise MorphologyError(path, f"{name} must be an integer, got {_shown([field])}", number)
        whole[name] = int(field)
    if not 0 <= whole["id"] <= LARGEST_ID:
        raise MorphologyError(path, f"id must lie in 0..{LARGEST_ID}, got {whole['id']}", number)
    if not 0 <= whole["type"] <= 1000:
        raise MorphologyError(path, f"type must lie in 0..1000, got {whole['type']}", number)
    for name in ("x", "y", "z"):
        finite(path, number, name, fields[COLUMNS.index(name)])
    positive(path, number, "radius", fields[COLUMNS.index("radius")])
    return whole["id"], whole["parent"]


def _no_parent(point: int, parent: int, text: str) -> str:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.split()[:1] == [str(parent)]:
            return (
                f"point {point} has parent {parent}, which follows only in line {number}: parents come before their "
                "children; either the lines are out of order or there is a cycle"
            )
    return f"point {point} has parent {parent}, which is not in the file"


def _shown(fields: list[str]) -> str:
    text = " ".join(fields)
    return repr(text if len(text) <= 60 else text[:60] + "…")
