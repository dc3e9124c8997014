"""Figure kind ``convergence``: a measured number against a swept setting, such as the time step."""

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field, model_validator

from lfptools.analysis.firing import swept_value, unit_of_key
from lfptools.analysis.nested import case_measure
from lfptools.config.parameters import Parameters, with_parameters
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters, select
from lfptools.plots.style import ACCENT, colour, label, letter, new_figure, plain, printed, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import StudyResults


class Reference(Parameters):
    """A value at one point of the sweep, with its tolerance."""

    at: float | None = Field(None, description="value of the swept key; without it a line across the panel")
    value: float
    tolerance: float = Field(0.0, ge=0.0, description="absolute, in the measure's unit")


class MeasurePanel(Parameters):
    """One panel: a measure of single cases and its parameters."""

    measure: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    label: str | None = None
    references: tuple[Reference, ...] = ()

    @model_validator(mode="after")
    def _legal(self) -> "MeasurePanel":
        case_measure(self.measure, self.parameters)
        return self


class ConvergenceParameters(FigureParameters):
    """Panels side by side over one swept key."""

    sweep: str
    x_label: str = Field("time step", description="of the swept key, without unit")
    panels: tuple[MeasurePanel, ...] = Field(min_length=1)
    reference_label: str = "expected"
    log_x: bool = True
    height_mm: float = Field(78.0, gt=30.0, le=400.0, description="height of the figure")


@with_parameters(ConvergenceParameters)
@styled
def convergence(results: "StudyResults", p: ConvergenceParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw each measure over the sweep and return the figure and the numbers drawn."""
    cases = sorted(select(results, p), key=lambda case: swept_value(case, p.sweep))
    x = np.array([swept_value(case, p.sweep) for case in cases])
    unit, drawn = unit_of_key(p.sweep), Drawn()
    drawn.add("swept_value", "swept", x, unit, p.sweep)
    figure = new_figure(p.width_mm, p.height_mm)
    all_axes = figure.subplots(1, len(p.panels), squeeze=False)[0]
    texts = []
    for i, (axes, panel) in enumerate(zip(all_axes, p.panels, strict=True)):
        measure, parameters = case_measure(panel.measure, panel.parameters)
        y = np.array([measure.of_case(case, parameters) for case in cases])
        name, y_unit = panel.label or panel.measure.replace("_", " "), measure.unit(parameters)
        axes.plot(x, y, "o-", color=colour(0), markersize=5, label="measured", zorder=3)
        if p.log_x:
            logarithmic(axes, np.union1d(x, [one.at for one in panel.references if one.at is not None]))
        _references(axes, panel, p.reference_label)
        axes.set(xlabel=label(plain(p.x_label), unit), ylabel=label(plain(name), y_unit))
        axes.margins(y=0.15)
        if len(all_axes) > 1:
            letter(axes, i)
        if i == 0:
            axes.legend(loc="best")
        drawn.add(f"measured_{i}", "swept", y, y_unit, name)
        texts.append(f"{name} {y[0]:.4g} {printed(y_unit)} at {x[0]:g} and {y[-1]:.4g} {printed(y_unit)} at {x[-1]:g}")
    text = f"Convergence over the {p.x_label} ({p.sweep}): {'; '.join(texts)} {printed(unit)}."
    if any(panel.references for panel in p.panels):
        tolerant = any(one.tolerance for panel in p.panels for one in panel.references)
        text += f" Rings and lines: {p.reference_label}{', with tolerance' if tolerant else ''}."
    return figure, drawn.dataset(text)


def logarithmic(axes: "Axes", x: np.ndarray) -> None:
    """Logarithmic axis with a tick at each value of the sweep, as far as their labels have room."""
    axes.set_xscale("log")
    axes.minorticks_off()
    kept: list[float] = []
    room = 0.085 * np.log(x[-1] / x[0]) if x.size > 1 else 0.0
    for value in x:
        if not kept or np.log(value / kept[-1]) >= room:
            kept.append(float(value))
    axes.set_xticks(kept, [f"{value:g}" for value in kept])


def _references(axes: "Axes", panel: MeasurePanel, text: str) -> None:
    for k, one in enumerate(panel.references):
        name = plain(text) if k == 0 else None
        if one.at is None:
            axes.axhline(one.value, color=ACCENT, linewidth=1.0, linestyle="--", label=name)
            if one.tolerance:
                axes.axhspan(
                    one.value - one.tolerance, one.value + one.tolerance, color=ACCENT, alpha=0.12, linewidth=0
                )
            continue
        axes.errorbar(
            one.at, one.value, yerr=one.tolerance or None, fmt="o", markersize=10, fillstyle="none", color=ACCENT,
            markeredgewidth=1.5, capsize=4, label=name, zorder=4,
        )  # fmt: skip
