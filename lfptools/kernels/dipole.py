"""Current dipole moment of point currents at the middles of segments (Lindén et al. 2010)."""

import numpy as np


def matrix(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Dipole moment (µm) per unit current of segments from ``start`` to ``end`` (n, 3), in µm: their middles.

    Returns
    -------
    numpy.ndarray
        Shape (3, n).
    """
    return np.ascontiguousarray((0.5 * start + 0.5 * end).T)
