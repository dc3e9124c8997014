"""Figure kind ``sweep_curves``: measured numbers against a swept key, one curve for each value of another."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from lfptools.analysis.firing import swept_value, unit_of_key
from lfptools.analysis.nested import case_measure
from lfptools.config.parameters import with_parameters
from lfptools.errors import MeasureError
from lfptools.plots.convergence import MeasurePanel, logarithmic
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters, select
from lfptools.plots.style import INK, SEQUENTIAL, label, letter, new_figure, plain, printed, signed, styled, wrapped

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import CaseResults, StudyResults


class CurvesPanel(MeasurePanel):
    """One panel: a measure of single cases and its parameters; ``references`` are lines across it."""

    title: str | None = Field(None, description="above the panel")
    relative_to: str | None = Field(None, description="label of the case whose number the others are divided by")


class SweepCurvesParameters(FigureParameters):
    """Panels side by side over one swept key."""

    sweep: str = Field(description="the swept key along the horizontal axis")
    by: str | None = Field(None, description="another swept key, each value of which has a curve")
    x_label: str = Field(description="of the swept key, without unit")
    by_label: str | None = Field(None, description="of the other key, without unit")
    panels: tuple[CurvesPanel, ...] = Field(min_length=1)
    reference_label: str | None = Field(None, description="what the panels' references are")
    log_x: bool = False
    log_y: bool = False
    height_mm: float = Field(80.0, gt=30.0, le=400.0, description="height of the figure")


@with_parameters(SweepCurvesParameters)
@styled
def sweep_curves(results: "StudyResults", p: SweepCurvesParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the curves and return the figure and the numbers drawn."""
    cases = [case for case in select(results, p) if p.sweep in case.values and (p.by is None or p.by in case.values)]
    if not cases:
        raise MeasureError(f"no case has values of {p.sweep!r}" + (f" and {p.by!r}" if p.by else ""))
    groups = sorted({_group(case, p) for case in cases}, key=lambda value: (isinstance(value, str), value))
    figure, drawn = new_figure(p.width_mm, p.height_mm), Drawn()
    all_axes = figure.subplots(1, len(p.panels), squeeze=False)[0]
    unit, names = unit_of_key(p.sweep), []
    for i, (axes, panel) in enumerate(zip(all_axes, p.panels, strict=True)):
        name, y_unit = _panel(axes, results, p, panel, cases, groups, drawn, i)
        names.append(f"{panel.title}: {name}" if panel.title else name)
        axes.set(
            xscale="log" if p.log_x else "linear", yscale="log" if p.log_y else "linear",
            xlabel=label(plain(p.x_label), unit), ylabel=wrapped(plain(name), y_unit, 32),
            title=plain(panel.title or ""),
        )  # fmt: skip
        if p.log_x:
            logarithmic(axes, np.unique([swept_value(case, p.sweep) for case in cases]))
        axes.margins(x=0.03)
        if len(all_axes) > 1:
            letter(axes, i)
    handles, texts = all_axes[0].get_legend_handles_labels()
    if len(handles) > 1:
        title = label(plain(p.by_label or p.by or ""), unit_of_key(p.by or ""))
        figure.legend(handles, texts, loc="outside lower center", ncols=min(len(handles), 6), title=title)
    text = f"Against the {p.x_label} ({p.sweep}): {'; '.join(names)}."
    if p.by is not None:
        shown = ", ".join(_shown(value) for value in groups)
        text += f" Curves: {p.by_label or p.by} {shown} {printed(unit_of_key(p.by))}".rstrip() + "."
    if p.reference_label:
        text += f" Dashed: {p.reference_label}."
    return figure, drawn.dataset(text)


def _panel(
    axes: "Axes", results: "StudyResults", p: SweepCurvesParameters, panel: CurvesPanel, cases: "list[CaseResults]",
    groups: list, drawn: Drawn, i: int,
) -> tuple[str, str]:  # fmt: skip
    """Draw a panel; what stands at its vertical axis, and the unit."""
    from matplotlib import colormaps

    measure, parameters = case_measure(panel.measure, panel.parameters)
    name, unit, by = panel.label or panel.measure.replace("_", " "), measure.unit(parameters), 1.0
    if panel.relative_to is not None:
        by, unit = measure.of_case(results.one(p.experiment, panel.relative_to), parameters), "1"
        if by == 0.0:
            raise MeasureError(f"relative_to: measure {panel.measure!r} of case {panel.relative_to!r} is 0")
    shades = colormaps[SEQUENTIAL](np.linspace(0.0, 0.85, len(groups)))
    for k, (group, shade) in enumerate(zip(groups, shades, strict=True)):
        own = sorted((c for c in cases if _group(c, p) == group), key=lambda case: swept_value(case, p.sweep))
        x = np.array([swept_value(case, p.sweep) for case in own])
        y = np.array([measure.of_case(case, parameters) for case in own]) / by
        axes.plot(x, y, "o-", color=shade, markersize=3.5, label=plain(_shown(group)), zorder=3)
        drawn.add(f"swept_{i}_{k}", f"swept_{i}_{k}", x, unit_of_key(p.sweep), p.sweep)
        drawn.add(f"measured_{i}_{k}", f"swept_{i}_{k}", y, unit, f"{name}, {p.by or 'all'} {_shown(group)}")
    for one in panel.references:
        if one.at is not None:
            raise MeasureError(f"references of sweep_curves are lines across a panel: leave out 'at' ({one.at:g})")
        axes.axhline(one.value, color=INK, linewidth=0.9, linestyle="--", alpha=0.7, zorder=1)
    return name, unit


def _group(case: "CaseResults", p: SweepCurvesParameters) -> float | str:
    value = "" if p.by is None else case.values[p.by]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _shown(value: float | str) -> str:
    return signed(value, 6) if isinstance(value, float) else value
