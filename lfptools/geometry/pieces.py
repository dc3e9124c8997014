"""The frusta that a cell is drawn of: between successive 3-D points, cut where segments end."""

from dataclasses import dataclass

import numpy as np

from lfptools.geometry.polyline import arc
from lfptools.geometry.segments import Segments


@dataclass(frozen=True, eq=False)
class Pieces:
    """Frusta in the order of sections, and along each from its 0 end to its 1 end.

    Parameters
    ----------
    start, end : numpy.ndarray
        Shape (m, 3), µm.
    start_diameter, end_diameter : numpy.ndarray
        Shape (m,), µm.
    segment : numpy.ndarray
        Shape (m,), int: the segment that each is a part of.
    section : numpy.ndarray
        Shape (m,), int: the section that each is a part of.
    """

    start: np.ndarray
    end: np.ndarray
    start_diameter: np.ndarray
    end_diameter: np.ndarray
    segment: np.ndarray
    section: np.ndarray

    def __len__(self) -> int:
        return len(self.segment)

    @property
    def chord(self) -> np.ndarray:
        """Shape (m, 3), µm: from start to end."""
        return self.end - self.start


def pieces(segments: Segments) -> Pieces:
    """Frusta of all sections, of no length where a section has none.

    Points and diameters are those of the 3-D points; a section with fewer than two, or whose points coincide, has one
    frustum a segment, from its start to its end and as wide as its diameter.
    """
    found = []
    for section, points in enumerate(segments.points):
        own = np.flatnonzero(segments.section == section)
        own = own[np.argsort(segments.section_x[own], kind="stable")]
        if not own.size:
            continue
        along = arc(points)
        if len(points) < 2 or not along[-1] > 0.0:
            ends = np.column_stack((segments.start[own], segments.d[own], segments.end[own], segments.d[own]))
            found.append((ends[:, :4], ends[:, 4:], own, np.full(own.size, section)))
            continue
        # Rounded, so that a border that falls on a point up to rounding makes no sliver.
        share = np.unique(np.round(np.concatenate((along / along[-1], np.arange(own.size + 1) / own.size)), 9))
        line = np.column_stack([np.interp(share, along / along[-1], points[:, k]) for k in range(4)])
        middle = 0.5 * (share[:-1] + share[1:])
        within = np.minimum((middle * own.size).astype(np.int64), own.size - 1)
        found.append((line[:-1], line[1:], own[within], np.full(within.size, section)))
    start, end, segment, section = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Pieces(start[:, :3], end[:, :3], start[:, 3], end[:, 3], segment, section)


def disc_normals(pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """Unit normals (m, 3) of the discs at the start and at the end of each piece, pointing from start to end.

    Between two pieces of a section the disc stands on the bisector. A piece of no length points along x.
    """
    own, bisector, straight = _between(pieces)
    first, last = own.copy(), own.copy()
    size = np.linalg.norm(bisector, axis=1, keepdims=True)
    bisector = np.divide(bisector, size, out=np.zeros_like(bisector), where=straight)
    first[1:] = np.where(straight, bisector, own[1:])
    last[:-1] = np.where(straight, bisector, own[:-1])
    return first, last


def mitres(pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """How much wider the discs at start and end must be for pieces to keep their width where they meet at an angle.

    Vectors (m, 3) in the direction of the bend, as long as the share by which the radius grows in this direction:
    1 / cos(half the angle) − 1, at most 1.
    """
    own, bisector, straight = _between(pieces)
    bend = own[1:] - own[:-1]
    size = np.linalg.norm(bend, axis=1, keepdims=True)
    cosine = 0.5 * np.linalg.norm(bisector, axis=1, keepdims=True)
    grown = np.divide(1.0, cosine, out=np.ones_like(cosine), where=straight) - 1.0
    vector = np.divide(bend, size, out=np.zeros_like(bend), where=straight & (size > 0)) * np.minimum(grown, 1.0)
    none = np.zeros((1, 3))
    return np.vstack((none, vector)), np.vstack((vector, none))


def follows(pieces: Pieces) -> np.ndarray:
    """Shape (m − 1,), bool: whether each piece but the first goes on where the one before it ends."""
    return pieces.section[1:] == pieces.section[:-1]


def _between(pieces: Pieces) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Directions (m, 3), sums of neighbours' (m − 1, 3), and whether these are bisectors (m − 1, 1)."""
    length = np.linalg.norm(pieces.chord, axis=1, keepdims=True)
    own = np.divide(pieces.chord, length, out=np.tile([1.0, 0.0, 0.0], (len(pieces), 1)), where=length > 0)
    bisector = own[:-1] + own[1:]
    turns_back = np.linalg.norm(bisector, axis=1, keepdims=True) <= 1e-3  # such a section has no bisector
    return own, bisector, follows(pieces)[:, None] & ~turns_back
