"""Figure kind ``synapse_soma_potential``: what goes in, what the soma does, what a laminar probe sees."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from lfptools.analysis.selection import Site, Trace, Window, array, row_dim, row_ids, trace, window_mask
from lfptools.config.parameters import with_parameters
from lfptools.errors import MeasureError
from lfptools.plots.drawn import Drawn
from lfptools.plots.potential_scale import colour_bar, limit_of, scale_words, symmetric_norm
from lfptools.plots.selection import FigureParameters, in_unit
from lfptools.plots.style import COLOURS, DIVERGING, INK, letter, new_figure, printed, signed, styled
from lfptools.units import factor

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from lfptools.io.results import CaseResults, StudyResults


class SynapseSomaPotentialParameters(FigureParameters, Window):
    """The three panels of one case."""

    signal: str = Field(description="a potential at contacts along a line")
    synapse: Site | None = Field(None, description="whose current is shown; may be left out if there is one")
    depth: Literal["x", "y", "z"] = "z"
    unit: Literal["mV", "uV", "nV"] = Field("uV", description="in which the potential is drawn")
    percentile: float = Field(100.0, gt=50.0, le=100.0, description="of |potential|, where the colours end")
    linear_fraction: float = Field(0.05, gt=0.0, le=1.0, description="of the limit, below which colours are linear")


@with_parameters(SynapseSomaPotentialParameters)
@styled
def synapse_soma_potential(results: "StudyResults", p: SynapseSomaPotentialParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the three panels of one case and return the figure and the numbers drawn."""
    case = results.one(experiment=p.experiment, case=p.case)
    current = in_unit(trace(case, "synapse_current", site=p.synapse, window_ms=p.window_ms), "nA")
    soma = in_unit(trace(case, "soma_potential", window_ms=p.window_ms), "mV")
    depth, t, potential = depth_profile(case, p)
    figure = new_figure(p.width_mm, 0.82 * p.width_mm)
    grid = figure.add_gridspec(3, 2, height_ratios=[1, 1, 1.7], width_ratios=[40, 1])
    axes = [figure.add_subplot(grid[0, 0])]
    axes += [figure.add_subplot(grid[i, 0], sharex=axes[0]) for i in (1, 2)]
    _lines(axes[0], current, "synaptic\ncurrent (nA)", COLOURS[1])
    _lines(axes[1], soma, "soma\npotential (mV)", COLOURS[0])
    limit = limit_of(potential, p.percentile)
    norm = symmetric_norm(limit, p.linear_fraction)
    image = axes[2].pcolormesh(t, depth, potential, cmap=DIVERGING, norm=norm, shading="nearest", rasterized=True)
    axes[2].set(xlabel="time (ms)", ylabel=f"{p.depth} (µm)")
    beside = {"cax": figure.add_subplot(grid[2, 1])}
    colour_bar(figure, image, limit, p.linear_fraction, p.unit, extend=p.percentile < 100, **beside)
    for i, one in enumerate(axes):
        letter(one, i)
        one.set_xlim(t[0], t[-1])
        if i < 2:
            one.tick_params(labelbottom=False)
    figure.align_ylabels(axes)
    drawn = Drawn()
    drawn.traces("synapse_current", [current], "nA", "synaptic current", [current.site])
    drawn.traces("soma_potential", [soma], "mV", "membrane potential of the soma", [soma.site])
    drawn.traces(
        "potential_profile", [Trace(t, line, p.unit, "", "") for line in potential], p.unit, "extracellular potential",
        [f"{p.depth}={value:g} um" for value in depth],
    )  # fmt: skip
    drawn.add("depth", "potential_profile_line", depth, "um", f"position along {p.depth}")
    text = (
        f"(A) Current of the synapse {current.site}. (B) Membrane potential of the soma. (C) Extracellular potential "
        f"of {depth.size} contacts along {p.depth} ({scale_words(p.linear_fraction)}); extremes "
        f"{signed(potential.min())} and {signed(potential.max())} {printed(p.unit)}."
    )
    return figure, drawn.dataset(text)


def depth_profile(case: "CaseResults", p: SynapseSomaPotentialParameters) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depths ascending (contacts,), times, and potential (contacts, t) in ``p.unit``.

    Raises
    ------
    MeasureError
        If the signal is no potential at contacts of distinct depths.
    """
    data = array(case, None, p.signal)
    if row_dim(data) != "contact":
        raise MeasureError(f"signal {p.signal!r} has no contacts, its rows are {row_ids(data)[:5]}")
    depth = data[f"contact_{p.depth}"].values
    if np.unique(depth).size != depth.size:
        raise MeasureError(f"contacts of {p.signal!r} must differ in {p.depth}; choose 'depth' along the probe")
    order = np.argsort(depth)
    inside = window_mask(data["t"].values, p.window_ms)
    values = data.isel(contact=order, t=np.flatnonzero(inside)).transpose("contact", "t").values
    return depth[order], data["t"].values[inside], values * factor(str(data.attrs["units"]), p.unit)


def _lines(axes, found: Trace, text: str, colour: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.axhline(found.values[0], color=INK, linewidth=0.5, alpha=0.35)
    axes.plot(found.t, found.values, color=colour)
    axes.set_ylabel(text)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, min_n_ticks=3))
