"""Activation times of synapses, drawn at random."""

from collections.abc import Mapping

import numpy as np

from lfptools.errors import InputError
from lfptools.randomness import count, random_source

_AT_ONCE = 2**20  # intervals held in memory


def get_activation_times_from_distribution(
    n: int,
    tstart: float = 0.0,
    tstop: float = 1e6,
    distribution: object = "expon",
    rvs_args: Mapping[str, object] | None = None,
    maxiter: float = 1e6,
    rng: np.random.Generator | np.random.RandomState | None = None,
    seed: int | None = None,
) -> list[np.ndarray]:
    """``n`` trains of increasing times in [tstart, tstop], with independent intervals from a distribution.

    ``distribution="expon", rvs_args={"loc": 0, "scale": 100}`` gives Poisson trains of 10 events per second.

    Parameters
    ----------
    n : int
        Number of trains.
    tstart, tstop : float
        ms; the first interval begins at ``tstart``.
    distribution : str or object with ``rvs``
        Name of a distribution in ``scipy.stats``, or one itself; of intervals ≥ 0.
    rvs_args : mapping
        Arguments of its ``rvs``; ``{"loc": 0, "scale": 1}`` (ms) if not given. With ``size``, each train has so many
        times, and ``tstop`` does not count.
    maxiter : int
        The most intervals that a train may need.
    rng, seed : numpy.random.Generator or int, optional
        Where random numbers come from, one of the two; numpy's global state (``numpy.random.seed``) if neither.

    Returns
    -------
    list of numpy.ndarray
        One a train, ms.

    Raises
    ------
    InputError
        For something that is no distribution, intervals < 0, or more than ``maxiter`` intervals.
    """
    n = count("n", n)
    arguments = {"loc": 0, "scale": 1} if rvs_args is None else dict(rvs_args)
    size = arguments.pop("size", None)
    intervals = _Intervals(distribution, arguments, random_source(rng, seed))
    if size is not None:
        size = count("rvs_args['size']", size)
        return list(tstart + intervals.draw((n, size)).cumsum(axis=1))
    if not (np.isfinite(tstart) and np.isfinite(tstop)) or tstop < tstart:
        raise InputError(f"tstart and tstop must be finite and in order, got {tstart} and {tstop} ms")
    expected = intervals.expected_number(tstop - tstart)
    width = int(min(max(expected + 4 * np.sqrt(expected) + 4, 16), maxiter, _AT_ONCE))
    together = max(1, _AT_ONCE // width)
    trains: list[np.ndarray] = []
    for first in range(0, n, together):
        trains += _trains(intervals, min(together, n - first), float(tstart), float(tstop), width, maxiter)
    return trains


class _Intervals:
    """A distribution with its arguments and its source of random numbers."""

    def __init__(self, distribution: object, arguments: Mapping[str, object], source):
        if isinstance(distribution, str):
            import scipy.stats

            found = getattr(scipy.stats, distribution, None)
        else:
            found = distribution
        if not callable(getattr(found, "rvs", None)):
            raise InputError(
                "distribution must name one of scipy.stats, as 'expon' does, or have a method rvs; "
                f"got {distribution!r}"
            )
        self._distribution, self._arguments = found, arguments
        self._state = None if source is np.random else source

    def draw(self, size: tuple[int, ...]) -> np.ndarray:
        """Intervals, ≥ 0."""
        drawn = np.asarray(self._distribution.rvs(size=size, random_state=self._state, **self._arguments), dtype=float)
        if drawn.size and not drawn.min() >= 0:
            raise InputError(f"intervals between activation times must be >= 0 ms, and {drawn.min():g} was drawn")
        return drawn

    def expected_number(self, duration: float) -> float:
        """About how many fit in, from a sample."""
        mean = self.draw((64,)).mean()
        return duration / mean if mean > 0 else np.inf


def _trains(intervals: _Intervals, n: int, tstart: float, tstop: float, width: int, maxiter: float) -> list[np.ndarray]:
    """``n`` trains together: what is missing is drawn on until every one has passed ``tstop``."""
    pieces: list[list[np.ndarray]] = [[] for _ in range(n)]
    going, reached, drawn = np.arange(n), np.full(n, tstart), 0
    while going.size:
        if drawn >= maxiter:
            raise InputError(
                f"{going.size} of {n} trains need more than maxiter = {maxiter:g} intervals to reach tstop = "
                f"{tstop:g} ms"
            )
        times = reached[going, None] + intervals.draw((going.size, width)).cumsum(axis=1)
        for train, row in zip(going, times, strict=True):
            pieces[train].append(row[: np.searchsorted(row, tstop, side="right")])
        reached[going] = times[:, -1]
        going = going[times[:, -1] <= tstop]
        drawn += width
    return [np.concatenate(piece) for piece in pieces]
