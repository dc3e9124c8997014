"""Numbers of extracellular waveforms: how large they are, and how wide."""

from typing import Final, Literal

import numpy as np

from lfptools.errors import MeasureError

Quantity = Literal["peak_to_peak", "peak", "width"]
WIDTH_FRACTION: Final = 0.5


def peak_to_peak(values: np.ndarray) -> np.ndarray:
    """Largest minus smallest value along the last axis."""
    return np.ptp(np.asarray(values, dtype=float), axis=-1)


def peak(values: np.ndarray) -> np.ndarray:
    """Of each waveform (last axis) the value that is farthest from its first, relative to it and with its sign."""
    away = _away(values)
    at = np.abs(away).argmax(axis=-1)[..., np.newaxis]
    return np.take_along_axis(away, at, axis=-1)[..., 0]


def phase_width(t: np.ndarray, values: np.ndarray, fraction: float = WIDTH_FRACTION) -> np.ndarray:
    """Time for which the largest phase of each waveform is beyond a fraction of its peak.

    The phase is the stretch around the peak (:func:`peak`), negative or positive; its two borders are linear between
    samples.

    Parameters
    ----------
    t : array_like
        Shape (n,), ms, increasing.
    values : array_like
        Shape (…, n); deviations count from the first sample.
    fraction : float
        Between 0 and 1.

    Returns
    -------
    numpy.ndarray
        Shape (…), ms; NaN where the ends of the trace cut the phase, or nothing deviates.

    Raises
    ------
    MeasureError
        For unequal lengths, times that do not increase, or a fraction outside 0..1.
    """
    t, away = np.asarray(t, dtype=float), _away(values)
    if t.ndim != 1 or away.shape[-1] != t.size or not (np.diff(t) > 0).all():
        raise MeasureError(
            f"widths need increasing times, one a sample; got times of shape {t.shape} and values of {away.shape}"
        )
    if not 0.0 < fraction < 1.0:
        raise MeasureError(f"the fraction of the peak must lie between 0 and 1, got {fraction}")
    rows = away.reshape(-1, t.size)
    return np.array([_width(t, row, fraction) for row in rows]).reshape(away.shape[:-1])


def _away(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim < 1 or values.shape[-1] < 2:
        raise MeasureError(f"a waveform needs at least two samples, got values of shape {values.shape}")
    return values - values[..., :1]


def _width(t: np.ndarray, away: np.ndarray, fraction: float) -> float:
    top = int(np.abs(away).argmax())
    if away[top] == 0.0:
        return np.nan
    relative = away / away[top]
    before, after = np.flatnonzero(relative[:top] <= fraction), np.flatnonzero(relative[top:] <= fraction)
    if not (before.size and after.size):
        return np.nan
    i, j = int(before[-1]), top + int(after[0])
    up = t[i] + (fraction - relative[i]) / (relative[i + 1] - relative[i]) * (t[i + 1] - t[i])
    down = t[j - 1] + (relative[j - 1] - fraction) / (relative[j - 1] - relative[j]) * (t[j] - t[j - 1])
    return float(down - up)
