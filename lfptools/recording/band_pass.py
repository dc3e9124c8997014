"""Butterworth filters: band, low and high passes."""

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from lfptools.config.parameters import Parameters
from lfptools.errors import DatasetError
from lfptools.recording.step import interval_ms, of_values, step


class BandPassParameters(Parameters):
    """The band, the filter's order, and whether it looks ahead."""

    low_Hz: float | None = Field(None, gt=0, description="lower corner; none: a low pass")
    high_Hz: float | None = Field(None, gt=0, description="upper corner; none: a high pass")
    order: int = Field(ge=1, le=20, description="of the Butterworth filter; a band pass has twice as many poles")
    causal: bool = Field(
        description="true: forwards, as an amplifier; false: forwards and backwards, without phase, twice the order"
    )

    @model_validator(mode="after")
    def _a_band(self) -> "BandPassParameters":
        if self.low_Hz is None and self.high_Hz is None:
            raise ValueError("a band_pass needs low_Hz, high_Hz or both")
        if self.low_Hz is not None and self.high_Hz is not None and self.low_Hz >= self.high_Hz:
            raise ValueError(f"low_Hz must be below high_Hz, got {self.low_Hz:g} and {self.high_Hz:g}")
        return self


@step(BandPassParameters, over="times")
def band_pass(signal: xr.Dataset, p: BandPassParameters) -> xr.Dataset:
    """A Butterworth filter: |H(f)|² = 1 / (1 + (f/f_c)^2n) for a low pass; a corner is at −3 dB, or −6 dB both ways.

    Made of second-order sections by the bilinear transform with corrected corners. Forwards (``causal``) it starts from
    the steady state of the first sample, so that a constant offset makes no transient; both ways, the signal is
    continued beyond its ends by its point reflection there, over a period of the lower corner (or its own length).

    Raises
    ------
    DatasetError
        If samples are not evenly spaced, or a corner is not below half the sampling rate.
    """
    from scipy.signal import butter, sosfilt, sosfilt_zi, sosfiltfilt

    rate = 1e3 / interval_ms(signal, "band_pass")
    corners = [corner for corner in (p.low_Hz, p.high_Hz) if corner is not None]
    if corners[-1] >= 0.5 * rate:
        raise DatasetError(
            f"band_pass: the corner {corners[-1]:g} Hz must be below half the sampling rate, which is {0.5 * rate:g} Hz"
        )
    kind = "bandpass" if len(corners) == 2 else "lowpass" if p.low_Hz is None else "highpass"
    sos = butter(p.order, corners if len(corners) == 2 else corners[0], kind, fs=rate, output="sos")

    def filtered(values: np.ndarray) -> np.ndarray:
        if p.causal:
            start = sosfilt_zi(sos)[:, np.newaxis] * values[np.newaxis, :, :1]
            return sosfilt(sos, values, axis=1, zi=start)[0]
        beyond = max(6 * len(sos) + 3, round(rate / corners[0]))
        return sosfiltfilt(sos, values, axis=1, padlen=min(beyond, values.shape[1] - 1))

    return of_values(signal, filtered)
