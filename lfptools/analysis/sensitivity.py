"""Which uncertain input a number's variance comes from: Sobol' indices from Saltelli's sample, by SALib."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lfptools.errors import MeasureError

CONFIDENCE = 0.95
_RESAMPLES = 200


@dataclass(frozen=True)
class Sensitivity:
    """Indices of one input, with half the width of their 95 % confidence intervals (bootstrap)."""

    first: float
    first_confidence: float
    total: float
    total_confidence: float


@dataclass(frozen=True)
class Spread:
    """A number's distribution over its inputs'.

    Parameters
    ----------
    mean, std : float
        Of the independent points.
    interval : tuple of float
        Their 2.5 and 97.5 % quantiles.
    of : tuple of Sensitivity or None
        One for each input; None where the number is the same everywhere, and has no variance to share out.
    """

    mean: float
    std: float
    interval: tuple[float, float]
    of: tuple[Sensitivity, ...] | None


def require_salib() -> None:
    """Refuse in one sentence where SALib is not installed.

    Raises
    ------
    MeasureError
        Names the extra.
    """
    try:
        import SALib  # noqa: F401
    except ImportError as error:
        raise MeasureError(
            "variance-based indices need SALib, which is not installed: pip install 'lfptools[all]' (or SALib)"
        ) from error


def saltelli_sample(number: int, inputs: int, seed: int) -> np.ndarray:
    """Points of the unit cube: for each of ``number`` base points A, B, and A with each input in turn from B.

    Parameters
    ----------
    number : int
        A power of 2: the scrambled Sobol' sequence is balanced for those. A larger one keeps the first points.
    inputs : int
        Dimensions of the cube.
    seed : int
        Of the scrambling.

    Returns
    -------
    ndarray, shape (number * (inputs + 2), inputs)
        Rows A, A with input 0 of B, ..., B of the first base point; then those of the next (Saltelli et al. 2010,
        Comput Phys Commun 181:259).
    """
    require_salib()
    from SALib.sample import sobol

    return sobol.sample(_problem(inputs), number, calc_second_order=False, seed=seed)


def independent(inputs: int, rows: int) -> np.ndarray:
    """Indices of the rows of Saltelli's sample that are independent points: A and B."""
    of_base = np.arange(rows) % (inputs + 2)
    return np.flatnonzero((of_base == 0) | (of_base == inputs + 1))


def spread(numbers: Sequence[float], inputs: int, seed: int) -> Spread:
    """Distribution and Sobol' indices of the numbers at the points of :func:`saltelli_sample`.

    Parameters
    ----------
    numbers : sequence of float
        Finite, in the order of the sample.
    inputs : int
        How many inputs were sampled.
    seed : int
        Of the bootstrap that gives the indices' confidence.

    Raises
    ------
    MeasureError
        If a number is not finite.
    """
    require_salib()
    from SALib.analyze import sobol

    y = np.asarray(numbers, dtype=float)
    if not np.isfinite(y).all():
        raise MeasureError(f"{np.count_nonzero(~np.isfinite(y))} of {y.size} sampled numbers are not finite")
    own = y[independent(inputs, y.size)]
    low, high = (float(one) for one in np.quantile(own, (0.025, 0.975)))
    mean, std = float(own.mean()), float(own.std(ddof=1))
    if np.ptp(y) <= 1e-13 * np.abs(y).max():
        return Spread(mean, std, (low, high), None)
    found = sobol.analyze(
        _problem(inputs), y, calc_second_order=False, num_resamples=_RESAMPLES, conf_level=CONFIDENCE, seed=seed
    )
    names = ("S1", "S1_conf", "ST", "ST_conf")
    of = tuple(Sensitivity(*(float(found[name][k]) for name in names)) for k in range(inputs))
    return Spread(mean, std, (low, high), of)


def _problem(inputs: int) -> dict[str, Any]:
    return {"num_vars": inputs, "names": [f"x{k}" for k in range(inputs)], "bounds": [[0.0, 1.0]] * inputs}
