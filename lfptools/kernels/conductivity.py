"""Anisotropic media as isotropic ones in other coordinates (Ness et al. 2015, Neuroinformatics 13:403)."""

from typing import NamedTuple

import numpy as np


class Medium(NamedTuple):
    """Coordinates ``stretch @ x`` in which a medium is isotropic, with the conductivity ``sigma`` (S/m)."""

    stretch: np.ndarray
    """Shape (3, 3), of determinant 1."""
    cofactor: np.ndarray
    """Shape (3, 3): takes the cross product of two vectors to that of the stretched ones."""
    most: float
    """What ``stretch`` lengthens a vector by, at most."""
    isotropic: bool
    sigma: float


def medium(sigma: float | np.ndarray) -> Medium:
    """Of a conductivity in S/m: one number, or a symmetric positive-definite tensor (3, 3).

    With :math:`\\sigma = L L^T` and :math:`s = \\det(\\sigma)^{1/3}` the coordinates are :math:`T x`, where
    :math:`T = \\sqrt{s} L^{-1}`, since a point source gives

    .. math:: \\phi = \\frac{I}{4 \\pi \\sqrt{\\det(\\sigma)\\, x^T \\sigma^{-1} x}} = \\frac{I}{4 \\pi s |T x|}
    """
    if np.ndim(sigma) == 0:
        return Medium(np.eye(3), np.eye(3), 1.0, True, float(sigma))
    factor = np.linalg.cholesky(sigma)
    scale = float(np.prod(np.diag(factor))) ** (1.0 / 3.0)
    stretch = scale * np.linalg.inv(factor)
    return Medium(stretch, factor.T / scale, float(np.linalg.norm(stretch, 2)), False, scale * scale)


def stretched(positions: np.ndarray, space: Medium) -> np.ndarray:
    """Positions (…, 3) in the coordinates of ``space``. (No matrix product, whose bits depend on an array's length.)"""
    if space.isotropic:
        return positions.copy()
    x, y, z = np.moveaxis(positions, -1, 0)
    return np.stack([a * x + b * y + c * z for a, b, c in space.stretch], axis=-1)
