"""How far along the branches every place of a cell lies from its soma."""

import numpy as np

from lfptools.errors import GeometryError
from lfptools.geometry.segments import Segments


def section_distances(segments: Segments) -> tuple[np.ndarray, np.ndarray]:
    """Path lengths from the middle of the root section to both ends of every section.

    Parameters
    ----------
    segments : Segments
        Of one cell or several trees; the distance is then that from the middle of the section's own root.

    Returns
    -------
    near, far : numpy.ndarray
        Shape (sections,), µm: where a section hangs on its parent, and its other end; of a root, half its length both.

    Raises
    ------
    GeometryError
        If the sections are no tree.
    """
    parent, length = segments.section_parent, section_lengths(segments)
    near, far = np.full(len(parent), np.nan), np.full(len(parent), np.nan)
    root = parent < 0
    near[root] = far[root] = 0.5 * length[root]
    known = root.copy()
    while not known.all():
        ready = np.flatnonzero(~known & known[parent])
        if not ready.size:
            names = [segments.section_names[k] for k in np.flatnonzero(~known)[:10]]
            raise GeometryError(f"sections must be a tree; these hang on themselves: {names}")
        near[ready] = place_distance(segments, near, parent[ready], segments.section_parent_x[ready])
        far[ready] = near[ready] + length[ready]
        known[ready] = True
    return near, far


def segment_distances(segments: Segments) -> np.ndarray:
    """Path lengths (n, 2), µm, from the middle of the root section to both ends of every segment, in the order 0 to 1.

    Raises
    ------
    GeometryError
        As :func:`section_distances`.
    """
    near, _ = section_distances(segments)
    half = 0.5 / np.bincount(segments.section, minlength=len(segments.section_names))[segments.section]
    ends = [place_distance(segments, near, segments.section, segments.section_x + side * half) for side in (-1, 1)]
    return np.column_stack(ends)


def middle_distances(segments: Segments) -> np.ndarray:
    """Path lengths (n,), µm, from the middle of the root section to the middle of every segment."""
    near, _ = section_distances(segments)
    return place_distance(segments, near, segments.section, segments.section_x)


def place_distance(segments: Segments, near: np.ndarray, section: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Path lengths to the normalised positions ``x`` on sections, whose near ends lie ``near`` (sections,) µm away."""
    length = section_lengths(segments)[section]
    near_x = np.where(segments.section_reversed[section], 1.0, 0.0)
    root = segments.section_parent[section] < 0
    return np.where(root, np.abs(x - 0.5) * length, near[section] + np.abs(x - near_x) * length)


def section_lengths(segments: Segments) -> np.ndarray:
    """Shape (sections,), µm: the sums of the lengths of their segments."""
    return np.bincount(segments.section, weights=segments.length, minlength=len(segments.section_names))
