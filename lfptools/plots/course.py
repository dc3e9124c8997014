"""A trace below maps and movies, which says where in time they are."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from lfptools.analysis.selection import Site, Trace, Window, trace
from lfptools.plots.style import ACCENT, COLOURS, label, plain

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from lfptools.io.results import CaseResults

COURSE_MM = 24.0


class CourseChoice(Window):
    """Which trace."""

    course: str = Field("soma_potential", description="variable of the run that is drawn below; none for nothing")
    site: Site | None = Field(None, description="of the course; may be left out where there is one")


def course_of_case(case: "CaseResults", p: CourseChoice) -> Trace | None:
    """The trace chosen, in its window; no soma's potential where there is none, unless it was asked for."""
    unasked = "course" not in p.model_fields_set and p.course not in case.run
    return None if p.course == "none" or unasked else trace(case, p.course, site=p.site, window_ms=p.window_ms)


def course_of_array(data: "xr.DataArray | None", t: np.ndarray) -> Trace | None:
    """A labelled trace over t, from the first of the times to the last."""
    if data is None:
        return None
    times = np.asarray(data["t"].values, dtype=float)
    inside = (times >= t[0]) & (times <= t[-1])
    values = np.asarray(data.squeeze(drop=True).values, dtype=float)[inside]
    return Trace(times[inside], values, str(data.attrs.get("units", "1")), str(data.name), "")


def words_of(course: Trace) -> str:
    """What a trace is called beside its axis."""
    return "soma" if course.name == "soma_potential" else course.name.replace("_", " ")


def draw_course(axes: "Axes", course: Trace) -> None:
    """The trace against time."""
    axes.plot(course.t, course.values, color=COLOURS[0])
    axes.set(xlabel="time (ms)", ylabel=label(plain(words_of(course)), course.units), xlim=(course.t[0], course.t[-1]))
    axes.locator_params(axis="y", nbins=4)


def moving_mark(axes: "Axes", course: Trace) -> Callable[[float], None]:
    """A mark on the drawn trace; returns what moves it to a time."""
    line = axes.axvline(course.t[0], color=ACCENT, linewidth=0.8)
    (dot,) = axes.plot([course.t[0]], [course.values[0]], "o", color=ACCENT, markersize=5, zorder=4, clip_on=False)

    def move(time: float) -> None:
        line.set_xdata([time, time])
        dot.set_data([time], [np.interp(time, course.t, course.values)])

    return move
