"""What one sees of frusta from the direction of an axis: a polygon each, and which is in front."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfptools.geometry.outlines import plane_of
from lfptools.geometry.pieces import Pieces, disc_normals, mitres

CAP_POINTS = 9


@dataclass(frozen=True, eq=False)
class Silhouettes:
    """Polygons in a plane, none across two segments.

    Parameters
    ----------
    polygons : list of numpy.ndarray
        Each (corners, 2), µm.
    segment, section : numpy.ndarray
        Shape (k,), int: what each is a part of.
    nearness : numpy.ndarray
        Shape (k,), µm: position of the middle along the line of sight, larger where it is nearer to the viewer, who
        sees the first axis to the right and the second upwards.
    """

    polygons: list[np.ndarray]
    segment: np.ndarray
    section: np.ndarray
    nearness: np.ndarray


def silhouettes(pieces: Pieces, projection: Sequence[str] = ("x", "z"), smallest_um: float = 0.0) -> Silhouettes:
    """What one sees of frusta in a plane.

    The outline of a frustum is spanned by the ellipses as which its two end discs are seen; one that is seen along its
    axis is a disc. Where frusta of a section follow each other, the disc between them stands on the bisector, so that
    their outlines meet.

    Parameters
    ----------
    pieces : Pieces
        In order along each section.
    projection : two of "x", "y", "z"
        Horizontal and vertical axis of the plane.
    smallest_um : float
        Ends that bulge less than this out of the frustum's quadrilateral are left straight, and frusta of one segment
        with such ends are one polygon; a frustum with others is one by itself.
    """
    plane = plane_of(projection)
    (view,) = {0, 1, 2} - set(plane)
    first, last = disc_normals(pieces)
    mitre_first, mitre_last = mitres(pieces)
    start, end = (
        _rim(centre[:, plane], 0.5 * diameter, direction[:, plane], direction[:, view], mitre[:, plane], turn)
        for centre, diameter, direction, mitre, turn in (
            (pieces.start, pieces.start_diameter, first, mitre_first, np.pi),
            (pieces.end, pieces.end_diameter, last, mitre_last, 0.0),
        )
    )
    bulges = [0.5 * pieces.start_diameter * np.abs(first[:, view]), 0.5 * pieces.end_diameter * np.abs(last[:, view])]
    flat = np.maximum(*bulges) <= smallest_um
    joined = np.zeros(len(pieces), dtype=bool)
    joined[1:] = (pieces.segment[1:] == pieces.segment[:-1]) & flat[1:] & flat[:-1]
    begin = np.flatnonzero(~joined)
    stop = np.append(begin[1:], len(pieces))
    polygons = []
    for i, j in zip(begin, stop, strict=True):
        if flat[i]:  # there on the left, back on the right
            left = np.vstack((start[i, -1:], end[i:j, 0]))
            right = np.vstack((start[i, :1], end[i:j, -1]))
            polygons.append(np.vstack((left, right[::-1])))
        else:
            polygons.append(np.vstack((end[i], start[i])))
    middle = 0.5 * (pieces.start[:, view] + pieces.end[:, view])
    facing = 1.0 if (plane[1] - plane[0]) % 3 == 1 else -1.0
    nearness = facing * np.add.reduceat(middle, begin) / (stop - begin)
    return Silhouettes(polygons, pieces.segment[begin], pieces.section[begin], nearness)


def _rim(
    centre: np.ndarray, radius: np.ndarray, flat: np.ndarray, sight: np.ndarray, mitre: np.ndarray, turn: float
) -> np.ndarray:
    """Half of a disc's ellipse, (m, CAP_POINTS, 2): the forward one, left to right; or, turned by π, the other back."""
    size = np.linalg.norm(flat, axis=1, keepdims=True)
    forward = np.divide(flat, size, out=np.tile([1.0, 0.0], (len(flat), 1)), where=size > 0)
    left = np.column_stack((-forward[:, 1], forward[:, 0]))
    angle = np.linspace(0.0, np.pi, CAP_POINTS) + turn
    wider = 1.0 + np.abs((left * mitre).sum(axis=1, keepdims=True))
    across = np.cos(angle)[None, :, None] * (wider * left)[:, None]
    along = np.sin(angle)[None, :, None] * (np.abs(sight)[:, None] * forward)[:, None]
    return centre[:, None] + radius[:, None, None] * (across + along)
