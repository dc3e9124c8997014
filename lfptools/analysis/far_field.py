"""Agreement of two signals far from the cell."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, field_validator

from lfptools.analysis.measure import CaseSelector, measure
from lfptools.analysis.selection import array, row_dim, row_ids
from lfptools.errors import MeasureError

if TYPE_CHECKING:
    import xarray as xr

    from lfptools.geometry.segments import Segments
    from lfptools.io.results import CaseResults


class FarFieldParameters(CaseSelector):
    """Two signals at the same contacts, those farther than a distance from every segment's axis."""

    signals: tuple[str, str] = Field(description="the signal that is tested, and the one it is compared with")
    farther_than_um: float = Field(ge=0.0)

    @field_validator("signals")
    @classmethod
    def _two(cls, signals: tuple[str, str]) -> tuple[str, str]:
        if signals[0] == signals[1]:
            raise ValueError(f"two different signals are needed, got {signals[0]!r} twice")
        return signals


@measure(FarFieldParameters, unit="1")
def far_field_agreement(case: "CaseResults", p: FarFieldParameters) -> float:
    """max |a − b| / max |b| over the far contacts, at the time when the far |b| is largest.

    Relative to the largest value and not contact by contact, since b passes through zero somewhere around every dipole.

    Raises
    ------
    MeasureError
        If the contacts of the two differ, none is far enough, or the signal there is zero.
    """
    a, b = (array(case, None, name) for name in p.signals)
    if row_ids(a) != row_ids(b) or not np.array_equal(a["t"].values, b["t"].values):
        raise MeasureError(f"signals {p.signals[0]!r} and {p.signals[1]!r} have different contacts or times")
    far = np.flatnonzero(distance_to_cell(case, b) > p.farther_than_um)
    if not far.size:
        raise MeasureError(
            f"no contact of signal {p.signals[1]!r} is farther than {p.farther_than_um:g} um from the cell"
        )
    dim = row_dim(b)
    a, b = (data.isel({dim: far}).transpose(dim, "t").values for data in (a, b))
    peak = int(np.abs(b).max(axis=0).argmax())
    largest = float(np.abs(b[:, peak]).max())
    if largest == 0.0:
        raise MeasureError(f"signal {p.signals[1]!r} is zero at all {far.size} far contacts")
    return float(np.abs(a[:, peak] - b[:, peak]).max()) / largest


def distance_to_cell(case: "CaseResults", signal: "xr.DataArray") -> np.ndarray:
    """Distance of each contact to the nearest segment's axis, shape (contacts,), µm."""
    from lfptools.io.geometry import segments_from_dataset

    if row_dim(signal) != "contact":
        raise MeasureError(f"signal {signal.name!r} has no contacts")
    positions = np.column_stack([signal[f"contact_{axis}"].values for axis in "xyz"])
    return distance_to_segments(positions, segments_from_dataset(case.geometry))


def distance_to_segments(positions: np.ndarray, segments: "Segments") -> np.ndarray:
    """Distance from points (n, 3) to the nearest of the segments' axes, shape (n,), µm."""
    start, chord = segments.start, segments.end - segments.start
    squared = np.maximum((chord**2).sum(axis=1), np.finfo(float).tiny)
    nearest = np.empty(len(positions))
    for i, position in enumerate(positions):  # one contact at a time: memory stays that of the cell
        along = np.clip(((position - start) * chord).sum(axis=1) / squared, 0.0, 1.0)
        nearest[i] = np.sqrt(((position - start - along[:, None] * chord) ** 2).sum(axis=1).min())
    return nearest
