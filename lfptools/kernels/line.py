"""Potential of line sources in an infinite homogeneous medium (Holt & Koch 1999)."""

import numpy as np

from lfptools.kernels.compile import formula, kernel, over_rows
from lfptools.kernels.logarithm import log1p

WIDTH = 64  # segments lie in blocks of this many: offsets known to the compiler, without which it does not vectorise
SHORTEST = 2.0**-200  # µm; a segment shorter than this is a point, and gets this length: log1p(x)/x is then 1


@formula
def reciprocal_distance(
    x0: float, y0: float, z0: float, x1: float, y1: float, z1: float, dx: float, dy: float, dz: float, length: float,
    inverse: float, point: float, least_squared: float, beyond: float,
) -> tuple[float, bool]:  # fmt: skip
    """Mean of 1/r over a segment, and whether the contact was moved away from it.

    (x0, y0, z0) and (x1, y1, z1) lead from the segment's ends to the contact, (dx, dy, dz) from its start to its end;
    ``inverse`` is 1/length. With u and w the axial distances of the contact from the two ends
    (positive inside), R its perpendicular distance and a, b the distances to the ends::

        mean(1/r) = ln(1 + 2L/q)/L,    q = a + b − L = R²/(a+|u|) + (|u|−u) + R²/(b+|w|) + (|w|−w)

    which cancels nowhere. R² comes from the cross product with the vector to the nearer end, u and w each from its
    own end. A point has ``point`` = 1, (dx, dy, dz) = 0 and any length far below the distance: mean(1/r) = 2/q.
    (Written without branches on the segment's numbers, so that the loop over segments is vectorised.)

    R² is at least ``least_squared``; with ``beyond`` = 1 that bound is on the distance from the segment, which for a
    contact beyond an end is less demanding, with ``beyond`` = 0 on the distance from its axis.
    """
    u = (x0 * dx + y0 * dy + z0 * dz) * inverse
    w = -(x1 * dx + y1 * dy + z1 * dz) * inverse
    first = abs(u) < abs(w)
    vx, vy, vz = (x0 if first else x1), (y0 if first else y1), (z0 if first else z1)
    cx, cy, cz = vy * dz - vz * dy, vz * dx - vx * dz, vx * dy - vy * dx
    cross = (cx * inverse) ** 2 + (cy * inverse) ** 2 + (cz * inverse) ** 2
    r2 = cross + point * (vx * vx + vy * vy + vz * vz)
    past_start, past_end = abs(u) - u, abs(w) - w
    overshoot = 0.5 * beyond * (past_start + past_end)
    bound = least_squared - overshoot * overshoot
    clamped = r2 < bound
    r2 = bound if clamped else r2
    a = np.sqrt(r2 + u * u) + abs(u)
    b = np.sqrt(r2 + w * w) + abs(w)
    two_over_q = 2.0 * a * b / (r2 * (a + b) + (past_start + past_end) * (a * b))
    return log1p(length * two_over_q) * inverse, clamped


@kernel
def _rows(
    out: np.ndarray, first: int, last: int, contacts: np.ndarray, blocks: np.ndarray, factor: float, beyond: float
) -> int:
    clamped = 0
    for i in range(first, last):
        x, y, z = contacts[i, 0], contacts[i, 1], contacts[i, 2]
        for block in range(blocks.shape[0]):
            s = blocks[block].reshape(-1)
            row = out[i, block * WIDTH : (block + 1) * WIDTH]
            for j in range(row.shape[0]):
                value, moved = reciprocal_distance(
                    x - s[j], y - s[WIDTH + j], z - s[2 * WIDTH + j],
                    x - s[3 * WIDTH + j], y - s[4 * WIDTH + j], z - s[5 * WIDTH + j],
                    s[6 * WIDTH + j], s[7 * WIDTH + j], s[8 * WIDTH + j],
                    s[9 * WIDTH + j], s[10 * WIDTH + j], s[11 * WIDTH + j], s[12 * WIDTH + j], beyond,
                )  # fmt: skip
                row[j] = factor * value
                clamped += moved
    return clamped


def matrix(
    contacts: np.ndarray, start: np.ndarray, end: np.ndarray, minimum: np.ndarray, sigma: float, to_segment: bool
) -> tuple[np.ndarray, int]:
    """Potential (mV/nA) at contacts (c, 3) per current of segments from ``start`` to ``end`` (n, 3), all in µm.

    Parameters
    ----------
    contacts, start, end : numpy.ndarray
        Positions in µm.
    minimum : numpy.ndarray
        Shape (n,), µm, > 0: contacts nearer than this to a segment are moved away from it.
    sigma : float
        Conductivity in S/m.
    to_segment : bool
        Whether ``minimum`` is meant from the segment, or from the axis that it lies on.

    Returns
    -------
    numpy.ndarray, int
        Shape (c, n), and the number of pairs that were moved.
    """
    chord = end - start
    length = np.sqrt((chord * chord).sum(axis=1))
    point = length < SHORTEST
    chord[point], length[point] = 0.0, SHORTEST
    table = np.vstack((start.T, end.T, chord.T, length, 1.0 / length, point, minimum * minimum))
    n = table.shape[1]
    blocks = np.zeros((-(-n // WIDTH), table.shape[0], WIDTH))
    for block in range(blocks.shape[0]):
        part = table[:, block * WIDTH : (block + 1) * WIDTH]
        blocks[block, :, : part.shape[1]] = part
    out = np.empty((contacts.shape[0], start.shape[0]))
    factor = 1.0 / (4.0 * np.pi * sigma)
    beyond = 1.0 if to_segment else 0.0
    clamped = over_rows(_rows, out, np.ascontiguousarray(contacts), blocks, factor, beyond)
    return out, clamped
