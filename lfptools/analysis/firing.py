"""Spike times, counts, intervals, rates, shapes and the onset of firing."""

import re
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from pydantic import Field

from lfptools.analysis.measure import CaseSelector, measure, select, study_measure
from lfptools.analysis.selection import VoltageSource, Window, trace, window_mask
from lfptools.analysis.spike_shapes import ONSET_SLOPE_MV_PER_MS, spike_shapes
from lfptools.analysis.spikes import intervals, rate_from_last_interval, threshold_crossings
from lfptools.analysis.spikes import isi_cv as cv_of
from lfptools.analysis.spikes import isi_cv2 as cv2_of
from lfptools.analysis.spikes import mean_rate as rate_in
from lfptools.errors import MeasureError, unknown_name
from lfptools.units import factor

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults, StudyResults

KEY_UNIT: Final = re.compile(r"_(p|n|u|m|c|k|M)?(V|A|S|s|m|Hz|F|ohm)(_per_(cm2|cm|um2|um|m))?$")


class SpikesParameters(VoltageSource, Window):
    """Which crossings count as spikes."""

    threshold_mV: float = Field(0.0, description="spikes are upward crossings of it")
    interpolate: bool = Field(True, description="false: the time of the last sample at or below the threshold")


class SpikeCountParameters(SpikesParameters, CaseSelector):
    """The number of spikes."""


class SpikeTimeParameters(SpikesParameters, CaseSelector):
    """The n-th spike, counted from 1; −1 is the last."""

    n: int = 1


class IntervalParameters(SpikesParameters, CaseSelector):
    """The n-th interval, counted from 1; −1 is the last."""

    n: int = -1


class FiringParameters(SpikesParameters):
    """1000 / last interval; 0 with fewer than two spikes, or without a spike at or after ``still_firing_after_ms``."""

    still_firing_after_ms: float | None = None


class RateParameters(FiringParameters, CaseSelector):
    """The firing rate of one case."""


class RegularityParameters(SpikesParameters, CaseSelector):
    """The intervals between all spikes in the window, at least two."""


class MeanRateParameters(SpikesParameters, CaseSelector):
    """The number of spikes over the length of the window, or of the run."""


class ShapeParameters(SpikesParameters, CaseSelector):
    """The n-th spike, counted from 1, −1 the last; or the mean of all."""

    n: int | Literal["mean"] = "mean"
    base: float | Literal["onset", "threshold"] = Field(
        "onset", description="above which heights are taken: the spike's onset, the threshold, or mV"
    )
    onset_slope_mV_per_ms: float = Field(ONSET_SLOPE_MV_PER_MS, gt=0.0, description="steeper than this, a spike begins")


class OnsetParameters(SpikesParameters):
    """The smallest value of a swept key for which there is a spike at or after a time."""

    sweep: str = Field(description="the swept key, for example inputs.step.amplitude_uA_per_cm2")
    still_firing_after_ms: float


@measure(SpikeTimeParameters, unit="ms")
def spike_time(case: "CaseResults", p: SpikeTimeParameters) -> float:
    """Time of the n-th spike, ms."""
    return nth(spike_times(case, p), p.n, "spike")


@measure(SpikeCountParameters, unit="1")
def spike_count(case: "CaseResults", p: SpikeCountParameters) -> float:
    """Number of spikes."""
    return float(spike_times(case, p).size)


@measure(IntervalParameters, unit="ms")
def interval(case: "CaseResults", p: IntervalParameters) -> float:
    """The n-th inter-spike interval, ms."""
    return nth(intervals(spike_times(case, p)), p.n, "interval")


@measure(RateParameters, unit="Hz")
def firing_rate(case: "CaseResults", p: FiringParameters) -> float:
    """Firing rate from the last interval, Hz."""
    times = spike_times(case, p)
    if p.still_firing_after_ms is not None and not (times >= p.still_firing_after_ms).any():
        return 0.0
    return rate_from_last_interval(times)


@measure(MeanRateParameters, unit="Hz")
def mean_rate(case: "CaseResults", p: MeanRateParameters) -> float:
    """Spikes over the time looked at, Hz."""
    t = trace(case, variable=p.variable, site=p.site).t
    start, stop = p.window_ms or (float(t[0]), float(t[-1]))
    return rate_in(spike_times(case, p), start, stop)


@measure(RegularityParameters, unit="1")
def isi_cv(case: "CaseResults", p: RegularityParameters) -> float:
    """Coefficient of variation of the inter-spike intervals."""
    return cv_of(_three_or_more(spike_times(case, p)))


@measure(RegularityParameters, unit="1")
def isi_cv2(case: "CaseResults", p: RegularityParameters) -> float:
    """Local variation CV₂ of the inter-spike intervals (Holt et al. 1996)."""
    return cv2_of(_three_or_more(spike_times(case, p)))


@measure(ShapeParameters, unit="mV")
def spike_amplitude(case: "CaseResults", p: ShapeParameters) -> float:
    """Height of the spike's peak above its base, mV."""
    return _of_spike(case, p, "amplitude")


