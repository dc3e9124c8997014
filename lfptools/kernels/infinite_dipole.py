"""Potential of current dipoles in an infinite homogeneous medium (Nunez & Srinivasan 2006)."""

import numpy as np

from lfptools.kernels.compile import formula, kernel, over_rows


@formula
def reciprocal_cube(x: float, y: float, z: float) -> float:
    """1/r³ for a vector of length r > 0."""
    r2 = x * x + y * y + z * z
    return 1.0 / (r2 * np.sqrt(r2))


@kernel
def _rows(out: np.ndarray, first: int, last: int, contacts: np.ndarray, dipoles: np.ndarray, factor: float) -> int:
    for i in range(first, last):
        for j in range(dipoles.shape[0]):
            x, y, z = contacts[i, 0] - dipoles[j, 0], contacts[i, 1] - dipoles[j, 1], contacts[i, 2] - dipoles[j, 2]
            scale = factor * reciprocal_cube(x, y, z)
            out[i, j, 0], out[i, j, 1], out[i, j, 2] = scale * x, scale * y, scale * z
    return 0


def matrix(contacts: np.ndarray, dipoles: np.ndarray, sigma: float) -> np.ndarray:
    """Potential (mV per nA·µm) at contacts (c, 3) of dipoles at (n, 3), none at a contact, in µm.

    Parameters
    ----------
    contacts, dipoles : numpy.ndarray
        Positions in µm.
    sigma : float
        Conductivity in S/m.

    Returns
    -------
    numpy.ndarray
        Shape (c, n, 3): for moments along x, y and z.
    """
    out = np.empty((contacts.shape[0], dipoles.shape[0], 3))
    over_rows(_rows, out, np.ascontiguousarray(contacts), np.ascontiguousarray(dipoles), 1.0 / (4.0 * np.pi * sigma))
    return out
