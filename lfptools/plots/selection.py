"""What figures share in choosing cases and turning their traces into the unit that is drawn."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field, ValidationError

from lfptools.analysis.firing import KEY_UNIT, unit_of_key
from lfptools.analysis.measure import CaseChoice, select
from lfptools.analysis.selection import Trace
from lfptools.config.parameters import Parameters
from lfptools.errors import MeasureError, PictureError, unknown_name
from lfptools.plots.style import printed, signed
from lfptools.units import factor

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults

__all__ = ["FigureParameters", "case_title", "in_unit", "look_of", "select"]


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


def look_of(model: type[Parameters], given: Mapping[str, Any], without: Iterable[str], **own: Any) -> Any:
    """Parameters of a figure kind from the keywords of a script's function.

    Parameters
    ----------
    model : type
        The kind's parameters.
    given : mapping
        What the script gave.
    without : iterable of str
        Keys of the kind that the function has no use for.
    **own
        What the function itself sets.

    Raises
    ------
    PictureError
        For a keyword that the function has not, saying the nearest, or a value that is not legal.
    """
    legal = set(model.model_fields) - set(without) - set(own) - set(CaseChoice.model_fields)
    for key in given:
        if key not in legal:
            raise PictureError(unknown_name("keyword", key, legal))
    try:
        return model(**given, **own)
    except ValidationError as error:
        faults = [(".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, ")) for one in error.errors()]
        raise PictureError("; ".join(f"{key}: {fault}" if key else fault for key, fault in faults)) from error
