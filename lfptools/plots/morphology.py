"""Figure kind ``morphology``: a cell as one sees it, coloured by a variable of its segments or by types of sections."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import Field

from lfptools.config.parameters import Parameters, with_parameters
from lfptools.errors import MeasureError
from lfptools.geometry.outlines import plane_of
from lfptools.geometry.section_types import OTHER, SOMA, section_types
from lfptools.plots.cell_drawing import DrawnCell, counted, draw_marks, extent_of, scale_bar
from lfptools.plots.drawn import Drawn
from lfptools.plots.scene import Scene
from lfptools.plots.segment_values import ColouredBy, SegmentValues, Time, given_values, values_of_case
from lfptools.plots.selection import FigureParameters, case_title, look_of, select
from lfptools.plots.style import COLOURS, INK, new_figure, plain, printed, signed, styled, titled
from lfptools.plots.value_scale import ValueScale

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import StudyResults

Plane = Literal["xy", "xz", "yx", "yz", "zx", "zy"]
TYPE_COLOURS: Final = {
    SOMA: INK, "axon": "#0072B2", "apical dendrite": "#CC79A7", "basal dendrite": "#D55E00", "dendrite": "#D55E00",
    OTHER: "#7F7F7F",
}  # fmt: skip
_MARGIN_MM, _TITLE_MM, _LEGEND_MM, _BAR_MM, _LEGEND_ENTRY_MM = 4.0, 7.0, 8.0, 22.0, 27.0


class InPlane(Parameters):
    """How a cell is drawn in a plane."""

    plane: Plane = Field("xz", description="axis to the right and axis upwards")
    marks: bool = Field(True, description="whether synapses and electrodes are marked")
    contacts: tuple[str, ...] = Field((), description="signals whose contacts are marked")
    show_axes: bool = Field(False, description="axes in µm instead of a scale bar")
    height_mm: float = Field(90.0, gt=10.0, le=400.0, description="of the cell, as far as the width allows")


class MorphologyParameters(ColouredBy, InPlane, FigureParameters):
    """A panel for each case and time, with one colour scale; without a variable, colours say what sections are."""

    times: Time | tuple[Time, ...] = Field(
        "peak", description="ms, or peak: when a segment's value is farthest from its first"
    )


@dataclass(frozen=True, eq=False)
class CellPanel:
    """One picture of a cell: what is shown, values (n,) or None, their time, a title."""

    scene: Scene
    values: np.ndarray | None
    time: float | None
    title: str


@with_parameters(MorphologyParameters)
@styled
def morphology(results: "StudyResults", p: MorphologyParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the cell, or several beside each other, and return the figure and the numbers drawn."""
    cases, panels, shown = select(results, p), [], None
    times = p.times if isinstance(p.times, tuple) else (p.times,)
    for case in cases:
        scene = Scene.of_case(case, p.marks, p.contacts)
        if p.variable is None:
            panels.append(CellPanel(scene, None, None, case_title(case) if len(cases) > 1 else ""))
            continue
        shown = values_of_case(case, p.variable, scene.segments).in_unit(p.unit)
        panels += _panels(scene, shown, times, case_title(case) if len(cases) > 1 else "")
    return _figure(panels, shown, p)


