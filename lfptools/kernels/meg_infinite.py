"""Magnetic field of current dipoles and of straight current elements in an infinite homogeneous conductor.

Volume currents make no field there, so what is left is the Biot–Savart law of the impressed currents
(Blagoev et al. 2007, NeuroImage 37:137).
"""

import numpy as np


def field(sensors: np.ndarray, positions: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """H = P × R / (4π R³) (nA/µm) of each of k dipoles at each of s sensors, R from the dipole to the sensor.

    Parameters
    ----------
    sensors : numpy.ndarray
        Shape (s, 3), µm.
    positions, moments : numpy.ndarray
        Shape (k, 3), µm and nA·µm; no dipole at a sensor.

    Returns
    -------
    numpy.ndarray
        Shape (s, k, 3).
    """
    away = sensors[:, np.newaxis] - positions
    distance = np.sqrt((away * away).sum(axis=2, keepdims=True))
    return np.cross(moments, away) / (4.0 * np.pi * distance**3)


def elements(sensors: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """H (nA/µm) per nA that flows along each of n straight elements from ``start`` to ``end``.

    With a and b the distances to the two ends, L the length and r₁ from the start to the sensor, the Biot–Savart
    integral is 1/(4π) · Δ × r₁ · 2 (a + b) / (a b (a + b − L)(a + b + L)). a + b − L is summed from terms that are
    never negative, as in the potential of a line source, so that nothing cancels beside the element.

    Parameters
    ----------
    sensors : numpy.ndarray
        Shape (s, 3), µm; not on an element, where the field is infinite and the result not finite.
    start, end : numpy.ndarray
        Shape (n, 3), µm; an element of length 0 makes no field.

    Returns
    -------
    numpy.ndarray
        Shape (s, n, 3).
    """
    chord = end - start
    length = np.sqrt((chord * chord).sum(axis=1))
    from_start, from_end = sensors[:, np.newaxis] - start, sensors[:, np.newaxis] - end
    a, b = (np.sqrt((to * to).sum(axis=2)) for to in (from_start, from_end))
    turned = np.cross(chord, from_start)
    per_length = 1.0 / np.where(length > 0.0, length, 1.0)
    off_axis = (turned * turned).sum(axis=2) * per_length**2
    along = (chord * from_start).sum(axis=2) * per_length
    beyond = length - along
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = (
            off_axis / (a + np.abs(along)) + (np.abs(along) - along)
            + off_axis / (b + np.abs(beyond)) + (np.abs(beyond) - beyond)
        )  # fmt: skip
        weight = (a + b) / (2.0 * np.pi * a * b * excess * (a + b + length))
        return np.where(length[:, np.newaxis] > 0.0, turned * weight[..., np.newaxis], 0.0)
