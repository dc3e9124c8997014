"""Sites of scalp electrodes by the 10-20 and 10-10 systems, on a sphere."""

from functools import cache
from typing import Final

import numpy as np

MIDLINE: Final = ("Fpz", "AFz", "Fz", "FCz", "Cz", "CPz", "Pz", "POz", "Oz")
"""From 10 % to 90 % of the arc from nasion to inion."""
EDGE: Final = {
    "left": ("Fpz", "Fp1", "AF7", "F7", "FT7", "T7", "TP7", "P7", "PO7", "O1", "Oz"),
    "right": ("Fpz", "Fp2", "AF8", "F8", "FT8", "T8", "TP8", "P8", "PO8", "O2", "Oz"),
}
"""Along the circle through Fpz, T7, Oz and T8, a tenth of a half circle apart."""
ROWS: Final = {"AF": "AFz", "F": "Fz", "FC": "FCz", "C": "Cz", "CP": "CPz", "P": "Pz", "PO": "POz"}
"""Rows from left to right, by the name that their sites begin with, and their site on the midline."""
_ENDS: Final = {"AF": "AF", "F": "F", "FC": "FT", "C": "T", "CP": "TP", "P": "P", "PO": "PO"}
TEN_TWENTY: Final = (
    "Fp1", "Fpz", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T7", "C3", "Cz", "C4", "T8",
    "P7", "P3", "Pz", "P4", "P8", "O1", "Oz", "O2",
)  # fmt: skip
"""The 21 sites of the 10-20 system; T7, T8, P7, P8 were T3, T4, T5, T6."""

BETWEEN: Final = frozenset({"AF1", "AF2", "AF5", "AF6", "PO1", "PO2", "PO5", "PO6"})
"""Sites that the 10-10 system leaves out, for the rows AF and PO are short; caps have some of them."""


@cache
def sites(nasion_inion_rad: float = np.pi) -> dict[str, np.ndarray]:
    """Directions (3,) of the sites of the 10-10 system, and of those :data:`BETWEEN` them, from the sphere's centre.

    x is to the right, y to the front; Cz is on z. The midline is divided in tenths of the arc from nasion to inion; the
    edge is the circle through Fpz, T7, Oz and T8, divided in tenths of its halves; each row is the circle through its
    three sites on the edge and the midline, divided in quarters of its halves (Oostenveld & Praamstra 2001, Clin
    Neurophysiol 112:713, https://doi.org/10.1016/S1388-2457(00)00527-7).

    Parameters
    ----------
    nasion_inion_rad : float
        Angle between nasion and inion as seen from the centre, over Cz, below 2π / 0.8: π puts both on the sphere's
        equator.
    """
    step = nasion_inion_rad / 10
    found = {}
    for i, name in enumerate(MIDLINE):
        polar = (4 - i) * step
        found[name] = np.array([0.0, np.sin(polar), np.cos(polar)])
    for side, sign in (("left", -1.0), ("right", 1.0)):
        for i, name in enumerate(EDGE[side][1:-1], start=1):
            azimuth = i * np.pi / 10
            flat = np.sin(4 * step) * np.array([sign * np.sin(azimuth), np.cos(azimuth)])
            found[name] = np.array([*flat, np.cos(4 * step)])
    for row, middle in ROWS.items():
        left, right = found[f"{_ENDS[row]}7"], found[f"{_ENDS[row]}8"]
        for k in (1, 2, 3):
            found[f"{row}{7 - 2 * k}"] = _on_circle(left, found[middle], right, k / 4)
            found[f"{row}{8 - 2 * k}"] = _on_circle(right, found[middle], left, k / 4)
    return found


def _on_circle(a: np.ndarray, b: np.ndarray, c: np.ndarray, fraction: float) -> np.ndarray:
    """A point of the circle through three points of the unit sphere, this fraction of the arc from a to b."""
    axis = np.cross(b - a, c - a)
    axis /= np.linalg.norm(axis)
    centre = axis * (axis @ a)
    u, v = a - centre, b - centre
    across = np.cross(axis, u)
    angle = np.arctan2(v @ across, v @ u) * fraction
    return centre + np.cos(angle) * u + np.sin(angle) * across