@styled
def plot_morphology(
    cell: Any, values: Any = None, t: Sequence[float] | None = None, *, times: Time | Sequence[Time] = "peak",
    name: str | None = None, contacts: Any = None, axes: "Axes | None" = None, **look: Any,
) -> "tuple[Figure, xr.Dataset]":  # fmt: skip
    """A cell as one sees it from the side, as thick as it is, coloured by values or by what its sections are.

    Parameters
    ----------
    cell : Cell, Segments, dataset of kind ``geometry``, or anything with x, y, z (n, 2) and d (n,)
        A :class:`~lfptools.Cell` brings its synapses and electrodes.
    values : xarray.DataArray, array_like or str, optional
        One for each segment: a labelled variable over ``segment`` (and ``t``), an array (n,) or (n, times), or
        ``"diameter"``, ``"length"``, ``"area"``, ``"path_distance"``, or a Cell's RANGE variable (``"g_pas"``).
        Without, colours say what sections are.
    t : array_like, optional
        Times of the columns of an array, ms.
    times : float, "peak" or a sequence of them
        Which are shown, a panel each.
    name : str, optional
        What the values are, for the colour bar.
    contacts : Contacts, predictor, labelled data or array (k, 3), optional
        Contacts that are marked.
    axes : matplotlib.axes.Axes, optional
        Draw there, one panel without legend and colour bar, instead of in a figure of its own.
    **look
        ``unit``, ``plane`` ("xz"), ``colours``, ``limits``, ``linear_fraction``, ``groups``, ``marks``, ``show_axes``,
        ``width_mm``, ``height_mm`` as the figure kind ``morphology`` has them.

    Returns
    -------
    matplotlib.figure.Figure, xarray.Dataset
        The figure, and the numbers drawn.

    Raises
    ------
    GeometryError, MeasureError, PictureError, ValueError
        For what is no cell, values that do not fit to it, or an unknown keyword.
    """
    chosen = (times,) if isinstance(times, float | int | str) else tuple(times)
    own = {} if values is None else {"variable": name or "values", "times": chosen}
    p = look_of(MorphologyParameters, look, ("label", "contacts", "times", "variable"), **own)
    scene = Scene.of(cell, p.marks, contacts)
    shown, panels = None, [CellPanel(scene, None, None, "")]
    if values is not None:
        shown = given_values(values, scene.segments, t, p.unit, name, cell)
        panels = _panels(scene, shown, chosen, "")
    if axes is None:
        return _figure(panels, shown, p)
    if len(panels) > 1:
        raise MeasureError(f"one panel can be drawn on given axes, got {len(panels)} times")
    scale = None if shown is None else ValueScale.of(panels[0].values, shown.units, p)
    draw_panel(axes, panels[0], scale, p, p.groups)
    return axes.figure, _numbers(panels, shown, scale, p)


def _panels(scene: Scene, shown: SegmentValues, times: Sequence[Time], title: str) -> list[CellPanel]:
    panels = []
    for time in times[:1] if shown.t is None else times:
        values, at = shown.at(time)
        words = [title] if title else []
        panels.append(CellPanel(scene, values, at, ", ".join([*words, f"{at:.4g} ms"] if at is not None else words)))
    return panels


def _figure(
    panels: list[CellPanel], shown: SegmentValues | None, p: MorphologyParameters
) -> "tuple[Figure, xr.Dataset]":
    scale = None
    if shown is not None:
        scale = ValueScale.of(np.concatenate([panel.values for panel in panels]), shown.units, p)
    columns, rows, width, height = _arrangement(panels, p)
    bar = _BAR_MM if scale is not None else 0.0
    figure = new_figure(
        max(columns * (width + _MARGIN_MM) + bar + _MARGIN_MM, 55.0),
        rows * (height + _TITLE_MM) + _LEGEND_MM * (1 + p.show_axes), layout="compressed",
    )  # fmt: skip
    all_axes = figure.subplots(rows, columns, squeeze=False)
    for i, (axes, panel) in enumerate(zip(all_axes.flat, panels, strict=False)):
        draw_panel(axes, panel, scale, p, p.groups, bar=i == 0)
        titled(axes, i, panel.title, letters=len(panels) > 1)
    for axes in all_axes.flat[len(panels) :]:
        axes.set_visible(False)
    if scale is not None:
        scale.bar(figure, p.label or shown.name, shown.units, rows * height, all_axes, columns * width)
    legend(figure, panels, scale is None, p.groups)
    return figure, _numbers(panels, shown, scale, p)


def _arrangement(panels: list[CellPanel], p: MorphologyParameters) -> tuple[int, int, float, float]:
    """Columns, rows, and a panel's width and height in mm: as high as asked for, unless it were too wide."""
    sizes = [np.ptp(extent_of(panel.scene.segments, p.plane, panel.scene.marks), axis=0) for panel in panels]
    aspect = max(float(size[1] / size[0]) for size in sizes)
    room = p.width_mm - _MARGIN_MM - (_BAR_MM if panels[0].values is not None else 0.0)
    width = min(max(p.height_mm / aspect, 18.0), room - _MARGIN_MM)
    columns = max(1, min(len(panels), int(room / (width + _MARGIN_MM))))
    rows = math.ceil(len(panels) / columns)
    columns = math.ceil(len(panels) / rows)
    return columns, rows, width, min(p.height_mm, width * aspect)


def draw_panel(
    axes: "Axes", panel: CellPanel, scale: ValueScale | None, look: InPlane,
    groups: Mapping[str, Sequence[str]] | None = None, bar: bool = True,
) -> DrawnCell:  # fmt: skip
    """A cell with its marks, and axes or a scale bar."""
    plane_of(look.plane)
    segments = panel.scene.segments
    if scale is None:
        types = section_types(segments.section_names, groups)
        shade = type_colours(types, groups)
        from matplotlib.colors import to_rgba

        colours = np.array([to_rgba(shade[kind]) for kind in types])[segments.section]
    else:
        colours = scale.colours(panel.values)
    rim = "none" if scale is None else "all" if scale.diverging else "soma"
    drawn = DrawnCell(axes, segments, look.plane, colours, hairline_pt=0.45 if scale is None else 0.8, rim=rim)
    draw_marks(axes, panel.scene.marks, look.plane)
    low, high = extent_of(segments, look.plane, panel.scene.marks)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    axes.set(xlabel=f"{look.plane[0]} (µm)", ylabel=f"{look.plane[1]} (µm)")
    if not look.show_axes:
        axes.set_axis_off()
        if bar:
            scale_bar(axes, high[0] - low[0])
    return drawn


