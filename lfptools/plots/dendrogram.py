"""Figure kind ``dendrogram``: every branch of a cell against its path length from the soma."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from lfptools.config.parameters import with_parameters
from lfptools.errors import MeasureError, unknown_name
from lfptools.geometry.branch_order import branch_positions
from lfptools.geometry.paths import middle_distances, section_distances, segment_distances
from lfptools.geometry.section_types import section_types
from lfptools.geometry.segments import Segments
from lfptools.plots.cell_drawing import GREY, draw_mark
from lfptools.plots.drawn import Drawn
from lfptools.plots.morphology import type_colours, type_handles
from lfptools.plots.scene import Scene
from lfptools.plots.segment_values import ColouredBy, SegmentValues, Time, given_values, values_of_case
from lfptools.plots.selection import FigureParameters, look_of
from lfptools.plots.style import INK, new_figure, plain, printed, signed, styled
from lfptools.plots.value_scale import ValueScale

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import StudyResults

_THINNEST_PT, _THICKEST_PT, _SOMA_PT = 0.8, 4.0, 8.0
_OVERLAP = 2e-3  # of the longest path


class DendrogramParameters(ColouredBy, FigureParameters):
    """One case; without a variable, colours say what sections are. Lines are the thicker the thicker the dendrite."""

    time: Time = Field("peak", description="ms, or peak: when a segment's value is farthest from its first")
    down: tuple[str, ...] = Field((), description="parts of names: what hangs on such sections is drawn downwards")
    marks: bool = Field(True, description="whether synapses and electrodes are marked")
    height_mm: float = Field(90.0, gt=30.0, le=400.0, description="height of the figure")


@with_parameters(DendrogramParameters)
@styled
def dendrogram(results: "StudyResults", p: DendrogramParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the branches of one case and return the figure and the numbers drawn."""
    case = results.one(experiment=p.experiment, case=p.case)
    scene = Scene.of_case(case, p.marks)
    shown = None if p.variable is None else values_of_case(case, p.variable, scene.segments).in_unit(p.unit)
    return _figure(scene, shown, p)


@styled
def plot_dendrogram(
    cell: Any, values: Any = None, t: Sequence[float] | None = None, *, name: str | None = None, **look: Any
) -> "tuple[Figure, xr.Dataset]":
    """Every branch of a cell against its path length from the soma.

    Parameters
    ----------
    cell, values, t, name
        As :func:`~lfptools.plots.morphology.plot_morphology` takes them.
    **look
        ``time``, ``unit``, ``down``, ``colours``, ``limits``, ``linear_fraction``, ``groups``, ``marks``,
        ``width_mm``, ``height_mm`` as the figure kind ``dendrogram`` has them.

    Returns
    -------
    matplotlib.figure.Figure, xarray.Dataset
        The figure, and the numbers drawn.

    Raises
    ------
    GeometryError, MeasureError, PictureError, ValueError
        For sections that are no tree, values that do not fit to the cell, or an unknown keyword.
    """
    own = {} if values is None else {"variable": name or "values"}
    p = look_of(DendrogramParameters, look, ("label", "variable"), **own)
    scene = Scene.of(cell, p.marks)
    shown = None if values is None else given_values(values, scene.segments, t, p.unit, name, cell)
    return _figure(scene, shown, p)


def _figure(scene: Scene, shown: SegmentValues | None, p: DendrogramParameters) -> "tuple[Figure, xr.Dataset]":
    segments = scene.segments
    position, sign = _placed(segments, p.down)
    values, at = (None, None) if shown is None else shown.at(p.time)
    figure = new_figure(p.width_mm, p.height_mm)
    axes = figure.subplots()
    types = section_types(segments.section_names, p.groups)
    scale = None if shown is None else ValueScale.of(values, shown.units, p)
    if scale is None:
        from matplotlib.colors import to_rgba

        shade = type_colours(types, p.groups)
        colours = np.array([to_rgba(shade[kind]) for kind in types])[segments.section]
    else:
        colours = scale.colours(values)
    _branches(axes, segments, position, sign, colours, rim=scale is not None and scale.diverging)
    place = np.column_stack((position[segments.section], sign[segments.section] * middle_distances(segments)))
    for mark, idx in scene.placed.items():
        if len(idx):
            draw_mark(axes, mark, place[idx])
    _dress(axes, at)
    if scale is not None:
        scale.bar(figure, p.label or shown.name, shown.units, p.height_mm - 12.0, axes, p.width_mm - 25.0)
    handles = type_handles(types, p.groups) if scale is None else []
    handles += [line for line in axes.lines if not line.get_label().startswith("_")]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 6), handlelength=1.2)
    return figure, _numbers(scene, shown, place, at, p, scale)


