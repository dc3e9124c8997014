"""Figure kind ``decay``: amplitudes or widths of waveforms against distance, with fitted exponents."""

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from lfptools.analysis.decay import Along, DistanceCurve, against_distance, fitted_exponent
from lfptools.analysis.extrema import Unit
from lfptools.analysis.measure import Label
from lfptools.analysis.selection import Window
from lfptools.analysis.waveforms import WIDTH_FRACTION, Quantity
from lfptools.config.parameters import Parameters, with_parameters
from lfptools.errors import MeasureError, unknown_name
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters, case_title, select
from lfptools.plots.style import INK, LETTERS, colour, label, new_figure, plain, printed, styled, titled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import CaseResults, StudyResults

_NAMES = {"peak_to_peak": "peak-to-peak amplitude", "peak": "peak amplitude", "width": "width"}
_POWERS = {1: "1/r", 2: "1/r²", 3: "1/r³"}
_STYLES = ("-", "--", ":", "-.")


class DecayPanel(Parameters):
    """One panel: a curve for each chosen case and each group of shanks."""

    quantity: Quantity = Field("peak_to_peak", description="of the waveforms")
    cases: tuple[Label, ...] | None = Field(None, min_length=1, description="labels; by default all the figure selects")
    groups: dict[str, tuple[str, ...]] | None = Field(
        None, min_length=1, description="name to shanks whose mean is one curve; by default all shanks together"
    )
    title: str | None = Field(None, description="above the panel")
    label: str | None = Field(None, description="the axis' label, without unit")
    fits_um: tuple[tuple[float, float], ...] = Field(
        (), description="[nearest, farthest] of the distances between which an exponent is fitted"
    )
    slopes: tuple[Literal[1, 2, 3], ...] = Field((), description="powers of 1/r drawn for comparison")

    @model_validator(mode="after")
    def _amplitudes_have_exponents(self) -> "DecayPanel":
        if self.quantity == "width" and (self.fits_um or self.slopes):
            raise ValueError("fits_um and slopes belong to amplitudes, not to quantity: width")
        for low, high in self.fits_um:
            if not 0.0 < low < high:
                raise ValueError(f"fits_um must be pairs of distances > 0, the nearer first, got {[low, high]}")
        return self


class DecayFigureParameters(FigureParameters, Window):
    """Panels over the distance from a point, on a logarithmic axis; amplitudes on a logarithmic one too."""

    signal: str = Field(description="at contacts along rays or shanks")
    panels: tuple[DecayPanel, ...] = Field(min_length=1)
    columns: int = Field(3, ge=1, le=6, description="panels in a row")
    center_um: tuple[float, float, float] = Field((0.0, 0.0, 0.0), description="where distances are counted from")
    unit: Unit = Field("uV", description="of amplitudes; widths are in ms")
    fraction: float = Field(WIDTH_FRACTION, gt=0.0, lt=1.0, description="of the peak, at which widths are taken")
    panel_height_mm: float = Field(68.0, gt=20.0, le=200.0, description="height of each panel")


