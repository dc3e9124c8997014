"""What figures share in choosing cases and turning their traces into the unit that is drawn."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from lfptools.analysis.firing import KEY_UNIT, unit_of_key
from lfptools.analysis.measure import CaseChoice, select
from lfptools.analysis.selection import Trace
from lfptools.errors import MeasureError
from lfptools.plots.style import printed, signed
from lfptools.units import factor

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults

__all__ = ["FigureParameters", "case_title", "in_unit", "select"]


class FigureParameters(CaseChoice):
    """What every figure kind accepts."""

    width_mm: float = Field(170.0, gt=30.0, le=600.0, description="width of the figure")


def in_unit(trace: Trace, unit: str | None) -> Trace:
    """The trace in another unit of the same quantity; unchanged with None."""
    if unit is None or unit == trace.units:
        return trace
    try:
        scale = factor(trace.units, unit)
    except ValueError as error:
        raise MeasureError(f"{trace.name!r}: {error}") from error
    return Trace(trace.t, np.asarray(trace.values) * scale, unit, trace.name, trace.site)


def case_title(case: "CaseResults") -> str:
    """A case's own label; one made of swept values gets their keys and units: "weight 0.005 µS"."""
    numbers = [isinstance(value, int | float) and not isinstance(value, bool) for value in case.values.values()]
    plain = ", ".join(
        f"{value:.10g}" if isinstance(value, float) else str(value) for value in case.values.values()
    )  # as the study makes a label of values
    if case.label != plain or not any(numbers):
        return case.label
    parts = []
    for (key, value), number in zip(case.values.items(), numbers, strict=True):
        name = KEY_UNIT.sub("", key.rpartition(".")[2]).replace("_", " ")
        parts.append(f"{name} {signed(value, 10)} {printed(unit_of_key(key))}".strip() if number else str(value))
    return ", ".join(parts)
