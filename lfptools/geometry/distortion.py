"""Compression of a cell along an axis."""

import numpy as np

from lfptools.errors import GeometryError


def axis_index(name: str) -> int:
    """0, 1, 2 of "x", "y", "z".

    Raises
    ------
    GeometryError
        For another name.
    """
    if name not in ("x", "y", "z"):
        raise GeometryError(f"axis must be 'x', 'y' or 'z', got {name!r}")
    return "xyz".index(name)


def distortion(factor: float, axis: str = "z", nu: float = 0.0) -> np.ndarray:
    """Shape (3,): by what x, y and z are multiplied; 1 − ``factor`` along ``axis``, 1 + ``nu`` · ``factor`` across it.

    Raises
    ------
    GeometryError
        For a factor outside −1 … 1 (exclusive) or a ratio that leaves no width.
    """
    if not abs(factor) < 1:
        raise GeometryError(f"factor must lie between -1 and 1 (exclusive), got {factor}")
    across = 1.0 + nu * factor
    if not 0 < across < np.inf:
        raise GeometryError(f"nu = {nu} with factor = {factor} multiplies distances across the axis by {across}")
    scale = np.full(3, across)
    scale[axis_index(axis)] = 1.0 - factor
    return scale
