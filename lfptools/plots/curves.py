"""Figure kind ``curves``: analyses against one of their coordinates: spectra, coherences, averages around spikes."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from lfptools.analysis.measure import Label
from lfptools.analysis.of_analyses import OfAnalysis, chosen
from lfptools.config.parameters import Parameters, with_parameters
from lfptools.errors import MeasureError, unknown_name
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters, case_title, select
from lfptools.plots.style import COLOURS, INK, SEQUENTIAL, colour, label, new_figure, plain, styled, titled, wrapped
from lfptools.units import factor

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import CaseResults, StudyResults

MOST = 24


class PowerLaw(Parameters):
    """A straight line in a plot with logarithmic axes: value (x / at)^slope, drawn over ``span``."""

    slope: float = Field(description="of the line")
    at: float = Field(gt=0, description="where the line has the curve's value")
    span: tuple[float, float] = Field(description="[lowest, highest] of the line")
    label: str | None = Field(None, description="in the legend")


class CurvesOfPanel(OfAnalysis):
    """One panel: a variable of an analysis, of all rows that are left, of every selected case."""

    cases: tuple[Label, ...] | None = Field(None, min_length=1, description="labels of some of the figure's cases")
    unit: str | None = Field(None, description="in which it is drawn; by default as it is stored")
    label: str | None = Field(None, description="the axis' label, without unit")
    title: str | None = Field(None, description="above the panel")
    power_laws: tuple[PowerLaw, ...] = Field((), description="lines through the first curve")
    level: float | None = Field(None, description="a dashed line across the panel")
    band: tuple[str, str] | None = Field(None, description="variables between which the panel is shaded: [low, high]")


class CurvesParameters(FigureParameters):
    """Panels side by side over one coordinate; the cases in colours, or the rows where there is one case."""

    panels: tuple[CurvesOfPanel, ...] = Field(min_length=1)
    against: str = Field("frequency", description="the coordinate along the horizontal axis")
    x_label: str | None = Field(None, description="without unit; by default what the coordinate is called")
    log_x: bool = False
    log_y: bool = False
    legend: str | None = Field(None, description="title of the legend")
    height_mm: float = Field(75.0, gt=30.0, le=400.0, description="height of the figure")


@with_parameters(CurvesParameters)
@styled
def curves(results: "StudyResults", p: CurvesParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the panels and return the figure and the numbers drawn."""
    from matplotlib import colormaps

    cases, drawn, said = select(results, p), Drawn(), []
    figure = new_figure(p.width_mm, p.height_mm)
    all_axes = figure.subplots(1, len(p.panels), squeeze=False)[0]
    for i, (axes, panel) in enumerate(zip(all_axes, p.panels, strict=True)):
        own = [case for case in cases if panel.cases is None or case.label in panel.cases]
        lines = [line for case in own for line in _lines(case, panel, p, len(own))]
        if len(lines) > MOST:
            raise MeasureError(f"panel {i + 1} would have {len(lines)} curves, {MOST} at most: choose a row or a case")
        name, unit = panel.label or lines[0].name.replace("_", " "), lines[0].unit
        shades = colormaps[SEQUENTIAL](np.linspace(0.0, 0.9, len(lines)))
        said.append(f"{panel.title}: {name}" if panel.title else name)
        for k, line in enumerate(lines):
            shown = line.x > 0 if p.log_x else np.ones(line.x.size, dtype=bool)
            shade = shades[k] if len(lines) > len(COLOURS) else colour(k)
            axes.plot(line.x[shown], line.y[shown], color=shade, label=plain(line.title))
            key = f"panel_{i}_{k}"
            for end, name_of in zip(line.band, panel.band or (), strict=True):
                drawn.add(f"{key}_{name_of}", key, end, line.unit, f"{name_of}: {line.title}")
            if line.band:
                axes.fill_between(
                    line.x[shown], *(end[shown] for end in line.band), color=shade, alpha=0.2, linewidth=0
                )
            drawn.add(f"{key}_{p.against}", key, line.x, line.x_unit, p.against)
            drawn.add(f"{key}_value", key, line.y, unit, f"{name}: {line.title}")
        for law in panel.power_laws:
            x = np.array(law.span)
            through = np.interp(law.at, lines[0].x, lines[0].y)
            axes.plot(x, through * (x / law.at) ** law.slope, "--", color=INK, linewidth=1.0, label=law.label)
        if panel.level is not None:
            axes.axhline(panel.level, color=INK, linestyle="--", linewidth=0.9)
        _dress(axes, p, name, lines[0])
        titled(axes, i, panel.title, letters=len(all_axes) > 1)
    _legends(figure, list(all_axes), p)
    return figure, drawn.dataset(f"Against {p.x_label or p.against}: {'; '.join(said)}.")


