"""Potential of line and point sources in a slice between glass and saline, by images (Ness et al. 2015)."""

from dataclasses import dataclass

import numpy as np

from lfptools.kernels import line, point
from lfptools.kernels.compile import formula, kernel, over_rows, prefer_wide_vectors
from lfptools.kernels.images import CLEAR, PLACES, images
from lfptools.kernels.layout import TILE, WIDTH, in_blocks
from lfptools.kernels.point import reciprocal_root


@dataclass(frozen=True, eq=False)
class Slice:
    """What the potential in a slice depends on, z = 0 on the glass: lengths in µm, σ in S/m.

    ``saline`` and ``glass`` are W_S and W_G; ``weights`` those of the orders of images 1, 2, … for contacts in each of
    ``PLACES``; ``tolerance`` is what the far images of a piece of a segment may be off by, in units of 1/(4πσ_T h).
    """

    thickness: float
    conductivity: float
    saline: float
    glass: float
    weights: tuple[np.ndarray, ...]
    tolerance: float


@formula(fused=True)
def far_reciprocal_distance(h2: float, dot: float, dz: float, az: float, a2: float) -> float:
    """Mean of 1/r over a segment that is short against its distance R: Legendre's series up to the fourth power of a/R.

    ``h2`` is the square of the horizontal distance from the segment's middle, ``dz`` the vertical one, ``az`` the
    vertical part of half the chord (length a, square ``a2``), ``dot`` the horizontal part of its product with the
    distance::

        mean(1/r) = (1 + (a/R)² P₂/3 + (a/R)⁴ P₄/5 + …)/R,    P_l of the cosine between chord and distance
    """
    i = reciprocal_root(h2 + dz * dz)
    i2 = i * i
    t = (dot + dz * az) * i2
    c, a = t * t, a2 * i2
    return i + i * (c * (0.5 + 0.875 * c) + a * (0.075 * a - 0.75 * c - 1 / 6))


@kernel
def _far_rows(
    out: np.ndarray, first: int, last: int, points: np.ndarray, weights: np.ndarray, place: np.ndarray,
    table: np.ndarray, blocks: np.ndarray, owner: np.ndarray,
) -> int:  # fmt: skip
    prefer_wide_vectors()
    h2, dot, total = np.empty(WIDTH), np.empty(WIDTH), np.empty(WIDTH)
    for left in range(0, blocks.shape[0], TILE):
        for i in range(first, last):
            for block in range(left, min(left + TILE, blocks.shape[0])):
                s = blocks[block]
                total[:] = 0.0
                for m in range(points.shape[1]):
                    x, y, z, images = points[i, m, 0], points[i, m, 1], points[i, m, 2], table[place[i, m]]
                    for j in range(WIDTH):
                        dx, dy = x - s[j], y - s[WIDTH + j]
                        h2[j] = dx * dx + dy * dy
                        dot[j] = dx * s[3 * WIDTH + j] + dy * s[4 * WIDTH + j]
                    for k in range(0, images.shape[0], 2):  # two at a time: what a segment needs is loaded once
                        a, b = images[k, 0] * z + images[k, 1], images[k + 1, 0] * z + images[k + 1, 1]
                        u, v = weights[i, m] * images[k, 2], weights[i, m] * images[k + 1, 2]
                        if u == 0.0:
                            break
                        for j in range(WIDTH):
                            depth, az, a2 = s[2 * WIDTH + j], s[5 * WIDTH + j], s[6 * WIDTH + j]
                            one = far_reciprocal_distance(h2[j], dot[j], a - depth, az, a2)
                            total[j] += u * one + v * far_reciprocal_distance(h2[j], dot[j], b - depth, az, a2)
                for j in range(min(WIDTH, owner.size - block * WIDTH)):
                    out[i, owner[block * WIDTH + j]] += s[7 * WIDTH + j] * total[j]
    return 0


