"""Figure kind ``traces``: panels of variables and signals against time."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, model_validator

from lfptools.analysis.measure import Label
from lfptools.analysis.selection import Site, Window, array, row_dim, row_ids, trace
from lfptools.config.parameters import Parameters, with_parameters
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters, case_title, in_unit, select
from lfptools.plots.style import COLOURS, LETTERS, SEQUENTIAL, colour, letter, new_figure, plain, styled, wrapped

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.analysis.selection import Trace
    from lfptools.io.results import CaseResults, StudyResults

MOST_ROWS = 48
MOST_LABELS = 8


class Panel(Parameters):
    """One panel: a variable of the run or a signal, at some sites or all (of more than 48, so many evenly spread)."""

    variable: str | None = Field(None, description="of the run; or signal")
    signal: str | None = Field(None, description="of the study; or variable")
    sites: tuple[Site, ...] | None = Field(None, description="which rows")
    unit: str | None = Field(None, description="in which it is drawn; by default as it is stored")
    label: str | None = Field(None, description="the axis' label, without unit")
    case: Label | None = Field(None, description="the one case that it shows; by default all that the figure selects")

    @model_validator(mode="after")
    def _one_source(self) -> "Panel":
        if (self.variable is None) == (self.signal is None):
            raise ValueError("a panel needs exactly one of 'variable' (of the run) and 'signal' (of the study)")
        return self


class TracesParameters(FigureParameters, Window):
    """Panels, one above the other; the selected cases in colours."""

    panels: tuple[Panel, ...] = Field(min_length=1)
    panel_height_mm: float = Field(42.0, gt=10.0, le=200.0, description="height of each panel")


@with_parameters(TracesParameters)
@styled
def traces(results: "StudyResults", p: TracesParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the panels and return the figure and the numbers drawn."""
    every, drawn = select(results, p), Drawn()
    left_out = ""
    figure = new_figure(p.width_mm, 14 + p.panel_height_mm * len(p.panels))
    all_axes = figure.subplots(len(p.panels), 1, sharex=True, squeeze=False)[:, 0]
    for i, (axes, panel) in enumerate(zip(all_axes, p.panels, strict=True)):
        cases = every if panel.case is None else select(results, p.model_copy(update={"case": panel.case}))
        chosen = [_rows(case, panel, p) for case in cases]
        groups = [(case, len(rows), rows) for case, rows in zip(cases, chosen, strict=True)]
        found = [one for rows in chosen for one in rows]
        ids = [_key(case.label, one, len(cases), n) for case, n, rows in groups for one in rows]
        left_out += _left_out(cases[0], panel, chosen[0], LETTERS[i])
        titles = [_key(case_title(case), one, len(cases), n) for case, n, rows in groups for one in rows]
        name = panel.label or found[0].name.replace("_", " ")
        _lines(axes, found, titles, _title(cases, panel, max(n for _, n, _ in groups)))
        axes.set_ylabel(wrapped(plain(name), found[0].units))
        if len(all_axes) > 1:
            letter(axes, i)
        drawn.traces(f"panel_{LETTERS[i].lower()}", found, found[0].units, name, ids)
    all_axes[-1].set_xlabel("time (ms)")
    all_axes[-1].margins(x=0)
    figure.align_ylabels(all_axes)
    names = ", ".join(panel.label or panel.variable or panel.signal or "" for panel in p.panels)
    return figure, drawn.dataset(f"Against time: {names}.{left_out}")


def _lines(axes: "Axes", found: "list[Trace]", titles: list[str], title: str) -> None:
    """Curves in distinct colours, or in a sequence of them where there are more; then some have a label."""
    from matplotlib import colormaps

    many = len(found) > len(COLOURS)
    shades = colormaps[SEQUENTIAL](np.linspace(0.0, 0.9, len(found)))
    named = set(spread(len(found), MOST_LABELS))
    for k, (one, text) in enumerate(zip(found, titles, strict=True)):
        shown = plain(text) if k in named else "_nolegend_"
        axes.plot(one.t, one.values, color=shades[k] if many else colour(k), label=shown)
    if len(found) > 1:
        some = f", {len(named)} of {len(found)} named" if len(named) < len(found) else ""
        axes.legend(
            loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.0, title=f"{title}{some}", title_fontsize=8,
            alignment="left",
        )  # fmt: skip


def spread(n: int, most: int) -> list[int]:
    """Indices of at most so many of n rows, evenly spread, the first and the last among them."""
    return sorted({round(i) for i in np.linspace(0, n - 1, min(n, most))})


def _title(cases: "list[CaseResults]", panel: Panel, rows: int) -> str:
    """What the curves are: cases, contacts, sites."""
    dim = row_dim(array(cases[0], panel.variable, panel.signal)) or ""
    row = "site" if dim.endswith("_site") else dim
    return " and ".join((["case"] if len(cases) > 1 else []) + ([row] if rows > 1 and row else [])) or "curve"


def _left_out(case: "CaseResults", panel: Panel, rows: "list[Trace]", panel_letter: str) -> str:
    """A sentence on the rows that are shown, where not all are."""
    data = array(case, panel.variable, panel.signal)
    n = len(row_ids(data))
    if len(rows) == n:
        return ""
    shown = ", ".join(one.site for one in rows)
    what = (row_dim(data) or "row").rpartition("_")[2]
    return f" ({panel_letter}) {len(rows)} of {n} {what}s are shown: {shown}."


def _rows(case: "CaseResults", panel: Panel, p: TracesParameters) -> "list[Trace]":
    sites = panel.sites
    if sites is None:
        sites = tuple(spread(len(row_ids(array(case, panel.variable, panel.signal))), MOST_ROWS))
    found = [trace(case, panel.variable, panel.signal, site, p.window_ms) for site in sites]
    return [in_unit(one, panel.unit) for one in found]


def _key(title: str, one: "Trace", cases: int, rows: int) -> str:
    parts = ([title] if cases > 1 else []) + ([one.site] if rows > 1 else [])
    return ", ".join(parts) or one.name