@with_parameters(DecayFigureParameters)
@styled
def decay(results: "StudyResults", p: DecayFigureParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the panels and return the figure and the numbers drawn."""
    cases, drawn, fits = select(results, p), Drawn(), []
    columns = min(p.columns, len(p.panels))
    rows = math.ceil(len(p.panels) / columns)
    figure = new_figure(p.width_mm, rows * p.panel_height_mm + 4)
    all_axes = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    for axes in all_axes[len(p.panels) :]:
        axes.set_axis_off()
    for i, (axes, panel) in enumerate(zip(all_axes, p.panels, strict=False)):
        chosen, groups = _chosen(cases, panel), panel.groups or {"": None}
        curves = [(one, name, _curve(one, shanks, panel, p)) for one in chosen for name, shanks in groups.items()]
        fits += _lines(axes, curves, panel, (drawn, LETTERS[i]))
        _scales(axes, curves, panel)
        axes.set_ylabel(label(plain(panel.label or _NAMES[panel.quantity]), curves[0][2].units))
        if i + columns >= len(p.panels):
            axes.set_xlabel("distance (µm)")
            axes.tick_params(labelbottom=True)
        titled(axes, i, panel.title, letters=len(p.panels) > 1)
    for start in range(0, len(p.panels), columns):
        _alike(all_axes[start : start + columns], p.panels[start : start + columns])
    for axes, panel in zip(all_axes, p.panels, strict=False):
        _slopes(axes, panel.slopes)
    return figure, drawn.dataset(_caption(p, fits))


Curve = tuple["CaseResults", str, DistanceCurve]


def _chosen(cases: "list[CaseResults]", panel: DecayPanel) -> "list[CaseResults]":
    if panel.cases is None:
        return cases
    known = {case.label: case for case in cases}
    for name in panel.cases:
        if name not in known:
            raise MeasureError(unknown_name("case", name, known))
    return [known[name] for name in panel.cases]


def _curve(
    case: "CaseResults", shanks: tuple[str, ...] | None, panel: DecayPanel, p: DecayFigureParameters
) -> DistanceCurve:
    along = Along(signal=p.signal, shanks=shanks, center_um=p.center_um, window_ms=p.window_ms)
    curve = against_distance(case, along, panel.quantity, None if panel.quantity == "width" else p.unit, p.fraction)
    return DistanceCurve(curve.distance, np.abs(curve.values), curve.units)


def _lines(axes: "Axes", curves: list[Curve], panel: DecayPanel, to: tuple[Drawn, str]) -> list[str]:
    """Draw the curves, in colours by case (by group where there is one case); what was fitted, in words."""
    drawn, panel_letter = to
    key = f"panel_{panel_letter.lower()}"
    cases = list(dict.fromkeys(case.label for case, _, _ in curves))
    groups = list(dict.fromkeys(name for _, name, _ in curves))
    said = []
    for k, (case, name, curve) in enumerate(curves):
        one_case = len(cases) == 1
        ink = colour(groups.index(name) if one_case else cases.index(case.label))
        style = _STYLES[0 if one_case else groups.index(name) % len(_STYLES)]
        words = ", ".join(([] if one_case else [case_title(case)]) + ([name] if name else []))
        exponents = [fitted_exponent(curve, between) for between in panel.fits_um]
        shown = ", ".join(f"{n:.2f}" for n in exponents)
        text = f"{words}: n = {shown}" if words and shown else words or (f"n = {shown}" if shown else "_nolegend_")
        axes.plot(
            curve.distance, curve.values, style, color=ink, label=plain(text), marker="o", markersize=2.2, zorder=3
        )
        dim = f"{key}_{k}"
        about = f"{_NAMES[panel.quantity]}: {case.label}{f', {name}' if name else ''}"
        drawn.add(f"{dim}_distance", dim, curve.distance, "um", "distance")
        drawn.add(f"{dim}_value", dim, curve.values, curve.units, about)
        if exponents:
            drawn.add(f"{dim}_exponent", f"{key}_fit", exponents, "1", f"n of 1/rⁿ, {about}")
            said.append(f"({panel_letter}) {words or case.label}: {shown}")
    if panel.fits_um:
        drawn.add(f"{key}_fit_range", (f"{key}_fit", "fit_end"), panel.fits_um, "um", "distances that are fitted")
        for low, high in panel.fits_um:
            axes.axvspan(low, high, color=INK, alpha=0.06, linewidth=0, zorder=0)
    return said


def _scales(axes: "Axes", curves: list[Curve], panel: DecayPanel) -> None:
    """Logarithmic axes with plain numbers (a linear one for widths), the curves away from the legend."""
    from matplotlib.ticker import FuncFormatter

    plainly = FuncFormatter(lambda value, _: f"{value:g}")
    values = np.concatenate([curve.values for _, _, curve in curves])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(plainly)
    if panel.quantity == "width":
        axes.set_ylim(0.0, 1.3 * values.max())
    else:
        positive = values[values > 0.0]
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(plainly)
        axes.set_ylim(0.4 * positive.min(), 4.0 * positive.max())
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left" if panel.quantity == "width" else "lower left", fontsize=7.5, handlelength=1.4)


def _alike(row: "list[Axes]", panels: tuple[DecayPanel, ...]) -> None:
    """One scale and one label for panels of one quantity beside each other."""
    if len({(panel.quantity, panel.label) for panel in panels}) > 1:
        return
    limits = np.array([axes.get_ylim() for axes in row[: len(panels)]])
    for i, axes in enumerate(row[: len(panels)]):
        axes.set_ylim(limits[:, 0].min(), limits[:, 1].max())
        if i:
            axes.set_ylabel("")
            axes.tick_params(labelleft=False)


def _slopes(axes: "Axes", slopes: tuple[int, ...]) -> None:
    """Lines of 1/rⁿ from the panel's upper left, each with its name near where it leaves the panel."""
    from matplotlib.patheffects import withStroke

    (near, far), (low, high) = axes.get_xlim(), axes.get_ylim()
    start = 0.8 * high
    for n in slopes:
        end = min(far, near * (start / low) ** (1.0 / n))
        axes.plot([near, end], [start, start * (near / end) ** n], color=INK, linewidth=0.7, alpha=0.5, zorder=1)
        at = near * (end / near) ** 0.93
        axes.annotate(
            _POWERS[n], (at, start * (near / at) ** n), xytext=(2, 1), textcoords="offset points", fontsize=7.5,
            color=INK, ha="left", va="bottom", path_effects=[withStroke(linewidth=2.2, foreground="white")], zorder=2,
        )  # fmt: skip
    axes.set(xlim=(near, far), ylim=(low, high))


def _caption(p: DecayFigureParameters, fits: list[str]) -> str:
    what = "; ".join(
        f"({LETTERS[i]}) {f'{panel.title}, ' if panel.title else ''}{_NAMES[panel.quantity]}"
        for i, panel in enumerate(p.panels)
    )
    text = f"Waveforms against the distance from ({', '.join(f'{x:g}' for x in p.center_um)}) µm: {what}."
    if any(panel.quantity == "width" for panel in p.panels):
        text += f" Widths are those of the largest phase at {100 * p.fraction:g} % of its peak."
    if any(panel.groups or panel.cases for panel in p.panels):
        text += " Curves are means over the contacts at one distance."
    if fits:
        ranges = dict.fromkeys(tuple(between) for panel in p.panels for between in panel.fits_um)
        spans = " and ".join(f"{low:g} to {high:g}" for low, high in ranges)
        text += f" Exponents n of 1/rⁿ, fitted from {spans} {printed('um')} (shaded): {'; '.join(fits)}."
    if any(panel.slopes for panel in p.panels):
        text += " Thin lines: powers of the distance, for comparison."
    return text
