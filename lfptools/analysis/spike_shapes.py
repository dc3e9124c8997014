"""The shape of each spike of a voltage: peak, height above where it began, width at half of that height."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from lfptools.analysis.spikes import checked_trace, crossing_samples, threshold_crossings
from lfptools.errors import MeasureError

Base = float | Literal["onset", "threshold"]
ONSET_SLOPE_MV_PER_MS: Final = 10.0


@dataclass(frozen=True, eq=False)
class SpikeShapes:
    """One entry for each spike; NaN where the trace does not show it (cut by its end, no onset, no half height).

    Parameters
    ----------
    time : numpy.ndarray
        Upward crossing of the threshold, ms.
    peak_time, peak : numpy.ndarray
        Largest sample before the threshold is crossed downwards, ms and mV.
    base : numpy.ndarray
        Potential above which heights are taken, mV.
    amplitude : numpy.ndarray
        ``peak − base``, mV.
    width : numpy.ndarray
        Time between the two crossings, linear between samples, of ``base + amplitude / 2`` beside the peak, ms.
    """

    time: np.ndarray
    peak_time: np.ndarray
    peak: np.ndarray
    base: np.ndarray
    amplitude: np.ndarray
    width: np.ndarray


def spike_shapes(
    t: np.ndarray, v: np.ndarray, threshold_mV: float = 0.0, base: Base = "onset",
    onset_slope_mV_per_ms: float = ONSET_SLOPE_MV_PER_MS,
) -> SpikeShapes:  # fmt: skip
    """Peak, amplitude and width of every upward crossing of the threshold.

    Parameters
    ----------
    t, v : array_like
        Shape (n,), ms and mV; as :func:`~lfptools.analysis.spikes.threshold_crossings` takes them.
    threshold_mV : float
        Spikes are upward crossings of it.
    base : {"onset", "threshold"} or float
        Above which potential amplitudes are taken: that from which the rise to the peak is steeper than
        ``onset_slope_mV_per_ms``, the threshold, or a number in mV.
    onset_slope_mV_per_ms : float
        Slope between samples at which a spike is taken to begin.

    Raises
    ------
    MeasureError
        For impossible traces, an unknown base or a slope that is not > 0.
    """
    t, v = checked_trace(t, v, threshold_mV)
    if not 0.0 < onset_slope_mV_per_ms < np.inf:
        raise MeasureError(f"onset_slope_mV_per_ms must be a number > 0, got {onset_slope_mV_per_ms}")
    i = crossing_samples(v, threshold_mV)
    peak = np.array([_peak(v, k, threshold_mV) for k in i], dtype=np.int64)
    whole = peak >= 0
    height = np.where(whole, v[peak], np.nan)
    if base == "onset":
        floor = np.array([_onset(t, v, k, top, onset_slope_mV_per_ms) for k, top in zip(i, peak, strict=True)])
    elif base == "threshold" or (isinstance(base, int | float) and np.isfinite(base)):
        floor = np.full(i.size, threshold_mV if base == "threshold" else base, dtype=float)
    else:
        raise MeasureError(f"base must be 'onset', 'threshold' or a finite number of mV, got {base!r}")
    amplitude = height - floor
    half = floor + 0.5 * amplitude
    width = np.array([_width(t, v, k, level) for k, level in zip(peak, half, strict=True)], dtype=float)
    return SpikeShapes(
        threshold_crossings(t, v, threshold_mV), np.where(whole, t[peak], np.nan), height, floor, amplitude, width
    )


def _peak(v: np.ndarray, crossing: int, threshold_mV: float) -> int:
    """Index of the largest sample above the threshold after a crossing; −1 where the trace ends before it falls."""
    below = np.flatnonzero(v[crossing + 1 :] <= threshold_mV)
    stop = crossing + 1 + (below[0] if below.size else v.size)
    at = crossing + 1 + int(v[crossing + 1 : stop].argmax())
    return at if at < v.size - 1 else -1


def _onset(t: np.ndarray, v: np.ndarray, crossing: int, peak: int, slope: float) -> float:
    """Potential from which it rises, at least so steeply all the way, to the steepest place before the peak; or NaN."""
    if peak < 0:
        return np.nan
    rise, step = np.diff(v[: peak + 1]), np.diff(t[: peak + 1])
    steep = (rise >= slope * step) & (rise > 0)  # both sides of a discontinuity are steep
    with np.errstate(divide="ignore", invalid="ignore"):
        fastest = crossing + int(np.nanargmax(rise[crossing:] / step[crossing:]))
    if not steep[fastest]:
        return np.nan
    slow = np.flatnonzero(~steep[:fastest])
    return float(v[slow[-1] + 1 if slow.size else 0])


def _width(t: np.ndarray, v: np.ndarray, peak: int, level: float) -> float:
    """Time that v is above a level around its peak; NaN where it does not fall to the level on both sides."""
    if peak < 0 or not np.isfinite(level) or not v[peak] > level:
        return np.nan
    before, after = np.flatnonzero(v[:peak] <= level), np.flatnonzero(v[peak:] <= level)
    if not (before.size and after.size):
        return np.nan
    i, j = int(before[-1]), peak + int(after[0])
    up = t[i] + (level - v[i]) / (v[i + 1] - v[i]) * (t[i + 1] - t[i])
    down = t[j - 1] + (level - v[j - 1]) / (v[j] - v[j - 1]) * (t[j] - t[j - 1])
    return float(down - up)
