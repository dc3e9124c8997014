"""A cell in a plane: what one sees of its sections, marks on it, a bar that says how long a micrometre is."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from lfptools.geometry.pieces import pieces
from lfptools.geometry.section_types import SOMA, section_types
from lfptools.geometry.segments import Segments
from lfptools.geometry.silhouettes import silhouettes
from lfptools.plots.potential_scale import round_down
from lfptools.plots.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "contact": {"marker": "s", "markersize": 3.0, "markerfacecolor": "#FFFFFF", "markeredgewidth": 0.7, "zorder": 6},
    "electrode": {"marker": "v", "markersize": 7.0, "markerfacecolor": "#56B4E9", "markeredgewidth": 0.9, "zorder": 8},
    "synapse": {"marker": "o", "markersize": 6.5, "markerfacecolor": "#FFD400", "markeredgewidth": 0.9, "zorder": 7},
}
_DOTS: Final = {"marker": ".", "markersize": 1.6, "color": "#9A9A9A", "zorder": 2}
MOST_SQUARES: Final = 100
GREY: Final = "#8C8C8C"
_SMALLEST: Final = 0.002  # of the cell's extent: what bulges less is drawn straight


class DrawnCell:
    """A cell on axes, front over back, whose colours can be changed.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Get equal aspect.
    segments : Segments
        Drawn as thick as they are.
    plane : two of "x", "y", "z"
        Axis to the right and axis upwards.
    colours : colour, or array (n, 4)
        One, or RGBA of each segment.
    hairline_pt : float
        Width of a line around everything, which keeps thin dendrites visible.
    rim : {"none", "soma", "all"}
        What is outlined: the soma in ink; the rest too, in grey, where colours fade into the paper's.
    """

    def __init__(
        self, axes: "Axes", segments: Segments, plane: Sequence[str] = ("x", "z"), colours: Any = "#333333",
        hairline_pt: float = 0.45, rim: Literal["none", "soma", "all"] = "none",
    ):  # fmt: skip
        from matplotlib.collections import PolyCollection

        found = pieces(segments)
        extent = float(np.ptp(np.concatenate((found.start, found.end)), axis=0).max())
        seen = silhouettes(found, plane, _SMALLEST * extent)
        order = np.argsort(seen.nearness, kind="stable")
        self._segment = seen.segment[order]
        soma = np.array([kind == SOMA for kind in section_types(segments.section_names)])[seen.section]
        for chosen, shade, width in ((~soma, GREY, 0.9), (soma, INK, 1.4)):
            if rim == "all" or (rim == "soma" and shade == INK):
                around = PolyCollection(
                    [seen.polygons[k] for k in np.flatnonzero(chosen)], facecolors=shade, edgecolors=shade,
                    linewidths=hairline_pt + width, joinstyle="round", zorder=2.9,
                )  # fmt: skip
                axes.add_collection(around)
        self.shapes: PolyCollection = PolyCollection(
            [seen.polygons[k] for k in order], linewidths=hairline_pt, joinstyle="round", zorder=3
        )
        self.colour(colours)
        axes.add_collection(self.shapes)
        axes.set_aspect("equal")

    def colour(self, colours: Any) -> None:
        """Give every segment its colour, or all the same."""
        if isinstance(colours, np.ndarray) and colours.ndim == 2:
            colours = colours[self._segment]
        self.shapes.set(facecolors=colours, edgecolors=colours)


def draw_marks(axes: "Axes", marks: Mapping[str, np.ndarray], plane: Sequence[str]) -> None:
    """Synapses, electrodes and contacts at positions (k, 3), µm, each kind with a label for the legend."""
    columns = ["xyz".index(axis) for axis in plane]
    for name, positions in marks.items():
        draw_mark(axes, name, positions[:, columns])


def draw_mark(axes: "Axes", name: str, places: np.ndarray) -> None:
    """A kind of mark at places (k, 2) of the axes; many contacts are dots behind the cell."""
    text = counted(name, len(places))
    look = _DOTS if name == "contact" and len(places) > MOST_SQUARES else {"markeredgecolor": INK, **MARKS[name]}
    axes.plot(*places.T, linestyle="", label=text, **look)


def counted(name: str, number: int) -> str:
    """A word for so many."""
    return name if number == 1 else f"{name}s"


def scale_bar(axes: "Axes", width_um: float) -> float:
    """A bar of a round length below the axes on the left, instead of their ticks; returns the length, µm.

    ``width_um`` is that of what is drawn: the bar is at most a third of it.
    """
    from matplotlib.offsetbox import AnchoredOffsetbox, AuxTransformBox, TextArea, VPacker
    from matplotlib.patches import Rectangle

    length = round_down(width_um / 3.0)
    bar = AuxTransformBox(axes.transData)
    bar.add_artist(Rectangle((0.0, 0.0), length, 0.0, edgecolor=INK, linewidth=1.8, facecolor="none"))
    text = TextArea(f"{length:g} µm", textprops={"size": 8, "color": INK})
    packed = VPacker(children=[bar, text], align="center", pad=0, sep=3)
    below = {"bbox_to_anchor": (0.0, 0.0), "bbox_transform": axes.transAxes}
    axes.add_artist(AnchoredOffsetbox("upper left", child=packed, frameon=False, pad=0.1, borderpad=0.2, **below))
    return length


def extent_of(segments: Segments, plane: Sequence[str], marks: Mapping[str, np.ndarray]) -> np.ndarray:
    """Lowest and highest coordinates (2, 2), µm, of a cell and its marks in a plane, with a margin."""
    columns = ["xyz".index(axis) for axis in plane]
    found = pieces(segments)
    radius = 0.5 * np.maximum(found.start_diameter, found.end_diameter)[:, None]
    ends = [end[:, columns] + sign * radius for end in (found.start, found.end) for sign in (-1, 1)]
    points = np.concatenate([*ends, *(positions[:, columns] for positions in marks.values())])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.03 * max(float((high - low).max()), 1.0)
    return np.stack((low - margin, high + margin))
