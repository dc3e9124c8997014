"""Spikes as upward threshold crossings of a voltage."""

import numpy as np

from lfptools.errors import MeasureError


def threshold_crossings(t: np.ndarray, v: np.ndarray, threshold_mV: float, interpolate: bool = True) -> np.ndarray:
    """Times at which ``v`` crosses the threshold upwards.

    A crossing lies between a sample at or below the threshold and a next one above it. A trace that starts above the
    threshold has not crossed it.

    Parameters
    ----------
    t : array_like
        Shape (n,), ms; not decreasing. Equal neighbours, the two sides of a discontinuity, are taken in order.
    v : array_like
        Shape (n,), mV.
    threshold_mV : float
        Threshold.
    interpolate : bool
        True: linear interpolation between the two samples. False: the time of the last sample at or below.

    Returns
    -------
    numpy.ndarray
        Crossing times in ms, ascending.

    Raises
    ------
    MeasureError
        For unequal lengths, NaN, decreasing times or a threshold that is not finite.
    """
    t, v = np.asarray(t, dtype=float), np.asarray(v, dtype=float)
    if t.ndim != 1 or t.shape != v.shape:
        raise MeasureError(f"t and v must be vectors of one length, got shapes {t.shape} and {v.shape}")
    if not np.isfinite(threshold_mV):
        raise MeasureError(f"the threshold must be a finite number of mV, got {threshold_mV}")
    bad = np.flatnonzero(~(np.isfinite(t) & np.isfinite(v)))
    if bad.size:
        raise MeasureError(f"t and v must be finite; {bad.size} samples are not, the first at index {bad[0]}")
    back = np.flatnonzero(np.diff(t) < 0)
    if back.size:
        raise MeasureError(f"t must not decrease; it does after index {back[0]} ({t[back[0]]} to {t[back[0] + 1]} ms)")
    i = np.flatnonzero((v[:-1] <= threshold_mV) & (v[1:] > threshold_mV))
    if not interpolate:
        return t[i]
    return t[i] + (threshold_mV - v[i]) / (v[i + 1] - v[i]) * (t[i + 1] - t[i])


def intervals(times: np.ndarray) -> np.ndarray:
    """Inter-spike intervals in ms, shape (spikes − 1,)."""
    return np.diff(np.asarray(times, dtype=float))


def rate_from_last_interval(times: np.ndarray) -> float:
    """Firing rate in Hz, 1000 / last interval in ms; 0 with fewer than two spikes."""
    gaps = intervals(times)
    return float(1000.0 / gaps[-1]) if gaps.size else 0.0
