"""Figure kind ``potential_map``: the cell, the potential around it at one time, and the potential's course in place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, PositiveInt

from lfptools.analysis.selection import Window, array, row_dim, window_mask
from lfptools.config.parameters import with_parameters
from lfptools.errors import MeasureError
from lfptools.plots.drawn import Drawn
from lfptools.plots.morphology import draw_morphology
from lfptools.plots.potential_scale import colour_bar, limit_of, round_down, scale_words, symmetric_norm
from lfptools.plots.selection import FigureParameters, select
from lfptools.plots.style import DIVERGING, INK, letter, new_figure, plain, styled
from lfptools.units import factor

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import CaseResults, StudyResults


class PotentialMapParameters(FigureParameters, Window):
    """One panel for each selected case, with one colour scale."""

    signal: str = Field(description="a potential on a grid of contacts in a plane of x, y or z")
    time: float | Literal["peak"] = Field("peak", description="ms, or when |potential| is largest, for each case")
    unit: Literal["mV", "uV", "nV"] = "uV"
    traces: tuple[PositiveInt, PositiveInt] | None = Field((6, 9), description="courses drawn: columns, rows; or none")
    percentile: float = Field(99.5, gt=50.0, le=100.0, description="of |potential|, where the colours end")
    linear_fraction: float = Field(0.02, gt=0.0, le=1.0, description="of the limit, below which colours are linear")
    titles: tuple[str, ...] | None = Field(None, description="one for each case; by default the cases' labels")


@dataclass(frozen=True, eq=False)
class Plane:
    """A case's potential on the grid: axes of the plane, (rows, columns, t), the time of the map."""

    case: "CaseResults"
    horizontal: str
    vertical: str
    u: np.ndarray
    v: np.ndarray
    t: np.ndarray
    potential: np.ndarray
    at: int

    @property
    def map(self) -> np.ndarray:
        """Shape (rows, columns)."""
        return self.potential[:, :, self.at]


