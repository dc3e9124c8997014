"""Figure kind ``potential_maps``: the potential around a cell at several times, with one scale, above a trace."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from lfptools.analysis.selection import Trace, array
from lfptools.config.parameters import Parameters, with_parameters
from lfptools.plots.cell_drawing import counted, draw_marks
from lfptools.plots.course import COURSE_MM, CourseChoice, course_of_array, course_of_case, draw_course
from lfptools.plots.drawn import Drawn
from lfptools.plots.potential_plane import PotentialPlane, draw_map, potential_plane
from lfptools.plots.potential_scale import colour_bar, limit_of, scale_words, symmetric_norm
from lfptools.plots.scene import Scene
from lfptools.plots.selection import FigureParameters, look_of
from lfptools.plots.style import INK, LETTERS, new_figure, styled, titled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import StudyResults

_GAP_MM, _LEFT_MM, _BAR_MM, _ABOVE_MM = 4.5, 19.0, 24.0, 16.0


class PotentialLook(Parameters):
    """How a potential is drawn as a map."""

    unit: Literal["mV", "uV", "nV"] = Field("uV", description="in which the potential is drawn")
    percentile: float = Field(99.5, gt=50.0, le=100.0, description="of |potential|, where the colours end")
    linear_fraction: float = Field(0.02, gt=0.0, le=1.0, description="of the limit, below which colours are linear")


class PotentialMapsParameters(PotentialLook, CourseChoice, FigureParameters):
    """One case: a map for each time."""

    signal: str = Field(description="a potential on a grid of contacts in a plane of x, y or z")
    times: tuple[float, ...] | int = Field(4, description="ms, or how many, evenly spread over the window")
    columns: int = Field(4, ge=1, le=12, description="maps in a row")
    contours: int = Field(0, ge=0, le=100, description="lines of equal potential, as many on each side of 0")


@with_parameters(PotentialMapsParameters)
@styled
def potential_maps(results: "StudyResults", p: PotentialMapsParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the maps of one case and return the figure and the numbers drawn."""
    case = results.one(experiment=p.experiment, case=p.case)
    plane = potential_plane(array(case, None, p.signal), p.unit, p.window_ms, p.signal)
    return _figure(plane, Scene.of_case(case), course_of_case(case, p), p.times, p.columns, p)


@styled
def plot_potential_maps(
    potential: "xr.DataArray", cell: Any = None, times: Sequence[float] | int = 4, *,
    course: "xr.DataArray | None" = None, window_ms: tuple[float, float] | None = None, columns: int = 4, **look: Any,
) -> "tuple[Figure, xr.Dataset]":  # fmt: skip
    """The potential around a cell at several times, with one scale.

    Parameters
    ----------
    potential : xarray.DataArray
        Over ``contact`` and ``t``, with ``contact_x`` …: ``result["potential"]`` of contacts on a grid in a plane.
    cell : Cell, Segments, dataset of kind ``geometry``, …, optional
        Drawn in front, with its synapses and electrodes.
    times : sequence of float, or int
        ms, or how many, evenly spread.
    course : xarray.DataArray, optional
        One trace over ``t`` that is drawn below the maps: ``result["soma_potential"]``.
    window_ms : (float, float), optional
        Of what is looked at.
    columns : int
        Maps in a row.
    **look
        ``unit``, ``percentile``, ``linear_fraction``, ``contours``, ``width_mm`` as the figure kind ``potential_maps``
        has them.

    Returns
    -------
    matplotlib.figure.Figure, xarray.Dataset
        The figure, and the numbers drawn.

    Raises
    ------
    MeasureError, PictureError, ValueError
        If the contacts are no full grid in a plane normal to an axis, for times outside the run, or an unknown keyword.
    """
    chosen = tuple(float(time) for time in times) if isinstance(times, Sequence | np.ndarray) else int(times)
    own = {"times": chosen, "columns": columns, "window_ms": window_ms, "course": "none"}
    p = look_of(PotentialMapsParameters, look, without=("site",), signal=str(potential.name), **own)
    plane = potential_plane(potential, p.unit, p.window_ms, potential.name)
    scene = None if cell is None else Scene.of(cell)
    return _figure(plane, scene, course_of_array(course, plane.t), p.times, p.columns, p)


