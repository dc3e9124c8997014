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
from lfptools.plots.potential_scale import colour_bar, limit_of, scale_words, symmetric_norm
from lfptools.plots.selection import FigureParameters, case_title, select
from lfptools.plots.style import DIVERGING, INK, letter, new_figure, plain, styled
from lfptools.units import factor

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import CaseResults, StudyResults

HIGHEST_MM = 240.0
SHORTEST_BAR_MM = 30.0


class PotentialMapParameters(FigureParameters, Window):
    """One panel for each selected case, with one colour scale."""

    signal: str = Field(description="a potential on a grid of contacts in a plane of x, y or z")
    time: float | Literal["peak"] = Field("peak", description="ms, or when |potential| is largest, for each case")
    unit: Literal["mV", "uV", "nV"] = Field("uV", description="in which the potential is drawn")
    traces: tuple[PositiveInt, PositiveInt] | None = Field(
        (6, 9), description="courses drawn at most: columns, rows; or none"
    )
    contours: int = Field(0, ge=0, le=100, description="lines of equal potential, as many on each side of 0")
    borders_um: tuple[float, ...] = Field((), description="on the vertical axis: lines across, where a layer ends")
    percentile: float = Field(99.5, gt=50.0, le=100.0, description="of |potential|, where the colours end")
    linear_fraction: float = Field(0.02, gt=0.0, le=1.0, description="of the limit, below which colours are linear")
    titles: tuple[str, ...] | None = Field(
        None, description="one for each case; by default the cases' labels, or swept values with units"
    )


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
    titles = p.titles or tuple(case_title(plane.case) for plane in planes)
    if len(titles) != len(planes):
        raise MeasureError(f"'titles' has {len(titles)} entries for {len(planes)} cases")
    limit = limit_of(np.stack([np.percentile(np.abs(plane.map), p.percentile) for plane in planes]), 100.0)
    norm = symmetric_norm(limit, p.linear_fraction)
    aspect = max(float(np.ptp(plane.v) / np.ptp(plane.u)) for plane in planes)
    columns, rows, width, height = arrangement(len(planes), aspect, p.width_mm)
    below = rows * height < SHORTEST_BAR_MM
    figure = new_figure(p.width_mm, rows * (height + 10) + (40 if below else 22), layout="compressed")
    all_axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for i, (axes, plane, title) in enumerate(zip(all_axes.flat, planes, titles, strict=False)):
        fine = _refined(plane.u, plane.v, plane.map)
        image = axes.pcolormesh(*fine, norm=norm, cmap=DIVERGING, shading="nearest", rasterized=True, zorder=1)
        if p.contours:
            levels = norm.inverse(np.linspace(0.0, 1.0, 2 * p.contours + 3)[1:-1])
            axes.contour(*fine, levels=np.unique(levels), colors=INK, linewidths=0.4, linestyles="solid", zorder=2)
        _borders(axes, plane, p)
        draw_morphology(axes, plane.case.geometry, plane.horizontal, plane.vertical)
        if p.traces is not None:
            _traces_in_place(axes, plane, _as_many_as_fit(p.traces, width, height))
        _synapses(axes, plane)
        axes.set(xlim=(plane.u[0], plane.u[-1]), ylim=(plane.v[0], plane.v[-1]))
        axes.locator_params(axis="x", nbins=4)
        if height < 30:
            axes.locator_params(axis="y", nbins=3)
        axes.set_title(plain(title))
        if len(planes) > 1:
            letter(axes, i)
    for axes in all_axes.flat[len(planes) :]:
        axes.set_visible(False)
    for axes in all_axes[-1]:
        axes.set_xlabel(f"{planes[0].horizontal} (µm)")
    for axes in all_axes[:, 0]:
        axes.set_ylabel(f"{planes[0].vertical} (µm)")
    _legend(figure)
    where = {"location": "bottom", "fraction": 0.08, "aspect": 70} if below else {"fraction": 0.05, "aspect": 35}
    length = 0.6 * columns * width if below else rows * height
    colour_bar(
        figure, image, limit, p.linear_fraction, p.unit, extend=True, length_mm=length, ax=all_axes, pad=0.02, **where
    )
    return figure, _numbers(planes, p)