@measure(ShapeParameters, unit="ms")
def spike_width(case: "CaseResults", p: ShapeParameters) -> float:
    """Width of the spike at half its height, ms."""
    return _of_spike(case, p, "width")


@study_measure(OnsetParameters, unit=lambda p: unit_of_key(p.sweep))
def onset(results: "StudyResults", p: OnsetParameters) -> float:
    """Smallest swept value with a spike at or after ``p.still_firing_after_ms``.

    Raises
    ------
    MeasureError
        If no case fires, or the case of the smallest value does: then the onset lies outside the sweep.
    """
    firing = {}
    for case in select(results, p):
        value = swept_value(case, p.sweep)
        firing[value] = bool((spike_times(case, p) >= p.still_firing_after_ms).any())
    values = sorted(firing)
    among = [value for value in values if firing[value]]
    if not among:
        raise MeasureError(f"no case fires at or after {p.still_firing_after_ms:g} ms up to {p.sweep} = {values[-1]:g}")
    if among[0] == values[0]:
        raise MeasureError(f"the smallest {p.sweep}, {values[0]:g}, fires already: the onset lies below the sweep")
    return among[0]


def spike_times(case: "CaseResults", p: SpikesParameters) -> np.ndarray:
    """Crossing times of one case in the window, ms."""
    found = trace(case, variable=p.variable, site=p.site)
    scale = in_mV(found.units, found.name)
    times = threshold_crossings(found.t, found.values * scale, p.threshold_mV, p.interpolate)
    if p.window_ms is not None:
        window_mask(found.t, p.window_ms)  # a window beside the run is a mistake, not a silent cell
        times = times[(times >= p.window_ms[0]) & (times <= p.window_ms[1])]
    return times


def _three_or_more(times: np.ndarray) -> np.ndarray:
    if times.size < 3:
        raise MeasureError(f"intervals vary where there are at least 3 spikes; there are {times.size}")
    return times


def _of_spike(case: "CaseResults", p: ShapeParameters, what: str) -> float:
    """Amplitude or width of the n-th spike in the window, or the mean of all."""
    found = trace(case, variable=p.variable, site=p.site)
    values = found.values * in_mV(found.units, found.name)
    shapes = spike_shapes(found.t, values, p.threshold_mV, p.base, p.onset_slope_mV_per_ms)
    inside = np.ones(shapes.time.size, dtype=bool)
    if p.window_ms is not None:
        window_mask(found.t, p.window_ms)
        inside = (shapes.time >= p.window_ms[0]) & (shapes.time <= p.window_ms[1])
    times, numbers = shapes.time[inside], getattr(shapes, what)[inside]
    if not times.size:
        raise MeasureError(f"no spike: {found.name!r} never crosses {p.threshold_mV:g} mV there")
    chosen = np.arange(times.size) if p.n == "mean" else np.array([int(nth(np.arange(times.size), p.n, "spike"))])
    unknown = chosen[np.isnan(numbers[chosen])]
    if unknown.size:
        raise MeasureError(
            f"the spike at {times[unknown[0]]:.6g} ms has no {what}: it is cut by the end of the run, rises by less "
            f"than {p.onset_slope_mV_per_ms:g} mV/ms, or does not fall to half its height; choose another 'base' or "
            "'window_ms'"
        )
    return float(numbers[chosen].mean())


def swept_value(case: "CaseResults", sweep: str) -> float:
    """The case's value of a swept key, as a number.

    Raises
    ------
    MeasureError
        If the key is not swept or its value no number.
    """
    if sweep not in case.values:
        raise MeasureError(unknown_name("sweep key", sweep, case.values, where=f"case {case.label!r}"))
    try:
        return float(case.values[sweep])
    except (TypeError, ValueError) as error:
        raise MeasureError(f"sweep key {sweep!r} has the value {case.values[sweep]!r}, which is no number") from error


def unit_of_key(key: str) -> str:
    """The unit that a configuration key ends in: ``"amplitude_uA_per_cm2"`` gives ``"uA cm-2"``, no unit ``"1"``."""
    found = KEY_UNIT.search(key)
    if not found:
        return "1"
    per = {None: "", "cm2": " cm-2", "cm": " cm-1", "um2": " um-2", "um": " um-1", "m": " m-1"}[found[4]]
    return f"{found[1] or ''}{found[2]}{per}"


def in_mV(units: str, name: str) -> float:
    """What a potential is multiplied with to be in mV."""
    try:
        return factor(units, "mV")
    except ValueError as error:
        raise MeasureError(f"spikes are crossings of a potential; {name!r} is in {units!r}") from error


def nth(numbers: np.ndarray, n: int, what: str) -> float:
    """The n-th number, counted from 1; −1 is the last."""
    index = n - 1 if n > 0 else n
    if n == 0 or not -numbers.size <= index < numbers.size:
        raise MeasureError(f"{what} {n} was asked for; there are {numbers.size}: {np.round(numbers, 4).tolist()[:10]}")
    return float(numbers[index])
