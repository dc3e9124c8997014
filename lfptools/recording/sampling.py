"""Other sampling intervals: decimation behind an anti-aliasing filter, resampling of variable steps."""

import math

import numpy as np
import xarray as xr
from pydantic import Field

from lfptools.config.parameters import Parameters
from lfptools.errors import DatasetError
from lfptools.recording.step import interval_ms, of_values, step

ATTENUATION_DB = 80.0
PASS = 0.8  # of half the new sampling rate: up to there nothing is lost


class DecimateParameters(Parameters):
    """By how much."""

    factor: int = Field(ge=2, le=100_000, description="one sample is kept of so many")


class ResampleParameters(Parameters):
    """The new interval."""

    interval_ms: float = Field(gt=0, description="between samples")


@step(DecimateParameters, over="times")
def decimate(signal: xr.Dataset, p: DecimateParameters) -> xr.Dataset:
    """Every ``factor``-th sample, the first one included, behind a filter that lets nothing alias.

    The filter is symmetric (no phase), a sinc under a Kaiser window: up to 0.8 of half the new sampling rate it changes
    a sine by less than 1e-4, from half the new rate on it leaves less than 1e-4 (−80 dB). The signal is continued
    beyond its ends by its point reflection there.

    Raises
    ------
    DatasetError
        If samples are not evenly spaced, or fewer than two are left.
    """
    from scipy.signal import firwin, kaiserord, upfirdn

    dt = interval_ms(signal, "decimate")
    t = np.asarray(signal["t"].values, dtype=float)
    if t.size <= p.factor:
        raise DatasetError(f"decimate: one of {p.factor} samples leaves one of {t.size}, at {dt:g} ms: take fewer")
    taps, beta = kaiserord(ATTENUATION_DB, (1 - PASS) / p.factor)
    half = p.factor * math.ceil(0.5 * (taps - 1) / p.factor)
    kernel = firwin(2 * half + 1, 0.5 * (1 + PASS) / p.factor, window=("kaiser", beta))
    first, kept = 2 * half // p.factor, t[:: p.factor]

    def decimated(values: np.ndarray) -> np.ndarray:
        longer = np.pad(values, ((0, 0), (half, half)), mode="reflect", reflect_type="odd")
        return np.ascontiguousarray(upfirdn(kernel, longer, 1, p.factor, axis=1)[:, first : first + kept.size])

    return of_values(signal, decimated, kept)


@step(ResampleParameters, over="times")
def resample(signal: xr.Dataset, p: ResampleParameters) -> xr.Dataset:
    """Samples at even intervals from the first time on, by linear interpolation: for runs with variable steps.

    Nothing is filtered: where the new interval is longer than the old ones, what is faster aliases; take a short
    interval and ``decimate``. Of a time that stands twice (a discontinuity) the later value counts.

    Raises
    ------
    DatasetError
        If the signal is not longer than the interval.
    """
    t = np.asarray(signal["t"].values, dtype=float)
    if t[-1] - t[0] < p.interval_ms:
        raise DatasetError(f"resample: {p.interval_ms:g} ms is longer than the signal, {t[-1] - t[0]:g} ms")
    count = math.floor((t[-1] - t[0]) / p.interval_ms * (1 + 1e-12)) + 1
    times = t[0] + p.interval_ms * np.arange(count)
    after = np.clip(np.searchsorted(t, times, side="right"), 1, t.size - 1)
    span = t[after] - t[after - 1]
    share = np.clip(np.where(span > 0, (times - t[after - 1]) / np.where(span > 0, span, 1.0), 1.0), 0.0, 1.0)
    return of_values(signal, lambda values: values[:, after - 1] * (1 - share) + values[:, after] * share, times)
