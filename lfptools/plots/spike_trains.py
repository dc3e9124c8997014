"""Figure kind ``spike_trains``: a voltage with its threshold crossings above the stimulus that elicits them."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from lfptools.analysis.firing import SpikesParameters, spike_times
from lfptools.analysis.selection import Site, Trace, array, row_dim, trace, window_mask
from lfptools.analysis.spikes import intervals
from lfptools.config.parameters import with_parameters
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters, in_unit
from lfptools.plots.style import ACCENT, COLOURS, INK, letter, new_figure, signed, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import CaseResults, StudyResults

MOST_LABELS = 12


class SpikeTrainsParameters(SpikesParameters, FigureParameters):
    """One case's voltage, crossings and injected current."""

    stimulus: Site | None = Field(None, description="an electrode; by default the sum of all")
    height_mm: float = Field(100.0, gt=30.0, le=400.0, description="height of the figure")


@with_parameters(SpikeTrainsParameters)
@styled
def spike_trains(results: "StudyResults", p: SpikeTrainsParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw voltage, crossings and stimulus and return the figure and the numbers drawn."""
    case = results.one(experiment=p.experiment, case=p.case)
    voltage = in_unit(trace(case, p.variable, site=p.site, window_ms=p.window_ms), "mV")
    times = spike_times(case, p)
    figure = new_figure(p.width_mm, p.height_mm)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3.2, 1])
    top.axhline(p.threshold_mV, color=INK, linewidth=0.7, linestyle="--", alpha=0.6)
    top.plot(voltage.t, voltage.values, color=COLOURS[0])
    top.plot(times, np.full(times.size, p.threshold_mV), "o", color=ACCENT, markersize=5, zorder=4)
    top.set_ylabel("membrane potential (mV)")
    room = max(float(np.ptp(voltage.values)), 1.0)
    top.set_ylim(voltage.values.min() - 0.05 * room, voltage.values.max() + 0.30 * room)
    if times.size <= MOST_LABELS:
        _name_spikes(top, voltage, times, room)
    stimulus = injected(case, p)
    bottom.plot(stimulus.t, stimulus.values, color=COLOURS[2])
    bottom.fill_between(stimulus.t, 0.0, stimulus.values, color=COLOURS[2], alpha=0.25, linewidth=0)
    bottom.set(xlabel="time (ms)", ylabel="injected\ncurrent (nA)")
    bottom.set_xlim(voltage.t[0], voltage.t[-1])
    letter(top, 0)
    letter(bottom, 1)
    figure.align_ylabels([top, bottom])
    drawn = Drawn()
    drawn.traces("membrane_potential", [voltage], "mV", "membrane potential", [voltage.site])
    drawn.traces("injected_current", [stimulus], "nA", "injected current", [stimulus.site])
    drawn.add("crossing_time", "spike", times, "ms", f"upward crossings of {signed(p.threshold_mV)} mV")
    plural = "" if times.size == 1 else "s"
    how = "interpolated" if p.interpolate else "last sample at or below"
    text = (
        f"(A) Membrane potential and its {times.size} upward crossing{plural} of {signed(p.threshold_mV)} mV ({how}): "
        f"{', '.join(f'{time:.6g}' for time in times[:MOST_LABELS])}{' …' if times.size > MOST_LABELS else ''} ms. "
        "(B) Injected current."
    )
    return figure, drawn.dataset(text)


def injected(case: "CaseResults", p: SpikeTrainsParameters) -> Trace:
    """Current of the chosen electrode, or of all together, in nA."""
    if p.stimulus is not None:
        return in_unit(trace(case, "electrode_current", site=p.stimulus, window_ms=p.window_ms), "nA")
    data = array(case, "electrode_current", None)
    inside = window_mask(data["t"].values, p.window_ms)
    dim = row_dim(data)
    total = (data if dim is None else data.sum(dim)).values[inside]
    return in_unit(Trace(data["t"].values[inside], total, str(data.attrs["units"]), "electrode_current", "all"), "nA")


def _name_spikes(axes: "Axes", voltage: Trace, times: np.ndarray, room: float) -> None:
    """Times above the spikes, intervals as arrows between them."""
    peak = voltage.values.max()
    for time in times:
        axes.text(time, peak + 0.04 * room, f"{time:.3f}", ha="center", va="bottom", fontsize=8, color=ACCENT)
    for start, gap in zip(times, intervals(times), strict=False):
        height = peak + 0.20 * room
        axes.annotate(
            "", (start + gap, height), (start, height), arrowprops={"arrowstyle": "<->", "color": INK, "linewidth": 0.8}
        )
        axes.text(start + 0.5 * gap, height, f"{gap:.3f} ms", ha="center", va="bottom", fontsize=8)
