"""Figure kind ``topography``: signals at contacts on a sphere at one time, seen from above."""

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from lfptools.analysis.selection import Window
from lfptools.analysis.snapshot import Snapshot, snapshot
from lfptools.config.parameters import Parameters, with_parameters
from lfptools.errors import MeasureError, unknown_name
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters
from lfptools.plots.style import DIVERGING, INK, LETTERS, label, new_figure, plain, printed, signed, styled, titled
from lfptools.units import factor

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import StudyResults

LEVELS = 22  # an even number: the innermost band has zero in its middle, and is white
PANEL_MM = 68.0


class TopographyPanel(Parameters):
    """One map: a signal at contacts all over a part of a sphere."""

    signal: str = Field(description="at contacts around the z axis")
    unit: str | None = Field(None, description="in which it is drawn; by default as it is stored")
    title: str | None = Field(None, description="above the map; by default the signal's name")
    label: str | None = Field(None, description="of the colour bar, without unit")
    same_scale_as: str | None = Field(None, description="a signal of another panel, whose colours are taken")


class TopographyParameters(FigureParameters, Window):
    """Maps of one case, each with its colour bar."""

    panels: tuple[TopographyPanel, ...] = Field(min_length=1)
    columns: int = Field(2, ge=1, le=6, description="maps in a row")
    center_um: tuple[float, float, float] = Field((0.0, 0.0, 0.0), description="of the sphere")
    time: float | Literal["peak"] = Field("peak", description="ms, or when each signal is largest")


@with_parameters(TopographyParameters)
@styled
def topography(results: "StudyResults", p: TopographyParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the maps and return the figure and the numbers drawn."""
    from matplotlib.ticker import MaxNLocator

    case, drawn = results.one(p.experiment, p.case), Drawn()
    shots = [snapshot(case, panel.signal, p.time, panel.unit, p.window_ms) for panel in p.panels]
    limits = _limits(p, shots)
    columns = min(p.columns, len(shots))
    rows = math.ceil(len(shots) / columns)
    figure = new_figure(p.width_mm, rows * min(PANEL_MM, 0.82 * p.width_mm / columns) + 4, layout="compressed")
    all_axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in all_axes[len(shots) :]:
        axes.set_axis_off()
    for i, (axes, panel, shot, limit) in enumerate(zip(all_axes, p.panels, shots, limits, strict=False)):
        name = panel.label or shot.name.replace("_", " ")
        u, v = projected(shot.positions - np.array(p.center_um))
        image = _map(axes, u, v, shot.values, limit)
        bar = figure.colorbar(image, ax=axes, shrink=0.75, aspect=18)
        bar.set_label(label(plain(name), shot.units))
        bar.locator = MaxNLocator(nbins=4, symmetric=True)
        titled(axes, i, panel.title or panel.signal.replace("_", " "), letters=len(shots) > 1)
        dim = f"panel_{LETTERS[i].lower()}"
        drawn.add(f"{dim}_value", dim, shot.values, shot.units, f"{name}: {panel.signal}")
        for axis, values in (("x", u), ("y", v)):
            drawn.add(f"{dim}_{axis}", dim, values, "deg", f"angle from the z axis, towards {axis}")
        drawn.labels(dim, shot.ids)
    return figure, drawn.dataset(_caption(p, case.label, shots))


def projected(away: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Azimuthal equidistant projection of directions (n, 3): the angle from the z axis, in degrees along x and y.

    What is straight below the middle could be anywhere on the circle of 180°, and is put on the x axis.
    """
    out = np.hypot(away[:, 0], away[:, 1])
    angle = np.rad2deg(np.arctan2(out, away[:, 2]))
    on_axis = out == 0.0
    scale = angle / np.where(on_axis, 1.0, out)
    return np.where(on_axis, angle, away[:, 0] * scale), away[:, 1] * scale


def _limits(p: TopographyParameters, shots: list[Snapshot]) -> list[float]:
    """Where each panel's colours end: its own peak, or that of the panel it refers to, in its own unit."""
    peaks = [float(np.abs(shot.values).max()) or 1.0 for shot in shots]
    names = [panel.signal for panel in p.panels]
    limits = []
    for panel, shot, peak in zip(p.panels, shots, peaks, strict=True):
        other = panel.same_scale_as
        if other is None:
            limits.append(peak)
        elif other not in names:
            raise MeasureError(unknown_name("signal of another panel", other, names))
        else:
            k = names.index(other)
            try:
                limits.append(peaks[k] * factor(shots[k].units, shot.units))
            except ValueError as error:
                raise MeasureError(f"{panel.signal!r} cannot have the scale of {other!r}: {error}") from error
    return limits


def _map(axes: "Axes", u: np.ndarray, v: np.ndarray, values: np.ndarray, limit: float):
    if len(u) < 4 or np.linalg.matrix_rank(np.column_stack((u - u[0], v - v[0])), tol=1e-6) < 2:
        raise MeasureError(f"a map needs at least four contacts that are not in line, got {len(u)}")
    from matplotlib.tri import Triangulation, UniformTriRefiner

    finer, smooth = UniformTriRefiner(Triangulation(u, v)).refine_field(values, subdiv=2)
    levels = np.linspace(-limit, limit, LEVELS)
    inside = limit * (1.0 - 1e-9)  # what lies on the last level would be left white
    image = axes.tricontourf(finer, np.clip(smooth, -inside, inside), levels=levels, cmap=DIVERGING)
    axes.plot(u, v, ".", color=INK, markersize=1.6, alpha=0.55)
    rim = float(np.hypot(u, v).max())
    circle = np.linspace(0.0, 2.0 * np.pi, 181)
    for angle in np.arange(30.0, rim + 1.0, 30.0):
        axes.plot(angle * np.cos(circle), angle * np.sin(circle), color=INK, linewidth=0.4, linestyle=(0, (4, 4)))
        axes.annotate(f"{angle:g}°", (0.0, -angle), fontsize=6.5, ha="center", va="bottom", color=INK)
    axes.set(aspect="equal", xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return image


def _caption(p: TopographyParameters, case: str, shots: list[Snapshot]) -> str:
    panels = zip(p.panels, shots, strict=True)
    what = "; ".join(
        f"({LETTERS[i]}) {panel.title or panel.signal.replace('_', ' ')} at {shot.t:.4g} ms, up to "
        f"{signed(float(np.abs(shot.values).max()))} {printed(shot.units)}"
        for i, (panel, shot) in enumerate(panels)
    )
    return (
        f"Seen from above, the angle from the z axis as the distance from the middle (circles every 30°), x to the "
        f"right, y up; dots are contacts, colours smooth between them, blue is negative: {what}."
    )