def _legends(figure: "Figure", all_axes: "list[Axes]", p: CurvesParameters) -> None:
    """One legend below the panels where all have the same lines, otherwise one in each."""
    found = [axes.get_legend_handles_labels() for axes in all_axes]
    if all(names == found[0][1] for _, names in found):
        handles, names = found[0]
        if len(handles) > 1:
            figure.legend(handles, names, loc="outside lower center", ncols=min(5, len(handles)), title=p.legend)
        return
    for axes, (handles, names) in zip(all_axes, found, strict=True):
        if len(handles) > 1:
            axes.legend(handles, names, loc="best", title=p.legend)


class _Line:
    """A curve, its units and its title."""

    band: tuple[np.ndarray, ...] = ()

    def __init__(self, data: "xr.DataArray", against: str, unit: str | None, title: str, name: str):
        self.x, self.y = (np.asarray(values, dtype=float) for values in (data[against].values, data.values))
        self.x_unit, own = (str(one.attrs.get("units", "1")) for one in (data[against], data))
        try:
            self.y = self.y * (factor(own, unit) if unit is not None else 1.0)
        except ValueError as error:
            raise MeasureError(f"{name}: {error}") from error
        self.unit, self.title, self.name = unit or own, title, name


def _lines(case: "CaseResults", panel: CurvesOfPanel, p: CurvesParameters, cases: int) -> list[_Line]:
    """The curves of a case: one for each row."""
    data = chosen(case.analysis(panel.analysis), panel)
    if p.against not in data.coords or data[p.against].ndim != 1:
        legal = [str(name) for name, coord in data.coords.items() if coord.ndim == 1]
        raise MeasureError(unknown_name("coordinate", p.against, legal, where=f"analysis {panel.analysis!r}"))
    dim = str(data[p.against].dims[0])
    others = [str(one) for one in data.dims if one != dim]
    if len(others) > 1:
        raise MeasureError(f"analysis {panel.analysis!r} has dimensions {data.dims} left: choose with 'row' and 'at'")
    name, title = str(data.name), case_title(case)
    if not others:
        line = _Line(data, p.against, panel.unit, title, name)
        made = case.analysis(panel.analysis)
        ends = [chosen(made, panel.model_copy(update={"value": one})) for one in panel.band or ()]
        line.band = tuple(_Line(end, p.against, panel.unit, title, name).y for end in ends)
        return [line]
    rows = data[f"{others[0]}_id"].values if f"{others[0]}_id" in data.coords else range(data.sizes[others[0]])
    return [
        _Line(
            data.isel({others[0]: i}), p.against, panel.unit,
            f"{title}, {row}" if cases > 1 else str(row), name,
        )
        for i, row in enumerate(rows)
    ]  # fmt: skip


def _dress(axes: "Axes", p: CurvesParameters, name: str, line: _Line) -> None:
    axes.set(xscale="log" if p.log_x else "linear", yscale="log" if p.log_y else "linear")
    axes.set_xlabel(label(plain(p.x_label or p.against.replace("_", " ")), line.x_unit))
    axes.set_ylabel(wrapped(plain(name), line.unit, 30))
    axes.margins(x=0)