def arrangement(panels: int, aspect: float, width_mm: float) -> tuple[int, int, float, float]:
    """Columns, rows, and a panel's width and height in mm: the largest panels of a figure of bounded height."""
    found = None
    for columns in range(panels, 0, -1):
        if panels % columns and panels < 5:
            continue  # no empty places among few
        rows = -(-panels // columns)
        width = (width_mm - 40) / columns - 4
        height = width * aspect
        if found is None or rows * (height + 10) <= HIGHEST_MM:
            found = columns, rows, width, height
    columns, rows, width, height = found
    return columns, rows, width, min(height, HIGHEST_MM / rows)


def _as_many_as_fit(count: tuple[int, int], width_mm: float, height_mm: float) -> tuple[int, int]:
    """No more courses than can be told apart."""
    return min(count[0], max(int(width_mm / 9), 1)), min(count[1], max(int(height_mm / 9), 1))


def _legend(figure: "Figure") -> None:
    """One for all panels, above them: beside the curves there is no room."""
    handles = {line.get_label(): line for axes in figure.axes for line in axes.lines}
    shown = [line for text, line in handles.items() if not text.startswith("_")]
    if shown:
        figure.legend(handles=shown, loc="outside upper right", ncols=2, handletextpad=0.4, columnspacing=1.5)


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


def _traces_in_place(axes: "Axes", plane: Plane, count: tuple[int, int]) -> None:
    """Each course about its contact, scaled to its own peak."""
    columns, rows = (_spread(n, k) for n, k in ((plane.u.size, count[0]), (plane.v.size, count[1])))
    width = 0.8 * np.ptp(plane.u) / len(columns)
    margin = min(plane.v[rows[0]] - plane.v[0], plane.v[-1] - plane.v[rows[-1]])
    height = min(0.42 * np.ptp(plane.v) / len(rows), 0.95 * margin or np.inf)
    time = (plane.t - plane.t[0]) / np.ptp(plane.t) * width - 0.5 * width
    label = f"potential from {plane.t[0]:g} to {plane.t[-1]:g} ms"
    for i in rows:
        for j in columns:
            course = plane.potential[i, j]
            peak = np.abs(course).max() or 1.0
            axes.plot(
                plane.u[j] + time, plane.v[i] + course / peak * height, color=INK, linewidth=0.7, zorder=4, label=label
            )
            label = "_nolegend_"


def _spread(n: int, count: int) -> np.ndarray:
    """Indices of ``count`` of n grid lines, evenly spread, away from the rim."""
    count = min(n, count)
    return np.unique(np.round((np.arange(count) + 0.5) * n / count - 0.5).astype(int))


def _borders(axes: "Axes", plane: Plane, p: PotentialMapParameters) -> None:
    for level in p.borders_um:
        if not plane.v[0] <= level <= plane.v[-1]:
            raise MeasureError(
                f"borders_um: {level:g} is not on the map, {plane.vertical} from {plane.v[0]:g} to {plane.v[-1]:g} µm"
            )
        axes.axhline(level, color=INK, linewidth=0.9, linestyle=(0, (5, 3)), zorder=2)


def _synapses(axes: "Axes", plane: Plane) -> None:
    run, geometry = plane.case.run, plane.case.geometry
    if "synapse_segment" not in run.coords and "synapse_segment" not in run:
        return
    i = np.unique(run["synapse_segment"].values.astype(int))
    axes.plot(
        geometry[plane.horizontal].values[i], geometry[plane.vertical].values[i], linestyle="", marker="o",
        markersize=6.5, markerfacecolor="#FFD400", markeredgecolor=INK, markeredgewidth=0.9, zorder=7, label="synapse",
    )  # fmt: skip


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
    if p.borders_um:
        text += f" Dashed: {planes[0].vertical} = {', '.join(f'{level:g}' for level in p.borders_um)} µm."
    if p.traces is not None:
        text += (
            f" Black: the potential from {planes[0].t[0]:g} to {planes[0].t[-1]:g} ms at the middle of each curve's "
            "zero line, each curve scaled to its own peak."
        )
    return drawn.dataset(text)
