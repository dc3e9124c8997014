"""A potential on a grid of contacts in a plane, as a map at one time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from lfptools.analysis.selection import row_dim, window_mask
from lfptools.errors import MeasureError
from lfptools.plots.cell_drawing import DrawnCell
from lfptools.plots.style import DIVERGING, INK
from lfptools.units import factor

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colors import Normalize

    from lfptools.geometry.segments import Segments


@dataclass(frozen=True, eq=False)
class PotentialPlane:
    """Axes of the plane, their coordinates in µm, times in ms, potential (rows, columns, t)."""

    horizontal: str
    vertical: str
    u: np.ndarray
    v: np.ndarray
    t: np.ndarray
    potential: np.ndarray

    def index(self, time: float | Literal["peak"]) -> int:
        """Of the sample nearest to a time, or of that where the magnitude is largest."""
        if time == "peak":
            return int(np.abs(self.potential).max(axis=(0, 1)).argmax())
        if not self.t[0] <= time <= self.t[-1]:
            raise MeasureError(f"time {time:g} ms lies outside what is shown, {self.t[0]:g} to {self.t[-1]:g} ms")
        return int(np.abs(self.t - time).argmin())

    def refined(self, k: int, times: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The map at sample k, bilinear between contacts: interpolated colours would not be linear on all scales."""
        return refined(self.u, self.v, self.potential[:, :, k], times)


def potential_plane(
    data: "xr.DataArray", unit: str, window_ms: tuple[float, float] | None, name: object
) -> PotentialPlane:
    """A potential (contact, t) sorted into rows and columns of its grid, in ``unit``; ``name`` is for messages.

    Raises
    ------
    MeasureError
        If the contacts are no full grid in a plane normal to x, y or z; says what they are.
    """
    if row_dim(data) != "contact":
        raise MeasureError(f"signal {name!r} has no contacts")
    position = {axis: data[f"contact_{axis}"].values for axis in "xyz"}
    levels = {axis: np.unique(values) for axis, values in position.items()}
    wide = [axis for axis in "xyz" if levels[axis].size > 1]
    if len(wide) != 2 or levels[wide[0]].size * levels[wide[1]].size != data.sizes["contact"]:
        counts = {axis: int(levels[axis].size) for axis in "xyz"}
        raise MeasureError(
            f"signal {name!r}: a map needs a full grid of contacts in a plane normal to x, y or z; "
            f"{data.sizes['contact']} contacts have {counts} distinct coordinates"
        )
    horizontal, vertical = wide
    order = np.lexsort((position[horizontal], position[vertical]))
    t = np.asarray(data["t"].values, dtype=float)
    inside = window_mask(t, window_ms)
    values = data.transpose("contact", "t").values[order][:, inside] * factor(str(data.attrs["units"]), unit)
    u, v = levels[horizontal], levels[vertical]
    return PotentialPlane(horizontal, vertical, u, v, t[inside], values.reshape(v.size, u.size, inside.sum()))


def refined(u: np.ndarray, v: np.ndarray, values: np.ndarray, times: int) -> tuple[np.ndarray, ...]:
    """Bilinear interpolation of values (rows, columns) on a grid so many times finer."""
    fine_u, fine_v = (np.interp(np.arange((a.size - 1) * times + 1) / times, np.arange(a.size), a) for a in (u, v))
    rows = np.stack([np.interp(fine_u, u, row) for row in values])
    return fine_u, fine_v, np.stack([np.interp(fine_v, v, column) for column in rows.T], axis=1)


def draw_map(
    axes: "Axes",
    plane: PotentialPlane,
    k: int,
    norm: "Normalize",
    segments: "Segments | None" = None,
    contours: int = 0,
    fineness: int = 8,
) -> "QuadMesh":
    """The map at sample k, so many contour lines on either side of zero, and the cell in front of them."""
    fine = plane.refined(k, fineness)
    mesh = axes.pcolormesh(*fine, norm=norm, cmap=DIVERGING, shading="nearest", rasterized=True, zorder=1)
    if contours:
        levels = norm.inverse(np.linspace(0.0, 1.0, 2 * contours + 3)[1:-1])
        axes.contour(*fine, levels=np.unique(levels), colors=INK, linewidths=0.4, linestyles="solid", zorder=2)
    if segments is not None:
        DrawnCell(axes, segments, (plane.horizontal, plane.vertical))
    axes.set(xlim=(plane.u[0], plane.u[-1]), ylim=(plane.v[0], plane.v[-1]), aspect="equal")
    axes.locator_params(axis="x", nbins=4)
    return mesh
