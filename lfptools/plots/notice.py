"""What stands in the place of a figure whose cases failed."""

import textwrap
from typing import TYPE_CHECKING

import xarray as xr

from lfptools.plots.style import new_figure, plain, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def failure_notice(message: str) -> "tuple[Figure, xr.Dataset]":
    """A figure that says why there is none, and a dataset that says so too."""
    lines = textwrap.wrap(f"Not drawn: {message}", 90)
    figure = new_figure(170, 10 + 5 * len(lines))
    figure.text(0.02, 0.5, plain("\n".join(lines)), va="center")
    numbers = xr.Dataset({"drawn": ((), 0, {"units": "1", "long_name": "whether the figure could be drawn"})})
    numbers.attrs["caption"] = f"This figure could not be drawn: {message}"
    return figure, numbers
