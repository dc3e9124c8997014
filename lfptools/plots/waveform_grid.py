"""Figure kind ``waveform_grid``: waveforms in place around the cell, their shape as curves and their size as colour."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from lfptools.analysis.selection import Window, array, row_dim, row_ids, window_mask
from lfptools.analysis.waveforms import peak_to_peak
from lfptools.config.parameters import Parameters, with_parameters
from lfptools.errors import MeasureError
from lfptools.io.geometry import segments_from_dataset
from lfptools.plots.cell_drawing import DrawnCell
from lfptools.plots.drawn import Drawn
from lfptools.plots.potential_scale import round_down
from lfptools.plots.selection import FigureParameters
from lfptools.plots.style import INK, LETTERS, SEQUENTIAL, label, new_figure, printed, signed, styled, titled
from lfptools.units import factor

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, LogNorm
    from matplotlib.figure import Figure

    from lfptools.io.results import CaseResults, StudyResults

_ROOM = 0.82  # of the distance to the next contact: what a waveform takes
_DARKER = 0.88  # of the colour map: its lightest colours are not seen on white
_CELL = "#BDBDBD"
_SMALLEST = 1e-4  # of the largest amplitude: below it colours are the same


class WaveformPanel(Parameters):
    """One panel: a signal at contacts in a plane."""

    signal: str = Field(description="at contacts")
    title: str | None = Field(None, description="above the panel")


class WaveformGridParameters(FigureParameters, Window):
    """Panels of one case side by side, with one colour scale."""

    panels: tuple[WaveformPanel, ...] = Field(min_length=1)
    plane: Literal["xy", "xz", "yx", "yz", "zx", "zy"] = Field("xz", description="axis to the right and axis upwards")
    unit: Literal["mV", "uV", "nV"] = Field("uV", description="of peak-to-peak amplitudes")
    scale: Literal["each", "shared"] = Field(
        "each", description="heights: each waveform by its own amplitude, or all of a panel by its largest"
    )
    height_mm: float = Field(120.0, gt=30.0, le=400.0, description="height of the figure")


@dataclass(frozen=True, eq=False)
class Waveforms:
    """Waveforms (contacts, t) at places (contacts, 2) in a plane, and how far their neighbours are along its axes."""

    ids: list[str]
    places: np.ndarray
    t: np.ndarray
    values: np.ndarray
    spacing: np.ndarray

    @property
    def amplitude(self) -> np.ndarray:
        """Peak to peak, (contacts,)."""
        return peak_to_peak(self.values)

    @property
    def extent(self) -> np.ndarray:
        """Lowest and highest coordinates (2, 2) of what is drawn."""
        low, high = self.places.min(axis=0), self.places.max(axis=0)
        return np.stack((low - self.spacing * [0.75, 1.05], high + 0.75 * self.spacing))


@with_parameters(WaveformGridParameters)
@styled
def waveform_grid(results: "StudyResults", p: WaveformGridParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the panels and return the figure and the numbers drawn."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.ticker import FuncFormatter

    case, drawn = results.one(p.experiment, p.case), Drawn()
    found = [waveforms(case, panel.signal, p) for panel in p.panels]
    norm, colours = _scale(np.concatenate([one.amplitude for one in found]))
    sides = [np.ptp(one.extent, axis=0) for one in found]
    figure = new_figure(p.width_mm, p.height_mm, layout="compressed")
    all_axes = figure.subplots(1, len(found), squeeze=False, width_ratios=[side[0] / side[1] for side in sides])[0]
    for i, (axes, panel, one) in enumerate(zip(all_axes, p.panels, found, strict=True)):
        DrawnCell(axes, segments_from_dataset(case.geometry), p.plane, _CELL)
        _curves(axes, one, colours(norm(one.amplitude)), p.scale)
        _time_bar(axes, one)
        axes.set(xlim=one.extent[:, 0], ylim=one.extent[:, 1], xlabel=f"{p.plane[0]} (µm)")
        axes.locator_params(axis="x", nbins=4)
        titled(axes, i, panel.title, letters=len(found) > 1)
        _numbers(drawn, f"panel_{LETTERS[i].lower()}", one, p)
    all_axes[0].set_ylabel(f"{p.plane[1]} (µm)")
    image = ScalarMappable(norm, colours)
    bar = figure.colorbar(image, ax=all_axes, fraction=0.05, aspect=40, pad=0.02, format=FuncFormatter(_plainly))
    bar.set_label(label("peak-to-peak amplitude", p.unit))
    return figure, drawn.dataset(_caption(found, p))


def waveforms(case: "CaseResults", signal: str, p: WaveformGridParameters) -> Waveforms:
    """A signal's waveforms in ``p.unit``, from their first sample.

    Raises
    ------
    MeasureError
        If it has no contacts, several at one place of the plane, or is no potential.
    """
    data = array(case, None, signal)
    if row_dim(data) != "contact":
        raise MeasureError(f"signal {signal!r} of case {case.label!r} has no contacts, its rows are {row_dim(data)}s")
    places = np.column_stack([data[f"contact_{axis}"].values for axis in p.plane])
    if len(np.unique(places.round(6), axis=0)) < len(places):
        raise MeasureError(f"signal {signal!r}: several contacts are at the same place of the plane {p.plane}")
    try:
        scale = factor(str(data.attrs.get("units", "1")), p.unit)
    except ValueError as error:
        raise MeasureError(f"signal {signal!r}: {error}") from error
    t = np.asarray(data["t"].values, dtype=float)
    inside = window_mask(t, p.window_ms)
    values = scale * data.transpose("contact", "t").values[:, inside]
    return Waveforms(row_ids(data), places, t[inside], values - values[:, :1], _spacing(places))


def _spacing(places: np.ndarray) -> np.ndarray:
    """Distance of neighbouring columns and rows (2,); that of the other axis where there is one column or row."""
    levels = [np.unique(places[:, axis].round(6)) for axis in (0, 1)]
    steps = [float(np.diff(level).min()) if level.size > 1 else np.nan for level in levels]
    known = [step for step in steps if np.isfinite(step)] or [20.0]
    return np.array([step if np.isfinite(step) else known[0] for step in steps])


def _scale(amplitude: np.ndarray) -> "tuple[LogNorm, Colormap]":
    """Logarithmic from the smallest amplitude to the largest; the larger, the darker."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap, LogNorm

    largest = float(amplitude.max()) or 1.0
    smallest = min(max(float(amplitude.min()), _SMALLEST * largest), 0.5 * largest)
    shades = colormaps[SEQUENTIAL](np.linspace(_DARKER, 0.0, 256))
    return LogNorm(smallest, largest, clip=True), ListedColormap(shades)


