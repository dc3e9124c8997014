"""Where the models that are sums over orders end them, and what they say when they end too early."""

import numbers
import warnings
from typing import Final

from lfptools.errors import LfptoolsWarning
from lfptools.forward.model import positive

TOLERANCE: Final = 1e-14
"""Part of the leading term that what is left out may have; rounding is not much less."""
MOST_ORDERS: Final = 100_000


def fraction(name: str, value: float) -> float:
    """A number between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        If it is none.
    """
    positive(name, value, "(a part of the first term)")
    if value >= 1.0:
        raise ValueError(f"{name} must be less than 1 (a part of the first term), got {value!r}")
    return float(value)


def count(name: str, value: int) -> int:
    """A whole number of at least 1.

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number >= 1, got {value!r}")
    return int(value)


def warn_of_short(what: str, cut: int, pairs: int, most: int, tolerance: float) -> None:
    """Warn that the series of ``cut`` of the ``pairs`` would need more than ``most`` orders; nothing if none do."""
    if cut:
        warnings.warn(
            f"{what}: the series of {cut} of {pairs} pairs of contact and source are cut short by n_max = {most} "
            f"orders: what they leave out may be more than {tolerance:g} of the leading term",
            LfptoolsWarning,
            stacklevel=4,
        )
