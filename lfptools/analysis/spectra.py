"""How a signal's power is spread over frequencies: spectrum, band power, coherence, power law, spectrogram."""

from typing import Any, Literal

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from lfptools.analysis import spectral
from lfptools.analysis.labelled import analysis, cut, rate_kHz, row_coords, row_dims, variable
from lfptools.analysis.selection import Window
from lfptools.analysis.spectral import SpectralParameters
from lfptools.errors import DatasetError
from lfptools.units import attrs, raised

Band = tuple[float, float]


class BandPowerParameters(SpectralParameters):
    """The bands, and how the density is estimated."""

    bands_Hz: dict[str, Band] = Field(min_length=1, description="name to [lowest, highest); e.g. gamma: [30, 80]")

    @model_validator(mode="after")
    def _bands(self) -> "BandPowerParameters":
        for name, band in self.bands_Hz.items():
            _ordered(f"bands_Hz.{name}", band)
        return self


class PowerLawParameters(SpectralParameters):
    """The band of the fit, and how the density is estimated."""

    band_Hz: Band = Field(description="[lowest, highest], both included")

    @model_validator(mode="after")
    def _band(self) -> "PowerLawParameters":
        _ordered("band_Hz", self.band_Hz)
        if self.band_Hz[0] == 0:
            raise ValueError("band_Hz must begin above 0: a power law has no value there")
        return self


class SpectrogramParameters(Window):
    """Segments of a spectrogram."""

    segment_ms: float = Field(gt=0, description="length of a segment")
    overlap: float = Field(0.5, ge=0, lt=1, description="of neighbouring segments, as a fraction")
    taper: Literal["hann", "hamming", "blackman", "boxcar"] = Field("hann", description="of a segment")
    detrend: Literal["constant", "linear", "none"] = Field("constant", description="what each segment loses first")

    def as_welch(self) -> SpectralParameters:
        """The same without the average over segments."""
        return SpectralParameters(**self.model_dump())


def _ordered(key: str, band: Band) -> None:
    if not 0 <= band[0] < band[1]:
        raise ValueError(f"{key} must be [lowest, highest] with 0 <= lowest < highest, got {list(band)}")


def _band_fits(data: xr.DataArray, p: SpectralParameters, bands: dict[str, Band], least: int) -> None:
    spectral.fits(data, p)
    data = cut(data, p.window_ms)
    rate = rate_kHz(data, "a spectrum")
    resolution = 1e3 * rate / spectral.segment(data.sizes["t"], rate, p)
    for key, (low, high) in bands.items():
        if high > 500.0 * rate:
            raise DatasetError(f"{key}: {high:g} Hz is above half the sampling rate, {500.0 * rate:g} Hz")
        inside = int(np.floor(high / resolution + 1e-9)) - int(np.ceil(low / resolution - 1e-9)) + 1
        if inside < least:
            raise DatasetError(
                f"{key}: {low:g} to {high:g} Hz holds {max(inside, 0)} of the spectrum's frequencies, {least} are "
                f"needed: its resolution is {resolution:g} Hz, make segments longer"
            )


def _frequency(frequencies: np.ndarray) -> dict[str, Any]:
    return {"frequency": ("frequency", frequencies, attrs("frequency"))}


def _density(data: xr.DataArray, p: SpectralParameters) -> tuple[np.ndarray, np.ndarray]:
    data = cut(data, p.window_ms)
    values = np.asarray(data.values, dtype=float)
    frequencies, found = spectral.densities(values, values, rate_kHz(data, "a spectrum"), p)
    return frequencies, found.real


@analysis(SpectralParameters, spectral.fits)
def power_spectrum(data: xr.DataArray, p: SpectralParameters) -> xr.Dataset:
    """One-sided power spectral density, per Hz.

    Welch 1967, IEEE Trans Audio Electroacoust 15:70, as scipy.signal.welch; or the mean over prolate spheroidal tapers,
    Thomson 1982, Proc IEEE 70:1055. The sum of the density times the resolution is the variance.
    """
    frequencies, found = _density(data, p)
    dims = (*row_dims(data), "frequency")
    units = f"{raised(data.attrs['units'], 2)} Hz-1"
    about = variable(dims, found, units, f"power spectral density of {data.name}")
    return xr.Dataset({"power_spectral_density": about}, {**row_coords(data), **_frequency(frequencies)})


@analysis(BandPowerParameters, lambda data, p: _band_fits(data, p, p.bands_Hz, 1))
def band_power(data: xr.DataArray, p: BandPowerParameters) -> xr.Dataset:
    """Variance within bands: the sum of the density times the resolution over lowest <= f < highest.

    Half the sampling rate belongs to a band that ends there.
    """
    frequencies, found = _density(data, p)
    step = frequencies[1] - frequencies[0]
    top = frequencies[-1]  # a band that ends there holds it
    inside = [
        (frequencies >= low) & ((frequencies < high) | ((frequencies == top) & (high >= top)))
        for low, high in p.bands_Hz.values()
    ]
    power = np.stack([found[..., chosen].sum(axis=-1) * step for chosen in inside], axis=-1)
    bands = {
        "band_id": ("band", np.array(list(p.bands_Hz))),
        **{
            f"band_{end}": ("band", np.array([band[i] for band in p.bands_Hz.values()]), attrs("frequency"))
            for i, end in enumerate(("low", "high"))
        },
    }
    about = variable((*row_dims(data), "band"), power, raised(data.attrs["units"], 2), f"power of {data.name} in bands")
    return xr.Dataset({"band_power": about}, {**row_coords(data), **bands})