def _plainly(value: float, _: int) -> str:
    return f"{value:g}"


def _curves(axes: "Axes", found: Waveforms, colours: np.ndarray, scale: str) -> None:
    width, height = _ROOM * found.spacing
    time = ((found.t - found.t[0]) / np.ptp(found.t) - 0.5) * width
    largest = found.amplitude.max() or 1.0
    for (u, v), values, amplitude, ink in zip(found.places, found.values, found.amplitude, colours, strict=True):
        size = largest if scale == "shared" else amplitude or 1.0
        middle = 0.5 * (values.max() + values.min()) if scale == "each" else 0.0
        axes.plot(u + time, v + (values - middle) / size * height, color=ink, linewidth=0.9, zorder=5)


def _time_bar(axes: "Axes", found: Waveforms) -> None:
    """A bar below the lowest waveforms of the first column, as long as a round time is."""
    duration = float(np.ptp(found.t))
    shown = round_down(0.5 * duration)
    length = shown / duration * _ROOM * found.spacing[0]
    (left, bottom), _ = found.extent
    left, bottom = left + 0.25 * found.spacing[0], bottom + 0.25 * found.spacing[1]
    axes.plot([left, left + length], [bottom, bottom], color=INK, linewidth=1.6, zorder=6, solid_capstyle="butt")
    axes.annotate(f" {shown:g} ms", (left + length, bottom), fontsize=7.5, va="center", color=INK, zorder=6)


def _numbers(drawn: Drawn, key: str, found: Waveforms, p: WaveformGridParameters) -> None:
    dim = f"{key}_contact"
    drawn.add(f"{key}_t", f"{key}_sample", found.t, "ms", "time")
    drawn.add(f"{key}_potential", (dim, f"{key}_sample"), found.values, p.unit, "potential from its first sample")
    drawn.add(f"{key}_amplitude", dim, found.amplitude, p.unit, "peak-to-peak amplitude")
    for axis, values in zip(p.plane, found.places.T, strict=True):
        drawn.add(f"{key}_{axis}", dim, values, "um", f"position along {axis}")
    drawn.labels(dim, found.ids)


def _caption(found: list[Waveforms], p: WaveformGridParameters) -> str:
    amplitude = np.concatenate([one.amplitude for one in found])
    t = found[0].t
    heights = "each as high as the others" if p.scale == "each" else "to one scale in each panel"
    return (
        f"Potential from {t[0]:g} to {t[-1]:g} ms at each contact (the middle of its curve), {heights}; the colour is "
        f"its peak-to-peak amplitude, {signed(float(amplitude.min()))} to {signed(float(amplitude.max()))} "
        f"{printed(p.unit)}. Grey: the cell."
    )
