"""The smallest rotation that takes one direction to another."""

import numpy as np

from lfptools.errors import GeometryError
from lfptools.geometry.surfaces import any_tangent


def alignment(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Rotation in the plane of two directions that takes the first to the second, as two reflections.

    For opposite directions every rotation by π about an axis across is as small; then the axis is ``start`` ×
    :func:`~lfptools.geometry.surfaces.any_tangent`: y for z, x for y, z for x.

    Parameters
    ----------
    start, end : array_like
        Shape (3,), of any length > 0.

    Returns
    -------
    numpy.ndarray
        Shape (3, 3), acting on column vectors.

    Raises
    ------
    GeometryError
        If one of the two is no direction.
    """
    a, b = (_unit(values) for values in (start, end))
    middle = a + b
    if (middle * middle).sum() < 1e-24:
        middle = any_tangent(a[np.newaxis])[0]
    middle = middle / np.sqrt(middle @ middle)
    identity = np.eye(3)
    return (identity - 2.0 * np.outer(middle, middle)) @ (identity - 2.0 * np.outer(a, a))


def _unit(values: np.ndarray) -> np.ndarray:
    found = np.asarray(values, dtype=float)
    if found.shape != (3,) or not np.isfinite(found).all() or not found.any():
        raise GeometryError(f"a direction must be three finite numbers, not all 0, got {found.tolist()}")
    return found / np.sqrt(found @ found)
