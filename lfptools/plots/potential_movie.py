"""A movie of the potential around a cell."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from lfptools.analysis.selection import Trace, array
from lfptools.config.parameters import with_parameters
from lfptools.errors import PictureError
from lfptools.plots.cell_drawing import draw_marks
from lfptools.plots.course import COURSE_MM, course_of_array, course_of_case, draw_course, moving_mark
from lfptools.plots.movie import ENDINGS, Film, MovieParameters, frame_samples
from lfptools.plots.potential_maps import PotentialLook
from lfptools.plots.potential_plane import PotentialPlane, draw_map, potential_plane
from lfptools.plots.potential_scale import colour_bar, limit_of, symmetric_norm
from lfptools.plots.scene import Scene
from lfptools.plots.selection import FigureParameters, look_of
from lfptools.plots.style import new_figure, styled
from lfptools.plots.value_scale import BAR_WIDTH_MM

if TYPE_CHECKING:
    import xarray as xr

    from lfptools.io.results import StudyResults

FINENESS = 4  # of the map between contacts: half of a figure's, as every frame is drawn anew
_SIDES_MM, _ABOVE_MM = 38.0, 18.0


class PotentialMovieParameters(PotentialLook, MovieParameters, FigureParameters):
    """One case; the map and the cell, above a course of time."""

    signal: str = Field(description="a potential on a grid of contacts in a plane of x, y or z")
    width_mm: float = Field(100.0, gt=30.0, le=600.0, description="width of the picture, at most")
    height_mm: float = Field(90.0, gt=10.0, le=400.0, description="of the map, as far as the width allows")


@with_parameters(PotentialMovieParameters)
@styled
def potential_movie_of(results: "StudyResults", p: PotentialMovieParameters, path: Path) -> Path:
    """A movie of a potential on a grid of contacts of one case."""
    case = results.one(experiment=p.experiment, case=p.case)
    plane = potential_plane(array(case, None, p.signal), p.unit, p.window_ms, p.signal)
    return _film(plane, Scene.of_case(case), course_of_case(case, p), p).write(path, p.frames_per_s)


potential_movie_of.endings = ENDINGS


@styled
def potential_movie(
    path: Path | str, potential: "xr.DataArray", cell: Any = None, *, course: "xr.DataArray | None" = None, **look: Any
) -> Path:
    """Write a movie of the potential around a cell.

    Parameters
    ----------
    path : path
        ``.gif`` (by pillow) or ``.mp4`` (by ffmpeg, where it is on the path). The same arguments give the same bytes.
    potential, cell, course
        As :func:`~lfptools.plots.potential_maps.plot_potential_maps` takes them.
    **look
        ``window_ms``, ``frames`` (100), ``frames_per_s`` (20), ``dpi`` (130), ``unit``, ``percentile``,
        ``linear_fraction``, ``width_mm``, ``height_mm``.

    Returns
    -------
    pathlib.Path
        Of the movie, which is there whole or not at all.

    Raises
    ------
    PictureError
        For another ending, or an MP4 without ffmpeg.
    MeasureError, ValueError
        As :func:`~lfptools.plots.potential_maps.plot_potential_maps`.
    """
    p = look_of(PotentialMovieParameters, look, without=("site",), signal=str(potential.name), course="none")
    plane = potential_plane(potential, p.unit, p.window_ms, potential.name)
    scene = None if cell is None else Scene.of(cell)
    return _film(plane, scene, course_of_array(course, plane.t), p).write(path, p.frames_per_s)


def _film(plane: PotentialPlane, scene: Scene | None, course: Trace | None, p: PotentialMovieParameters) -> Film:
    if plane.t.size < 2:
        raise PictureError("a movie needs a potential at more than one time")
    samples = frame_samples(plane.t, p.frames)
    limit = limit_of(plane.potential, p.percentile)
    aspect = float(np.ptp(plane.v) / np.ptp(plane.u))
    width = min(p.height_mm / aspect, p.width_mm - _SIDES_MM)
    height = width * aspect
    below = 1.5 * COURSE_MM if course is not None else 0.0
    figure = new_figure(max(width + _SIDES_MM, 75.0), height + _ABOVE_MM + below)
    grid = figure.add_gridspec(2 if below else 1, 1, height_ratios=[height, COURSE_MM] if below else [1.0])
    axes = figure.add_subplot(grid[0])
    norm = symmetric_norm(limit, p.linear_fraction)
    image = draw_map(axes, plane, int(samples[0]), norm, None if scene is None else scene.segments, fineness=FINENESS)
    if scene is not None:
        draw_marks(axes, scene.marks, (plane.horizontal, plane.vertical))
    axes.set(xlabel=f"{plane.horizontal} (µm)", ylabel=f"{plane.vertical} (µm)")
    colour_bar(
        figure, image, limit, p.linear_fraction, p.unit, p.percentile < 100, length_mm=height, ax=axes,
        aspect=height / BAR_WIDTH_MM, fraction=0.06, pad=0.03,
    )  # fmt: skip
    move = None
    if course is not None:
        under = figure.add_subplot(grid[1])
        draw_course(under, course)
        move = moving_mark(under, course)

    def update(k: int) -> None:
        image.set_array(plane.refined(int(samples[k]), FINENESS)[2])
        time = float(plane.t[samples[k]])
        axes.set_title(f"{time:.2f} ms", loc="left", fontfamily="monospace")
        if move is not None:
            move(time)

    return Film(figure, update, p.frames, p.dpi)
