"""What figures share in choosing cases and turning their traces into the unit that is drawn."""

import numpy as np
from pydantic import Field

from lfptools.analysis.measure import CaseChoice, select
from lfptools.analysis.selection import Trace
from lfptools.errors import MeasureError
from lfptools.units import factor

__all__ = ["FigureParameters", "in_unit", "select"]


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