def _placed(segments: Segments, down: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Where each section stands across the branches, and whether it is drawn up (1) or down (−1)."""
    for part in down:
        if not any(part in name for name in segments.section_names):
            raise MeasureError(unknown_name("part of sections' names", part, segments.section_names))
    sign = np.ones(len(segments.section_names))
    sign[[any(part in name for part in down) for name in segments.section_names]] = -1.0
    root = segments.section_parent < 0
    sign[root] = 1.0
    top = segments.section_parent.copy()  # what hangs on a branch goes where the branch goes
    own = np.arange(top.size)
    while (move := (top >= 0) & ~root[np.maximum(top, 0)]).any():
        own[move] = top[move]
        top = np.where(move, segments.section_parent[own], top)
    sign = np.where(root, 1.0, sign[own])
    position = branch_positions(segments, root | (sign > 0))
    if (sign < 0).any():
        below = branch_positions(segments, root | (sign < 0))
        shift = 0.5 * (np.nanmax(position) + np.nanmin(position) - np.nanmax(below) - np.nanmin(below))
        position = np.where(sign < 0, below + shift, position)
    return position, sign


def _branches(
    axes: "Axes", segments: Segments, position: np.ndarray, sign: np.ndarray, colours: np.ndarray, rim: bool
) -> None:
    """A vertical line a segment, a horizontal one where a section hangs on its parent, a disc for a root's middle."""
    from matplotlib.collections import LineCollection

    root = segments.section_parent < 0
    ends, of = segment_distances(segments), segments.section
    branch = np.flatnonzero(~root[of])
    overlap = _OVERLAP * float(ends.max())  # or paper would shine through between neighbours
    spans = np.column_stack((ends.min(axis=1) - overlap, ends.max(axis=1) + overlap))
    lines = [[(position[of[k]], sign[of[k]] * end) for end in spans[k]] for k in branch]
    thick = segments.d[branch] / max(float(segments.d[branch].max(initial=0.0)), 1e-12)
    widths = _THINNEST_PT + (_THICKEST_PT - _THINNEST_PT) * thick
    near, _ = section_distances(segments)
    first = {int(s): k for k, s in reversed(list(enumerate(of)))}
    last = {int(s): k for k, s in enumerate(of)}
    joints, shades = [], []
    for section in np.flatnonzero(~root):
        parent, height = segments.section_parent[section], sign[section] * near[section]
        joints.append([(position[parent], height), (position[section], height)])
        shades.append(colours[(last if segments.section_reversed[section] else first)[int(section)]])
        if root[parent]:
            joints.append([(position[parent], 0.0), (position[parent], height)])
            shades.append(colours[last[int(parent)]])
    if rim:
        axes.add_collection(LineCollection(joints, colors=GREY, linewidths=_THINNEST_PT + 0.9, zorder=2))
        axes.add_collection(LineCollection(lines, colors=GREY, linewidths=widths + 0.9, zorder=2))
    axes.add_collection(LineCollection(joints, colors=shades, linewidths=_THINNEST_PT, zorder=2.5))
    axes.add_collection(LineCollection(lines, colors=colours[branch], linewidths=widths, zorder=3, capstyle="butt"))
    for section in np.flatnonzero(root):
        middle = segments.at(segments.section_names[section], 0.5)
        axes.plot(
            position[section], 0.0, "o", markersize=_SOMA_PT, color=colours[middle], markeredgecolor=INK, zorder=4,
            markeredgewidth=0.9,
        )  # fmt: skip
    axes.autoscale_view()


def _dress(axes: "Axes", at: float | None) -> None:
    axes.set(ylabel="path length from the soma (µm)", xticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.margins(x=0.02, y=0.04)
    axes.yaxis.set_major_formatter(
        lambda value, _: f"{abs(value):g}"
    )  # downwards is a direction, not a negative length
    if at is not None:
        axes.set_title(f"{at:.4g} ms", loc="left")


def _numbers(
    scene: Scene, shown: SegmentValues | None, place: np.ndarray, at: float | None, p: DendrogramParameters,
    scale: ValueScale | None,
) -> "xr.Dataset":  # fmt: skip
    drawn, segments = Drawn(), scene.segments
    drawn.add("branch", "segment", place[:, 0], "1", "place across the branches")
    drawn.add("path_length", "segment", np.abs(place[:, 1]), "um", "path length from the soma to the segment's middle")
    drawn.add("diameter", "segment", segments.d, "um", "diameter")
    drawn.labels("segment", segments.ids)
    for mark, idx in scene.placed.items():
        drawn.add(f"{mark}_path_length", mark, np.abs(place[idx, 1]), "um", f"{mark}: path length from the soma")
    text = "Branches against their path length from the soma; lines are the thicker the thicker the dendrite"
    if shown is None:
        return drawn.dataset(f"{text}; colours: types of sections.")
    values, _ = shown.at(p.time)
    drawn.add("value", "segment", values, shown.units, shown.name)
    when = ""
    if at is not None:
        drawn.add("time", "panel", [at], "ms", "time of the values")
        when = f" at {at:.4g} ms"
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    text += (
        f". Coloured by the {plain(p.label or shown.name)}{when}: from {signed(low)} to {signed(high)} "
        f"{printed(shown.units)} ({scale.words()})."
    )
    return drawn.dataset(text)
