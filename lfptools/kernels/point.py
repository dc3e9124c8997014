"""Potential of point sources in an infinite homogeneous medium (Lindén et al. 2014; anisotropic: Ness et al. 2015)."""

import numpy as np

from lfptools.kernels.compile import formula, kernel, prefer_wide_vectors
from lfptools.kernels.conductivity import Medium, medium, stretched
from lfptools.kernels.layout import FINEST, MARGIN, TILE, WIDTH, in_blocks, leave_out, points_of
from lfptools.kernels.pairs import over_pairs

ESTIMATE = np.uint64(0x5FE6EB50C7B537A9)  # less half a float's bits: the bits of about 1/√ of it, to 3 %
ONE = np.uint64(1)


@formula(fused=True)
def reciprocal_root(x: float) -> float:
    """1/√x for 1e-300 < x < 1e300 to 2 units in the last place.

    An estimate from the bits, a step of third order with coefficients that make it best over the estimate's errors
    (2.5e-5 at most), and one of fourth order: without the processor's square root and division, which take twice as
    long.
    """
    y = np.uint64(ESTIMATE - (np.float64(x).view(np.uint64) >> ONE)).view(np.float64)
    d = 1.0 - x * y * y
    y = y * (1.0000002133064017 + d * (0.5010959220957886 + 0.3755022342603853 * d))
    d = 1.0 - x * y * y
    return y + y * d * (0.5 + d * (0.375 + 0.3125 * d))


@formula(fused=True)
def reciprocal_distance(x: float, y: float, z: float, bound: float) -> tuple[float, float]:
    """1/r for a contact at (x, y, z) from the source, and r² less ``bound``."""
    r2 = x * x + y * y + z * z
    return reciprocal_root(r2), r2 - bound


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
                            x - s[j], y - s[WIDTH + j], z - s[2 * WIDTH + j], s[3 * WIDTH + j]
                        )
                        some += gaps[j] < 0.0
                    if some:
                        found += some
                        near[i, block, k] = leave_out(values, gaps)
                    for j in range(row.shape[0]):
                        row[j] += weight * values[j]
    return found


def matrix(
    contacts: np.ndarray, sources: np.ndarray, minimum: np.ndarray, sigma: float | np.ndarray,
    weights: np.ndarray | None = None, bounded: np.ndarray | None = None,
) -> tuple[np.ndarray, int]:  # fmt: skip
    """Potential (mV/nA) at contacts (c, 3) per current of point sources (n, 3), in µm.

    Parameters
    ----------
    contacts : numpy.ndarray
        Positions in µm, (c, 3); or points (c, m, 3), over which a contact takes the sum of the potential times
        ``weights`` (c, m).
    sources : numpy.ndarray
        Positions in µm.
    minimum : numpy.ndarray
        Shape (n,), µm, > 0: contacts nearer than this to a source are moved away from it.
    sigma : float or numpy.ndarray
        Conductivity in S/m, or its tensor (3, 3).
    weights, bounded : numpy.ndarray, optional
        Shape (c, m): weights of points, and 0 for those for which ``minimum`` does not hold (of images).

    Returns
    -------
    numpy.ndarray, int
        Shape (c, n), and the number of pairs of contact and source in which a point was moved.
    """
    at, space = points_of(contacts, weights, bounded), medium(sigma)
    sources, minimum = (np.ascontiguousarray(a, dtype=float) for a in (sources, minimum))
    return over_pairs(_rows, _table(sources, minimum, space), at, space, sources, sources, minimum, False)


def _table(sources: np.ndarray, minimum: np.ndarray, space: Medium) -> np.ndarray:
    origin, bound = stretched(sources, space), space.most * minimum
    if not space.isotropic:
        bound = np.maximum(bound, FINEST * np.abs(origin).max(axis=1))
    return in_blocks((*origin.T, (MARGIN * bound) ** 2))
