"""Spike-triggered averages."""

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from lfptools.analysis.labelled import analysis, rate_kHz, row_coords, row_dims, variable
from lfptools.analysis.spikes import crossing_samples
from lfptools.config.parameters import Parameters
from lfptools.errors import DatasetError
from lfptools.units import attrs


class TriggeredParameters(Parameters):
    """Which spikes, and how far around them."""

    threshold_mV: float = Field(-20.0, description="a spike is an upward crossing of it")
    before_ms: float = Field(ge=0, description="how long before a spike the average begins")
    after_ms: float = Field(ge=0, description="how long after it ends")

    @model_validator(mode="after")
    def _some_time(self) -> "TriggeredParameters":
        if self.before_ms + self.after_ms == 0:
            raise ValueError("before_ms and after_ms are both 0: there is nothing to average")
        return self


def _fits(data: xr.DataArray, spikes: xr.DataArray, p: TriggeredParameters) -> None:
    rate = rate_kHz(data, "a spike-triggered average")
    if spikes.ndim != 1:
        raise DatasetError(f"{spikes.name!r} has rows {spikes.dims}: spikes come from one trace")
    if data.sizes["t"] != spikes.sizes["t"] or not np.array_equal(data["t"].values, spikes["t"].values):
        raise DatasetError(f"{data.name!r} and {spikes.name!r} have different times: resample one of them")
    if (p.before_ms + p.after_ms) * rate + 1 > data.sizes["t"]:
        raise DatasetError(
            f"before_ms + after_ms is {p.before_ms + p.after_ms:g} ms, and the data last {data.sizes['t'] / rate:g} ms"
        )


@analysis(TriggeredParameters, _fits, roles=("spikes",))
def spike_triggered_average(data: xr.DataArray, spikes: xr.DataArray, p: TriggeredParameters) -> xr.Dataset:
    """Mean of a signal around the spikes of a voltage, and the standard error of the mean.

    Lags are counted from the first sample above the threshold. Spikes too near to an end for the whole window are left
    out; the attributes ``spikes`` and ``spikes_left_out`` say how many there were.

    Raises
    ------
    DatasetError
        If fewer than two spikes are left.
    """
    rate = rate_kHz(data, "a spike-triggered average")
    before, after = round(p.before_ms * rate), round(p.after_ms * rate)
    found = crossing_samples(np.asarray(spikes.values, dtype=float), p.threshold_mV) + 1
    whole = found[(found >= before) & (found + after < data.sizes["t"])]
    if whole.size < 2:
        raise DatasetError(
            f"{spikes.name!r} crosses {p.threshold_mV:g} mV {found.size} times, {whole.size} of them with the whole "
            "window around: an average with its error needs two"
        )
    lags = np.arange(-before, after + 1)
    values = np.asarray(data.values, dtype=float)[..., whole[:, None] + lags]
    dims, units = (*row_dims(data), "lag"), data.attrs["units"]
    made = {
        "average": variable(dims, values.mean(axis=-2), units, f"spike-triggered average of {data.name}"),
        "standard_error": variable(
            dims, values.std(axis=-2, ddof=1) / np.sqrt(whole.size), units, "standard error of the average"
        ),
    }
    coords = {**row_coords(data), "lag": ("lag", lags / rate, {**attrs("t"), "long_name": "time after the spike"})}
    return xr.Dataset(made, coords, {"spikes": int(whole.size), "spikes_left_out": int(found.size - whole.size)})
