"""Potential of line sources in an infinite homogeneous medium (Holt & Koch 1999; anisotropic: Ness et al. 2015)."""

import numpy as np

from lfptools.kernels.compile import formula, kernel, prefer_wide_vectors
from lfptools.kernels.conductivity import Medium, medium, stretched
from lfptools.kernels.layout import FINEST, MARGIN, SHORTEST, TILE, WIDTH, in_blocks, leave_out, points_of
from lfptools.kernels.logarithm import log1p_ratio
from lfptools.kernels.pairs import over_pairs

BESIDE = 1.0 / 32.0  # of a segment's length: nearer to its axis than the segment's own positions are used


@formula(fused=True)
def reciprocal_distance(
    x: float, y: float, z: float, ex: float, ey: float, ez: float, half: float, twice: float, inverse: float,
    bound: float,
) -> tuple[float, float]:  # fmt: skip
    """Mean of 1/r over a segment, and the contact's squared distance from its axis less ``bound``.

    (x, y, z) leads from the segment's start to the contact, (ex, ey, ez) is its direction; ``half``, ``twice`` and
    ``inverse`` are L/2, 2L and 1/L of its length. With R the distance from the axis, a and b the distances to the ends
    and u and w the axial distances from them (positive inside)::

        mean(1/r) = ln(1 + 2L/q)/L,    q = a + b − L = R²/(a + |u|) + (|u| − u) + R²/(b + |w|) + (|w| − w)

    (u here that of the farther end, so u > 0), and without fractions within the fraction, A = a + |u|, B = b + |w|::

        2L/q = 2L AB / (R²(A + B) + 2 max(−w, 0) AB)

    R² = |x|² − (x·e)² cancels by up to a factor of 4 (L/R)²: 2e-13 where R = L/32, of which the logarithm makes less
    than 3e-14. A segment of length 0 has any direction and any length far below the distance.
    (Written without branches, so that the loop over segments is vectorised.)
    """
    along = x * ex + y * ey + z * ez
    r2 = (x * x + y * y + z * z) - along * along
    off_middle = abs(along - half)
    u, beyond = off_middle + half, off_middle - half
    a = np.sqrt(r2 + u * u) + u
    b = np.sqrt(r2 + beyond * beyond) + abs(beyond)
    ab = a * b
    mean = log1p_ratio(twice * ab, r2 * (a + b) + 2.0 * max(beyond, 0.0) * ab) * inverse
    return mean, r2 - bound


@kernel
def _rows(
    out: np.ndarray, first: int, last: int, near: np.ndarray, points: np.ndarray, weights: np.ndarray,
    blocks: np.ndarray,
) -> int:  # fmt: skip
    prefer_wide_vectors()
    values, gaps = np.empty(WIDTH), np.empty(WIDTH)
    found = 0
    for left in range(0, blocks.shape[0], TILE):
        for i in range(first, last):
            for block in range(left, min(left + TILE, blocks.shape[0])):
                s, row = blocks[block], out[i, block * WIDTH : (block + 1) * WIDTH]
                row[:] = 0.0
                for k in range(points.shape[1]):
                    weight, x, y, z = weights[i, k], points[i, k, 0], points[i, k, 1], points[i, k, 2]
                    if weight == 0.0:
                        continue
                    some = 0
                    for j in range(WIDTH):
                        values[j], gaps[j] = reciprocal_distance(
                            x - s[j], y - s[WIDTH + j], z - s[2 * WIDTH + j],
                            s[3 * WIDTH + j], s[4 * WIDTH + j], s[5 * WIDTH + j],
                            s[6 * WIDTH + j], s[7 * WIDTH + j], s[8 * WIDTH + j], s[9 * WIDTH + j],
                        )  # fmt: skip
                        some += gaps[j] < 0.0
                    if some:
                        found += some
                        near[i, block, k] = leave_out(values, gaps)
                    for j in range(row.shape[0]):
                        row[j] += weight * values[j]
    return found


def matrix(
    contacts: np.ndarray, start: np.ndarray, end: np.ndarray, minimum: np.ndarray, sigma: float | np.ndarray,
    to_segment: bool, weights: np.ndarray | None = None, bounded: np.ndarray | None = None,
) -> tuple[np.ndarray, int]:  # fmt: skip
    """Potential (mV/nA) at contacts (c, 3) per current of segments from ``start`` to ``end`` (n, 3), all in µm.

    Parameters
    ----------
    contacts : numpy.ndarray
        Positions in µm, (c, 3); or points (c, m, 3), over which a contact takes the sum of the potential times
        ``weights`` (c, m).
    start, end : numpy.ndarray
        Positions in µm.
    minimum : numpy.ndarray
        Shape (n,), µm, > 0: contacts nearer than this to a segment are moved away from it, at right angles.
    sigma : float or numpy.ndarray
        Conductivity in S/m, or its tensor (3, 3).
    to_segment : bool
        Whether ``minimum`` is meant from the segment, or from the axis that it lies on.
    weights, bounded : numpy.ndarray, optional
        Shape (c, m): weights of points, and 0 for those for which ``minimum`` does not hold (of images).

    Returns
    -------
    numpy.ndarray, int
        Shape (c, n), and the number of pairs of contact and segment in which a point was moved.
    """
    at, space = points_of(contacts, weights, bounded), medium(sigma)
    start, end, minimum = (np.ascontiguousarray(a, dtype=float) for a in (start, end, minimum))
    return over_pairs(_rows, _table(start, end, minimum, space), at, space, start, end, minimum, to_segment)


def _table(start: np.ndarray, end: np.ndarray, minimum: np.ndarray, space: Medium) -> np.ndarray:
    origin, chord = stretched(start, space), stretched(end - start, space)
    length = np.sqrt((chord * chord).sum(axis=1))
    point = length < SHORTEST
    chord[point], length[point] = (0.0, 0.0, SHORTEST), SHORTEST
    bound = np.maximum(BESIDE * length, space.most * minimum)
    if not space.isotropic:
        bound = np.maximum(bound, FINEST * np.abs(origin).max(axis=1))
    direction = chord / length[:, None]
    return in_blocks((*origin.T, *direction.T, 0.5 * length, 2.0 * length, 1.0 / length, (MARGIN * bound) ** 2))
