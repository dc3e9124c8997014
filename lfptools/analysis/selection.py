"""One row of a case's data as a trace: which variable or signal, at which site, in which window of time."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, model_validator

from lfptools.analysis.measure import CaseChoice
from lfptools.config.parameters import Parameters
from lfptools.errors import MeasureError, unknown_name

if TYPE_CHECKING:
    import xarray as xr

    from lfptools.io.results import CaseResults

_SITE = re.compile(r"^(?P<section>.+)\((?P<fraction>[0-9.eE+-]+)\)$")


class SectionSite(Parameters):
    """A place on the cell."""

    section: str = Field(description="its exact name")
    fraction: float = Field(ge=0.0, le=1.0, description="of the way along it")


class PointSite(Parameters):
    """A place in space; the contact or segment there must be within 1 µm."""

    x_um: float = Field(description="position along x")
    y_um: float = Field(description="position along y")
    z_um: float = Field(description="position along z")


Site = int | str | SectionSite | PointSite


class Source(CaseChoice):
    """A variable of the run, or a signal of the study, at one of its rows.

    ``site`` is the id of a row (``"soma[0](0.5)"``, a contact's or synapse's id, ``"z"`` for a dipole's component), its
    index, ``{section, fraction}`` or ``{x_um, y_um, z_um}``; it may be left out where there is one row.
    """

    variable: str | None = Field(None, description="of the run; or signal")
    signal: str | None = Field(None, description="of the study; or variable")
    site: Site | None = Field(None, description="which row; may be left out where there is one")

    @model_validator(mode="after")
    def _one_source(self) -> "Source":
        if (self.variable is None) == (self.signal is None):
            raise ValueError("exactly one of 'variable' (of the run) and 'signal' (of the study) is needed")
        return self


class VoltageSource(CaseChoice):
    """The voltage whose spikes count: by default the soma's."""

    variable: str = Field("soma_potential", description="of the run")
    site: Site | None = Field(None, description="which row; may be left out where there is one")


class Window(Parameters):
    """Optional window of time, borders included."""

    window_ms: tuple[float, float] | None = Field(None, description="[start, stop] of what is looked at")

    @model_validator(mode="after")
    def _ordered(self) -> "Window":
        if self.window_ms is not None and not self.window_ms[0] < self.window_ms[1]:
            raise ValueError(f"window_ms must be [start, stop] with start < stop, got {list(self.window_ms)}")
        return self


@dataclass(frozen=True, eq=False)
class Trace:
    """Values of one row against time."""

    t: np.ndarray
    values: np.ndarray
    units: str
    name: str
    site: str


def array(case: "CaseResults", variable: str | None, signal: str | None) -> "xr.DataArray":
    """The variable of the case's run, or its signal; lazily.

    Raises
    ------
    MeasureError
        For a variable that was not recorded; names those that were.
    """
    if signal is not None:
        dataset = case.signal(signal)
        names = [name for name in dataset.data_vars if "t" in dataset[name].dims]
        if len(names) != 1:
            raise MeasureError(f"signal {signal!r} must hold one variable over t, it holds {names}")
        return dataset[names[0]]
    legal = [str(name) for name in case.run.data_vars if "t" in case.run[name].dims]
    if variable not in legal:
        raise MeasureError(unknown_name("variable", variable, legal, where=f"run of case {case.label!r}"))
    return case.run[variable]


def row_dim(data: "xr.DataArray") -> str | None:
    """The dimension beside t, or None."""
    dims = [str(dim) for dim in data.dims if dim != "t"]
    if len(dims) > 1:
        raise MeasureError(f"{data.name!r} has dimensions {data.dims}; expected t and at most one other")
    return dims[0] if dims else None


def row_ids(data: "xr.DataArray") -> list[str]:
    """Ids of the rows; the variable's name where there are no rows."""
    dim = row_dim(data)
    if dim is None:
        return [str(data.name)]
    if f"{dim}_id" in data.coords:
        return [str(name) for name in data[f"{dim}_id"].values]
    return [str(i) for i in range(data.sizes[dim])]


def row(case: "CaseResults", data: "xr.DataArray", site: Site | None) -> int:
    """Index of the row at a site.

    Raises
    ------
    MeasureError
        If there is no such row, or several and no site; names those there are.
    """
    ids = row_ids(data)
    where = f"{data.name!r} of case {case.label!r}"
    if site is None:
        if len(ids) != 1:
            raise MeasureError(f"{where} has {len(ids)} rows: say which with 'site', one of {_some(ids)}")
        return 0
    if isinstance(site, int):
        if not 0 <= site < len(ids):
            raise MeasureError(f"{where} has rows 0 to {len(ids) - 1}, got site {site}")
        return site
    if isinstance(site, PointSite):
        return _row_at_point(case, data, site, where)
    if isinstance(site, str) and site in ids:
        return ids.index(site)
    place = _place(site) if isinstance(site, str) else (site.section, site.fraction)
    if place is not None:
        wanted = _segment(case, *place)
        for i, name in enumerate(ids):
            other = _place(name)
            if other is not None and other[0] == place[0] and _segment(case, *other) == wanted:
                return i
    shown = site if isinstance(site, str) else f"{site.section}({site.fraction:g})"
    raise MeasureError(unknown_name("site", shown, ids, where=where))


def trace(
    case: "CaseResults", variable: str | None = None, signal: str | None = None, site: Site | None = None,
    window_ms: tuple[float, float] | None = None,
) -> Trace:  # fmt: skip
    """The values at one site, cut to the window.

    Raises
    ------
    MeasureError
        See :func:`array` and :func:`row`; also if the window holds no sample.
    """
    data = array(case, variable, signal)
    i, dim = row(case, data, site), row_dim(data)
    ids = row_ids(data)
    if dim is not None:
        data = data.isel({dim: i})
    t = np.asarray(data["t"].values, dtype=float)
    inside = window_mask(t, window_ms)
    values = np.asarray(data.values, dtype=float)[inside]
    return Trace(t[inside], values, str(data.attrs.get("units", "1")), str(data.name), ids[i])


def window_mask(t: np.ndarray, window_ms: tuple[float, float] | None) -> np.ndarray:
    """Which samples lie in the window (all of them without one), at least one."""
    if window_ms is None:
        return np.ones(t.size, dtype=bool)
    inside = within(t, window_ms)
    if not inside.any():
        raise MeasureError(f"the window {list(window_ms)} ms holds no sample of a run from {t[0]:g} to {t[-1]:g} ms")
    return inside


def within(t: np.ndarray, window_ms: tuple[float, float]) -> np.ndarray:
    """Which samples lie in the window, borders included to within rounding."""
    slack = 1e-9 * max(1.0, abs(window_ms[0]), abs(window_ms[1]))
    return (t >= window_ms[0] - slack) & (t <= window_ms[1] + slack)


def site_position(case: "CaseResults", site: str) -> tuple[str, float, np.ndarray]:
    """Section, distance along it (µm) and position (3,) of the middle of the segment at ``"section(fraction)"``.

    Raises
    ------
    MeasureError
        If the id does not name a place on the cell.
    """
    from lfptools.io.geometry import segments_from_dataset

    place = _place(site)
    if place is None:
        raise MeasureError(f"the site {site!r} does not read as 'section(fraction)', so its position is unknown")
    segments = segments_from_dataset(case.geometry)
    i = segments.at(*place)
    own = segments.section == segments.section[i]
    return place[0], float(segments.section_x[i] * segments.length[own].sum()), segments.midpoints[i]


def _row_at_point(case: "CaseResults", data: "xr.DataArray", site: PointSite, where: str) -> int:
    dim = row_dim(data)
    names = [f"{dim}_{axis}" if f"{dim}_{axis}" in data.coords else axis for axis in "xyz"]
    if dim is None or any(name not in data.coords for name in names):
        raise MeasureError(f"{where} has no positions; say which row with its id, one of {_some(row_ids(data))}")
    positions = np.column_stack([data[name].values for name in names])
    distance = np.linalg.norm(positions - (site.x_um, site.y_um, site.z_um), axis=1)
    i = int(distance.argmin())
    if distance[i] > 1.0:
        raise MeasureError(
            f"{where}: nothing within 1 um of ({site.x_um:g}, {site.y_um:g}, {site.z_um:g}) um; "
            f"the nearest is {row_ids(data)[i]!r} at {np.round(positions[i], 3).tolist()} um"
        )
    return i


def _segment(case: "CaseResults", section: str, fraction: float) -> int:
    from lfptools.io.geometry import segments_from_dataset

    return segments_from_dataset(case.geometry).at(section, fraction)


def _place(site: str) -> tuple[str, float] | None:
    found = _SITE.match(site)
    return (found["section"], float(found["fraction"])) if found else None


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:12]) + (f", … ({len(ids)} in all)" if len(ids) > 12 else "")
