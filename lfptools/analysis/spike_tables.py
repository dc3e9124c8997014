"""Spikes of labelled voltages as labelled data: any voltage over t, of sites, segments or the cases of a sweep."""

from typing import TYPE_CHECKING

import numpy as np

from lfptools.analysis.selection import window_mask
from lfptools.analysis.spike_shapes import ONSET_SLOPE_MV_PER_MS, Base, spike_shapes
from lfptools.analysis.spikes import isi_cv, isi_cv2, mean_rate
from lfptools.errors import MeasureError
from lfptools.units import factor

if TYPE_CHECKING:
    import xarray as xr

_SHAPES = {
    "spike_time": ("time", "ms", "upward crossing of the threshold"),
    "peak_time": ("peak_time", "ms", "time of the spike's peak"),
    "peak_potential": ("peak", "mV", "potential at the spike's peak"),
    "spike_amplitude": ("amplitude", "mV", "height of the spike's peak above its base"),
    "spike_width": ("width", "ms", "width of the spike at half its height"),
}
_STATISTICS = {
    "spike_count": ("1", "number of spikes"),
    "mean_rate": ("Hz", "spikes over the time looked at"),
    "mean_interval": ("ms", "mean inter-spike interval"),
    "isi_cv": ("1", "coefficient of variation of the inter-spike intervals"),
    "isi_cv2": ("1", "local variation of the inter-spike intervals"),
}


def find_spikes(
    voltage: "xr.DataArray", threshold_mV: float = 0.0, window_ms: tuple[float, float] | None = None,
    base: Base = "onset", onset_slope_mV_per_ms: float = ONSET_SLOPE_MV_PER_MS,
) -> "xr.Dataset":  # fmt: skip
    """Every spike of a labelled voltage, with its shape, and the statistics of each row.

    Parameters
    ----------
    voltage : xarray.DataArray
        Over ``t`` (ms) and any other dimensions, in V, mV or uV: ``result["soma_potential"]``, a variable recorded at
        several sites, or that of ``lfptools.open_study`` with its sweep.
    threshold_mV, base, onset_slope_mV_per_ms
        As :func:`~lfptools.analysis.spike_shapes.spike_shapes` takes them.
    window_ms : (float, float), optional
        Only spikes whose crossing lies in it, borders included; rates are over it.

    Returns
    -------
    xarray.Dataset
        Over the voltage's other dimensions, with their coordinates, and ``spike`` (as many as the row with the most
        has; NaN beyond): ``spike_time``, ``peak_time`` (ms), ``peak_potential``, ``spike_amplitude`` (mV),
        ``spike_width`` (ms). Over the other dimensions alone: ``spike_count``, ``mean_rate`` (Hz), ``mean_interval``
        (ms), ``isi_cv``, ``isi_cv2``; NaN where there are too few spikes.

    Raises
    ------
    MeasureError
        If it has no ``t``, is no potential, or holds NaN.
    """
    import xarray as xr

    rows, dims = rows_in_mV(voltage)
    t = np.asarray(voltage["t"].values, dtype=float)
    window_mask(t, window_ms)  # a window beside the run is a mistake, not a silent cell
    start, stop = window_ms or (float(t[0]), float(t[-1]))
    found = []
    for row in rows.reshape(-1, t.size):
        shapes = spike_shapes(t, row, threshold_mV, base, onset_slope_mV_per_ms)
        inside = (shapes.time >= start) & (shapes.time <= stop)
        found.append({name: getattr(shapes, field)[inside] for name, (field, _, _) in _SHAPES.items()})
    most = max((row["spike_time"].size for row in found), default=0)
    data = {}
    for name, (_, units, about) in _SHAPES.items():
        table = np.full((len(found), most), np.nan)
        for row, one in zip(table, found, strict=True):
            row[: one[name].size] = one[name]
        data[name] = ((*dims, "spike"), table.reshape(*rows.shape[:-1], most), {"units": units, "long_name": about})
    numbers = np.array([_statistics(row["spike_time"], start, stop) for row in found])
    for k, (name, (units, about)) in enumerate(_STATISTICS.items()):
        data[name] = (dims, numbers[:, k].reshape(rows.shape[:-1]), {"units": units, "long_name": about})
    coords = {name: value for name, value in voltage.coords.items() if "t" not in value.dims}
    settings = {"threshold_mV": threshold_mV, "window_ms": [start, stop], "base": base}
    return xr.Dataset(data, coords, settings)


def rows_in_mV(voltage: "xr.DataArray") -> tuple[np.ndarray, tuple[str, ...]]:
    """Values of a labelled voltage with t last, in mV, and the other dimensions.

    Raises
    ------
    MeasureError
        If it has no ``t`` or is no potential.
    """
    if "t" not in voltage.dims:
        raise MeasureError(f"spikes need a voltage over t; {voltage.name!r} has the dimensions {voltage.dims}")
    try:
        scale = factor(str(voltage.attrs.get("units", "1")), "mV")
    except ValueError as error:
        raise MeasureError(f"spikes are crossings of a potential; {voltage.name!r}: {error}") from error
    dims = tuple(str(dim) for dim in voltage.dims if dim != "t")
    return scale * np.asarray(voltage.transpose(*dims, "t").values, dtype=float), dims


def _statistics(times: np.ndarray, start: float, stop: float) -> tuple[float, ...]:
    mean = float(np.diff(times).mean()) if times.size > 1 else np.nan
    return float(times.size), mean_rate(times, start, stop), mean, isi_cv(times), isi_cv2(times)