def type_colours(types: Sequence[str], groups: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
    """A colour for each type of section that there is: fixed ones for the common types, a list for groups."""
    if groups is None:
        return {kind: shade for kind, shade in TYPE_COLOURS.items() if kind in types}
    named = {kind: COLOURS[k % len(COLOURS)] for k, kind in enumerate(groups)}
    return {kind: shade for kind, shade in {**named, OTHER: TYPE_COLOURS[OTHER]}.items() if kind in types}


def type_handles(types: Sequence[str], groups: Mapping[str, Sequence[str]] | None = None) -> list:
    """What a legend shows of the types of sections."""
    from matplotlib.patches import Patch

    return [Patch(color=shade, label=plain(kind)) for kind, shade in type_colours(types, groups).items()]


def legend(
    figure: "Figure", panels: Sequence[CellPanel], with_types: bool, groups: Mapping[str, Sequence[str]] | None
) -> None:
    """One below all panels: what colours of sections are, and what is marked."""
    types = [kind for panel in panels for kind in section_types(panel.scene.segments.section_names, groups)]
    handles = type_handles(types, groups) if with_types else []
    marks = {line.get_label(): line for axes in figure.axes for line in axes.lines}
    handles += [line for text, line in marks.items() if not text.startswith("_")]
    if handles:
        columns = max(1, min(len(handles), int(figure.get_figwidth() * 25.4 / _LEGEND_ENTRY_MM)))
        figure.legend(handles=handles, loc="outside lower center", ncols=columns, handlelength=1.0, columnspacing=1.4)


def _numbers(
    panels: list[CellPanel], shown: SegmentValues | None, scale: ValueScale | None, p: MorphologyParameters
) -> "xr.Dataset":
    """Values of each panel, and where segments and marks stand in the plane."""
    drawn, scenes = Drawn(), list(dict.fromkeys(panel.scene for panel in panels))
    for k, panel in enumerate(panels):
        own = "segment" if len(scenes) == 1 else f"segment_{scenes.index(panel.scene)}"
        if panel.values is not None:
            drawn.add(f"value_{k}", own, panel.values, shown.units, ", ".join(filter(None, [shown.name, panel.title])))
    for k, scene in enumerate(scenes):
        end = "" if len(scenes) == 1 else f"_{k}"
        drawn.labels(f"segment{end}", scene.segments.ids)
        for column, axis in zip(plane_of(p.plane), p.plane, strict=True):
            about = f"position of the segment's middle along {axis}"
            drawn.add(f"segment{end}_{axis}", f"segment{end}", scene.segments.midpoints[:, column], "um", about)
            for name, positions in scene.marks.items():
                drawn.add(
                    f"{name}{end}_{axis}", f"{name}{end}", positions[:, column], "um", f"{name}: position along {axis}"
                )
        drawn.add(f"segment{end}_diameter", f"segment{end}", scene.segments.d, "um", "diameter")
    if panels[0].time is not None:
        drawn.add("time", "panel", [panel.time for panel in panels], "ms", "time of each panel")
    return drawn.dataset(_caption(panels, shown, scale, p))


def _caption(
    panels: list[CellPanel], shown: SegmentValues | None, scale: ValueScale | None, p: MorphologyParameters
) -> str:
    seen = f"The cell in the {p.plane[0]}–{p.plane[1]} plane, diameters to scale"
    marked = [counted(name, len(places)) for name, places in panels[0].scene.marks.items()]
    text = f" Marked: {', '.join(marked)}." if marked else ""
    if shown is None:
        return f"{seen}; colours: types of sections.{text}"
    values = np.concatenate([panel.values for panel in panels])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    times = ", ".join(dict.fromkeys(f"{panel.time:.4g}" for panel in panels if panel.time is not None))
    when = f" at {times} ms" if times else ""
    return (
        f"{seen}, coloured by the {p.label or shown.name}{when}: from {signed(low)} to {signed(high)} "
        f"{printed(shown.units)} ({scale.words()}).{text}"
    )
