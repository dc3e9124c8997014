"""A cell's 3-D points as the outline that one sees from the side."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def outline(geometry: "xr.Dataset", horizontal: str, vertical: str) -> tuple[np.ndarray, np.ndarray]:
    """Quadrilaterals between successive 3-D points, as wide as the dendrite is thick, seen along the third axis.

    Parameters
    ----------
    geometry : xarray.Dataset
        Of kind ``geometry``.
    horizontal, vertical : {"x", "y", "z"}
        Axes of the projection.

    Returns
    -------
    corners : numpy.ndarray
        Shape (pieces, 4, 2), µm.
    depth : numpy.ndarray
        Shape (pieces,), µm: mean position along the axis of view.
    """
    section = geometry["point_section"].values
    (view,) = set("xyz") - {horizontal, vertical}
    flat = np.column_stack((geometry[f"point_{horizontal}"].values, geometry[f"point_{vertical}"].values))
    along, radius = geometry[f"point_{view}"].values, 0.5 * geometry["point_diameter"].values
    i = np.flatnonzero(section[:-1] == section[1:])
    chord = flat[i + 1] - flat[i]
    length = np.linalg.norm(chord, axis=1)
    seen = length > 0.0
    i, chord, length = i[seen], chord[seen], length[seen]
    normal = np.column_stack((-chord[:, 1], chord[:, 0])) / length[:, None]
    a, b = normal * radius[i, None], normal * radius[i + 1, None]
    corners = np.stack((flat[i] + a, flat[i + 1] + b, flat[i + 1] - b, flat[i] - a), axis=1)
    return corners, 0.5 * (along[i] + along[i + 1])


def draw_morphology(
    axes: "Axes", geometry: "xr.Dataset", horizontal: str = "x", vertical: str = "z", colour: str = "#333333",
    hairline_pt: float = 0.45,
) -> None:  # fmt: skip
    """Draw the outline, front over back, with a hairline that keeps thin dendrites visible; equal aspect."""
    from matplotlib.collections import PolyCollection

    corners, depth = outline(geometry, horizontal, vertical)
    order = np.argsort(depth, kind="stable")
    axes.add_collection(
        PolyCollection(
            corners[order], facecolors=colour, edgecolors=colour, linewidths=hairline_pt, joinstyle="round", zorder=3
        )
    )
    axes.set_aspect("equal")
