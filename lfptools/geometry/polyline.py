"""Lengths along the 3-D points of sections."""

import numpy as np


def arc(points: np.ndarray) -> np.ndarray:
    """Shape (m,), µm: distance of each point (m, 3 or more columns) from the first along the line through all."""
    steps = np.linalg.norm(np.diff(points[:, :3], axis=0), axis=1)
    return np.concatenate((np.zeros(min(len(points), 1)), np.cumsum(steps)))


def stretch(segments, scale: np.ndarray) -> np.ndarray:
    """Shape (n,): by what the length of each segment grows when x, y and z are scaled.

    The length is taken along the 3-D points, between the segment's ends; along its chord where a section has no points.
    """
    chord = segments.end - segments.start
    grown = _ratio(np.linalg.norm(chord * scale, axis=1), np.linalg.norm(chord, axis=1))
    for section, points in enumerate(segments.points):
        own = np.flatnonzero(segments.section == section)
        along = arc(points)
        if not own.size or len(points) < 2 or not along[-1] > 0:
            continue
        own = own[np.argsort(segments.section_x[own])]
        borders = np.linspace(0.0, along[-1], own.size + 1)
        knots = np.union1d(along, borders)
        line = np.column_stack([np.interp(knots, along, points[:, k]) for k in range(3)])
        after = np.interp(borders, knots, arc(line * scale))
        grown[own] = _ratio(np.diff(after), np.diff(borders))
    return grown


def _ratio(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    return np.divide(after, before, out=np.ones_like(before), where=before > 0)
