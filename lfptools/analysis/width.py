"""How far a signal reaches over the contacts of a sphere."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from lfptools.analysis.measure import CaseSelector, measure
from lfptools.analysis.selection import Window
from lfptools.analysis.snapshot import snapshot
from lfptools.errors import MeasureError

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults


class HalfWidthParameters(Window, CaseSelector):
    """A signal at contacts along an arc."""

    signal: str = Field(description="at contacts along an arc, its peak at one of its ends or between")
    center_um: tuple[float, float, float] = Field((0.0, 0.0, 0.0), description="of the arc: where angles are taken")


@measure(HalfWidthParameters, unit="deg")
def half_width(case: "CaseResults", p: HalfWidthParameters) -> float:
    """Angle from the contact of the largest magnitude to where the signal has fallen to half of it, deg.

    At the time of the peak; linear between contacts, in the order of their angle from the peak.

    Raises
    ------
    MeasureError
        If the signal has no contacts, or does not fall to half.
    """
    found = snapshot(case, p.signal, window_ms=p.window_ms)
    values, positions = found.values, found.positions
    directions = positions - np.array(p.center_um)
    directions /= np.linalg.norm(directions, axis=1)[:, np.newaxis]
    peak = int(np.abs(values).argmax())
    angle = np.rad2deg(np.arccos(np.clip(directions @ directions[peak], -1.0, 1.0)))
    order = np.argsort(angle, kind="stable")
    falling = values[order] / values[peak] if values[peak] else np.zeros(values.size)
    below = np.flatnonzero(falling <= 0.5)
    if not below.size or values[peak] == 0.0:
        raise MeasureError(
            f"signal {p.signal!r} does not fall to half of its peak of {values[peak]:.4g} within {angle.max():.4g}°"
        )
    i = int(below[0])
    a, b = angle[order[i - 1]], angle[order[i]]
    return float(a + (b - a) * (falling[i - 1] - 0.5) / (falling[i - 1] - falling[i]))