@with_parameters(PotentialMapParameters)
@styled
def potential_map(results: "StudyResults", p: PotentialMapParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw one panel for each case and return the figure and the numbers drawn."""
    planes = [on_plane(case, p) for case in select(results, p)]
    titles = p.titles or tuple(plane.case.label for plane in planes)
    if len(titles) != len(planes):
        raise MeasureError(f"'titles' has {len(titles)} entries for {len(planes)} cases")
    limit = limit_of(np.stack([np.percentile(np.abs(plane.map), p.percentile) for plane in planes]), 100.0)
    norm = symmetric_norm(limit, p.linear_fraction)
    aspect = max(float(np.ptp(plane.v) / np.ptp(plane.u)) for plane in planes)
    panel_width = (p.width_mm - 40) / len(planes) - 4
    figure = new_figure(p.width_mm, min(max(panel_width * aspect + 20, 60), 260), layout="compressed")
    all_axes = figure.subplots(1, len(planes), squeeze=False, sharey=True)[0]
    for i, (axes, plane, title) in enumerate(zip(all_axes, planes, titles, strict=True)):
        fine = _refined(plane.u, plane.v, plane.map)
        image = axes.pcolormesh(*fine, norm=norm, cmap=DIVERGING, shading="nearest", rasterized=True, zorder=1)
        draw_morphology(axes, plane.case.geometry, plane.horizontal, plane.vertical)
        if p.traces is not None:
            _traces_in_place(axes, plane, p.traces, scale_bar=i == 0)
        _synapses(axes, plane)
        axes.set(xlim=(plane.u[0], plane.u[-1]), ylim=(plane.v[0], plane.v[-1]), xlabel=f"{plane.horizontal} (µm)")
        axes.locator_params(axis="x", nbins=4)
        axes.set_title(plain(title))
        if len(planes) > 1:
            letter(axes, i)
    all_axes[0].set_ylabel(f"{planes[0].vertical} (µm)")
    beside = {"ax": list(all_axes), "fraction": 0.05, "pad": 0.02, "aspect": 35}
    colour_bar(figure, image, limit, p.linear_fraction, p.unit, extend=True, **beside)
    return figure, _numbers(planes, p)


def on_plane(case: "CaseResults", p: PotentialMapParameters) -> Plane:
    """The signal sorted into rows and columns of its grid, in ``p.unit``.

    Raises
    ------
    MeasureError
        If the contacts are no full grid in a plane normal to x, y or z; says what they are.
    """
    data = array(case, None, p.signal)
    if row_dim(data) != "contact":
        raise MeasureError(f"signal {p.signal!r} has no contacts")
    position = {axis: data[f"contact_{axis}"].values for axis in "xyz"}
    levels = {axis: np.unique(values) for axis, values in position.items()}
    wide = [axis for axis in "xyz" if levels[axis].size > 1]
    if len(wide) != 2 or levels[wide[0]].size * levels[wide[1]].size != data.sizes["contact"]:
        counts = {axis: int(levels[axis].size) for axis in "xyz"}
        raise MeasureError(
            f"signal {p.signal!r}: a map needs a full grid of contacts in a plane normal to x, y or z; "
            f"{data.sizes['contact']} contacts have {counts} distinct coordinates"
        )
    horizontal, vertical = wide
    order = np.lexsort((position[horizontal], position[vertical]))
    t = np.asarray(data["t"].values, dtype=float)
    inside = window_mask(t, p.window_ms)
    values = data.transpose("contact", "t").values[order][:, inside] * factor(str(data.attrs["units"]), p.unit)
    t, u, v = t[inside], levels[horizontal], levels[vertical]
    at = int(np.abs(values).max(axis=0).argmax()) if p.time == "peak" else int(np.abs(t - p.time).argmin())
    return Plane(case, horizontal, vertical, u, v, t, values.reshape(v.size, u.size, t.size), at)


def _refined(u: np.ndarray, v: np.ndarray, values: np.ndarray, times: int = 8) -> tuple[np.ndarray, ...]:
    """Bilinear interpolation: of the potential, since interpolated colours would not be linear on this scale."""
    fine_u, fine_v = (np.interp(np.arange((a.size - 1) * times + 1) / times, np.arange(a.size), a) for a in (u, v))
    rows = np.stack([np.interp(fine_u, u, row) for row in values])
    return fine_u, fine_v, np.stack([np.interp(fine_v, v, column) for column in rows.T], axis=1)


def _traces_in_place(axes: "Axes", plane: Plane, count: tuple[int, int], scale_bar: bool) -> None:
    """Each course from its contact, scaled to its own peak; time scale below the first column."""
    columns, rows = (_spread(n, k) for n, k in ((plane.u.size, count[0]), (plane.v.size, count[1])))
    width = 0.8 * np.ptp(plane.u) / len(columns)
    margin = min(plane.v[rows[0]] - plane.v[0], plane.v[-1] - plane.v[rows[-1]])
    height = min(0.42 * np.ptp(plane.v) / len(rows), 0.95 * margin or np.inf)
    time = (plane.t - plane.t[0]) / np.ptp(plane.t) * width - 0.5 * width
    for i in rows:
        for j in columns:
            course = plane.potential[i, j]
            peak = np.abs(course).max() or 1.0
            axes.plot(plane.u[j] + time, plane.v[i] + course / peak * height, color=INK, linewidth=0.7, zorder=4)
    if scale_bar:
        left, low = plane.u[columns[0]] - 0.5 * width, plane.v[0] + 0.022 * np.ptp(plane.v)
        span = round_down(0.5 * float(np.ptp(plane.t)))
        right = left + span / np.ptp(plane.t) * width
        axes.plot([left, right], [low, low], color=INK, linewidth=2.0, solid_capstyle="butt", zorder=6)
        axes.annotate(f"{span:g} ms", (right, low), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8)


def _spread(n: int, count: int) -> np.ndarray:
    """Indices of ``count`` of n grid lines, evenly spread, away from the rim."""
    count = min(n, count)
    return np.unique(np.round((np.arange(count) + 0.5) * n / count - 0.5).astype(int))


def _synapses(axes: "Axes", plane: Plane) -> None:
    run, geometry = plane.case.run, plane.case.geometry
    if "synapse_segment" not in run.coords and "synapse_segment" not in run:
        return
    i = np.unique(run["synapse_segment"].values.astype(int))
    axes.plot(
        geometry[plane.horizontal].values[i], geometry[plane.vertical].values[i], linestyle="", marker="o",
        markersize=6.5, markerfacecolor="#FFD400", markeredgecolor=INK, markeredgewidth=0.9, zorder=7, label="synapse",
    )  # fmt: skip
    axes.legend(loc="upper right", handletextpad=0.1, borderpad=0.2, frameon=True, framealpha=0.85, edgecolor="none")


def _numbers(planes: list[Plane], p: PotentialMapParameters):
    drawn, times = Drawn(), []
    for k, plane in enumerate(planes):
        dims = (f"{plane.vertical}_{k}", f"{plane.horizontal}_{k}")
        drawn.add(f"potential_{k}", dims, plane.map, p.unit, f"extracellular potential, {plane.case.label}")
        drawn.add(f"position_{dims[0]}", dims[0], plane.v, "um", f"position along {plane.vertical}")
        drawn.add(f"position_{dims[1]}", dims[1], plane.u, "um", f"position along {plane.horizontal}")
        drawn.labels(dims[0], [f"{plane.vertical}={value:g}um" for value in plane.v])
        drawn.labels(dims[1], [f"{plane.horizontal}={value:g}um" for value in plane.u])
        times.append(float(plane.t[plane.at]))
    drawn.add("time_of_map", "panel", times, "ms", "time of each map")
    drawn.labels("panel", [plane.case.label for plane in planes])
    when = f"{times[0]:.4g} ms"
    if len(set(times)) > 1:
        when = ", ".join(f"{time:.4g} ms ({panel})" for time, panel in zip(times, "ABCDEFGHIJKLMNOP", strict=False))
    shared = ", one scale for all panels" if len(planes) > 1 else ""
    text = (
        f"Extracellular potential at {when} (colours: {scale_words(p.linear_fraction)}{shared}; linear between "
        "contacts), the cell (dark) and its synapse (yellow)."
    )
    if p.traces is not None:
        text += (
            f" Black: the potential from {planes[0].t[0]:g} to {planes[0].t[-1]:g} ms at the middle of each curve's "
            "zero line, each curve scaled to its own peak."
        )
    return drawn.dataset(text)