def _figure(
    plane: PotentialPlane, scene: Scene | None, course: Trace | None, times: Sequence[float] | int, columns: int,
    p: PotentialMapsParameters,
) -> "tuple[Figure, xr.Dataset]":  # fmt: skip
    shown = [plane.index(time) for time in spread_times(times, plane.t)]
    limit = limit_of(plane.potential[:, :, shown], p.percentile)
    norm = symmetric_norm(limit, p.linear_fraction)
    columns = min(columns, len(shown))
    rows = math.ceil(len(shown) / columns)
    width = (p.width_mm - _LEFT_MM - _BAR_MM) / columns - _GAP_MM
    height = width * float(np.ptp(plane.v) / np.ptp(plane.u))
    below = COURSE_MM if course is not None else 0.0
    figure = new_figure(p.width_mm, rows * (height + 7.0) + _ABOVE_MM + below * 1.4)
    grid = figure.add_gridspec(
        rows + (course is not None), columns + 1, width_ratios=[width] * columns + [2.8],
        height_ratios=[height] * rows + ([below] if below else []),
    )  # fmt: skip
    all_axes = [figure.add_subplot(grid[divmod(i, columns)]) for i in range(len(shown))]
    for i, (axes, k) in enumerate(zip(all_axes, shown, strict=True)):
        image = draw_map(axes, plane, k, norm, None if scene is None else scene.segments, p.contours)
        if scene is not None:
            draw_marks(axes, scene.marks, (plane.horizontal, plane.vertical))
        titled(axes, i, f"{plane.t[k]:.{4 if width > 25 else 3}g} ms", letters=len(shown) > 1)
        axes.locator_params(axis="x", nbins=3 if width > 25 else 2)
        if i + columns >= len(shown):
            axes.set_xlabel(f"{plane.horizontal} (µm)")
        else:
            axes.tick_params(labelbottom=False)
        if i % columns:
            axes.tick_params(labelleft=False)
        else:
            axes.set_ylabel(f"{plane.vertical} (µm)")
    bar = figure.add_subplot(grid[:rows, columns])
    colour_bar(figure, image, limit, p.linear_fraction, p.unit, p.percentile < 100, length_mm=rows * height, cax=bar)
    if course is not None:
        _course(figure.add_subplot(grid[rows, :columns]), course, plane.t[shown], len(shown))
    return figure, _numbers(plane, shown, scene, course, p)


def spread_times(times: Sequence[float] | int, t: np.ndarray) -> list[float]:
    """The times asked for; or so many, in the middles of equal parts of the time there is."""
    if not isinstance(times, int):
        return [float(time) for time in times]
    return (t[0] + (np.arange(times) + 0.5) / times * (t[-1] - t[0])).tolist()


def _course(axes: "Axes", course: Trace, times: np.ndarray, panels: int) -> None:
    """The trace, and where on it the maps are."""
    draw_course(axes, course)
    for k, time in enumerate(times):
        axes.axvline(time, color=INK, linewidth=0.7, linestyle="--", zorder=1)
        if panels > 1:
            axes.annotate(
                LETTERS[k % 26], (time, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=8,
                fontweight="bold",
            )  # fmt: skip


def _numbers(
    plane: PotentialPlane, shown: list[int], scene: Scene | None, course: Trace | None, p: PotentialMapsParameters
) -> "xr.Dataset":
    drawn = Drawn()
    for k, index in enumerate(shown):
        about = f"extracellular potential at {plane.t[index]:.6g} ms"
        drawn.add(f"potential_{k}", (plane.vertical, plane.horizontal), plane.potential[:, :, index], p.unit, about)
    for axis, values in ((plane.vertical, plane.v), (plane.horizontal, plane.u)):
        drawn.add(f"position_{axis}", axis, values, "um", f"position along {axis}")
        drawn.labels(axis, [f"{axis}={value:g}um" for value in values])
    drawn.add("time", "panel", plane.t[shown], "ms", "time of each map")
    drawn.labels("panel", [LETTERS[k % 26] for k in range(len(shown))])
    if course is not None:
        drawn.traces("course", [course], course.units, course.name.replace("_", " "), [course.site or course.name])
    times = ", ".join(f"{plane.t[k]:.4g}" for k in shown)
    scale = f"{scale_words(p.linear_fraction)}, one scale; linear between contacts"
    text = f"Extracellular potential at {times} ms (colours: {scale})"
    if scene is not None:
        text += ", and the cell (dark)"
        marks = " and ".join(counted(name, len(places)) for name, places in scene.marks.items())
        text += f" with its {marks}" if marks else ""
    text += "." if course is None else f". Below: {course.name.replace('_', ' ')}; dashed: the times of the maps."
    return drawn.dataset(text)
