"""Figure kind ``propagation``: a spike passing the recorded sites, and when it passes against where."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from lfptools.analysis.firing import SpikesParameters
from lfptools.analysis.propagation import distance_between, first_crossing
from lfptools.analysis.selection import Site, Window, array, row_ids, trace
from lfptools.config.parameters import with_parameters
from lfptools.errors import MeasureError
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters, in_unit
from lfptools.plots.style import ACCENT, INK, SEQUENTIAL, letter, new_figure, plain, signed, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import CaseResults, StudyResults


class PropagationParameters(SpikesParameters, FigureParameters, Window):
    """Sites in the order in which their distance is counted from the first; by default all that were recorded."""

    site: None = Field(None, description="not used: see sites")
    sites: tuple[Site, ...] | None = Field(None, min_length=2)
    height_mm: float = Field(75.0, gt=30.0, le=400.0, description="height of the figure")


@with_parameters(PropagationParameters)
@styled
def propagation(results: "StudyResults", p: PropagationParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the voltages and the passage and return the figure and the numbers drawn."""
    from matplotlib import colormaps

    case = results.one(experiment=p.experiment, case=p.case)
    sites = p.sites or tuple(range(len(row_ids(array(case, p.variable, None)))))
    if len(sites) < 2:
        raise MeasureError(f"propagation needs at least 2 recorded sites of {p.variable!r}, there is {len(sites)}")
    found = [in_unit(trace(case, p.variable, site=site, window_ms=p.window_ms), "mV") for site in sites]
    times = np.array([first_crossing(case, p, site) for site in sites])
    distance = _distances(case, [one.site for one in found])
    slope, offset = np.polyfit(times, distance, 1) if np.ptp(times) > 0 else (np.nan, 0.0)
    colours = colormaps[SEQUENTIAL](np.linspace(0.0, 0.88, len(found)))
    figure = new_figure(p.width_mm, p.height_mm)
    left, right = figure.subplots(1, 2, width_ratios=[1.7, 1])
    for one, ink, where in zip(found, colours, distance, strict=True):
        left.plot(one.t, one.values, color=ink, label=plain(f"{where * 1e-3:.3g} mm"))
    left.axhline(p.threshold_mV, color=INK, linewidth=0.7, linestyle="--", alpha=0.6)
    left.set(xlabel="time (ms)", ylabel="membrane potential (mV)", xlim=(found[0].t[0], found[0].t[-1]))
    # Above the axes: inside, it would cover a spike wherever it stood.
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(len(found), 5), columnspacing=1.2)
    _passage(right, times, distance, colours, slope, offset)
    letter(left, 0)
    letter(right, 1)
    drawn = Drawn()
    drawn.traces("membrane_potential", found, "mV", "membrane potential", [one.site for one in found])
    drawn.add("crossing_time", "site", times, "ms", f"first upward crossing of {signed(p.threshold_mV)} mV")
    drawn.add("distance", "site", distance, "um", "distance from the first site")
    drawn.labels("site", [one.site for one in found])
    text = (
        f"(A) Membrane potential at {len(found)} sites, by distance from the first. (B) First crossings of "
        f"{signed(p.threshold_mV)} mV against distance; the line's slope is {slope * 1e-3:.4g} m/s."
    )
    return figure, drawn.dataset(text)


def _distances(case: "CaseResults", names: list[str]) -> np.ndarray:
    return np.array([0.0] + [distance_between(case, names[0], name) for name in names[1:]])


def _passage(axes: "Axes", times: np.ndarray, distance: np.ndarray, colours, slope: float, offset: float) -> None:
    axes.scatter(times, distance * 1e-3, c=colours, s=36, zorder=3)
    if np.isfinite(slope):
        line = np.array([times.min(), times.max()])
        axes.plot(line, (slope * line + offset) * 1e-3, color=ACCENT, linewidth=1.2, label=f"{slope * 1e-3:.2f} m/s")
        axes.legend(loc="upper left" if slope > 0 else "upper right")
    axes.set(xlabel="crossing time (ms)", ylabel="distance (mm)")
