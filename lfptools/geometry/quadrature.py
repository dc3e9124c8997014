"""Points and weights with which the mean over a contact's surface is taken: the same ones every time."""

from functools import cache

import numpy as np

from lfptools.errors import GeometryError
from lfptools.geometry.surfaces import SIZES, Surfaces

WHOLE = 2.0 * np.pi * (1 - 1e-9)  # rad; an arc of this and more is a ring without ends


def quadrature(surfaces: Surfaces | None, positions: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points on the surface of each contact and their weights: ``(weights * f(points)).sum(axis=1)`` is f's mean.

    Parameters
    ----------
    surfaces : Surfaces or None
        One a contact; None if all are points.
    positions : numpy.ndarray
        Shape (c, 3), µm: where the contacts are.
    n : int
        Points on a contact, at most. A shape takes as many as its best rule with up to ``n`` has: see
        :func:`disc_rule`, :func:`rectangle_rule`, :func:`mantle_rule`.

    Returns
    -------
    points : numpy.ndarray
        Shape (c, m, 3), µm, m ≤ ``n``.
    weights : numpy.ndarray
        Shape (c, m), sum 1 a contact. A contact with fewer than m points has its first one again, with weight 0.

    Raises
    ------
    GeometryError
        If ``n`` is no whole number of at least 1, or surfaces are not as many as positions.
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise GeometryError(f"the number of points on a contact must be a whole number >= 1, got {n!r}")
    positions = np.asarray(positions, dtype=float)
    if surfaces is None:
        return positions[:, None, :].copy(), np.ones((len(positions), 1))
    if len(surfaces) != len(positions):
        raise GeometryError(f"{len(positions)} contacts need as many surfaces, got {len(surfaces)}")
    kinds = list(zip(surfaces.shape, *(getattr(surfaces, size).tolist() for size in SIZES), strict=True))
    alike: dict[tuple, list[int]] = {}
    for i, kind in enumerate(kinds):
        alike.setdefault(kind, []).append(i)
    rules = {kind: _rule(*kind, int(n)) for kind in alike}
    most = max(weights.size for _, weights in rules.values())
    points, weights = np.empty((len(kinds), most, 3)), np.zeros((len(kinds), most))
    frames = np.stack((surfaces.normal, surfaces.tangent, np.cross(surfaces.normal, surfaces.tangent)), axis=1)
    for kind, (local, own) in rules.items():
        these = alike[kind]
        padded = np.concatenate((local, np.repeat(local[:1], most - own.size, axis=0)))
        points[these] = positions[these, None] + padded @ frames[these]
        weights[these, : own.size] = own
    return points, weights


@cache
def disc_rule(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (m, 2) on the unit disc, m ≤ ``n``, and weights: the ring rule of highest degree that has so few.

    Rings of equally spaced points at the nodes, in r², of Gauss's rule, or of Radau's, which has the centre among its
    nodes. With R rings of k points a polynomial in x and y is integrated exactly up to degree min(4R − 1, k − 1), with
    the centre besides up to min(4R + 1, k − 1). 19 points are of degree 8.

    References
    ----------
    Peirce (1957), J Soc Indust Appl Math 5:66, https://doi.org/10.1137/0105006
    """
    best = (1, 0, 0, True)  # the centre alone: degree 1
    for rings in range(1, n // 2 + 1):
        for centre in (False, True):
            k = min((n - centre) // rings, 4 * rings + (2 if centre else 0))
            if k >= 2 and (degree := min(4 * rings + (1 if centre else -1), k - 1)) > best[0]:
                best = (degree, rings, k, centre)
    _, rings, k, centre = best
    squared, weights = _radau(rings) if centre else _gauss(rings)
    points, shares = [], []
    for ring, (s, w) in enumerate(zip(squared, weights, strict=True)):
        count = 1 if s == 0 else k
        angle = 2 * np.pi * (np.arange(count) + 0.5 * (ring % 2)) / count
        points.append(np.sqrt(s) * np.column_stack((np.cos(angle), np.sin(angle))))
        shares.append(np.full(count, w / count))
    return np.concatenate(points), np.concatenate(shares)


def rectangle_rule(width: float, height: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (m, 2) on a rectangle about 0, m ≤ ``n``, and weights: Gauss's rule along both sides.

    Points are shared out so that the sides are resolved alike.
    """
    i, j = _share(width, height, n)
    (u, a), (v, b) = _gauss(i), _gauss(j)
    return _product(width * (u - 0.5), a, height * (v - 0.5), b)


def mantle_rule(radius: float, height: float, angle: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (m, 2) as angle (rad) and height (µm) on a cylinder's mantle, m ≤ ``n``, and weights.

    Gauss's rule along the height; along the arc, Gauss's rule as well, and on a whole ring equally spaced points, which
    π/2 times fewer of suffice.
    """
    whole = angle >= WHOLE
    i, j = _share(radius * angle * (2 / np.pi if whole else 1.0), height, n)
    u, a = (np.arange(i) / i, np.full(i, 1 / i)) if whole else _gauss(i)
    v, b = _gauss(j)
    return _product(angle * (u if whole else u - 0.5), a, height * (v - 0.5), b)


def _rule(
    shape: str, radius: float, width: float, height: float, angle: float, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points (m, 3) along normal, tangent and binormal from the contact's position, and weights."""
    if shape == "point":
        return np.zeros((1, 3)), np.ones(1)
    if shape == "cylinder":
        flat, weights = mantle_rule(radius, height, angle, n)
        arc, along = flat.T
        return np.column_stack((radius * np.cos(arc), along, radius * np.sin(arc))), weights
    if shape == "circle":
        flat, weights = disc_rule(n)
        flat = radius * flat
    else:
        flat, weights = rectangle_rule(width, height, n)
    return np.column_stack((np.zeros(len(flat)), flat)), weights


def _share(width: float, height: float, n: int) -> tuple[int, int]:
    """Numbers (i, j), i·j ≤ n, for which the larger of width/i and height/j is least; of equals, the smallest."""
    pairs = [(i, n // i) for i in range(1, n + 1)]
    spacing = min(max(width / i, height / j) for i, j in pairs) * (1 + 1e-9)
    return max(1, int(np.ceil(width / spacing))), max(1, int(np.ceil(height / spacing)))


def _product(u: np.ndarray, a: np.ndarray, v: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points = np.stack(np.meshgrid(u, v, indexing="ij"), axis=-1).reshape(-1, 2)
    return points, np.outer(a, b).ravel()


@cache
def _gauss(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of Gauss's rule on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return 0.5 * (nodes + 1), 0.5 * weights


@cache
def _radau(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [0, 1] of the rule with the node 0 and ``n`` others, exact up to degree 2n.

    The others are the nodes for the weight function s: eigenvalues of the matrix of its orthogonal polynomials'
    recurrence (Golub & Welsch 1969, Math Comput 23:221).
    """
    k = np.arange(n)
    step = np.sqrt(k[1:] * (k[1:] + 1.0)) / (2 * k[1:] + 1)
    x, vectors = np.linalg.eigh(np.diag(1.0 / ((2 * k + 1) * (2 * k + 3))) + np.diag(step, 1) + np.diag(step, -1))
    s = 0.5 * (x + 1)
    weights = 0.5 * vectors[0] ** 2 / s if n else np.empty(0)
    return np.r_[0.0, s], np.r_[1.0 - weights.sum(), weights]