@analysis(PowerLawParameters, lambda data, p: _band_fits(data, p, {"band_Hz": p.band_Hz}, 3))
def power_law(data: xr.DataArray, p: PowerLawParameters) -> xr.Dataset:
    """n and its standard error of the least-squares line log S = c − n log f through a density over a band."""
    frequencies, found = _density(data, p)
    inside = (frequencies >= p.band_Hz[0]) & (frequencies <= p.band_Hz[1])
    if not (found[..., inside] > 0).all():
        raise DatasetError(f"{data.name!r} has no power at some frequencies of the band: it has no exponent")
    x = np.log(frequencies[inside])
    y = np.log(found[..., inside])
    x0 = x - x.mean()
    slope = (y @ x0) / (x0 @ x0)
    residual = y - y.mean(axis=-1, keepdims=True) - slope[..., None] * x0
    error = np.sqrt((residual**2).sum(axis=-1) / (x.size - 2) / (x0 @ x0))
    dims = (*row_dims(data), "fit")
    coords = {**row_coords(data), "fit_id": ("fit", np.array(["power law"]))}
    made = {
        "exponent": variable(dims, -slope[..., None], "1", f"n of 1/f^n of the power spectral density of {data.name}"),
        "standard_error": variable(dims, error[..., None], "1", "standard error of the exponent"),
    }
    return xr.Dataset(made, coords)


def _pairs(data: xr.DataArray, other: xr.DataArray, p: SpectralParameters) -> None:
    spectral.fits(data, p)
    if data.sizes["t"] != other.sizes["t"] or not np.array_equal(data["t"].values, other["t"].values):
        raise DatasetError(f"{data.name!r} and {other.name!r} have different times: resample one of them")
    mine, theirs = (row_count(one) for one in (data, other))
    if theirs != 1 and (mine != theirs or row_dims(data) != row_dims(other)):
        raise DatasetError(
            f"{data.name!r} has {mine} rows {row_dims(data)} and {other.name!r} {theirs} {row_dims(other)}: the second "
            "needs the same rows, or one"
        )
    data = cut(data, p.window_ms)
    rate = rate_kHz(data, "a coherence")
    if spectral.averages(data.sizes["t"], rate, p) <= 1.0:
        raise DatasetError("a coherence of one segment or taper is 1 everywhere: make segments shorter, or take more")


def row_count(data: xr.DataArray) -> int:
    """How many rows."""
    return int(np.prod([data.sizes[dim] for dim in row_dims(data)], dtype=int))


@analysis(SpectralParameters, _pairs, roles=("other",))
def coherence(data: xr.DataArray, other: xr.DataArray, p: SpectralParameters) -> xr.Dataset:
    """Magnitude-squared coherence |S_ab|² / (S_aa S_bb) of each row with the other's same row, or with its only one.

    The attribute ``averages`` is how many independent estimates the average is worth, and ``significance_95`` what
    unrelated signals stay below at 95 % of frequencies, 1 − 0.05^(1/(averages − 1)). Without a mean, which segments
    lose by default, a signal has nothing at 0 Hz to be coherent with: that frequency is left out then.
    """
    data = cut(data, p.window_ms)
    other = cut(other, p.window_ms)
    rate = rate_kHz(data, "a coherence")
    a, b = (np.asarray(one.values, dtype=float) for one in (data, other))
    b = np.broadcast_to(b.reshape((1,) * (a.ndim - 1) + (-1,)) if row_count(other) == 1 else b, a.shape)
    frequencies, cross = spectral.densities(a, b, rate, p)
    power = [spectral.densities(one, one, rate, p)[1].real for one in (a, b)]
    below = power[0] * power[1]
    if p.detrend != "none":
        frequencies, cross, below = frequencies[1:], cross[..., 1:], below[..., 1:]
    if not (below > 0).all():
        raise DatasetError(f"{data.name!r} or {other.name!r} has no power at some frequencies: no coherence there")
    number = spectral.averages(data.sizes["t"], rate, p)
    name = f"magnitude-squared coherence of {data.name} and {other.name}"
    made = {"coherence": variable((*row_dims(data), "frequency"), np.abs(cross) ** 2 / below, "1", name)}
    about = {"averages": number, "significance_95": 1.0 - 0.05 ** (1.0 / (number - 1.0))}
    return xr.Dataset(made, {**row_coords(data), **_frequency(frequencies)}, about)


@analysis(SpectrogramParameters, lambda data, p: spectral.fits(data, p.as_welch()))
def spectrogram(data: xr.DataArray, p: SpectrogramParameters) -> xr.Dataset:
    """One-sided power spectral density of each segment; t is the segment's middle."""
    from scipy.signal import spectrogram as segments

    data = cut(data, p.window_ms)
    rate = rate_kHz(data, "a spectrogram")
    count = spectral.segment(data.sizes["t"], rate, p.as_welch())
    frequencies, seconds, found = segments(
        np.asarray(data.values, dtype=float), 1e3 * rate, window=p.taper, nperseg=count,
        noverlap=int(p.overlap * count), detrend=False if p.detrend == "none" else p.detrend, mode="psd",
    )  # fmt: skip
    times = {"t": ("t", float(data["t"].values[0]) + 1e3 * seconds, attrs("t"))}
    units = f"{raised(data.attrs['units'], 2)} Hz-1"
    dims = (*row_dims(data), "frequency", "t")
    about = variable(dims, found, units, f"power spectral density of {data.name} in segments")
    return xr.Dataset({"power_spectral_density": about}, {**row_coords(data), **_frequency(frequencies), **times})
