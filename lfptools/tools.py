"""Brownian noise, and reading back what was pickled: LFPy's ``tools``."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from lfptools.errors import InputError
from lfptools.randomness import count, random_source


def noise_brown(
    ncols: int,
    nrows: int = 1,
    weight: float = 1.0,
    filter: Callable | None = None,
    filterargs: Mapping[str, object] | None = None,
    rng: np.random.Generator | np.random.RandomState | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """Noise of power 1/f²: sums of white Gaussian noise, each row scaled to the root mean square ``weight``.

    Parameters
    ----------
    ncols, nrows : int
        Samples and rows.
    weight : float or array_like
        Root mean square, of all rows or (nrows,) of each.
    filter : callable, optional
        ``filter(**filterargs)`` gives the coefficients (b, a) of a filter that is applied before the scaling
        (``scipy.signal.butter``).
    filterargs : mapping, optional
        Arguments of ``filter``.
    rng, seed : numpy.random.Generator or int, optional
        Where random numbers come from, one of the two; numpy's global state (``numpy.random.seed``) if neither.

    Returns
    -------
    numpy.ndarray
        Shape (nrows, ncols).

    Raises
    ------
    InputError
        For counts or weights that no noise can have, or ``filterargs`` without ``filter``.
    """
    ncols, nrows = count("ncols", ncols, 1), count("nrows", nrows, 1)
    weights = np.asarray(weight, dtype=float)
    if weights.shape not in ((), (nrows,), (nrows, 1)) or not np.isfinite(weights).all():
        raise InputError(f"weight must be a finite number, or one for each of the {nrows} rows, got {weight!r}")
    if filter is None and filterargs:
        raise InputError(f"filterargs {sorted(filterargs)} given without a filter")
    noise = random_source(rng, seed).normal(size=(nrows, ncols)).cumsum(axis=1)
    if filter is not None:
        from scipy.signal import lfilter

        noise = lfilter(*filter(**(filterargs or {})), noise)
    return noise / np.sqrt((noise**2).mean(axis=1, keepdims=True)) * weights.reshape(-1, 1)


def load(filename: str | Path) -> object:
    """What ``cell.cellpickler`` (or ``pickle.dump``) wrote to a file. Only open files that you trust.

    Raises
    ------
    InputError
        If the file is not there or holds no pickle.
    """
    try:
        with Path(filename).open("rb") as file:
            return pickle.load(file)
    except FileNotFoundError as error:
        raise InputError(f"no file at {filename}") from error
    except (pickle.UnpicklingError, EOFError) as error:
        raise InputError(f"{filename} holds no pickle: {error}") from error
