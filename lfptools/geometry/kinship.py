"""Which segments and sections hang on which, and how far apart segments are: look-ups by index and by exact name."""

from collections.abc import Sequence

import numpy as np

from lfptools.errors import GeometryError, unknown_name
from lfptools.geometry.segments import Segments


def checked_indices(segments: Segments, idx: int | Sequence[int]) -> np.ndarray:
    """Segment indices as an integer array of the shape given.

    Raises
    ------
    GeometryError
        For anything but integers from 0 to n − 1; names the culprits.
    """
    given = np.asarray(idx)
    if given.size and given.dtype.kind not in "iu":
        raise GeometryError(f"segment indices must be integers, got {idx!r}")
    bad = given[(given < 0) | (given >= len(segments))]
    if bad.size:
        raise GeometryError(f"segment indices must lie in 0 … {len(segments) - 1}, got {bad.ravel()[:10].tolist()}")
    return given.astype(np.int64)


def names_of(segments: Segments, idx: int | Sequence[int] = (0,)) -> np.ndarray:
    """Index, section name and normalised position of segments: shape (k, 3), or (3,) for a single index; objects."""
    chosen = checked_indices(segments, idx)
    table = np.empty((chosen.size, 3), dtype=object)
    for row, k in zip(table, chosen.ravel(), strict=True):
        row[:] = int(k), segments.section_names[segments.section[k]], float(segments.section_x[k])
    return table.reshape(*chosen.shape, 3)


def section_index(segments: Segments, name: str) -> int:
    """Index of the section of exactly this name."""
    if name not in segments.section_names:
        raise GeometryError(unknown_name("section", name, segments.section_names))
    return segments.section_names.index(name)


def children_idx(segments: Segments, parent: str) -> np.ndarray:
    """Indices of all segments of the sections that hang on the section of exactly this name."""
    hang = segments.section_parent == section_index(segments, parent)
    return np.flatnonzero(hang[segments.section])


def parent_children_idx(segments: Segments, parent: str) -> np.ndarray:
    """Indices of all segments of the section of exactly this name and of those that hang on it."""
    own = segments.section == section_index(segments, parent)
    return np.union1d(np.flatnonzero(own), children_idx(segments, parent))


def children_of_sections(segments: Segments) -> dict[str, list[int]]:
    """For each section the first segments (those at the attachment) of the sections that hang on it."""
    first = {}
    for section, (back, name) in enumerate(zip(segments.section_reversed, segments.section_names, strict=True)):
        first[section] = segments.at(name, 1.0 if back else 0.0)
    return {
        name: [first[child] for child in np.flatnonzero(segments.section_parent == section)]
        for section, name in enumerate(segments.section_names)
    }


def parent_connections(segments: Segments) -> dict[str, float]:
    """For each section the normalised position on its parent where it hangs; 0 for a root."""
    at = np.where(segments.section_parent < 0, 0.0, segments.section_parent_x)
    return dict(zip(segments.section_names, at.tolist(), strict=True))


def vector_between(segments: Segments, idx0: int = 0, idx1: int = 0) -> np.ndarray:
    """Shape (3,), µm: from the midpoint of one segment to that of another."""
    first, second = checked_indices(segments, [idx0, idx1])
    return segments.midpoints[second] - segments.midpoints[first]
