"""Means over segments of a field that is known on a grid."""

import numpy as np


def along(start: np.ndarray, end: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Legendre points along segments from ``start`` to ``end`` (n, 3).

    Returns
    -------
    points, weights : numpy.ndarray
        Shapes (n, number, 3) and (number,); the weights sum to 1.
    """
    nodes, weights = np.polynomial.legendre.leggauss(number)
    t = 0.5 * (nodes + 1.0)[None, :, None]
    return start[:, None, :] * (1.0 - t) + end[:, None, :] * t, 0.5 * weights


def matrix(
    points: np.ndarray, weights: np.ndarray, axes: tuple[np.ndarray, ...], values: np.ndarray, interpolation: str
) -> np.ndarray:
    """Means of a field over segments.

    Parameters
    ----------
    points, weights : numpy.ndarray
        Of :func:`along`.
    axes : tuple of numpy.ndarray
        x, y, z of the grid.
    values : numpy.ndarray
        Shape (nx, ny, nz, fields).
    interpolation : {"linear", "cubic"}
        Trilinear; or a tensor product of cubic splines (not-a-knot), of a lower degree along an axis of fewer than four
        samples.

    Returns
    -------
    numpy.ndarray
        Shape (fields, n).
    """
    from scipy.interpolate import NdBSpline, RegularGridInterpolator, make_interp_spline

    flat = points.reshape(-1, 3)
    if interpolation == "linear":
        found = RegularGridInterpolator(axes, values, method="linear")(flat)
    else:
        coefficients, knots, degrees = values, [], []
        for k, axis in enumerate(axes):
            degree = min(3, axis.size - 1)
            spline = make_interp_spline(axis, coefficients, k=degree, axis=k)
            coefficients = np.moveaxis(spline.c, 0, k)
            knots.append(spline.t)
            degrees.append(degree)
        found = NdBSpline(tuple(knots), coefficients, tuple(degrees))(flat)
    means = np.einsum("nqf,q->fn", found.reshape(*points.shape[:2], -1), weights, optimize=False)
    return np.ascontiguousarray(means)
