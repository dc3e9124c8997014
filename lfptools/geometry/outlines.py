"""Outlines of sections and segments in a plane, to be filled with colour."""

from collections.abc import Sequence

import numpy as np

from lfptools.errors import GeometryError
from lfptools.geometry.segments import Segments

Outline = tuple[np.ndarray, np.ndarray]


def section_outlines(segments: Segments, projection: Sequence[str] = ("x", "z")) -> list[Outline]:
    """One closed outline a section, along its 3-D points: to its end on the right, back on the left.

    At each point half the diameter is laid off perpendicular to the line from its neighbour before to its neighbour
    behind (at the ends: from the point itself).

    Parameters
    ----------
    projection : two of "x", "y", "z"
        Horizontal and vertical axis of the plane.

    Returns
    -------
    list of (numpy.ndarray, numpy.ndarray)
        Per section the coordinates, µm, of 2 m corners, for m 3-D points.
    """
    plane = plane_of(projection)
    return [_around(points[:, plane], 0.5 * points[:, 3]) for points in segments.points]


def segment_outlines(segments: Segments, projection: Sequence[str] = ("x", "z")) -> list[Outline]:
    """One rectangle a segment: its chord in the plane of ``projection``, as wide as its diameter; four corners each."""
    plane = plane_of(projection)
    start, end = segments.start[:, plane], segments.end[:, plane]
    left = 0.5 * segments.d[:, None] * _left_of(end - start)
    corners = np.stack((start + left, end + left, end - left, start - left), axis=1)
    return [(quad[:, 0], quad[:, 1]) for quad in corners]


def _around(line: np.ndarray, radius: np.ndarray) -> Outline:
    before, behind = np.vstack((line[:1], line[:-1])), np.vstack((line[1:], line[-1:]))
    direction = behind - before
    turns_back = (direction == 0).all(axis=1)
    direction[turns_back] = (behind - line)[turns_back]
    left = radius[:, None] * _left_of(direction)
    outline = np.concatenate((line - left, (line + left)[::-1]))
    return outline[:, 0], outline[:, 1]


def _left_of(direction: np.ndarray) -> np.ndarray:
    """Unit vectors to the left of directions (k, 2); of the first axis where there is no direction in the plane."""
    size = np.hypot(*direction.T)
    along = np.divide(direction, size[:, None], out=np.tile([1.0, 0.0], (len(size), 1)), where=size[:, None] > 0)
    return np.column_stack((-along[:, 1], along[:, 0]))


def plane_of(projection: Sequence[str]) -> list[int]:
    """Column indices of the horizontal and the vertical axis of a plane.

    Raises
    ------
    GeometryError
        If they are not two different ones of "x", "y", "z".
    """
    axes = list(projection)
    if len(axes) != 2 or axes[0] == axes[1] or any(axis not in ("x", "y", "z") for axis in axes):
        raise GeometryError(f"projection must be two different ones of 'x', 'y', 'z', got {projection!r}")
    return ["xyz".index(axis) for axis in axes]
