"""Laws of decay fitted to amplitudes over distance."""

from typing import Literal

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from lfptools.analysis.labelled import analysis, cut, row_coords, variable
from lfptools.analysis.selection import Window
from lfptools.analysis.waveforms import peak, peak_to_peak
from lfptools.errors import DatasetError
from lfptools.units import attrs


class DecayFitParameters(Window):
    """Which amplitudes, which law, and between which distances."""

    law: Literal["power", "exponential"] = Field("power", description="A = a / r^n, or A = a exp(-r / length)")
    quantity: Literal["peak", "peak_to_peak"] = Field("peak_to_peak", description="of each waveform")
    center_um: tuple[float, float, float] = Field((0.0, 0.0, 0.0), description="where distances are counted from")
    between_um: tuple[float, float] | None = Field(None, description="[nearest, farthest], both included; or all")
    confidence: float = Field(0.95, gt=0, lt=1, description="of the interval")

    @model_validator(mode="after")
    def _between(self) -> "DecayFitParameters":
        if self.between_um is not None and not 0 <= self.between_um[0] < self.between_um[1]:
            raise ValueError(f"between_um must be [nearest, farthest], got {list(self.between_um)}")
        return self


def _distances(data: xr.DataArray, p: DecayFitParameters) -> tuple[np.ndarray, np.ndarray]:
    """Distances of all contacts, and which of them are looked at."""
    if "contact_x" not in data.coords:
        raise DatasetError(f"{data.name!r} has no contacts with positions: a decay is one over distance")
    positions = np.column_stack([data[f"contact_{axis}"].values for axis in "xyz"])
    distance = np.linalg.norm(positions - np.array(p.center_um), axis=1)
    low, high = p.between_um or (0.0, np.inf)
    return distance, (distance >= low * (1 - 1e-6)) & (distance <= high * (1 + 1e-6)) & (distance > 0)


def _fits(data: xr.DataArray, p: DecayFitParameters) -> None:
    cut(data, p.window_ms)
    distance, inside = _distances(data, p)
    if np.unique(np.round(distance[inside], 6)).size < 3:
        raise DatasetError(
            f"a fit of decay needs contacts at three distances, got {np.sort(distance[inside]).tolist()}"
        )


@analysis(DecayFitParameters, _fits)
def decay_fit(data: xr.DataArray, p: DecayFitParameters) -> xr.Dataset:
    """Least squares of the logarithm of amplitudes over distance (power law: over its logarithm), with an interval.

    ``exponent`` (power) or ``length_constant`` in µm (exponential), with ``low`` and ``high`` of the interval by
    Student's t; ``amplitude``, ``distance`` and ``fitted`` of the contacts that were looked at.

    Raises
    ------
    DatasetError
        If an amplitude is 0, or does not fall exponentially.
    """
    from scipy.stats import t as student

    data = cut(data, p.window_ms)
    distance, inside = _distances(data, p)
    values = np.asarray(data.values, dtype=float)[inside]
    amplitude = np.abs(peak(values) if p.quantity == "peak" else peak_to_peak(values))
    if not (amplitude > 0).all():
        raise DatasetError(f"{data.name!r} is zero at {int((amplitude <= 0).sum())} of the contacts: no law fits it")
    r = distance[inside]
    x, y = (np.log(r) if p.law == "power" else r), np.log(amplitude)
    x0 = x - x.mean()
    slope = (x0 @ y) / (x0 @ x0)
    fitted = y.mean() + slope * x0
    error = np.sqrt(((y - fitted) ** 2).sum() / (x.size - 2) / (x0 @ x0))
    half = float(student.ppf(0.5 + 0.5 * p.confidence, x.size - 2)) * error
    found = np.array([-slope, -slope - half, -slope + half])
    name, units = "exponent", "1"
    if p.law == "exponential":
        if found[0] <= 0:
            raise DatasetError(f"{data.name!r} does not fall with distance: it has no length constant")
        ends = np.where(found[1:][::-1] > 0, found[1:][::-1], np.nan)  # an interval that holds no decay has no end
        found, name, units = 1.0 / np.array([found[0], *ends]), "length_constant", "um"
    kept = data.isel({str(data.dims[0]): np.flatnonzero(inside)})
    fit = ("fit",)
    made = {
        name: variable(fit, found[:1], units, f"{name.replace('_', ' ')} of {data.name} over distance"),
        "low": variable(fit, found[1:2], units, f"lower end of its {100 * p.confidence:g} % interval"),
        "high": variable(fit, found[2:], units, f"upper end of its {100 * p.confidence:g} % interval"),
        "amplitude": variable(("contact",), amplitude, data.attrs["units"], f"{p.quantity} of {data.name}"),
        "fitted": variable(("contact",), np.exp(fitted), data.attrs["units"], "amplitude by the law"),
    }
    coords = {**row_coords(kept), "fit_id": ("fit", np.array([p.law]))}
    coords["distance"] = ("contact", r, {**attrs("length"), "long_name": "distance from the centre"})
    return xr.Dataset(made, coords)
