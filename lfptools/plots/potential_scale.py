"""Colours for potentials: symmetric about zero, linear near it, logarithmic farther out."""

from typing import TYPE_CHECKING, Any

import numpy as np

from lfptools.plots.style import label, signed, wrapped

if TYPE_CHECKING:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colorbar import Colorbar
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure


def limit_of(values: np.ndarray, percentile: float) -> float:
    """Where the colours end: a percentile of the magnitude, larger than zero."""
    size = np.abs(values)
    return float(np.percentile(size, percentile)) or float(size.max()) or 1.0


def symmetric_norm(limit: float, linear_fraction: float) -> "Normalize":
    """Linear within ``linear_fraction`` of the limit, logarithmic outside; linear throughout at 1."""
    from matplotlib.colors import Normalize, SymLogNorm

    if linear_fraction >= 1.0:
        return Normalize(-limit, limit)
    return SymLogNorm(linthresh=linear_fraction * limit, vmin=-limit, vmax=limit)


def colour_bar(
    figure: "Figure",
    image: "ScalarMappable",
    limit: float,
    linear_fraction: float,
    unit: str,
    extend: bool,
    length_mm: float | None = None,
    name: str = "extracellular potential",
    **where: Any,
) -> "Colorbar":
    """A colour bar with ticks at round numbers, as far as its length has room for their labels.

    ``length_mm`` is about the bar's length; without it the bar is long enough for all.
    """
    bar = figure.colorbar(image, extend="both" if extend else "neither", **where)
    needed = 4.5 if bar.orientation == "vertical" else 13.0
    if linear_fraction < 1.0:
        room = 0.075 if length_mm is None else max(0.075, needed / length_mm)
        ticks = round_ticks(image.norm, limit, linear_fraction * limit, room)
        bar.set_ticks(ticks, labels=[signed(tick) for tick in ticks])
        bar.ax.minorticks_off()
    short = length_mm is not None and bar.orientation == "vertical" and length_mm < 55
    bar.set_label(wrapped(name, unit, 16) if short else label(name, unit))
    return bar


def round_ticks(norm: "Normalize", limit: float, smallest: float, room: float = 0.075) -> list[float]:
    """Round numbers from the limit down, at least ``room`` of the bar apart from each other and from zero."""
    kept: list[float] = []
    value = round_down(limit)
    while value >= smallest * (1 - 1e-9):
        apart = min(abs(float(norm(value)) - float(norm(other))) for other in (*kept, 0.0))
        if apart >= room:
            kept.append(value)
        value = round_down(value * 0.99)
    return sorted([-tick for tick in kept] + [0.0] + kept)


def round_down(value: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that is not larger than ``value``."""
    decade = 10.0 ** np.floor(np.log10(value))
    return float(max(step * decade for step in (1, 2, 5) if step * decade <= value * (1 + 1e-9)))


def scale_words(linear_fraction: float) -> str:
    """What a caption says of the scale."""
    if linear_fraction >= 1.0:
        return "blue is negative, linear scale"
    return f"blue is negative, logarithmic scale outside its innermost {100 * linear_fraction:g} %"
