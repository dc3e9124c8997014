"""Which segments are the soma's, of one cell or of many."""

import numpy as np

from lfptools.errors import CellError
from lfptools.geometry.segments import Segments


def roots_of(cell: object) -> np.ndarray:
    """Indices of all segments of sections with "soma" in their name; or what the cell's ``somaidx`` says.

    Raises
    ------
    CellError
        If neither is known.
    """
    for segments in (cell, getattr(cell, "segments", None)):
        if isinstance(segments, Segments):
            somata = [k for k, name in enumerate(segments.section_names) if "soma" in name.lower()]
            if somata:
                return np.flatnonzero(np.isin(segments.section, somata))
    if getattr(cell, "somaidx", None) is not None:
        return checked_roots(cell.somaidx, len(cell.d))
    raise CellError(
        "root_as_point needs to know which segments are the soma's: no section's name contains 'soma', and the cell "
        "has no somaidx; give their indices as rootinds (root_indices in a study)"
    )


def checked_roots(indices: object, segments: int) -> np.ndarray:
    """Indices of segments as an array.

    Raises
    ------
    CellError
        If there are none, or they are no whole numbers from 0 to ``segments`` − 1.
    """
    roots = np.atleast_1d(np.asarray(indices))
    if roots.ndim != 1 or not roots.size or roots.dtype.kind not in "iu":
        raise CellError(f"rootinds must be whole numbers, at least one; got {indices!r}")
    bad = roots[(roots < 0) | (roots >= segments)]
    if bad.size:
        raise CellError(f"rootinds must be from 0 to {segments - 1}, the cell's segments; got {bad.tolist()}")
    return roots
