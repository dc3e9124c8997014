"""Figure kind ``traces``: panels of variables and signals against time."""

from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from lfptools.analysis.selection import Site, Window, array, row_ids, trace
from lfptools.config.parameters import Parameters, with_parameters
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters, in_unit, select
from lfptools.plots.style import colour, letter, new_figure, plain, styled, wrapped

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from lfptools.analysis.selection import Trace
    from lfptools.io.results import CaseResults, StudyResults

MOST_ROWS = 12


class Panel(Parameters):
    """One panel: a variable of the run or a signal, at some sites or all (at most 12)."""

    variable: str | None = None
    signal: str | None = None
    sites: tuple[Site, ...] | None = None
    unit: str | None = None
    label: str | None = Field(None, description="the axis' label, without unit")

    @model_validator(mode="after")
    def _one_source(self) -> "Panel":
        if (self.variable is None) == (self.signal is None):
            raise ValueError("a panel needs exactly one of 'variable' (of the run) and 'signal' (of the study)")
        return self


class TracesParameters(FigureParameters, Window):
    """Panels, one above the other; the selected cases in colours."""

    panels: tuple[Panel, ...] = Field(min_length=1)
    panel_height_mm: float = Field(42.0, gt=10.0, le=200.0)


@with_parameters(TracesParameters)
@styled
def traces(results: "StudyResults", p: TracesParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the panels and return the figure and the numbers drawn."""
    cases, drawn = select(results, p), Drawn()
    figure = new_figure(p.width_mm, 14 + p.panel_height_mm * len(p.panels))
    all_axes = figure.subplots(len(p.panels), 1, sharex=True, squeeze=False)[:, 0]
    for i, (axes, panel) in enumerate(zip(all_axes, p.panels, strict=True)):
        found, ids = [], []
        for case in cases:
            rows = _rows(case, panel, p)
            found += rows
            ids += [_key(case, one, len(cases), len(rows)) for one in rows]
        for k, (one, key) in enumerate(zip(found, ids, strict=True)):
            axes.plot(one.t, one.values, color=colour(k), label=plain(key))
        name = panel.label or found[0].name.replace("_", " ")
        axes.set_ylabel(wrapped(plain(name), found[0].units))
        if len(found) > 1:
            axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        if len(all_axes) > 1:
            letter(axes, i)
        drawn.traces(f"panel_{'abcdefghijklmnopqrstuvwxyz'[i]}", found, found[0].units, name, ids)
    all_axes[-1].set_xlabel("time (ms)")
    all_axes[-1].margins(x=0)
    figure.align_ylabels(all_axes)
    names = ", ".join(panel.label or panel.variable or panel.signal or "" for panel in p.panels)
    return figure, drawn.dataset(f"Against time: {names}.")


def _rows(case: "CaseResults", panel: Panel, p: TracesParameters) -> "list[Trace]":
    sites = panel.sites
    if sites is None:
        sites = tuple(range(min(len(row_ids(array(case, panel.variable, panel.signal))), MOST_ROWS)))
    found = [trace(case, panel.variable, panel.signal, site, p.window_ms) for site in sites]
    return [in_unit(one, panel.unit) for one in found]


def _key(case: "CaseResults", one: "Trace", cases: int, rows: int) -> str:
    parts = ([case.label] if cases > 1 else []) + ([one.site] if rows > 1 else [])
    return " ".join(parts) or one.name
