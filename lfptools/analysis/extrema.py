"""Extreme values, amplitudes and single values of traces."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from lfptools.analysis.measure import CaseSelector, measure
from lfptools.analysis.selection import Source, Window, array, row, row_dim, trace, window_mask
from lfptools.errors import MeasureError
from lfptools.units import factor

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults


Unit = Literal[
    "V", "mV", "uV", "nV", "uA", "nA", "pA", "nA um", "mA cm-2", "S cm-2", "uS", "nS", "mmol L-1", "T", "fT", "1"
]  # fmt: skip


class ExtremumParameters(Source, Window, CaseSelector):
    """Extremum of a variable or signal over time, and over all its rows unless ``site`` names one."""

    which: Literal["min", "max", "peak_abs", "peak_signed"] = Field(
        description="peak_abs: the largest magnitude; peak_signed: the value that has it, with its sign"
    )
    unit: Unit = Field(description="unit of the number")


class AmplitudeParameters(Source, Window, CaseSelector):
    """Largest value in the window minus a baseline: the given one, or the first sample of the window."""

    baseline_mV: float | None = None
    unit: Unit = "mV"


class DipolePeakParameters(Window, CaseSelector):
    """The value, with its sign, at which a dipole's component is largest in magnitude."""

    signal: str
    component: Literal["x", "y", "z"]


class ValueAtParameters(Source, CaseSelector):
    """Value at one site and time, linear between samples."""

    time_ms: float
    unit: Unit


@measure(ExtremumParameters, unit=lambda p: p.unit)
def extremum(case: "CaseResults", p: ExtremumParameters) -> float:
    """Minimum, maximum or peak of a variable or signal, in ``p.unit``."""
    data = array(case, p.variable, p.signal)
    dim = row_dim(data)
    if p.site is not None and dim is not None:
        data = data.isel({dim: row(case, data, p.site)})
    values = data.isel(t=np.flatnonzero(window_mask(data["t"].values, p.window_ms))).values
    low, high = float(values.min()), float(values.max())
    signed = high if abs(high) >= abs(low) else low
    number = {"min": low, "max": high, "peak_abs": abs(signed), "peak_signed": signed}[p.which]
    return number * _factor(str(data.attrs.get("units", "1")), p.unit, str(data.name))


@measure(AmplitudeParameters, unit=lambda p: p.unit)
def amplitude(case: "CaseResults", p: AmplitudeParameters) -> float:
    """Peak above the baseline, in ``p.unit``."""
    found = trace(case, p.variable, p.signal, p.site, p.window_ms)
    baseline = found.values[0] if p.baseline_mV is None else p.baseline_mV * _factor("mV", found.units, found.name)
    return float(found.values.max() - baseline) * _factor(found.units, p.unit, found.name)


@measure(DipolePeakParameters, unit="nA um")
def dipole_peak(case: "CaseResults", p: DipolePeakParameters) -> float:
    """Signed peak of one component of a current dipole moment, nA um."""
    found = trace(case, None, p.signal, p.component, p.window_ms)
    if found.name != "current_dipole_moment":
        raise MeasureError(f"signal {p.signal!r} is a {found.name}, not a current_dipole_moment")
    return float(found.values[np.abs(found.values).argmax()])


@measure(ValueAtParameters, unit=lambda p: p.unit)
def value_at(case: "CaseResults", p: ValueAtParameters) -> float:
    """Value of a trace at one time, in ``p.unit``."""
    found = trace(case, p.variable, p.signal, p.site)
    if not found.t[0] <= p.time_ms <= found.t[-1]:
        raise MeasureError(f"time_ms {p.time_ms:g} lies outside the run, {found.t[0]:g} to {found.t[-1]:g} ms")
    return float(np.interp(p.time_ms, found.t, found.values)) * _factor(found.units, p.unit, found.name)


def _factor(from_unit: str, to_unit: str, name: str) -> float:
    try:
        return factor(from_unit, to_unit)
    except ValueError as error:
        raise MeasureError(f"{name!r}: {error}") from error
