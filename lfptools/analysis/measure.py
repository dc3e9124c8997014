"""What makes a function of one case a measure: its parameter class, its unit, the choice of cases."""

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from lfptools.config.parameters import Parameters
from lfptools.errors import CaseFailed, LfptoolsError, MeasureError

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults, StudyResults


def _label(value: object) -> object:
    """A number as the label that a case of this value has."""
    return f"{value:.10g}" if isinstance(value, int | float) and not isinstance(value, bool) else value


Label = Annotated[str, BeforeValidator(_label, json_schema_input_type=str | float)]
"""A case's label or id, or the value that it has in a sweep."""

CaseName = Annotated[
    str | dict[str, str | float | int | bool],
    BeforeValidator(_label, json_schema_input_type=str | float | dict[str, str | float | int | bool]),
]
"""The same, or {sweep key: value}."""


class CaseChoice(Parameters):
    """Which cases of the study to look at: all that fit."""

    experiment: str | None = Field(None, description="experiment of the study; may be left out if there is one")
    case: CaseName | None = Field(None, description="a case's label, id or sweep value, or {sweep key: value}")


class CaseSelector(CaseChoice):
    """Which case a measure's number comes from.

    Where several are left, ``over_cases`` says which of their numbers counts, or that their mean does; with ``one``
    exactly one must be left.
    """

    over_cases: Literal["one", "smallest", "largest", "mean"] = Field(
        "one", description="which number counts, of several cases"
    )


def measure(parameters: type[CaseChoice], unit: str | Callable[[Any], str]) -> Callable:
    """Turn ``f(case, p) -> float`` into a measure ``m(results, p) -> float``.

    The measure carries ``Parameters`` (its class), ``unit`` (a function of the parameters) and ``of_case`` (``f``).

    Raises
    ------
    MeasureError
        From the measure, if it yields NaN or infinity, or if no case is selected; the message names the case.
    """

    def attach(function: Callable[["CaseResults", Any], float]) -> Callable:
        @functools.wraps(function)
        def of_results(results: "StudyResults", p: CaseSelector) -> float:
            if p.over_cases == "one":
                return _checked(function, results.one(experiment=p.experiment, case=p.case), p)
            numbers = [_checked(function, case, p) for case in select(results, p)]
            return float({"smallest": min, "largest": max, "mean": fmean}[p.over_cases](numbers))

        of_results.of_case = functools.partial(_checked, function)
        return _describe(of_results, parameters, unit)

    return attach


def study_measure(parameters: type[CaseChoice], unit: str | Callable[[Any], str]) -> Callable:
    """Mark ``f(results, p) -> float``, which looks at several cases together, as a measure."""

    def attach(function: Callable[["StudyResults", Any], float]) -> Callable:
        return _describe(function, parameters, unit)

    return attach


def select(results: "StudyResults", p: CaseChoice) -> list["CaseResults"]:
    """The cases that ``p`` selects and of which nothing failed that ``p`` names, at least one.

    A case with a signal or analysis that failed still has its run and its other signals.

    Raises
    ------
    MeasureError
        If there is none; names the cases that exist.
    CaseFailed
        If all of them failed; says why the first did.
    """
    cases = results.select(experiment=p.experiment, case=p.case)
    named = set(_words(p.model_dump()))
    sound = [case for case in cases if case.failure_in(named) is None]
    if cases and not sound:
        first = cases[0].failure_in(named)
        raise CaseFailed(f"all {len(cases)} cases failed, {cases[0].label!r} ({first.stage}): {first.message}")
    cases = sound
    if not cases:
        labels = [f"{case.experiment}: {case.label}" for case in results.cases]
        raise MeasureError(f"no case for experiment {p.experiment!r}, case {p.case!r}; there are {labels}")
    return list(cases)


def _words(value: Any) -> Iterator[str]:
    """Every string in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (word for inner in value.values() for word in _words(inner))
    elif isinstance(value, list | tuple):
        yield from (word for inner in value for word in _words(inner))


def _describe(function: Callable, parameters: type[CaseChoice], unit: str | Callable) -> Callable:
    function.Parameters = parameters
    function.unit = unit if callable(unit) else lambda p: unit
    return function


def _checked(function: Callable, case: "CaseResults", p: CaseSelector) -> float:
    try:
        number = float(function(case, p))
    except LfptoolsError as error:
        error.add_note(f"measure {function.__name__!r}, case {case.label!r} of experiment {case.experiment!r}")
        raise
    if not math.isfinite(number):
        raise MeasureError(
            f"measure {function.__name__!r} gave {number} for case {case.label!r}: are there NaN in its data?"
        )
    return number
