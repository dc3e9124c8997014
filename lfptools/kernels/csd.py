"""How much of each segment lies in each bin: exact clipping of straight lines (Pettersen et al. 2008)."""

import numpy as np

_OUTSIDE = -1
_AT_ONCE = 4096


def boxes(
    start: np.ndarray, end: np.ndarray, edges: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fractions of segments from ``start`` to ``end`` (n, 3) in the boxes between ``edges`` along x, y and z.

    A segment is cut where it crosses a plane, and each piece belongs to the box that holds its middle: a box holds its
    lower faces and not its upper ones. A segment of length 0 is one piece.

    Parameters
    ----------
    edges : tuple of numpy.ndarray
        Increasing, of shapes (nx + 1,), (ny + 1,), (nz + 1,).

    Returns
    -------
    box, segment, fraction : numpy.ndarray
        Shape (pieces,): index of the box, z running fastest; index of the segment; part of its length.
    """
    pieces = []
    for first in range(0, len(start), _AT_ONCE):  # memory stays that of some segments
        block = slice(first, first + _AT_ONCE)
        box, segment, fraction = _cut(start[block], end[block], edges)
        pieces.append((box, segment + first, fraction))
    return tuple(np.concatenate(part) for part in zip(*pieces, strict=True))


def _cut(
    start: np.ndarray, end: np.ndarray, edges: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As :func:`boxes`, of all segments at once."""
    chord = end - start
    cuts = [np.zeros((len(start), 1)), np.ones((len(start), 1))]
    for k, planes in enumerate(edges):
        with np.errstate(divide="ignore", invalid="ignore"):
            at = (planes[None, :] - start[:, k, None]) / chord[:, k, None]
        cuts.append(np.clip(np.where(np.isfinite(at), at, 0.0), 0.0, 1.0))
    t = np.sort(np.concatenate(cuts, axis=1), axis=1)
    fraction, middle = np.diff(t, axis=1), 0.5 * (t[:, :-1] + t[:, 1:])
    box = np.zeros(fraction.shape, dtype=np.int64)
    inside = fraction > 0
    for k, planes in enumerate(edges):
        along = np.searchsorted(planes, start[:, k, None] + middle * chord[:, k, None], side="right") - 1
        inside &= (along >= 0) & (along < planes.size - 1)
        box = box * (planes.size - 1) + along
    segment = np.broadcast_to(np.arange(len(start))[:, None], fraction.shape)
    return box[inside], segment[inside], fraction[inside]


def cylinders(start: np.ndarray, end: np.ndarray, z: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Fractions of segments from ``start`` to ``end`` (n, 3) in cylinders about the z axis.

    Inside a cylinder is one interval of the position along the segment: that between its two planes, cut with that in
    which x² + y² < r².

    Parameters
    ----------
    z : numpy.ndarray
        Shape (bins, 2): lower face, which belongs to the bin, and upper one, which does not.
    radius : numpy.ndarray
        Shape (bins,).

    Returns
    -------
    numpy.ndarray
        Shape (bins, n), each in 0..1.
    """
    out = np.empty((len(z), len(start)))
    chord = end - start
    for row, (low, high), r in zip(out, z, radius, strict=True):
        first, last = _between(start[:, 2], chord[:, 2], low, high)
        enter, leave = _within(start, chord, r)
        row[:] = np.maximum(np.minimum(last, leave) - np.maximum(first, enter), 0.0)
    return out


def _between(start: np.ndarray, chord: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Where along each segment ``low`` <= z < ``high``: first and last t in 0..1; last < first where nowhere."""
    flat = chord == 0
    step = np.where(flat, 1.0, chord)
    a, b = (low - start) / step, (high - start) / step
    first, last = np.maximum(np.minimum(a, b), 0.0), np.minimum(np.maximum(a, b), 1.0)
    held = (start >= low) & (start < high)
    return np.where(flat, 0.0, first), np.where(flat, np.where(held, 1.0, _OUTSIDE), last)


def _within(start: np.ndarray, chord: np.ndarray, r: float) -> tuple[np.ndarray, np.ndarray]:
    """Where along each segment x² + y² < r²: the roots of a t² + 2 b t + c, taken without cancellation."""
    a = chord[:, 0] ** 2 + chord[:, 1] ** 2
    b = start[:, 0] * chord[:, 0] + start[:, 1] * chord[:, 1]
    c = start[:, 0] ** 2 + start[:, 1] ** 2 - r * r
    upright = a == 0
    discriminant = b * b - a * c
    crosses = ~upright & (discriminant > 0)
    q = -(b + np.copysign(np.sqrt(np.where(crosses, discriminant, 0.0)), b))
    one = np.where(crosses, q, 0.0) / np.where(crosses, a, 1.0)
    other = np.where(crosses & (q != 0), c / np.where(q == 0, 1.0, q), one)
    enter, leave = np.minimum(one, other), np.maximum(one, other)
    held = upright & (c < 0)
    return (
        np.where(held, 0.0, np.maximum(enter, 0.0)),
        np.where(held, 1.0, np.where(crosses, np.minimum(leave, 1.0), _OUTSIDE)),
    )
