"""Potential of current dipoles in the innermost of concentric spherical shells (Næss et al. 2017).

A dipole p at a (length a < r₁) in a head of outer radii r₁ < … < r_N, conductivities σ₁ … σ_N and air outside. At a
contact at distance r from the centre, in shell s::

    φ = p · Σ_{n≥1} a^{n−1} g_n(r) [n P_n(c) â + P_n'(c) (r̂ − c â)] / (4πσ₁),    c = r̂·â
    g_n(r) = T_s [1 + α_s (r/r_s)^{2n+1}] / r^{n+1}

which needs no angles. T_s and α_s depend on the head and on n alone. What the insulated outside requires of α is handed
inwards shell by shell (flux and potential continuous), and the amplitude T outwards again. Every power is of a number
≤ 1 and only positive numbers are added, so nothing overflows or cancels, and equal conductivities, very unlike ones and
thin shells are nothing special. In the innermost sphere the "1" is the dipole in an infinite medium, which is taken in
closed form.
"""

import numpy as np

from lfptools.kernels.compile import formula, kernel, over_rows
from lfptools.kernels.infinite_dipole import reciprocal_cube
from lfptools.kernels.legendre import WIDTH, least_orders, orders, polar


def coefficients(radii: np.ndarray, sigmas: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """T and T(1+α) of every shell and order 1 … ``number``, shapes (shells, number).

    With ξ = r g'(r)/g(r) ≤ 0 at a shell's outer radius, 1 + α = (2n+1)/(n−ξ). ξ is 0 at the scalp; through a shell,
    with x = (r_{s−1}/r_s)^{2n+1}, it becomes ξ ← −(σ_s/σ_{s−1}) (n + 1 − nα_s x)/(1 + α_s x), and
    T_s = T_{s−1} (1 + α_{s−1})/(1 + α_s x), T_1 = 1.
    """
    n = np.arange(1.0, number + 1.0)
    outer, inner = np.ones((2, len(radii), number))  # 1 + α and 1 + αx
    xi = np.zeros(number)
    for s in range(len(radii) - 1, -1, -1):
        outer[s] = (2.0 * n + 1.0) / (n - xi)
        if s:
            exponent = (2.0 * n + 1.0) * np.log1p((radii[s - 1] - radii[s]) / radii[s])
            x, rest = np.exp(exponent), -np.expm1(exponent)
            inner[s] = rest + x * outer[s]
            flux = n * rest + (n * rest - xi * (1.0 + 2.0 * n * x)) / (n - xi)
            xi = -sigmas[s] / sigmas[s - 1] * flux / inner[s]
    through = np.ones((len(radii), number))
    for s in range(1, len(radii)):
        through[s] = through[s - 1] * outer[s - 1] / inner[s]
    return through, through * outer


# Columns of a block of WIDTH pairs, one array: the compiler then knows that they do not overlap, and vectorises.
_C, _RATIO, _NEEDED, _POWER, _P, _BEFORE, _SLOPE, _ALONG, _ACROSS = (k * WIDTH for k in range(9))


@formula
def _sum_orders(w: np.ndarray, weight: np.ndarray, number: int) -> None:
    """Σ n wₙ ρ^{n−1} Pₙ(c) and Σ wₙ ρ^{n−1} Pₙ'(c) of each pair of a block, up to the order that it needs."""
    for j in range(WIDTH):
        w[_POWER + j], w[_P + j], w[_BEFORE + j], w[_SLOPE + j], w[_ALONG + j], w[_ACROSS + j] = (
            1.0,
            1.0,
            0.0,
            0.0,
            0.0,
            0.0,
        )
    for i in range(number):
        n = i + 1.0
        one, two = (2.0 * n - 1.0) / n, (n - 1.0) / n
        for j in range(WIDTH):
            c, before = w[_C + j], w[_P + j]
            now = one * c * before - two * w[_BEFORE + j]
            slope = c * w[_SLOPE + j] + n * before
            w[_BEFORE + j], w[_P + j], w[_SLOPE + j] = before, now, slope
            term = weight[i] * w[_POWER + j]
            w[_ALONG + j] += term * n * now
            w[_ACROSS + j] += term * slope
            w[_POWER + j] = w[_POWER + j] * w[_RATIO + j] if n < w[_NEEDED + j] else 0.0


@kernel
def _rows(
    out: np.ndarray, first: int, last: int, contacts: np.ndarray, shells: np.ndarray, dipoles: np.ndarray,
    radii: np.ndarray, through: np.ndarray, outer: np.ndarray, limit: float, factor: float,
) -> int:  # fmt: skip
    most = through.shape[1]
    weight, w = np.empty(most), np.zeros(9 * WIDTH)
    cut = 0
    for i in range(first, last):
        x, y, z, r, s = contacts[i, 0], contacts[i, 1], contacts[i, 2], contacts[i, 3], shells[i]
        inner = s == 0  # there r^n and the inversion in r₁ take the place of 1/r^(n+1)
        depth = 1.0 if inner else r / radii[s]
        inverse = r / radii[0] ** 2 if inner else 1.0 / r
        scale = factor * (r / radii[0] ** 3 if inner else 1.0 / (r * r))
        power = depth * depth * depth
        for n in range(most):
            weight[n] = outer[s, n] * power + through[s, n] * (1.0 - power) - (1.0 if inner else 0.0)
            power *= depth * depth
        for block in range(0, dipoles.shape[0], WIDTH):
            number, longest = min(WIDTH, dipoles.shape[0] - block), 0.0
            for j in range(number):
                d = dipoles[block + j]
                ratio = d[3] * inverse
                needed = orders(ratio, limit * (1.0 - ratio) ** 2, 1.0)
                cut += needed > most
                w[_C + j] = min(max(x * d[0] + y * d[1] + z * d[2], -1.0), 1.0)
                w[_RATIO + j], w[_NEEDED + j] = ratio, needed
                longest = max(longest, needed)
            _sum_orders(w, weight, int(min(float(most), longest)))
            for j in range(number):
                d, c = dipoles[block + j], w[_C + j]
                along, across = scale * w[_ALONG + j], scale * w[_ACROSS + j]
                field = out[i, block + j]
                field[0] = along * d[0] + across * (x - c * d[0])
                field[1] = along * d[1] + across * (y - c * d[1])
                field[2] = along * d[2] + across * (z - c * d[2])
                if inner:
                    dx, dy, dz = r * x - d[3] * d[0], r * y - d[3] * d[1], r * z - d[3] * d[2]
                    direct = factor * reciprocal_cube(dx, dy, dz)
                    field[0] += direct * dx
                    field[1] += direct * dy
                    field[2] += direct * dz
    return cut


def matrix(
    contacts: np.ndarray, dipoles: np.ndarray, radii: np.ndarray, sigmas: np.ndarray, tolerance: float, most: int
) -> tuple[np.ndarray, int]:
    """Potential (mV per nA·µm) at contacts (c, 3) in the head of dipoles at (n, 3) in its innermost sphere, in µm.

    Parameters
    ----------
    contacts, dipoles : numpy.ndarray
        Positions in µm from the common centre.
    radii, sigmas : numpy.ndarray
        Outer radii in µm, increasing, and conductivities in S/m of the shells.
    tolerance : float
        The series ends where what is left of it is less than this part of its first term.
    most : int
        Orders that are summed at most.

    Returns
    -------
    numpy.ndarray, int
        Shape (c, n, 3): for moments along x, y and z; and how many pairs need more orders than ``most``.
    """
    contacts, dipoles = polar(contacts), polar(dipoles)
    shells = np.minimum(np.searchsorted(radii, contacts[:, 3]), len(radii) - 1)
    inverse = np.where(shells == 0, contacts[:, 3] / radii[0] ** 2, 1.0 / np.maximum(contacts[:, 3], radii[0]))
    ratio, limit = inverse.max() * dipoles[:, 3].max(), tolerance
    for _ in range(2):  # how the weights fall is known when they are
        needed = min(least_orders(ratio, limit * (1.0 - ratio) ** 2, 1.0), most)
        through, outer = coefficients(radii, sigmas, int(needed))
        first = np.minimum(through, outer)[:, 0]
        first[0] = 1.0  # there it is small beside the dipole in an infinite medium
        limit = tolerance * (first / np.maximum(through, outer).max(axis=1))[np.unique(shells)].min()
    out = np.empty((contacts.shape[0], dipoles.shape[0], 3))
    factor = 1.0 / (4.0 * np.pi * sigmas[0])
    return out, over_rows(_rows, out, contacts, shells, dipoles, radii, through, outer, limit, factor)
