"""Images of a source between two plane boundaries: where they are, and what each weighs (Ness et al. 2015).

A slice 0 <= z <= h of conductivity σ_T lies on glass (σ_G) under saline (σ_S). With W_S = (σ_T − σ_S)/(σ_T + σ_S), W_G
likewise and q = W_S W_G, the potential is that of infinite tissue for the contact and for its mirror images at other
depths, those of order n weighed by qⁿ.
"""

from dataclasses import dataclass

import numpy as np

CLEAR = 3.0  # slice thicknesses: what an image that counts as far is at least away from every source in the slice
MOST_ORDERS = 20_000
STEEPEST = 0.5  # for a larger q the economised weights exceed 1 and lose digits
PLACES = ("glass", "tissue", "saline")


@dataclass(frozen=True, eq=False)
class Series:
    """Weights of the orders 1, 2, … for q, q², …, and what the sum may be off by, in units of 1/(4πσ_T h)."""

    weights: np.ndarray
    error: float


def reflection(inside: float, outside: float) -> float:
    """What a boundary sends back of a field from ``inside``: (σ_in − σ_out)/(σ_in + σ_out)."""
    return (inside - outside) / (inside + outside)


def series(place: str, saline: float, glass: float, tolerance: float) -> Series:
    """The fewest orders that sum up all to ``tolerance``, for W_S and W_G with W_S W_G < 1 and a contact's place.

    If more than ``MOST_ORDERS`` were needed, these, with an error above the tolerance.
    """
    q = saline * glass
    if q == 0:
        return Series(np.empty(0), 0.0)
    needed = np.ceil(np.log(0.25 * tolerance * (1 - max(q, 0.0))) / np.log(abs(q)))  # kinds' weights sum up to 4
    plain = int(np.clip(needed, 1, MOST_ORDERS))
    if q <= STEEPEST:
        for orders in range(1, plain):
            found = economised(place, saline, glass, orders)
            if found.error <= tolerance:
                return found
    return geometric(place, saline, glass, plain)


def geometric(place: str, saline: float, glass: float, orders: int) -> Series:
    """The first ``orders`` orders as they are; the error bounds all that follow.

    Images of one kind go away as the order grows: for q < 0 the rest alternates and decreases, so that its first terms
    bound it; for q > 0 a geometric series does.
    """
    q, n = saline * glass, orders + 1
    nearer, farther = _kinds(place, saline, glass)
    following = abs(q) ** n * (nearer / (2 * n - 1) + farther / (2 * n))
    return Series(q ** np.arange(1.0, n), following / (1 - max(q, 0.0)))


def economised(place: str, saline: float, glass: float, orders: int) -> Series:
    """So many orders that stand for all of them: 1/(1 − qx) interpolated by a polynomial in x of degree ``orders``.

    Over the wave numbers k of the potential the orders are the powers of x = exp(−2kh), 0 < x <= 1. The polynomial that
    meets 1/(1 − qx) at the m + 1 Chebyshev–Lobatto points of [0, 1], the zeros of ω(x) = 4x(x − 1) U(2x − 1) with U
    Chebyshev's polynomial of the second kind and of degree m − 1, is::

        p(x) = (1 − ω(x)/ω(1/q)) / (1 − qx),    1/(1 − qx) − p(x) = ω(x)/ω(1/q)/(1 − qx)

    and its coefficients are w₀ = 1, w_n = q w_{n−1} − c_n/ω(1/q) with c_n those of ω, whole numbers. The error bound:
    with x = sin²(δ/2), |ω| = |sin δ sin mδ|, and with cosh η = |2/q − 1|, |ω(1/q)| = sinh η sinh mη. Over all k, |ω|
    integrates to at most π/(2h), and with the factor exp(kh) of images only h away to at most 2(1 + ln mπ)/h.
    """
    q, m = saline * glass, orders
    eta = np.arccosh(abs(2 / q - 1))
    at_pole = np.sinh(eta) * np.sinh(m * eta) * (1.0 if q > 0 else (-1.0) ** (m - 1))
    weights = [1.0]
    for c in _omega(m)[1 : m + 1]:
        weights.append(q * weights[-1] - c / at_pole)
    nearer, farther = _kinds(place, saline, glass)
    integral = nearer * 2 * (1 + np.log(m * np.pi)) + farther * np.pi / 2
    return Series(np.array(weights[1:]), float(integral / abs(at_pole) / (1 - max(q, 0.0))))


def _kinds(place: str, saline: float, glass: float) -> tuple[float, float]:
    """Weights of the kinds of images that are, in the n-th order, at least (2n − 1)h and at least 2nh from sources."""
    if place == "tissue":
        return 2.0, abs(saline) + abs(glass)
    through, back = (glass, saline) if place == "glass" else (saline, glass)
    return 0.0, (1 + through) * (1 + abs(back))


def _omega(m: int) -> list[int]:
    """Coefficients of 1, x, …, x^(m+1) in 4x(x − 1) U(2x − 1), U of degree m − 1: U_{k+1} = (4x − 2) U_k − U_{k−1}."""
    before, now = [0], [1]
    for k in range(m - 1):
        older = [*before, *[0] * (k + 2 - len(before))]
        before, now = now, [4 * a - 2 * b - c for a, b, c in zip([0, *now], [*now, 0], older, strict=True)]
    return [4 * (a - b) for a, b in zip([0, 0, *now], [0, *now, 0], strict=True)]


def images(place: str, h: float, saline: float, glass: float, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images of a contact: those near the slice and those far from it.

    Parameters
    ----------
    place : {"glass", "tissue", "saline"}
        Where the contact is. What gets through a boundary is 1 + W of what meets it; so the faces of the slice belong
        to both sides, and to the outer one here, where images that coincide in pairs count as one.
    h : float
        Thickness of the slice in µm.
    saline, glass : float
        W_S and W_G.
    weights : numpy.ndarray
        Of the orders 1, 2, ….

    Returns
    -------
    near : numpy.ndarray
        Shape (m, 4): a, b, weight of an image at depth a z + b of a contact at z, and 1 for order 0, otherwise 0. The
        contact itself comes first.
    far : numpy.ndarray
        Shape (k, 3): the same for images at least :data:`CLEAR` thicknesses from every source in the slice.
    """
    n = np.arange(weights.size + 1)
    w, up, down = np.r_[1.0, weights], 2 * h * n, 2 * h * (n + 1)
    if place == "saline":  # a, b, weight, least distance from sources in units of h
        found = [(1, up, (1 + saline) * w, 2 * n), (-1, -up, (1 + saline) * glass * w, 2 * n + 1)]
    elif place == "glass":
        found = [(1, -up, (1 + glass) * w, 2 * n), (-1, down, (1 + glass) * saline * w, 2 * n + 1)]
    else:
        there, back = (-1, -up, glass * w, 2 * n), (-1, down, saline * w, 2 * n)
        found = [(1, up, w, 2 * n - 1), there, back, (1, -up[1:], w[1:], 2 * n[1:] - 1)]
    near, far = [], []
    for sign, shift, weight, clear in found:
        rows = np.column_stack((np.full(shift.size, sign), shift, weight, np.arange(n.size - shift.size, n.size) == 0))
        split = int(np.searchsorted(clear, CLEAR))
        near.append(rows[:split])
        far.append(rows[split:, :3])
    near, far = np.concatenate(near), np.concatenate(far)
    return near[(near[:, 2] != 0) | (np.arange(len(near)) == 0)], far[far[:, 2] != 0]
