"""What a sinusoidal drive does: amplitudes at its frequency, and the length constant along a cable."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from lfptools.analysis.extrema import Unit
from lfptools.analysis.measure import CaseSelector, measure
from lfptools.analysis.selection import Source, array, row_dim, row_ids, trace
from lfptools.config.parameters import Parameters
from lfptools.errors import MeasureError
from lfptools.schema.sampling import interval
from lfptools.units import factor

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults

_ROUNDS = 8


class Periods(Parameters):
    """The drive's frequency, and which whole periods are looked at."""

    frequency_Hz: float | Literal["input"] = Field(
        "input", description="of the drive; by default that of the case's only sinusoidal input"
    )
    from_ms: float = Field(ge=0, description="earlier samples are left out; from here on as many whole periods as fit")


class SineAmplitudeParameters(Periods, Source, CaseSelector):
    """The trace, and the unit of its amplitude."""

    unit: Unit = Field(description="of the amplitude")


class LengthConstantParameters(Periods, CaseSelector):
    """A potential along a straight cable that is driven at one end."""

    variable: str = Field("v", description="the membrane potential, recorded in all segments")
    span: tuple[float, float] = Field((0.5, 3.0), description="where the line is fitted, in length constants")


def fourier_amplitude(t: np.ndarray, values: np.ndarray, frequency_Hz: float, from_ms: float) -> np.ndarray:
    """Amplitudes (…,) of values (…, n) at a frequency: the Fourier coefficient over whole periods.

    Raises
    ------
    DatasetError
        If samples are not evenly spaced.
    MeasureError
        If not a single period fits.
    """
    dt = interval(t, "an amplitude at a frequency")
    first = int(np.searchsorted(t, from_ms - 1e-9))
    period = 1e3 / frequency_Hz / dt
    count = int(np.floor((t.size - first) / period + 1e-9))
    samples = round(count * period)
    if count < 1:
        raise MeasureError(f"no whole period of {frequency_Hz:g} Hz fits after {from_ms:g} ms of {t[-1]:g} ms")
    if abs(samples - count * period) > 0.51:
        raise MeasureError(f"periods of {frequency_Hz:g} Hz are not made of whole steps of {dt:g} ms")
    inside = slice(first, first + samples)
    wave = np.exp(-2j * np.pi * frequency_Hz * 1e-3 * t[inside])
    return np.abs(values[..., inside] @ wave) * 2.0 / samples


def driven_at(case: "CaseResults", frequency: float | str) -> float:
    """The frequency that is meant."""
    if not isinstance(frequency, str):
        return float(frequency)
    found = [one["frequency_Hz"] for one in case.config.get("inputs", {}).values() if one.get("current") == "sine"]
    if len(found) != 1:
        raise MeasureError(f"case {case.label!r} has {len(found)} sinusoidal inputs: say frequency_Hz")
    return float(found[0])


@measure(SineAmplitudeParameters, unit=lambda p: p.unit)
def sine_amplitude(case: "CaseResults", p: SineAmplitudeParameters) -> float:
    """Amplitude of a trace at the frequency of a sinusoidal drive, over whole periods."""
    found = trace(case, p.variable, p.signal, p.site)
    size = fourier_amplitude(found.t, found.values, driven_at(case, p.frequency_Hz), p.from_ms)
    try:
        return float(size) * factor(found.units, p.unit)
    except ValueError as error:
        raise MeasureError(f"{found.name!r}: {error}") from error


@measure(LengthConstantParameters, unit="um")
def length_constant(case: "CaseResults", p: LengthConstantParameters) -> float:
    """−1/slope of the logarithm of the amplitude over the distance from the cable's first segment.

    The span of the fit is in units of the result, which is found by repetition.

    Raises
    ------
    MeasureError
        If the potential was not recorded in all segments, or does not fall.
    """
    from lfptools.io.geometry import segments_from_dataset

    data = array(case, p.variable, None)
    segments = segments_from_dataset(case.geometry)
    if tuple(row_ids(data)) != segments.ids:
        raise MeasureError(f"{p.variable!r} has no value in every segment: record it with at: all")
    values = np.asarray(data.transpose(row_dim(data), "t").values, dtype=float)
    values = values - values.mean(axis=1, keepdims=True)
    size = fourier_amplitude(
        np.asarray(data["t"].values, dtype=float), values, driven_at(case, p.frequency_Hz), p.from_ms
    )
    x = np.linalg.norm(segments.midpoints - segments.start[0], axis=1)
    found = float(x.max()) / p.span[1]
    for _ in range(_ROUNDS):
        inside = (x >= p.span[0] * found) & (x <= p.span[1] * found)
        if inside.sum() < 3:
            raise MeasureError(f"{p.span[0]:g} to {p.span[1]:g} length constants hold {int(inside.sum())} segments")
        slope = float(np.polyfit(x[inside], np.log(size[inside]), 1)[0])
        if slope >= 0:
            raise MeasureError(f"{p.variable!r} does not fall along the cable: there is no length constant")
        found = -1.0 / slope
    return found
