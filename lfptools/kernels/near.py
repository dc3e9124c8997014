"""Contacts near a source: rare, and computed from the numbers as they were given, in all digits.

The drivers of :mod:`~lfptools.kernels.line` and :mod:`~lfptools.kernels.point` leave these pairs out and mark them.
Here the minimum distance is taken, where contact and source are: not in the coordinates in which an anisotropic medium
is isotropic (:mod:`lfptools.kernels.conductivity`), to which ``stretch`` leads.
"""

import numpy as np

from lfptools.kernels.compile import formula, kernel
from lfptools.kernels.layout import BIT, SHORTEST, WIDTH
from lfptools.kernels.logarithm import log1p_ratio


@formula
def cross(ax: float, ay: float, az: float, bx: float, by: float, bz: float) -> tuple[float, float, float]:
    """Vector product, its products rounded one by one: of parallel vectors exactly 0."""
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


@formula
def outwards(dx: float, dy: float, dz: float, cx: float, cy: float, cz: float) -> tuple[float, float, float]:
    """Unit vector at right angles from an axis along d to a place v, from c = v × d.

    From the axis itself, towards the coordinate axis that is least along d.
    """
    if cx == 0.0 and cy == 0.0 and cz == 0.0:
        least = min(abs(dx), abs(dy), abs(dz))
        vx = 1.0 if abs(dx) == least else 0.0
        vy = 1.0 if abs(dy) == least and vx == 0.0 else 0.0
        cx, cy, cz = cross(vx, vy, 1.0 - vx - vy, dx, dy, dz)
    ex, ey, ez = cross(dx, dy, dz, cx, cy, cz)
    length = np.sqrt(ex * ex + ey * ey + ez * ez)
    return ex / length, ey / length, ez / length


@formula
def from_point(x: float, y: float, z: float, minimum: float, stretch: np.ndarray) -> tuple[float, bool]:
    """1/r of a contact at (x, y, z) from a point source, and whether it was moved out to ``minimum``.

    It is moved along the line on which it lies; along x if it lies in the source.
    """
    r = np.sqrt(x * x + y * y + z * z)
    moved = r < minimum
    if moved:
        far = minimum / r if r > 0.0 else 0.0
        x, y, z = x * far if r > 0.0 else minimum, y * far, z * far
    total = 0.0
    for a in range(3):
        total += (stretch[a, 0] * x + stretch[a, 1] * y + stretch[a, 2] * z) ** 2
    return 1.0 / np.sqrt(total), moved


@formula
def from_segment(
    contact: np.ndarray, start: np.ndarray, end: np.ndarray, minimum: float, to_segment: bool, stretch: np.ndarray,
    cofactor: np.ndarray,
) -> tuple[float, bool]:  # fmt: skip
    """Mean of 1/r over a segment, and whether the contact was moved out to ``minimum``.

    The formula is that of :func:`lfptools.kernels.line.reciprocal_distance`, with u and w each from its own end, and
    the distance from the axis from the cross product with the vector to the nearer end, which cancels only as far as
    the given numbers do; ``cofactor`` (the transposed inverse of ``stretch``) takes it to the other coordinates.
    A contact is moved at right angles to the segment. ``to_segment`` says whether ``minimum`` is meant from the
    segment, or from the axis that it lies on.
    """
    dx, dy, dz = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    x0, y0, z0 = contact[0] - start[0], contact[1] - start[1], contact[2] - start[2]
    x1, y1, z1 = contact[0] - end[0], contact[1] - end[1], contact[2] - end[2]
    length = np.sqrt(dx * dx + dy * dy + dz * dz)
    if length < SHORTEST:
        return from_point(x0, y0, z0, minimum, stretch)
    u, w = x0 * dx + y0 * dy + z0 * dz, -(x1 * dx + y1 * dy + z1 * dz)
    first = abs(u) < abs(w)
    cx, cy, cz = cross(x0 if first else x1, y0 if first else y1, z0 if first else z1, dx, dy, dz)
    r = np.sqrt(cx * cx + cy * cy + cz * cz) / length
    past = max(0.0, -u, -w) / length if to_segment else 0.0
    bound = minimum * minimum - past * past
    moved = r * r < bound
    if moved:
        ex, ey, ez = outwards(dx, dy, dz, cx, cy, cz)
        far = np.sqrt(bound)
        cx, cy, cz = cross(far * ex, far * ey, far * ez, dx, dy, dz)
        x0, y0, z0 = x0 + (far - r) * ex, y0 + (far - r) * ey, z0 + (far - r) * ez
        x1, y1, z1 = x1 + (far - r) * ex, y1 + (far - r) * ey, z1 + (far - r) * ez
    squared, u, w, r2 = 0.0, 0.0, 0.0, 0.0
    for a in range(3):
        d = stretch[a, 0] * dx + stretch[a, 1] * dy + stretch[a, 2] * dz
        squared += d * d
        u += d * (stretch[a, 0] * x0 + stretch[a, 1] * y0 + stretch[a, 2] * z0)
        w -= d * (stretch[a, 0] * x1 + stretch[a, 1] * y1 + stretch[a, 2] * z1)
        r2 += (cofactor[a, 0] * cx + cofactor[a, 1] * cy + cofactor[a, 2] * cz) ** 2
    length = np.sqrt(squared)
    u, w, r2 = u / length, w / length, r2 / squared
    past = (abs(u) - u) + (abs(w) - w)
    a, b = np.sqrt(r2 + u * u) + abs(u), np.sqrt(r2 + w * w) + abs(w)
    return log1p_ratio(2.0 * length * (a * b), r2 * (a + b) + past * (a * b)) / length, moved


@kernel
def add_rows(
    out: np.ndarray, first: int, last: int, near: np.ndarray, points: np.ndarray, weights: np.ndarray,
    bounded: np.ndarray, start: np.ndarray, end: np.ndarray, minimum: np.ndarray, to_segment: bool,
    stretch: np.ndarray, cofactor: np.ndarray,
) -> int:  # fmt: skip
    """Add the pairs marked in ``near`` (c, blocks, m), a bit a source; the number that were moved."""
    clamped = 0
    for i in range(first, last):
        for block in range(near.shape[1]):
            moved = np.uint64(0)
            for k in range(near.shape[2]):
                mask = near[i, block, k]
                j = 0
                while mask:
                    if mask & BIT:
                        n = block * WIDTH + j
                        value, is_moved = from_segment(
                            points[i, k], start[n], end[n], minimum[n] * bounded[i, k], to_segment, stretch, cofactor
                        )
                        out[i, n] += weights[i, k] * value
                        moved |= np.uint64(is_moved) << np.uint64(j)
                    mask >>= BIT
                    j += 1
            while moved:
                clamped += moved & BIT
                moved >>= BIT
    return clamped
