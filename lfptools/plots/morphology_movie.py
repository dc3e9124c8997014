"""A movie of a variable over a cell's morphology."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from lfptools.analysis.selection import Trace
from lfptools.config.parameters import with_parameters
from lfptools.errors import PictureError
from lfptools.plots.cell_drawing import extent_of
from lfptools.plots.course import COURSE_MM, course_of_array, course_of_case, draw_course, moving_mark
from lfptools.plots.morphology import CellPanel, InPlane, draw_panel, legend
from lfptools.plots.movie import ENDINGS, Film, MovieParameters, frame_samples
from lfptools.plots.scene import Scene
from lfptools.plots.segment_values import SegmentValues, given_values, values_of_case
from lfptools.plots.selection import FigureParameters, look_of
from lfptools.plots.style import new_figure, styled
from lfptools.plots.value_scale import ScaleChoice, ValueScale

if TYPE_CHECKING:
    import xarray as xr

    from lfptools.io.results import StudyResults

_SIDES_MM, _ABOVE_MM, _BAR_MM = 14.0, 16.0, 22.0


class MorphologyMovieParameters(ScaleChoice, InPlane, MovieParameters, FigureParameters):
    """One case; the cell coloured by a variable, above a course of time."""

    variable: str = Field(description="of every segment, over time: membrane_current, or one recorded with 'at: all'")
    unit: str | None = Field(None, description="in which the variable is drawn; by default as it is stored")
    label: str | None = Field(None, description="of the colour bar, without unit")
    width_mm: float = Field(110.0, gt=30.0, le=600.0, description="width of the picture, at most")


@with_parameters(MorphologyMovieParameters)
@styled
def morphology_movie_of(results: "StudyResults", p: MorphologyMovieParameters, path: Path) -> Path:
    """A movie of a variable over the morphology of one case."""
    case = results.one(experiment=p.experiment, case=p.case)
    scene = Scene.of_case(case, p.marks, p.contacts)
    shown = values_of_case(case, p.variable, scene.segments).in_unit(p.unit).within(p.window_ms)
    return _film(scene, shown, course_of_case(case, p), p).write(path, p.frames_per_s)


morphology_movie_of.endings = ENDINGS


@styled
def morphology_movie(
    path: Path | str, cell: Any, values: Any, t: Sequence[float] | None = None, *, name: str | None = None,
    contacts: Any = None, course: "xr.DataArray | None" = None, **look: Any,
) -> Path:  # fmt: skip
    """Write a movie of a variable over a cell's morphology.

    Parameters
    ----------
    path : path
        ``.gif`` (by pillow) or ``.mp4`` (by ffmpeg, where it is on the path). The same arguments give the same bytes.
    cell, t, name, contacts
        As :func:`~lfptools.plots.morphology.plot_morphology` takes them.
    values : xarray.DataArray or array_like
        Over ``segment`` and ``t``; or (n, times).
    course : xarray.DataArray, optional
        One trace over ``t`` that is drawn below: ``result["soma_potential"]``.
    **look
        ``window_ms``, ``frames`` (100), ``frames_per_s`` (20), ``dpi`` (130) and what
        :func:`~lfptools.plots.morphology.plot_morphology` takes.

    Returns
    -------
    pathlib.Path
        Of the movie, which is there whole or not at all.

    Raises
    ------
    PictureError
        For another ending, values that do not change with time, or an MP4 without ffmpeg.
    GeometryError, MeasureError, ValueError
        As :func:`~lfptools.plots.morphology.plot_morphology`.
    """
    own = {"variable": name or "values", "course": "none"}
    p = look_of(MorphologyMovieParameters, look, without=("site", "label", "contacts"), **own)
    scene = Scene.of(cell, p.marks, contacts)
    shown = given_values(values, scene.segments, t, p.unit, name, cell).within(p.window_ms)
    return _film(scene, shown, None if shown.t is None else course_of_array(course, shown.t), p).write(
        path, p.frames_per_s
    )


def _film(scene: Scene, shown: SegmentValues, course: Trace | None, p: MorphologyMovieParameters) -> Film:
    if shown.t is None or shown.t.size < 2:
        raise PictureError(f"a movie needs values that change with time; {shown.name!r} has no times")
    samples = frame_samples(shown.t, p.frames)
    scale = ValueScale.of(shown.values[:, samples], shown.units, p)
    size = np.ptp(extent_of(scene.segments, p.plane, scene.marks), axis=0)
    width = min(p.height_mm * size[0] / size[1], p.width_mm - _BAR_MM - _SIDES_MM)
    height = min(p.height_mm, width * size[1] / size[0])
    across = max(width + _SIDES_MM + _BAR_MM, 80.0 if course is not None else 60.0)
    below = 1.5 * COURSE_MM if course is not None else 0.0
    figure = new_figure(across, height + _ABOVE_MM + below)
    grid = figure.add_gridspec(2 if below else 1, 1, height_ratios=[height, COURSE_MM] if below else [1.0])
    axes = figure.add_subplot(grid[0])
    panel = CellPanel(scene, shown.values[:, samples[0]], float(shown.t[samples[0]]), "")
    cell = draw_panel(axes, panel, scale, p)
    scale.bar(figure, p.label or shown.name, shown.units, height, axes, across - _BAR_MM)
    move = None
    if course is not None:
        under = figure.add_subplot(grid[1])
        draw_course(under, course)
        move = moving_mark(under, course)
    legend(figure, [panel], False, None)

    def update(k: int) -> None:
        time = float(shown.t[samples[k]])
        cell.colour(scale.colours(shown.values[:, samples[k]]))
        axes.set_title(f"{time:.2f} ms", loc="left", fontfamily="monospace")
        if move is not None:
            move(time)

    return Film(figure, update, p.frames, p.dpi)
