"""What every format's samples must be: numbers, and one tree."""

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lfptools.errors import MorphologyError

# A coordinate beyond this (10 m) is a damaged number; NEURON keeps points in single precision.
_FARTHEST_UM = 1e7


# Python reads more as a number than C does: "1_0", digits of other scripts.
_PLAIN = re.compile(r"[-+.\deE]+", re.ASCII)


class Sample(NamedTuple):
    """One row: its id, that of the row it hangs on (None at a root), and its line in the file."""

    id: int
    parent: int | None
    line: int


def check_tree(path: Path, samples: Iterable[Sample], what: str = "sample") -> None:
    """Refuse samples that are no single tree.

    Raises
    ------
    MorphologyError
        For repeated ids, unknown parents, cycles, no root or several; names the line.
    """
    seen: dict[int, Sample] = {}
    for sample in samples:
        if sample.id in seen:
            raise MorphologyError(path, f"{what} id {sample.id} occurs in line {seen[sample.id].line} too", sample.line)
        seen[sample.id] = sample
    for sample in seen.values():
        if sample.parent is not None and sample.parent not in seen:
            raise MorphologyError(path, f"{what} {sample.id} has the unknown parent {sample.parent}", sample.line)
    _refuse_cycles(path, seen, what)
    roots = [sample for sample in seen.values() if sample.parent is None]
    if len(roots) > 1:
        raise MorphologyError(
            path,
            f"{what} {roots[1].id} starts a second tree (the first starts in line {roots[0].line}): a cell is one tree",
            roots[1].line,
        )


def _refuse_cycles(path: Path, samples: dict[int, Sample], what: str) -> None:
    reaches_root: set[int] = set()
    for first in samples.values():
        way: dict[int, None] = {}
        sample = first
        while sample.id not in reaches_root:
            if sample.id in way:
                raise MorphologyError(path, f"{what} {sample.id} is its own ancestor: a cycle", sample.line)
            way[sample.id] = None
            if sample.parent is None:
                break
            sample = samples[sample.parent]
        reaches_root.update(way)


def finite(path: Path, line: int, name: str, text: str) -> float:
    """A coordinate or size as number.

    Raises
    ------
    MorphologyError
        If it is none, not finite, or beyond ten metres.
    """
    try:
        value = float(text)
    except ValueError as error:
        raise MorphologyError(path, f"{name} must be a number, got {text!r}", line) from error
    if not math.isfinite(value) or abs(value) > _FARTHEST_UM or not _PLAIN.fullmatch(text):
        raise MorphologyError(path, f"{name} must be a finite number of µm below {_FARTHEST_UM:g}, got {text!r}", line)
    return value


def positive(path: Path, line: int, name: str, text: str) -> float:
    """A size that must be > 0, and stay so in single precision.

    Raises
    ------
    MorphologyError
        If it is not.
    """
    value = finite(path, line, name, text)
    if value < 1e-6:
        raise MorphologyError(path, f"{name} must be > 0 µm (at least 1e-6), got {text!r}", line)
    return value
