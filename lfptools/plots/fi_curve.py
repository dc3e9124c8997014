"""Figure kind ``fi_curve``: firing rate against a swept stimulus, with the onset."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from lfptools.analysis.firing import (
    FiringParameters,
    OnsetParameters,
    SpikesParameters,
    firing_rate,
    onset,
    swept_value,
    unit_of_key,
)
from lfptools.analysis.measure import CaseName
from lfptools.config.parameters import Parameters, with_parameters
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters, select
from lfptools.plots.style import ACCENT, COLOURS, INK, label, new_figure, plain, printed, signed, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from lfptools.io.results import StudyResults


class ExpectedRate(Parameters):
    """A rate from elsewhere, drawn as a ring."""

    at: float = Field(description="value of the swept key, in its unit")
    rate_Hz: float = Field(ge=0.0)


class OnsetChoice(Parameters):
    """Finer cases from which the measure ``onset`` takes the value that is marked."""

    experiment: str
    case: CaseName | None = None
    still_firing_after_ms: float


class FiCurveParameters(FiringParameters, FigureParameters):
    """Rates as the measure ``firing_rate`` gives them."""

    sweep: str = Field(description="the swept key")
    x_label: str = "current"
    onset: OnsetChoice | None = Field(None, description="by default the curve's own cases say between which it lies")
    expected: tuple[ExpectedRate, ...] = ()
    expected_label: str = "expected"
    height_mm: float = Field(95.0, gt=30.0, le=400.0, description="height of the figure")
    width_mm: float = Field(130.0, gt=30.0, le=600.0)


@with_parameters(FiCurveParameters)
@styled
def fi_curve(results: "StudyResults", p: FiCurveParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw rate against swept value and return the figure and the numbers drawn."""
    pairs = sorted((swept_value(case, p.sweep), firing_rate.of_case(case, p)) for case in select(results, p))
    x, rate = np.array(pairs).T
    unit, fires = unit_of_key(p.sweep), rate > 0.0
    figure = new_figure(p.width_mm, p.height_mm)
    axes = figure.subplots()
    silent = f"no repetitive crossings of {signed(p.threshold_mV)} mV"
    axes.plot(x[fires], rate[fires], "-", color=COLOURS[0], linewidth=1.2)
    axes.plot(x[fires], rate[fires], "o", color=COLOURS[0], markersize=3.5, label="repetitive firing", zorder=3)
    axes.plot(x[~fires], rate[~fires], "o", color=INK, markersize=3.5, fillstyle="none", label=silent, clip_on=False)
    text = f"Firing rate (1000 / last interval) of {x.size} cases against the {p.x_label}."
    low, high = onset_between(results, p, x, fires)
    if high is not None:
        where = f"onset {high:g}" if low is None else f"onset between {low:g} and {high:g}"
        axes.axvline(high, color=INK, linewidth=0.8, linestyle="--", zorder=1)
        axes.annotate(
            f"{where} {printed(unit)}", (high, 0.03), xycoords=("data", "axes fraction"), xytext=(6, 0),
            textcoords="offset points", fontsize=8,
        )  # fmt: skip
        text += f" Dashed: {where.replace('onset', 'onset of repetitive firing', 1)} {printed(unit)}."
    last = x.size - 1 - int(np.argmax(fires[::-1]))
    if fires.any() and last < x.size - 1:
        text += f" No repetitive crossings of {signed(p.threshold_mV)} mV above {x[last]:g} {printed(unit)}."
    if p.expected:
        axes.plot(
            [one.at for one in p.expected], [one.rate_Hz for one in p.expected], "o", markersize=9, fillstyle="none",
            markeredgewidth=1.5, color=ACCENT, label=plain(p.expected_label), zorder=4,
        )  # fmt: skip
        text += f" Rings: {p.expected_label}."
    axes.set(xlabel=label(plain(p.x_label), unit), ylabel="firing rate (Hz)", ylim=(0, None))
    axes.margins(x=0.02)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.08))
    drawn = Drawn()
    if high is not None:
        drawn.add("onset", "mark", [high], unit, where)
    drawn.add("stimulus", "swept", x, unit, p.sweep)
    drawn.add("firing_rate", "swept", rate, "Hz", "1000 / last interval")
    if p.expected:
        drawn.add("expected_stimulus", "expected", [one.at for one in p.expected], unit, p.sweep)
        drawn.add("expected_rate", "expected", [one.rate_Hz for one in p.expected], "Hz", p.expected_label)
    return figure, drawn.dataset(text)


def onset_between(
    results: "StudyResults", p: FiCurveParameters, x: np.ndarray, fires: np.ndarray
) -> tuple[float | None, float | None]:
    """Largest silent and smallest firing value of the curve, or (None, onset) from finer cases; None if unknown."""
    if p.onset is not None:
        own = {name: getattr(p, name) for name in SpikesParameters.model_fields}
        return None, onset(results, OnsetParameters(**own | p.onset.model_dump(), sweep=p.sweep))
    first = int(np.argmax(fires))
    return (float(x[first - 1]), float(x[first])) if first > 0 else (None, None)
