"""Signals compared with each other, cases with each other, and a measure along a sweep."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from lfptools.analysis.firing import swept_value
from lfptools.analysis.measure import CaseChoice, CaseName, CaseSelector, measure, select, study_measure
from lfptools.analysis.nested import case_measure
from lfptools.analysis.selection import Window, array, window_mask
from lfptools.errors import MeasureError
from lfptools.units import factor

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults, StudyResults


class PeakRatioParameters(Window, CaseSelector):
    """Two signals of one quantity."""

    signals: tuple[str, str] = Field(description="the one above the fraction line, and the one below")


@measure(PeakRatioParameters, unit="1")
def peak_ratio(case: "CaseResults", p: PeakRatioParameters) -> float:
    """max |a| / max |b| over all rows and times of two signals.

    Raises
    ------
    MeasureError
        If they are not of one quantity, or the second is zero.
    """
    a, b = (array(case, None, name) for name in p.signals)
    try:
        scale = factor(str(a.attrs["units"]), str(b.attrs["units"]))
    except ValueError as error:
        raise MeasureError(f"signals {p.signals[0]!r} and {p.signals[1]!r}: {error}") from error
    peaks = [
        float(np.abs(s.isel(t=np.flatnonzero(window_mask(s["t"].values, p.window_ms))).values).max()) for s in (a, b)
    ]
    if peaks[1] == 0.0:
        raise MeasureError(f"signal {p.signals[1]!r} is zero everywhere")
    return scale * peaks[0] / peaks[1]


class RatioParameters(CaseChoice):
    """A measure of ``case``, divided by the same of ``other_case`` or with ``other_parameters``, or both."""

    of: str = Field(description="a measure of single cases")
    parameters: dict[str, Any] = Field(default_factory=dict, description="of that measure")
    other_case: CaseName | None = Field(None, description="which one is divided by; the same if not given")
    other_parameters: dict[str, Any] = Field(
        default_factory=dict, description="what is different in the measure's parameters there"
    )

    @model_validator(mode="after")
    def _two_numbers(self) -> "RatioParameters":
        if self.other_case is None and not self.other_parameters:
            raise ValueError("a ratio needs other_case, other_parameters or both: it would be 1")
        units = {found.unit(parameters) for found, parameters in (self.above, self.below)}
        if len(units) > 1:
            raise ValueError(f"other_parameters: the two numbers have different units, {' and '.join(sorted(units))}")
        return self

    @property
    def above(self) -> tuple[Any, Any]:
        """The measure and its parameters above the fraction line."""
        return case_measure(self.of, self.parameters)

    @property
    def below(self) -> tuple[Any, Any]:
        """The measure and its parameters below the fraction line."""
        return case_measure(self.of, {**self.parameters, **self.other_parameters})


@study_measure(RatioParameters, unit="1")
def ratio(results: "StudyResults", p: RatioParameters) -> float:
    """What a measure gives for a case, divided by what it gives for another.

    Raises
    ------
    MeasureError
        If the latter is zero.
    """
    case = results.one(experiment=p.experiment, case=p.case)
    other = case if p.other_case is None else results.one(experiment=p.experiment, case=p.other_case)
    (measured, parameters), (reference, changed) = p.above, p.below
    below = reference.of_case(other, changed)
    if below == 0.0:
        raise MeasureError(f"measure {p.of!r} of case {other.label!r} is 0: there is no ratio to it")
    return measured.of_case(case, parameters) / below


class SmallestStepParameters(CaseChoice):
    """A measure of single cases, and the swept key along which it should rise or fall."""

    sweep: str = Field(description="swept key whose values order the cases")
    of: str = Field(description="a measure of single cases")
    parameters: dict[str, Any] = Field(default_factory=dict, description="of that measure")
    direction: Literal["rise", "fall"] = Field("rise", description="which steps count as positive")

    @model_validator(mode="after")
    def _legal(self) -> "SmallestStepParameters":
        case_measure(self.of, self.parameters)
        return self

    @property
    def unit(self) -> str:
        """Of the number."""
        found, parameters = case_measure(self.of, self.parameters)
        return found.unit(parameters)


@study_measure(SmallestStepParameters, unit=lambda p: p.unit)
def smallest_step(results: "StudyResults", p: SmallestStepParameters) -> float:
    """The smallest step of a measure between neighbouring values of a swept key, in ascending order.

    Positive where the measure rises (or falls, as ``direction`` says) all along the sweep.

    Raises
    ------
    MeasureError
        If there are fewer than two values, or several cases with one.
    """
    found, parameters = case_measure(p.of, p.parameters)
    cases = sorted(select(results, p), key=lambda case: swept_value(case, p.sweep))
    values = [swept_value(case, p.sweep) for case in cases]
    if len(values) < 2 or len(set(values)) < len(values):
        raise MeasureError(f"steps along {p.sweep} need cases of at least two different values, got {values}")
    steps = np.diff([found.of_case(case, parameters) for case in cases])
    return float((steps if p.direction == "rise" else -steps).min())
