"""Spikes as upward threshold crossings of a voltage, the intervals between them, and rates."""

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
    t, v = checked_trace(t, v, threshold_mV)
    i = crossing_samples(v, threshold_mV)
    if not interpolate:
        return t[i]
    return t[i] + (threshold_mV - v[i]) / (v[i + 1] - v[i]) * (t[i + 1] - t[i])


def crossing_samples(v: np.ndarray, threshold_mV: float) -> np.ndarray:
    """Indices of the last samples at or below the threshold before each upward crossing of it."""
    return np.flatnonzero((v[:-1] <= threshold_mV) & (v[1:] > threshold_mV))


def checked_trace(t: np.ndarray, v: np.ndarray, threshold_mV: float) -> tuple[np.ndarray, np.ndarray]:
    """Times and potentials as vectors of floats; see :func:`threshold_crossings` for what is refused."""
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
    return t, v


def intervals(times: np.ndarray) -> np.ndarray:
    """Inter-spike intervals in ms, shape (spikes − 1,); none of fewer than two spikes."""
    return np.diff(np.asarray(times, dtype=float))


def isi_cv(times: np.ndarray) -> float:
    r"""Coefficient of variation of the inter-spike intervals: 0 of a regular train, 1 of a Poisson process.

    .. math:: CV = \frac{1}{\bar I} \sqrt{\frac{1}{n-1} \sum_{k=1}^{n} (I_k - \bar I)^2}

    Parameters
    ----------
    times : array_like
        Spike times in ms, ascending.

    Returns
    -------
    float
        NaN with fewer than two intervals, of which there is no variance.
    """
    gaps = intervals(times)
    return float(gaps.std(ddof=1) / gaps.mean()) if gaps.size > 1 else np.nan


def isi_cv2(times: np.ndarray) -> float:
    r"""Local variation of the inter-spike intervals, which a slowly changing rate does not raise as it does the CV.

    .. math:: CV_2 = \frac{1}{n-1} \sum_{k=1}^{n-1} \frac{2 |I_{k+1} - I_k|}{I_{k+1} + I_k}

    0 of a regular train, 1 of a Poisson process; NaN with fewer than two intervals.

    References
    ----------
    Holt et al. (1996), J Neurophysiol 75:1806, https://doi.org/10.1152/jn.1996.75.5.1806
    """
    gaps = intervals(times)
    if gaps.size < 2:
        return np.nan
    return float((2.0 * np.abs(np.diff(gaps)) / (gaps[1:] + gaps[:-1])).mean())


def mean_rate(times: np.ndarray, start_ms: float, stop_ms: float) -> float:
    """Spikes from ``start_ms`` to ``stop_ms`` (both included) over the time between, Hz.

    Raises
    ------
    MeasureError
        If the window has no length.
    """
    if not stop_ms > start_ms:
        raise MeasureError(f"a rate needs a window [start, stop] with start < stop, got [{start_ms:g}, {stop_ms:g}] ms")
    times = np.asarray(times, dtype=float)
    return 1000.0 * np.count_nonzero((times >= start_ms) & (times <= stop_ms)) / (stop_ms - start_ms)


def instantaneous_rate(times: np.ndarray, at: np.ndarray) -> np.ndarray:
    """1000 / the interval in which each time of ``at`` (ms) lies, Hz; 0 before the first spike and from the last on."""
    times, at = np.asarray(times, dtype=float), np.asarray(at, dtype=float)
    if times.size < 2:
        return np.zeros(at.shape)
    before = np.searchsorted(times, at, side="right") - 1
    inside = (before >= 0) & (before < times.size - 1)
    rate = 1000.0 / intervals(times)
    return np.where(inside, rate[np.clip(before, 0, rate.size - 1)], 0.0)


def smoothed_rate(times: np.ndarray, at: np.ndarray, sigma_ms: float) -> np.ndarray:
    """Rate at the times ``at`` (ms) as a Gaussian of width ``sigma_ms`` a spike, Hz; each has an area of one spike.

    Raises
    ------
    MeasureError
        For a width that is not > 0.
    """
    if not 0.0 < sigma_ms < np.inf:
        raise MeasureError(f"sigma_ms must be a number > 0, got {sigma_ms}")
    times, at = np.asarray(times, dtype=float), np.asarray(at, dtype=float)
    away = (at[..., np.newaxis] - times) / sigma_ms
    return 1000.0 / (sigma_ms * np.sqrt(2.0 * np.pi)) * np.exp(-0.5 * away**2).sum(axis=-1)


def rate_from_last_interval(times: np.ndarray) -> float:
    """Firing rate in Hz, 1000 / last interval in ms; 0 with fewer than two spikes."""
    gaps = intervals(times)
    return float(1000.0 / gaps[-1]) if gaps.size else 0.0
