"""Magnetic field outside a spherically symmetric conductor (Sarvas 1987; Hämäläinen et al. 1993, eq. 34)."""

from typing import Final

import numpy as np

_GAUSS: Final = np.polynomial.legendre.leggauss(8)


def field(sensors: np.ndarray, positions: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """H (nA/µm) of each of k dipoles at each of s sensors, volume currents included.

    .. math:: H = \\frac{F\\, P \\times r_p - (P \\times r_p \\cdot r) \\nabla F}{4 \\pi F^2}, \\quad
        F = a (r a + a \\cdot r), \\quad
        \\nabla F = \\left(\\frac{a^2}{r} + \\frac{a \\cdot r}{a} + 2a + 2r\\right) r
        - \\left(a + 2r + \\frac{a \\cdot r}{a}\\right) r_p

    with a from the dipole at r_p to the sensor at r.

    Parameters
    ----------
    sensors : numpy.ndarray
        Shape (s, 3), µm from the sphere's centre.
    positions, moments : numpy.ndarray
        Shape (k, 3), µm from the sphere's centre, nearer to it than every sensor, and nA·µm.

    Returns
    -------
    numpy.ndarray
        Shape (s, k, 3).
    """
    sensors = sensors[:, np.newaxis]
    away = sensors - positions
    a = np.sqrt((away * away).sum(axis=2, keepdims=True))
    r = np.sqrt((sensors * sensors).sum(axis=2, keepdims=True))
    a_dot_r = (away * sensors).sum(axis=2, keepdims=True)
    f = a * (r * a + a_dot_r)
    gradient = (a * a / r + a_dot_r / a + 2.0 * a + 2.0 * r) * sensors - (a + 2.0 * r + a_dot_r / a) * positions
    turned = np.cross(moments, positions)
    return (f * turned - (turned * sensors).sum(axis=2, keepdims=True) * gradient) / (4.0 * np.pi * f * f)


def elements(sensors: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """H (nA/µm) per nA that flows along each of n straight elements from ``start`` to ``end``, and back outside them.

    Dipoles along the element, by Gauss–Legendre quadrature with 8 points: to rounding for sensors farther from an
    element than two of its lengths, to 1e-5 at half its length.

    Parameters
    ----------
    sensors : numpy.ndarray
        Shape (s, 3), µm from the sphere's centre.
    start, end : numpy.ndarray
        Shape (n, 3), µm, nearer to the centre than every sensor.

    Returns
    -------
    numpy.ndarray
        Shape (s, n, 3).
    """
    middle, half = 0.5 * start + 0.5 * end, 0.5 * (end - start)
    total = np.zeros((sensors.shape[0], *start.shape))
    for node, weight in zip(*_GAUSS, strict=True):
        total += field(sensors, middle + node * half, weight * half)
    return total
