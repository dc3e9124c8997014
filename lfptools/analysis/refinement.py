"""How a number converges as a setting is refined: observed order, Richardson's extrapolation, error estimate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

UNCHANGED: Final = ("the number does not change", "the number changes by rounding alone")
"""What is said of a number that the refined setting leaves as it is."""

_ROUNDING = 1e-12  # of the largest number: smaller changes are rounding, and have no order
_LOWEST_ORDER, _HIGHEST_ORDER = 0.05, 20.0
_TRUSTED_ORDER = 0.5  # extrapolation divides by (ratio**order - 1): below, it magnifies what it extrapolates from


@dataclass(frozen=True)
class Convergence:
    """What a series of numbers at ever finer settings says of the first of them.

    Parameters
    ----------
    change : float
        The number at the finest setting less that at the first.
    order : float or None
        Observed from the three finest; None where they do not approach a limit steadily, or are fewer than three.
    extrapolated : float or None
        The limit by Richardson's extrapolation from the two finest; None without a trustworthy order.
    error : float
        Estimated error of the first number: its distance from the limit or, without one, the largest of its distances
        from the others.
    note : str
        What else there is to say: that nothing changed, or why there is no limit.
    """

    change: float
    order: float | None
    extrapolated: float | None
    error: float
    note: str


def convergence(steps: Sequence[float], numbers: Sequence[float]) -> Convergence:
    """Analyse numbers at settings from the first (coarsest) to the finest.

    Parameters
    ----------
    steps : sequence of float, shape (n,), n >= 2
        Strictly descending, > 0: step widths, or one over counts.
    numbers : sequence of float, shape (n,)
        Finite.

    Notes
    -----
    With f(h) = f0 + C h^p the order p is the solution of (f1 - f2) / (f2 - f3) = (h1^p - h2^p) / (h2^p - h3^p), and
    f0 = f3 + (f3 - f2) h3^p / (h2^p - h3^p) (Richardson 1911; Roache 1998, Verification and Validation in
    Computational Science and Engineering, ch. 5).

    Raises
    ------
    ValueError
        For steps that do not descend, or numbers that are not finite.
    """
    h, f = np.asarray(steps, dtype=float), np.asarray(numbers, dtype=float)
    if h.ndim != 1 or h.shape != f.shape or h.size < 2 or (np.diff(h) >= 0).any() or (h <= 0).any():
        raise ValueError(f"expected at least two descending steps > 0 and as many numbers, got {steps}, {numbers}")
    if not np.isfinite(f).all():
        raise ValueError(f"expected finite numbers, got {numbers}")
    change, farthest = float(f[-1] - f[0]), float(np.abs(f[1:] - f[0]).max())
    if farthest <= _ROUNDING * np.abs(f).max():
        return Convergence(change, None, None, farthest, UNCHANGED[0 if farthest == 0.0 else 1])
    if h.size < 3:
        return Convergence(change, None, None, farthest, "two levels have no order")
    order = observed_order(h[-3:], f[-3:])
    if order is None:
        return Convergence(change, None, None, farthest, "it does not approach a limit steadily: no order")
    if order < _TRUSTED_ORDER:
        return Convergence(change, order, None, farthest, "its order is too low to extrapolate")
    weight = h[-1] ** order / (h[-2] ** order - h[-1] ** order)
    limit = float(f[-1] + (f[-1] - f[-2]) * weight)
    return Convergence(change, order, limit, abs(limit - float(f[0])), "")


def observed_order(steps: Sequence[float], numbers: Sequence[float]) -> float | None:
    """Order p of f(h) = f0 + C h^p through three points; None if there is none from 0.05 to 20."""
    from scipy.optimize import brentq

    h, f = np.asarray(steps, dtype=float) / steps[0], np.asarray(numbers, dtype=float)
    coarse, fine = f[0] - f[1], f[1] - f[2]
    tiny = _ROUNDING * np.abs(f).max()
    if abs(fine) <= tiny or coarse / fine <= 0.0:
        return None

    def excess(p: float) -> float:
        return np.log((h[0] ** p - h[1] ** p) / (h[1] ** p - h[2] ** p)) - np.log(coarse / fine)

    if excess(_LOWEST_ORDER) >= 0.0 or excess(_HIGHEST_ORDER) <= 0.0:
        return None
    return float(brentq(excess, _LOWEST_ORDER, _HIGHEST_ORDER, xtol=1e-12))
