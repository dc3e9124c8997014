"""A number for every segment of a cell, at one time or over time: what pictures of cells are coloured by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from lfptools.analysis.selection import window_mask
from lfptools.errors import MeasureError, unknown_name
from lfptools.geometry.paths import middle_distances
from lfptools.geometry.segments import Segments
from lfptools.plots.value_scale import ScaleChoice
from lfptools.units import QUANTITIES, factor

if TYPE_CHECKING:
    import xarray as xr

    from lfptools.io.results import CaseResults

Time = float | Literal["peak"]
_OF_GEOMETRY = {"diameter": "d", "area": "area", "length": "length", "axial_resistance": "axial_resistance"}
_PATH = "path_distance"


class ColouredBy(ScaleChoice):
    """Coloured by a variable of the segments or, without one, by what the sections are."""

    variable: str | None = Field(
        None, description="of every segment: of the run, diameter, length, area, path_distance, a hoc model's parameter"
    )
    unit: str | None = Field(None, description="in which the variable is drawn; by default as it is stored")
    label: str | None = Field(None, description="of the colour bar, without unit")
    groups: dict[str, list[str]] | None = Field(
        None, description="types of sections by parts of their names; by default as they are commonly named"
    )
    of_values: ClassVar[tuple[str, ...]] = ("unit", "label", "colours", "limits", "linear_fraction", "time", "times")

    @model_validator(mode="after")
    def _nothing_without_effect(self) -> "ColouredBy":
        given = [name for name in self.of_values if name in self.model_fields_set]
        if self.variable is None and given:
            raise ValueError(f"{', '.join(given)}: only where a variable is drawn; colours show types of sections")
        if self.variable is not None and self.groups is not None:
            raise ValueError("groups: only without a variable; colours show its values")
        return self


@dataclass(frozen=True, eq=False)
class SegmentValues:
    """Values (n,), or (n, times) at ``t`` (ms), in ``units``; NaN where a segment has no such variable."""

    values: np.ndarray
    units: str
    name: str
    t: np.ndarray | None = None

    def at(self, time: Time) -> tuple[np.ndarray, float | None]:
        """Values (n,) and the time of the sample nearest to ``time``; None where the values do not change.

        ``"peak"`` is when one segment's value is farthest from its first.

        Raises
        ------
        MeasureError
            For a time outside the run.
        """
        if self.t is None:
            return self.values, None
        if time == "peak":
            away = np.nanmax(np.abs(self.values - self.values[:, :1]), axis=0)
            k = int(away.argmax())
        elif self.t[0] <= time <= self.t[-1]:
            k = int(np.abs(self.t - time).argmin())
        else:
            raise MeasureError(f"time {time:g} ms lies outside the run, {self.t[0]:g} to {self.t[-1]:g} ms")
        return self.values[:, k], float(self.t[k])

    def within(self, window_ms: tuple[float, float] | None) -> "SegmentValues":
        """The same in a window of time."""
        if self.t is None or window_ms is None:
            return self
        inside = window_mask(self.t, window_ms)
        return SegmentValues(self.values[:, inside], self.units, self.name, self.t[inside])

    def in_unit(self, unit: str | None) -> "SegmentValues":
        """The same in another unit of the same quantity."""
        if unit is None:
            return self
        try:
            return SegmentValues(self.values * factor(self.units, unit), unit, self.name, self.t)
        except ValueError as error:
            raise MeasureError(f"{self.name!r}: {error}") from error


def values_of_case(case: "CaseResults", variable: str, segments: Segments) -> SegmentValues:
    """A variable of every segment, by its name: of the run, the geometry, or the cell type's parameters.

    Raises
    ------
    MeasureError
        If there is none of this name; says which there are.
    """
    having: dict[str, xr.DataArray] = {}
    for dataset in [case.run] + ([case.cell_type] if "cell_type" in case.paths else []):
        having |= {str(name): one for name, one in dataset.data_vars.items() if _row_dim(one) is not None}
    if variable in having:
        return values_of_array(having[variable], segments)
    if variable in (*_OF_GEOMETRY, _PATH):
        return values_of_geometry(segments, variable)
    legal = {*having, *_OF_GEOMETRY, _PATH}
    raise MeasureError(unknown_name("variable of segments", variable, legal, where=f"case {case.label!r}"))


def values_of_geometry(segments: Segments, variable: str) -> SegmentValues:
    """Diameters, areas, lengths, axial resistances, or path lengths from the soma to the segments' middles."""
    if variable == _PATH:
        return SegmentValues(middle_distances(segments), "um", "path length from the soma")
    if variable not in _OF_GEOMETRY:
        raise MeasureError(unknown_name("variable of the geometry", variable, [*_OF_GEOMETRY, _PATH]))
    return SegmentValues(getattr(segments, _OF_GEOMETRY[variable]), QUANTITIES[variable][0], QUANTITIES[variable][1])


