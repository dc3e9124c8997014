"""Segments drawn at random, in proportion to their area and to densities over depth."""

from collections.abc import Mapping, Sequence

import numpy as np

from lfptools.alias_method import alias_method
from lfptools.errors import GeometryError
from lfptools.geometry.kinship import checked_indices
from lfptools.geometry.segments import Segments
from lfptools.randomness import count


def area_probability(segments: Segments, idx: Sequence[int]) -> np.ndarray:
    """Shape of ``idx``: membrane areas of segments divided by their sum."""
    return _normalised(segments.area[checked_indices(segments, idx)], "membrane area")


def by_area(
    segments: Segments,
    section: str | Sequence[str] = "allsec",
    nidx: int = 1,
    z_min: float = -np.inf,
    z_max: float = np.inf,
    rng: np.random.Generator | np.random.RandomState | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """``nidx`` indices, drawn with replacement, with probability in proportion to membrane area.

    Parameters
    ----------
    section, z_min, z_max
        Which segments, see :meth:`Segments.find`.
    rng, seed : numpy.random.Generator or int, optional
        Where random numbers come from, one of the two; numpy's global state (``numpy.random.seed``) if neither.

    Raises
    ------
    GeometryError
        If there is no such segment.
    InputError
        If ``nidx`` is no count, or both ``rng`` and ``seed`` are given.
    """
    among = _among(segments, section, z_min, z_max)
    return alias_method(among, area_probability(segments, among), count("nidx", nidx), rng, seed)


def by_area_and_depth(
    segments: Segments,
    section: str | Sequence[str] = "allsec",
    nidx: int = 1,
    z_min: float = -np.inf,
    z_max: float = np.inf,
    fun: object = "norm",
    funargs: Mapping[str, float] | Sequence[Mapping[str, float]] | None = None,
    funweights: float | Sequence[float] | None = None,
    rng: np.random.Generator | np.random.RandomState | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """``nidx`` indices, drawn with replacement, with probability in proportion to area times a density of depth.

    .. math:: p_i \\propto A_i \\sum_k w_k f_k(z_i)

    Parameters
    ----------
    section, z_min, z_max
        Which segments, see :meth:`Segments.find`.
    fun : str or object with ``pdf``, or a sequence of them
        Densities f of the midpoint's z, µm: ``"norm"`` is ``scipy.stats.norm``.
    funargs : mapping or sequence of mappings
        Keyword arguments of each ``pdf``; ``{"loc": 0, "scale": 100}`` if not given.
    funweights : float or sequence of float, optional
        Weights w ≥ 0 of the densities; 1 if not given.
    rng, seed : numpy.random.Generator or int, optional
        Where random numbers come from, one of the two; numpy's global state (``numpy.random.seed``) if neither.

    Raises
    ------
    GeometryError
        If there is no such segment or the density is nothing on all of them, or if there are not as many ``funargs``
        and ``funweights`` as functions.
    InputError
        If ``nidx`` is no count, or both ``rng`` and ``seed`` are given.
    """
    among = _among(segments, section, z_min, z_max)
    density = _density(segments.midpoints[among, 2], fun, funargs, funweights)
    p = _normalised(segments.area[among] * density, "membrane area × density of depth")
    return alias_method(among, p, count("nidx", nidx), rng, seed)


def _density(z: np.ndarray, fun: object, funargs: object, funweights: object) -> np.ndarray:
    functions = list(fun) if isinstance(fun, list | tuple | np.ndarray) else [fun]
    funargs = {"loc": 0, "scale": 100} if funargs is None else funargs
    arguments = [funargs] if isinstance(funargs, Mapping) else list(funargs)
    weights = np.ones(len(functions)) if funweights is None else np.atleast_1d(np.asarray(funweights, dtype=float))
    if not len(functions) == len(arguments) == len(weights):
        raise GeometryError(
            f"fun, funargs and funweights must be as many, got {len(functions)}, {len(arguments)} and {len(weights)}"
        )
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise GeometryError(f"funweights must be finite and >= 0, got {weights.tolist()}")
    return sum(w * _pdf(f)(z, **given) for w, f, given in zip(weights, functions, arguments, strict=True))


def _pdf(function: object):
    if isinstance(function, str):
        import scipy.stats

        found = getattr(scipy.stats, function, None)
    else:
        found = function
    if not callable(getattr(found, "pdf", None)):
        raise GeometryError(
            f"fun must name a distribution of scipy.stats, as 'norm' does, or have a method pdf; got {function!r}"
        )
    return found.pdf


def _among(segments: Segments, section: str | Sequence[str], z_min: float, z_max: float) -> np.ndarray:
    among = segments.find(section, z_min, z_max)
    if not among.size:
        raise GeometryError(f"no segment of {section!r} has its middle between z = {z_min:g} and {z_max:g} µm")
    return among


def _normalised(weights: np.ndarray, what: str) -> np.ndarray:
    total = weights.sum()
    if not 0 < total < np.inf or (weights < 0).any():
        raise GeometryError(f"{what} must be finite, >= 0 and not 0 everywhere, got a sum of {total} over the segments")
    return weights / total
