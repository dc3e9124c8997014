"""A signal at one time, or its range, at all its contacts or bins."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from lfptools.analysis.selection import array, row_dim, window_mask
from lfptools.errors import MeasureError
from lfptools.units import factor

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults


Time = float | Literal["peak", "range"]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Values (rows,) in ``units`` at the time ``t`` (ms), and positions (rows, 3) in µm, NaN where rows have none.

    A range over time has no time: ``t`` is NaN.
    """

    values: np.ndarray
    positions: np.ndarray
    ids: list[str]
    units: str
    name: str
    t: float


def snapshot(
    case: "CaseResults", signal: str, time: Time = "peak", unit: str | None = None,
    window_ms: tuple[float, float] | None = None,
) -> Snapshot:  # fmt: skip
    """A signal at a time (the nearest sample), where its magnitude is largest within the window, or its range there.

    Raises
    ------
    MeasureError
        If the signal has neither contacts nor bins, the unit is one of another quantity, or the time lies outside the
        run.
    """
    data = array(case, None, signal)
    dim = row_dim(data)
    if dim not in ("contact", "bin"):
        raise MeasureError(f"signal {signal!r} of case {case.label!r} has no contacts or bins, its rows are {dim}s")
    t = np.asarray(data["t"].values, dtype=float)
    inside = np.flatnonzero(window_mask(t, window_ms))
    if time == "range":
        at = None
    elif time == "peak":
        at = int(inside[np.abs(data.isel(t=inside).transpose(dim, "t").values).max(axis=0).argmax()])
    elif t[0] <= time <= t[-1]:
        at = int(np.abs(t - time).argmin())
    else:
        raise MeasureError(f"time {time:g} ms lies outside the run, {t[0]:g} to {t[-1]:g} ms")
    own = str(data.attrs.get("units", "1"))
    try:
        scale = factor(own, unit or own)
    except ValueError as error:
        raise MeasureError(f"signal {signal!r}: {error}") from error
    nowhere = np.full(data.sizes[dim], np.nan)
    coords = [data[f"{dim}_{axis}"].values if f"{dim}_{axis}" in data.coords else nowhere for axis in "xyz"]
    ids = [str(name) for name in data[f"{dim}_id"].values]
    if at is None:
        values, t_of = np.ptp(data.isel(t=inside).transpose(dim, "t").values, axis=1), np.nan
    else:
        values, t_of = data.isel(t=at).values, float(t[at])
    return Snapshot(values * scale, np.column_stack(coords), ids, unit or own, str(data.name), t_of)