def values_of_array(data: "xr.DataArray", segments: Segments) -> SegmentValues:
    """A labelled variable, joined by the ids of its segments; one that was recorded at some sites has NaN elsewhere.

    Raises
    ------
    MeasureError
        If it has other dimensions than segment (or its sites) and t, or its ids are not those of the cell.
    """
    dim = _row_dim(data)
    if dim is None:
        raise MeasureError(f"{data.name!r} has the dimensions {data.dims}; expected segment, or segment and t")
    over_t = "t" in data.dims
    values = np.asarray(data.transpose(dim, *(["t"] if over_t else [])).values, dtype=float)
    t = np.asarray(data["t"].values, dtype=float) if over_t else None
    name = str(data.attrs.get("long_name", data.name or "value")).partition(",")[0]
    if f"{dim}_id" in data.coords:
        ids = [str(one) for one in data[f"{dim}_id"].values]
        index = {one: k for k, one in enumerate(segments.ids)}
        strange = sorted(set(ids) - set(index)) or (sorted(set(index) - set(ids)) if dim == "segment" else [])
        if strange:
            raise MeasureError(f"{data.name!r} is not of this cell's segments; without a partner: {strange[:5]}")
        joined = np.full((len(segments), *values.shape[1:]), np.nan)
        joined[[index[one] for one in ids]] = values
        values = joined
    return _checked(SegmentValues(values, str(data.attrs.get("units", "1")), name, t), segments)


def _row_dim(data: "xr.DataArray") -> str | None:
    """The dimension of a variable's segments or sites, if it has one and else t alone."""
    dims = [str(dim) for dim in data.dims if dim != "t"]
    return dims[0] if len(dims) == 1 and dims[0] in ("segment", f"{data.name}_site") else None


def given_values(
    values: Any, segments: Segments, t: Sequence[float] | None, units: str | None, name: str | None, cell: Any = None
) -> SegmentValues:
    """What a script gives: a labelled variable, an array (n,) or (n, times), or a name.

    A name is that of a variable of the geometry or, with a cell that has them, of a RANGE variable.

    Raises
    ------
    MeasureError
        If its shape is not that of the cell and the times.
    """
    if isinstance(values, SegmentValues):
        found = values
    elif isinstance(values, str) and hasattr(cell, "range_values") and values not in (*_OF_GEOMETRY, _PATH):
        found = values_of_array(cell.range_values(values), segments)
    elif isinstance(values, str):
        found = values_of_geometry(segments, values)
    elif hasattr(values, "dims"):
        found = values_of_array(values, segments)
    else:
        array = np.asarray(values, dtype=float)
        times = None if t is None else np.asarray(t, dtype=float)
        if array.ndim == 2 and times is None:
            raise MeasureError(f"values of shape {array.shape} need the times t of their columns, ms")
        if array.ndim == 1:
            times = None
        found = _checked(SegmentValues(array, units or "1", name or "value", times), segments)
    return SegmentValues(found.values, found.units, name or found.name, found.t).in_unit(units)


def _checked(found: SegmentValues, segments: Segments) -> SegmentValues:
    shape = (len(segments),) if found.t is None else (len(segments), len(found.t))
    if found.values.shape != shape:
        raise MeasureError(f"{found.name!r} must have shape {shape} for this cell, got {found.values.shape}")
    if not np.isfinite(found.values).any():
        raise MeasureError(f"{found.name!r} has no finite value")
    return found
