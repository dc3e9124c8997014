"""Potential of point sources in an infinite homogeneous medium (Lindén et al. 2014)."""

import numpy as np

from lfptools.kernels.compile import formula, kernel, over_rows


@formula
def reciprocal_distance(x: float, y: float, z: float, minimum: float) -> tuple[float, bool]:
    """1/r for a contact at (x, y, z) from the source, r at least ``minimum``, and whether that bound acted."""
    r = np.sqrt(x * x + y * y + z * z)
    clamped = r < minimum
    return 1.0 / (minimum if clamped else r), clamped


@kernel
def _rows(
    out: np.ndarray, first: int, last: int, contacts: np.ndarray,
    xs: np.ndarray, ys: np.ndarray, zs: np.ndarray, minimum: np.ndarray, factor: float,
) -> int:  # fmt: skip
    clamped = 0
    for i in range(first, last):
        x, y, z = contacts[i, 0], contacts[i, 1], contacts[i, 2]
        row = out[i]
        for j in range(row.shape[0]):
            value, moved = reciprocal_distance(x - xs[j], y - ys[j], z - zs[j], minimum[j])
            row[j] = factor * value
            clamped += moved
    return clamped


def matrix(contacts: np.ndarray, sources: np.ndarray, minimum: np.ndarray, sigma: float) -> tuple[np.ndarray, int]:
    """Potential (mV/nA) at contacts (c, 3) per current of point sources (n, 3), in µm.

    Parameters
    ----------
    contacts, sources : numpy.ndarray
        Positions in µm.
    minimum : numpy.ndarray
        Shape (n,), µm, > 0: least distance from each source.
    sigma : float
        Conductivity in S/m.

    Returns
    -------
    numpy.ndarray, int
        Shape (c, n), and the number of pairs nearer than ``minimum``.
    """
    out = np.empty((contacts.shape[0], sources.shape[0]))
    xs, ys, zs = (np.ascontiguousarray(sources[:, k]) for k in range(3))
    factor = 1.0 / (4.0 * np.pi * sigma)
    return out, over_rows(_rows, out, np.ascontiguousarray(contacts), xs, ys, zs, np.ascontiguousarray(minimum), factor)
