"""Figure kind ``potential_map``: the cell, the potential around it at one time, and the potential's course in place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, PositiveInt

from lfptools.analysis.selection import Window, array
from lfptools.config.parameters import with_parameters
from lfptools.errors import MeasureError
from lfptools.plots.cell_drawing import draw_marks
from lfptools.plots.drawn import Drawn
from lfptools.plots.potential_plane import PotentialPlane, draw_map, potential_plane
from lfptools.plots.potential_scale import colour_bar, limit_of, scale_words, symmetric_norm
from lfptools.plots.scene import Scene
from lfptools.plots.selection import FigureParameters, case_title, select
from lfptools.plots.style import INK, letter, new_figure, plain, styled

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
class Panel:
    """A case's potential on the grid, and which sample is shown."""

    case: "CaseResults"
    plane: PotentialPlane
    at: int

    @property
    def map(self) -> np.ndarray:
        """Shape (rows, columns)."""
        return self.plane.potential[:, :, self.at]


@with_parameters(PotentialMapParameters)
@styled
def potential_map(results: "StudyResults", p: PotentialMapParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw one panel for each case and return the figure and the numbers drawn."""
    panels = [on_plane(case, p) for case in select(results, p)]
    titles = p.titles or tuple(case_title(panel.case) for panel in panels)
    if len(titles) != len(panels):
        raise MeasureError(f"'titles' has {len(titles)} entries for {len(panels)} cases")
    limit = limit_of(np.stack([np.percentile(np.abs(panel.map), p.percentile) for panel in panels]), 100.0)
    norm = symmetric_norm(limit, p.linear_fraction)
    aspect = max(float(np.ptp(panel.plane.v) / np.ptp(panel.plane.u)) for panel in panels)
    columns, rows, width, height = arrangement(len(panels), aspect, p.width_mm)
    below = rows * height < SHORTEST_BAR_MM
    figure = new_figure(p.width_mm, rows * (height + 10) + (40 if below else 22), layout="compressed")
    all_axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for i, (axes, panel, title) in enumerate(zip(all_axes.flat, panels, titles, strict=False)):
        scene = Scene.of_case(panel.case)
        image = draw_map(axes, panel.plane, panel.at, norm, scene.segments, p.contours)
        _borders(axes, panel.plane, p)
        if p.traces is not None:
            _traces_in_place(axes, panel.plane, _as_many_as_fit(p.traces, width, height))
        synapses = {name: places for name, places in scene.marks.items() if name == "synapse"}
        draw_marks(axes, synapses, (panel.plane.horizontal, panel.plane.vertical))
        if height < 30:
            axes.locator_params(axis="y", nbins=3)
        axes.set_title(plain(title))
        if len(panels) > 1:
            letter(axes, i)
    for axes in all_axes.flat[len(panels) :]:
        axes.set_visible(False)
    for axes in all_axes[-1]:
        axes.set_xlabel(f"{panels[0].plane.horizontal} (µm)")
    for axes in all_axes[:, 0]:
        axes.set_ylabel(f"{panels[0].plane.vertical} (µm)")
    _legend(figure)
    where = {"location": "bottom", "fraction": 0.08, "aspect": 70} if below else {"fraction": 0.05, "aspect": 35}
    length = 0.6 * columns * width if below else rows * height
    colour_bar(
        figure, image, limit, p.linear_fraction, p.unit, extend=True, length_mm=length, ax=all_axes, pad=0.02, **where
    )
    return figure, _numbers(panels, p)


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


def on_plane(case: "CaseResults", p: PotentialMapParameters) -> Panel:
    """The signal sorted into rows and columns of its grid, in ``p.unit``; see :func:`potential_plane`."""
    plane = potential_plane(array(case, None, p.signal), p.unit, p.window_ms, p.signal)
    return Panel(case, plane, plane.index(p.time))


def _traces_in_place(axes: "Axes", plane: PotentialPlane, count: tuple[int, int]) -> None:
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


def _borders(axes: "Axes", plane: PotentialPlane, p: PotentialMapParameters) -> None:
    for level in p.borders_um:
        if not plane.v[0] <= level <= plane.v[-1]:
            raise MeasureError(
                f"borders_um: {level:g} is not on the map, {plane.vertical} from {plane.v[0]:g} to {plane.v[-1]:g} µm"
            )
        axes.axhline(level, color=INK, linewidth=0.9, linestyle=(0, (5, 3)), zorder=2)


def _numbers(panels: list[Panel], p: PotentialMapParameters):
    drawn, times = Drawn(), []
    for k, panel in enumerate(panels):
        plane = panel.plane
        dims = (f"{plane.vertical}_{k}", f"{plane.horizontal}_{k}")
        drawn.add(f"potential_{k}", dims, panel.map, p.unit, f"extracellular potential, {panel.case.label}")
        drawn.add(f"position_{dims[0]}", dims[0], plane.v, "um", f"position along {plane.vertical}")
        drawn.add(f"position_{dims[1]}", dims[1], plane.u, "um", f"position along {plane.horizontal}")
        drawn.labels(dims[0], [f"{plane.vertical}={value:g}um" for value in plane.v])
        drawn.labels(dims[1], [f"{plane.horizontal}={value:g}um" for value in plane.u])
        times.append(float(plane.t[panel.at]))
    drawn.add("time_of_map", "panel", times, "ms", "time of each map")
    drawn.labels("panel", [panel.case.label for panel in panels])
    when = f"{times[0]:.4g} ms"
    if len(set(times)) > 1:
        when = ", ".join(f"{time:.4g} ms ({panel})" for time, panel in zip(times, "ABCDEFGHIJKLMNOP", strict=False))
    shared = ", one scale for all panels" if len(panels) > 1 else ""
    text = (
        f"Extracellular potential at {when} (colours: {scale_words(p.linear_fraction)}{shared}; linear between "
        "contacts), the cell (dark) and its synapse (yellow)."
    )
    if p.borders_um:
        text += f" Dashed: {panels[0].plane.vertical} = {', '.join(f'{level:g}' for level in p.borders_um)} µm."
    if p.traces is not None:
        t = panels[0].plane.t
        text += (
            f" Black: the potential from {t[0]:g} to {t[-1]:g} ms at the middle of each curve's "
            "zero line, each curve scaled to its own peak."
        )
    return drawn.dataset(text)
