"""Branches side by side, none crossing another: where each section stands in a dendrogram."""

import numpy as np

from lfptools.geometry.segments import Segments


def branch_positions(segments: Segments, among: np.ndarray | None = None) -> np.ndarray:
    """Shape (sections,): positions across the branches of a dendrogram; tips stand at 0, 1, 2, …

    A section stands in the middle of what hangs on its far end, or at a place of its own where that is a tip. What
    hangs on it between its ends stands to its left, the nearest to the soma outermost, so that no line crosses another.

    Parameters
    ----------
    segments : Segments
        Of one or several trees.
    among : numpy.ndarray, optional
        Shape (sections,), bool: the sections that are placed, with every section that they hang on; NaN for others.
    """
    among = np.ones(len(segments.section_names), dtype=bool) if among is None else among
    order = [section for section in _order(segments) if among[section]]
    far_children = [[child for child in found if among[child]] for found in _children_at_the_end(segments)]
    position = np.full(among.size, np.nan)
    free = 0.0
    for section in order:  # tips from left to right
        if not far_children[section]:
            position[section], free = free, free + 1.0
    for section in _leaves_first(segments):
        if among[section] and far_children[section]:
            below = position[far_children[section]]
            position[section] = 0.5 * (below.min() + below.max())
    return position


def _children_at_the_end(segments: Segments) -> list[list[int]]:
    """For each section those in whose middle it stands: at its far end; of a root all."""
    found: list[list[int]] = [[] for _ in segments.section_names]
    for child, parent in enumerate(segments.section_parent):
        if parent >= 0 and (segments.section_parent[parent] < 0 or _share(segments, child) >= 1.0):
            found[parent].append(child)
    return found


def _share(segments: Segments, child: int) -> float:
    """Where on its parent a section hangs: 0 at the parent's near end, 1 at its far one."""
    x = float(segments.section_parent_x[child])
    return 1.0 - x if segments.section_reversed[segments.section_parent[child]] else x


def _order(segments: Segments) -> list[int]:
    """Sections such that the tips among them come from left to right."""
    children: list[list[int]] = [[] for _ in segments.section_names]
    for child in range(len(segments.section_names)):
        if segments.section_parent[child] >= 0:
            children[segments.section_parent[child]].append(child)
    order: list[int] = []
    waiting = [int(root) for root in np.flatnonzero(segments.section_parent < 0)[::-1]]
    while waiting:
        section = waiting.pop()
        if section < 0:
            order.append(-section - 1)
            continue
        along = sorted(children[section], key=lambda child: _share(segments, child))
        inner = [child for child in along if _share(segments, child) < 1.0]
        outer = [child for child in along if _share(segments, child) >= 1.0]
        # The section itself stands after what hangs on its inside (its own tip, if it has one, is right of that).
        waiting += [*outer[::-1], -section - 1, *inner[::-1]]
    return order


def _leaves_first(segments: Segments) -> list[int]:
    depth = np.zeros(len(segments.section_names), dtype=np.int64)
    at = segments.section_parent.copy()
    while (at >= 0).any():
        depth += at >= 0
        at = np.where(at >= 0, segments.section_parent[at], -1)
    return [int(section) for section in np.argsort(-depth, kind="stable")]
