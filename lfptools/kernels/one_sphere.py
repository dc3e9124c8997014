"""Potential of point currents inside a sphere in an infinite medium of another conductivity (Deng 2008).

With β = σₒ/(σᵢ+σₒ), γ = (σᵢ−σₒ)/(σᵢ+σₒ), sources at distance r_s < R and contacts at r from the centre, c the cosine
between them and d their distance, the expansions in Legendre polynomials are each a point current, its image, and a
series that falls faster by one power of n::

    r ≤ R:  φ = {1/d + γ/R [G(t) + (1−β) S(t)]} / (4πσᵢ),           t = r r_s/R²
    r > R:  φ = {2/d + (1−2β)/r S(t)} / (4π(σᵢ+σₒ)),                t = r_s/r
    G(t) = Σ_{n≥0} tⁿ Pₙ(c) = 1/√(1 − 2tc + t²),    S(t) = Σ_{n≥0} tⁿ Pₙ(c)/(n+β)
"""

import numpy as np

from lfptools.kernels.compile import formula, kernel, over_rows
from lfptools.kernels.legendre import WIDTH, orders, polar

# Columns of a block of WIDTH pairs, one array: the compiler then knows that they do not overlap, and vectorises.
_C, _RATIO, _NEEDED, _POWER, _P, _BEFORE, _SUM = (k * WIDTH for k in range(7))


@formula
def _sum_orders(w: np.ndarray, beta: float, number: int) -> None:
    """S of each pair of a block, up to the order that it needs."""
    for j in range(WIDTH):
        w[_POWER + j], w[_P + j], w[_BEFORE + j], w[_SUM + j] = 1.0, 1.0, 0.0, 0.0
    for i in range(number):
        n = float(i)
        one, two, weight = (2.0 * n + 1.0) / (n + 1.0), n / (n + 1.0), 1.0 / (n + beta)
        for j in range(WIDTH):
            now = w[_P + j]
            w[_SUM + j] += weight * w[_POWER + j] * now
            w[_P + j] = one * w[_C + j] * now - two * w[_BEFORE + j]
            w[_BEFORE + j] = now
            w[_POWER + j] = w[_POWER + j] * w[_RATIO + j] if n + 1.0 < w[_NEEDED + j] else 0.0


@formula
def image_distance(ratio: float, one_minus_c: float) -> float:
    """1/G = √(1 − 2tc + t²), written so that it does not cancel; times R it is the distance itself where r = R."""
    return np.sqrt((1.0 - ratio) ** 2 + 2.0 * ratio * one_minus_c)


@kernel
def _rows(
    out: np.ndarray, first: int, last: int, contacts: np.ndarray, sources: np.ndarray, minimum: np.ndarray,
    radius: float, inside: float, outside: float, tolerance: float, most: int, cut: np.ndarray,
) -> int:  # fmt: skip
    beta, gamma = outside / (inside + outside), (inside - outside) / (inside + outside)
    w = np.zeros(7 * WIDTH)
    clamped = 0
    for i in range(first, last):
        x, y, z, r = contacts[i, 0], contacts[i, 1], contacts[i, 2], contacts[i, 3]
        within = r <= radius
        inverse = r / radius**2 if within else 1.0 / r
        series = gamma * (1.0 - beta) / radius if within else (1.0 - 2.0 * beta) / r
        factor = 1.0 / (4.0 * np.pi * (inside if within else inside + outside))
        for block in range(0, sources.shape[0], WIDTH):
            number, longest = min(WIDTH, sources.shape[0] - block), 0.0
            for j in range(number):
                m = sources[block + j]
                ratio = m[3] * inverse
                needed = orders(ratio, tolerance * (1.0 - ratio), -1.0) if series != 0.0 else 0.0
                cut[i] += needed > most
                w[_C + j] = min(max(x * m[0] + y * m[1] + z * m[2], -1.0), 1.0)
                w[_RATIO + j], w[_NEEDED + j] = ratio, needed
                longest = max(longest, needed)
            _sum_orders(w, beta, int(min(float(most), longest)))
            for j in range(number):
                m = sources[block + j]
                dx, dy, dz = r * x - m[3] * m[0], r * y - m[3] * m[1], r * z - m[3] * m[2]
                distance, least = np.sqrt(dx * dx + dy * dy + dz * dz), minimum[block + j]
                clamped += distance < least
                value = (1.0 if within else 2.0) / max(distance, least)
                if series != 0.0:
                    value += series * w[_SUM + j]
                if within:
                    one_minus_c = 0.5 * ((x - m[0]) ** 2 + (y - m[1]) ** 2 + (z - m[2]) ** 2)
                    value += gamma / max(radius * image_distance(w[_RATIO + j], one_minus_c), least)
                out[i, block + j] = factor * value
    return clamped


def matrix(
    contacts: np.ndarray, sources: np.ndarray, minimum: np.ndarray, radius: float, inside: float, outside: float,
    tolerance: float, most: int,
) -> tuple[np.ndarray, int, int]:  # fmt: skip
    """Potential (mV/nA) at contacts (c, 3) per current of point sources (n, 3) inside the sphere, in µm.

    Parameters
    ----------
    contacts, sources : numpy.ndarray
        Positions in µm from the sphere's centre.
    minimum : numpy.ndarray
        Shape (n,), µm, > 0: least distance from each source, and from its image.
    radius : float
        Of the sphere, µm.
    inside, outside : float
        Conductivities in S/m.
    tolerance : float
        The series ends where what is left of it is less than this part of the potential without the sphere.
    most : int
        Terms that are summed at most.

    Returns
    -------
    numpy.ndarray, int, int
        Shape (c, n); the number of pairs nearer than ``minimum``, and of those whose series has more than ``most``
        terms.
    """
    out, cut = np.empty((contacts.shape[0], sources.shape[0])), np.zeros(contacts.shape[0], dtype=np.int64)
    given = (polar(contacts), polar(sources), np.ascontiguousarray(minimum), radius, inside, outside, tolerance, most)
    return out, over_rows(_rows, out, *given, cut), int(cut.sum())
