"""Series in Legendre polynomials: how many orders are needed, and positions as they take them."""

import numpy as np

from lfptools.kernels.compile import formula

WIDTH = 16  # pairs whose series are summed side by side: a number known to the compiler, so that it vectorises


def least_orders(ratio: float, limit: float, growth: float) -> float:
    """The least N ≥ 1 with (N + 1)^growth · ratio^N ≤ limit, or one or two more; infinite from ratio 1 on.

    ``growth`` is −1 or 1, ``limit`` less than 1.
    """
    if ratio <= 0.0:
        return 1.0
    if ratio >= 1.0:
        return np.inf
    decay, decades = -np.log(ratio), -np.log(limit)
    n = max(decades / decay, 0.0)
    for _ in range(4):  # an even number: for growth −1 the iterates lie above and below in turn
        n = max((decades + growth * np.log(n + 1.0)) / decay, 0.0)
    return np.ceil(n) + 1.0


orders = formula(least_orders)


def polar(positions: np.ndarray) -> np.ndarray:
    """Unit vectors and distances from the centre, shape (n, 4); at the centre the unit vector is +z."""
    r = np.sqrt((positions * positions).sum(axis=1))
    unit = positions / np.where(r > 0.0, r, 1.0)[:, np.newaxis]
    unit[r == 0.0] = (0.0, 0.0, 1.0)
    return np.column_stack((unit, r))
