"""How contacts and sources lie in memory for the drivers that loop over their pairs."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lfptools.kernels.compile import formula

WIDTH = 64  # sources lie in blocks of this many: offsets known to the compiler, without which it does not vectorise
TILE = 16  # blocks for which all contacts are computed before the next ones: their numbers stay in the cache
MARGIN = 1.0 + 1e-6  # on distances that decide by which of two formulas a pair is computed
FINEST = 1e-4  # of a source's distance from the origin: nearer than this, stretched coordinates have lost digits
SHORTEST = 2.0**-200  # µm; a segment shorter than this is a point, and gets this length: log1p(x)/x is then 1
BIT = np.uint64(1)


class Points(NamedTuple):
    """Points of which contacts take weighted sums; a contact with fewer than others has points of weight 0."""

    position: np.ndarray
    """Shape (c, m, 3), µm."""
    weight: np.ndarray
    """Shape (c, m)."""
    bounded: np.ndarray
    """Shape (c, m): 1 where the minimum distance holds, 0 where it does not."""


def points_of(contacts: np.ndarray, weights: np.ndarray | None, bounded: np.ndarray | None) -> Points:
    """From contacts (c, 3), or points (c, m, 3) with weights (c, m); all bounded unless said."""
    position = np.ascontiguousarray(contacts[:, None] if contacts.ndim == 2 else contacts, dtype=float)
    one = np.ones(position.shape[:2])
    weight = one if weights is None else np.ascontiguousarray(weights, dtype=float)
    return Points(position, weight, one if bounded is None else np.ascontiguousarray(bounded, dtype=float))


def in_blocks(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Numbers of n sources, each (n,), as (blocks, numbers · WIDTH); the last block is filled up with zeros."""
    n, rows = columns[0].size, len(columns)
    blocks = -(-n // WIDTH)
    padded = np.zeros((rows, blocks * WIDTH))
    for row, values in zip(padded, columns, strict=True):
        row[:n] = values
    return np.ascontiguousarray(padded.reshape(rows, blocks, WIDTH).transpose(1, 0, 2)).reshape(blocks, rows * WIDTH)


@formula(rare=True)
def leave_out(values: np.ndarray, gaps: np.ndarray) -> np.uint64:
    """Set the values of a block's sources with negative gaps to 0; the sources as the bits of a number."""
    mask = np.uint64(0)
    for j in range(WIDTH):
        if gaps[j] < 0.0:
            mask |= BIT << np.uint64(j)
            values[j] = 0.0
    return mask
