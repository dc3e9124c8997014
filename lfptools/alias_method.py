"""Draws from a discrete distribution by an alias table: O(n) to set up, two random numbers a draw.

The module can be called like its function: ``lfptools.alias_method(idx, probs, nsyn)``, and
``lfptools.alias_method.alias_method(...)`` as in LFPy.

Walker (1977), ACM Trans Math Softw 3:253; the table in linear time by Vose (1991), IEEE Trans Softw Eng 17:972.
"""

import sys
from types import ModuleType

import numpy as np

from lfptools.errors import InputError
from lfptools.randomness import count, random_source


def alias_method(
    idx: np.ndarray,
    probs: np.ndarray,
    nsyn: int,
    rng: np.random.Generator | np.random.RandomState | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """``nsyn`` of ``idx``, drawn with replacement in proportion to ``probs``.

    Parameters
    ----------
    idx : array_like
        Shape (n,): what is drawn from, for instance indices of segments.
    probs : array_like
        Shape (n,): weights ≥ 0, for instance their areas; they need not sum to 1.
    nsyn : int
        How many are drawn.
    rng, seed : numpy.random.Generator or int, optional
        Where random numbers come from, one of the two; numpy's global state (``numpy.random.seed``) if neither.

    Returns
    -------
    numpy.ndarray
        Shape (nsyn,).

    Raises
    ------
    InputError
        For shapes that differ, weights that are no distribution, or ``nsyn`` that is no count.
    """
    idx, probs = np.asarray(idx), np.asarray(probs, dtype=float)
    if idx.ndim != 1 or idx.shape != probs.shape:
        raise InputError(f"idx and probs must be as long as each other, got {idx.shape} and {probs.shape}")
    nsyn, source = count("nsyn", nsyn), random_source(rng, seed)
    aliases, kept = alias_setup(probs)
    column, keep = source.random((nsyn, 2)).T  # two numbers a draw, one draw after the other, as LFPy takes them
    drawn = (column * idx.size).astype(np.int64)
    return idx[np.where(keep < kept[drawn], drawn, aliases[drawn])]


def alias_setup(probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The alias table of a distribution.

    Column k of n equally likely ones yields k with probability q[k], and J[k] otherwise.

    Parameters
    ----------
    probs : array_like
        Shape (n,): weights ≥ 0.

    Returns
    -------
    J : numpy.ndarray
        Shape (n,), int: aliases.
    q : numpy.ndarray
        Shape (n,): probabilities of keeping the column.

    Raises
    ------
    InputError
        For weights that are negative, not finite, or all 0.
    """
    weights = np.asarray(probs, dtype=float)
    total = weights.sum() if weights.ndim == 1 else np.nan
    if not 0 < total < np.inf or not (weights >= 0).all():
        raise InputError(
            f"probs must be a vector of finite numbers >= 0 that are not all 0, got shape {weights.shape}, sum {total}"
        )
    q = (weights * (weights.size / total)).tolist()
    aliases = list(range(weights.size))
    small = [k for k, value in enumerate(q) if value < 1.0]
    large = [k for k, value in enumerate(q) if value >= 1.0]
    while small and large:
        poor, rich = small.pop(), large[-1]
        aliases[poor] = rich
        q[rich] -= 1.0 - q[poor]
        if q[rich] < 1.0:
            small.append(large.pop())
    for k in (*small, *large):  # 1 but for rounding
        q[k] = 1.0
    return np.array(aliases, dtype=np.int64), np.array(q)


class _Callable(ModuleType):
    """``lfptools.alias_method`` is this module in LFPy's scripts, and the function where one is called."""

    def __call__(self, *args, **kwargs) -> np.ndarray:
        return alias_method(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
