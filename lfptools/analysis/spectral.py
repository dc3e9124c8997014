"""Estimates of spectral densities: Welch's averaged segments, and multitapers."""

from typing import Any, Literal

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from lfptools.analysis.labelled import cut, rate_kHz
from lfptools.analysis.selection import Window
from lfptools.errors import DatasetError

_HZ = 1e3  # of a rate in kHz


class SpectralParameters(Window):
    """How a spectral density is estimated."""

    method: Literal["welch", "multitaper"] = Field(
        "welch", description="averages over segments, or over orthogonal tapers of the whole"
    )
    segment_ms: float | None = Field(
        None, gt=0, description="length of a segment; welch needs it, multitapers take the whole window by default"
    )
    overlap: float = Field(0.5, ge=0, lt=1, description="of neighbouring segments, as a fraction (welch)")
    taper: Literal["hann", "hamming", "blackman", "boxcar"] = Field("hann", description="of a segment (welch)")
    time_half_bandwidth: float = Field(4.0, ge=1, description="NW of the multitapers")
    tapers: int | None = Field(None, ge=1, description="how many multitapers; 2 NW - 1 by default")
    detrend: Literal["constant", "linear", "none"] = Field("constant", description="what each segment loses first")

    @model_validator(mode="after")
    def _of_the_method(self) -> "SpectralParameters":
        if self.method == "welch" and self.segment_ms is None:
            raise ValueError("method: welch needs segment_ms: 1000 divided by it is the resolution in Hz")
        if self.tapers is not None and self.tapers > 2 * self.time_half_bandwidth:
            raise ValueError(f"tapers must be at most 2 NW = {2 * self.time_half_bandwidth:g}, got {self.tapers}")
        return self

    @property
    def taper_count(self) -> int:
        """How many multitapers."""
        return self.tapers or max(1, round(2 * self.time_half_bandwidth) - 1)


def fits(data: xr.DataArray, p: SpectralParameters) -> None:
    """Whether a density can be estimated.

    Raises
    ------
    DatasetError
        If samples are not evenly spaced, or a segment is longer than the data, or has fewer than 8 samples.
    """
    data = cut(data, p.window_ms)
    rate = rate_kHz(data, "a spectrum")
    count = segment(data.sizes["t"], rate, p)
    if count > data.sizes["t"]:
        raise DatasetError(
            f"segment_ms {p.segment_ms:g} is longer than the data, {data.sizes['t'] / rate:g} ms in the window"
        )
    if count < 8:
        raise DatasetError(f"a segment of {count} samples, {count / rate:g} ms, is too short for a spectrum")


def segment(samples: int, rate: float, p: SpectralParameters) -> int:
    """Samples of a segment."""
    return samples if p.segment_ms is None else round(p.segment_ms * rate)


def densities(a: np.ndarray, b: np.ndarray, rate: float, p: SpectralParameters) -> tuple[np.ndarray, np.ndarray]:
    """One-sided cross-spectral density of a and b (…, n), sampled at ``rate`` in kHz: frequencies in Hz, and (…, f).

    Its mean square over a real signal is the sum of the density times the resolution (Parseval).
    """
    from scipy.signal import csd
    from scipy.signal.windows import dpss

    count = segment(a.shape[-1], rate, p)
    detrend: Any = False if p.detrend == "none" else p.detrend
    common = {"fs": _HZ * rate, "nperseg": count, "detrend": detrend, "axis": -1}
    if p.method == "welch":
        return csd(a, b, window=p.taper, noverlap=int(p.overlap * count), **common)
    total: Any = 0.0
    for taper in dpss(count, p.time_half_bandwidth, p.taper_count):
        frequencies, one = csd(a, b, window=taper, noverlap=0, **common)
        total = total + one
    return frequencies, total / p.taper_count


def averages(samples: int, rate: float, p: SpectralParameters) -> float:
    """How many independent estimates the average is worth: fewer than segments where these overlap (Welch 1967)."""
    from scipy.signal import get_window

    count = segment(samples, rate, p)
    if p.method == "multitaper":
        return float(p.taper_count * (samples // count))
    step = count - int(p.overlap * count)
    number = 1 + (samples - count) // step
    taper = get_window(p.taper, count)
    power = float((taper * taper).sum())
    shared = 0.0
    for j in range(1, min(number, -(-count // step))):
        common = float((taper[j * step :] * taper[: count - j * step]).sum())
        shared += 2.0 * (1.0 - j / number) * (common / power) ** 2
    return number / (1.0 + shared)
