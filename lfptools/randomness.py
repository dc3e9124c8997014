"""Where random numbers come from: a generator handed in, a seed, or numpy's global state as in a plain script."""

import numpy as np

from lfptools.errors import InputError


def random_source(rng: np.random.Generator | np.random.RandomState | None, seed: int | None):
    """What to draw from: ``rng``, a new generator of ``seed``, or ``numpy.random`` itself (for ``np.random.seed``).

    Raises
    ------
    InputError
        If both are given, or ``rng`` is no generator.
    """
    if rng is not None and seed is not None:
        raise InputError("give rng or seed, not both")
    if rng is not None and not isinstance(rng, np.random.Generator | np.random.RandomState):
        raise InputError(f"rng must be a numpy.random.Generator, got {rng!r}")
    if seed is not None:
        return np.random.default_rng(seed)
    return np.random if rng is None else rng


def count(name: str, value: object, least: int = 0) -> int:
    """A whole number, or an InputError that names it."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(f"{name} must be an integer >= {least}, got {value!r}")
    return int(value)