def matrix(
    points: np.ndarray, weights: np.ndarray, start: np.ndarray, end: np.ndarray, minimum: np.ndarray, medium: Slice,
    to_segment: bool,
) -> tuple[np.ndarray, int]:  # fmt: skip
    """Potential (mV/nA) at contacts per current of segments from ``start`` to ``end`` (n, 3), all in µm.

    Parameters
    ----------
    points, weights : numpy.ndarray
        Shapes (c, m, 3), µm, and (c, m): over which points, anywhere, the mean is taken, z = 0 on the glass.
    start, end : numpy.ndarray
        Shape (n, 3), within the slice. A segment whose ends coincide is a point source; with ``end`` = ``start`` itself
        all are.
    minimum : numpy.ndarray
        Shape (n,), µm, > 0: points nearer than this to a segment are moved away from it. It holds for the segment
        and for its mirror images in the slice's two faces, which are never nearer to a contact in the slice.
    medium : Slice
        The slice and what it lies between.
    to_segment : bool
        Whether ``minimum`` is meant from the segment, or from the axis that it lies on.

    Returns
    -------
    numpy.ndarray, int
        Shape (c, n), and the number of pairs in which a point was moved.
    """
    z, h = points[:, :, 2], medium.thickness
    place = np.where(z <= 0, 0, np.where(z >= h, 2, 1))
    named = zip(PLACES, medium.weights, strict=True)
    found = [images(name, h, medium.saline, medium.glass, own) for name, own in named]
    near, far = (_stacked([pair[k] for pair in found]) for k in range(2))
    seen, weight, bounded = _images_of(points, weights, near[place])
    sigma = medium.conductivity
    if end is start:
        out, clamped = point.matrix(seen, start, minimum, sigma, weight, bounded)
    else:
        out, clamped = line.matrix(seen, start, end, minimum, sigma, to_segment, weight, bounded)
    if far.size:
        points, weights = np.ascontiguousarray(points), weights / (4.0 * np.pi * sigma)
        pieces, owner = _pieces(start, end, _longest_half(medium))
        over_rows(_far_rows, out, points, weights, place, far, pieces, owner, work=out.size * far.shape[1])
    return out, clamped


def _images_of(points: np.ndarray, weights: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images (c, m, k) of points as more points (c, m·k, 3), with weights, and 1 for those of order 0."""
    rows = points.shape[0]
    seen = np.repeat(points[:, :, None], table.shape[2], axis=2)
    seen[..., 2] = table[..., 0] * seen[..., 2] + table[..., 1]
    weight = weights[:, :, None] * table[..., 2]
    return seen.reshape(rows, -1, 3), weight.reshape(rows, -1), table[..., 3].reshape(rows, -1)


def _longest_half(medium: Slice) -> float:
    """Half the length that a piece of a segment may have, in µm.

    What :func:`far_reciprocal_distance` leaves out is at most (a/R)⁶/(7R)/(1 − (a/R)²); over the two kinds of images
    that are 3h, 5h, 7h … away and the two that are 4h, 6h, … away that sums to less than 1.7e-4 (a/h)⁶/h.
    """
    return min((0.1 * medium.tolerance / 1.7e-4) ** (1 / 6), CLEAR / 4) * medium.thickness


def _pieces(start: np.ndarray, end: np.ndarray, longest_half: float) -> tuple[np.ndarray, np.ndarray]:
    """Segments cut into equal pieces that are short enough, in blocks, and which segment each is of."""
    half = 0.5 * (end - start)
    count = np.maximum(np.ceil(np.sqrt((half * half).sum(axis=1)) / longest_half), 1.0).astype(np.int64)
    owner = np.repeat(np.arange(len(count)), count)
    place = np.arange(owner.size) - np.repeat(np.cumsum(count) - count, count)
    share = 1.0 / count[owner]
    half = half[owner] * share[:, None]
    middle = 0.5 * (start + end)[owner] + (2 * place + 1 - count[owner])[:, None] * half
    return in_blocks(np.vstack((middle.T, half.T, (half * half).sum(axis=1), share))), owner


def _stacked(tables: list[np.ndarray]) -> np.ndarray:
    """Tables of images as one array, filled up with images of weight 0, an even number of them."""
    most = max(len(table) for table in tables)
    stacked = np.zeros((len(tables), most + most % 2, tables[0].shape[1]))
    for table, target in zip(tables, stacked, strict=True):
        target[: len(table)] = table
    return stacked
