"""LFPykit's functions of one contact and all segments; lead fields of many contacts are what electrodes are for.

Segments are given by their starts and ends ``cell_x``, ``cell_y``, ``cell_z``, (n, 2) in µm, and the contact by ``x``,
``y``, ``z`` in µm. ``r_limit`` is the least distance from each segment in µm, (n,) or one number: nearer than that, the
potential at that distance is taken, with a warning. Conductivities are in S/m. The functions return the potential per
membrane current of each segment, (n,) in mV/nA, and raise ``GeometryError``, ``CellError``, ``ValueError`` or
``TypeError`` for what cannot be. Formulas and sources: :class:`~lfptools.forward.electrode.RecExtElectrode`,
:class:`~lfptools.forward.slice.RecMEAElectrode`.
"""

import warnings
from collections.abc import Sequence

import numpy as np

from lfptools.errors import GeometryError, LfptoolsWarning
from lfptools.forward.conductivity import conductivity
from lfptools.forward.model import positive
from lfptools.forward.roots import checked_roots
from lfptools.forward.slice import RecMEAElectrode
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.contacts import Contacts

__all__ = [
    "calc_lfp_linesource",
    "calc_lfp_linesource_anisotropic",
    "calc_lfp_linesource_moi",
    "calc_lfp_pointsource",
    "calc_lfp_pointsource_anisotropic",
    "calc_lfp_pointsource_moi",
    "calc_lfp_root_as_point",
    "calc_lfp_root_as_point_anisotropic",
    "calc_lfp_root_as_point_moi",
    "return_dist_from_segments",
]

Ends = Sequence[Sequence[float]]
Limits = float | Sequence[float]


def calc_lfp_linesource(
    cell_x: Ends, cell_y: Ends, cell_z: Ends, x: float, y: float, z: float, sigma: float, r_limit: Limits
) -> np.ndarray:
    """Potential of line sources; ``sigma`` is one number."""
    positive("sigma", sigma, "S/m")
    return _potential((cell_x, cell_y, cell_z), (x, y, z), sigma, r_limit)


def calc_lfp_linesource_anisotropic(
    cell_x: Ends, cell_y: Ends, cell_z: Ends, x: float, y: float, z: float, sigma: Sequence[float], r_limit: Limits,
    atol: float = 1e-8,
) -> np.ndarray:  # fmt: skip
    """Potential of line sources; ``sigma`` is (3,) along x, y and z or a tensor (3, 3).

    ``atol`` is accepted, and nothing depends on it.
    """
    return _potential((cell_x, cell_y, cell_z), (x, y, z), sigma, r_limit)


def calc_lfp_pointsource(
    cell_x: Ends, cell_y: Ends, cell_z: Ends, x: float, y: float, z: float, sigma: float, r_limit: Limits
) -> np.ndarray:
    """Potential of point sources at the segments' middles; ``sigma`` is one number."""
    positive("sigma", sigma, "S/m")
    return _potential((cell_x, cell_y, cell_z), (x, y, z), sigma, r_limit, points=True)


def calc_lfp_pointsource_anisotropic(
    cell_x: Ends, cell_y: Ends, cell_z: Ends, x: float, y: float, z: float, sigma: Sequence[float], r_limit: Limits,
    atol: float = 1e-8,
) -> np.ndarray:  # fmt: skip
    """Potential of point sources at the segments' middles; ``sigma`` is (3,) or (3, 3), and ``atol`` without effect."""
    return _potential((cell_x, cell_y, cell_z), (x, y, z), sigma, r_limit, points=True)


def calc_lfp_root_as_point(
    cell_x: Ends, cell_y: Ends, cell_z: Ends, x: float, y: float, z: float, sigma: float, r_limit: Limits,
    rootinds: Sequence[int] = (0,),
) -> np.ndarray:  # fmt: skip
    """Potential of line sources, and of point sources where ``rootinds`` has the segments' indices."""
    positive("sigma", sigma, "S/m")
    return _potential((cell_x, cell_y, cell_z), (x, y, z), sigma, r_limit, rootinds)


def calc_lfp_root_as_point_anisotropic(
    cell_x: Ends, cell_y: Ends, cell_z: Ends, x: float, y: float, z: float, sigma: Sequence[float], r_limit: Limits,
    atol: float = 1e-8, rootinds: Sequence[int] = (0,),
) -> np.ndarray:  # fmt: skip
    """As :func:`calc_lfp_root_as_point`; ``sigma`` is (3,) or (3, 3), and ``atol`` without effect."""
    return _potential((cell_x, cell_y, cell_z), (x, y, z), sigma, r_limit, rootinds)


def calc_lfp_linesource_moi(
    cell_x: Ends, cell_y: Ends, cell_z: Ends, x: float, y: float, z: float, sigma_T: float, sigma_S: float,
    sigma_G: float, steps: int | None, h: float, r_limit: Limits, atol: float = 1e-8, *, z_shift: float = 0.0,
) -> np.ndarray:  # fmt: skip
    """Potential of line sources in a slice, z_shift <= z <= z_shift + h in µm, for a contact at any depth.

    ``steps`` orders of images are summed, as many as are needed if None; ``atol`` is accepted, and without effect.
    See :class:`~lfptools.forward.slice.RecMEAElectrode`, also for the other two functions of slices.
    """
    medium = (sigma_T, sigma_S, sigma_G, h, z_shift, steps)
    return _slice_potential((cell_x, cell_y, cell_z), (x, y, z), medium, r_limit, "linesource")


def calc_lfp_pointsource_moi(
    cell_x: Ends, cell_y: Ends, cell_z: Ends, x: float, y: float, z: float, sigma_T: float, sigma_S: float,
    sigma_G: float, steps: int | None, h: float, r_limit: Limits, *, z_shift: float = 0.0,
) -> np.ndarray:  # fmt: skip
    """As :func:`calc_lfp_linesource_moi`, of point sources at the segments' middles."""
    medium = (sigma_T, sigma_S, sigma_G, h, z_shift, steps)
    return _slice_potential((cell_x, cell_y, cell_z), (x, y, z), medium, r_limit, "pointsource")


def calc_lfp_root_as_point_moi(
    cell_x: Ends, cell_y: Ends, cell_z: Ends, x: float, y: float, z: float, sigma_T: float, sigma_S: float,
    sigma_G: float, steps: int | None, h: float, r_limit: Limits, atol: float = 1e-8, *, z_shift: float = 0.0,
    rootinds: Sequence[int] = (0,),
) -> np.ndarray:  # fmt: skip
    """As :func:`calc_lfp_linesource_moi`, with point sources where ``rootinds`` has the segments' indices."""
    medium = (sigma_T, sigma_S, sigma_G, h, z_shift, steps)
    return _slice_potential((cell_x, cell_y, cell_z), (x, y, z), medium, r_limit, "root_as_point", rootinds)


def return_dist_from_segments(
    xstart: Sequence[float], ystart: Sequence[float], zstart: Sequence[float], xend: Sequence[float],
    yend: Sequence[float], zend: Sequence[float], p: Sequence[float],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Distances (n,) of a contact at ``p`` (3,) from segments, and the points (3, n) of these next to it, in µm.

    Parameters
    ----------
    xstart, ystart, zstart, xend, yend, zend : array_like
        Shape (n,), µm. A segment whose ends coincide is a point.
    p : array_like
        Shape (3,), µm.
    """
    start, end = (_vectors(given) for given in ((xstart, ystart, zstart), (xend, yend, zend)))
    if start.shape != end.shape:
        raise GeometryError(f"segments need as many starts as ends, got {start.shape[1]} and {end.shape[1]}")
    contact = Contacts.from_positions(*p).positions.T
    chord = end - start
    squared = (chord * chord).sum(axis=0)
    along = ((contact - start) * chord).sum(axis=0)
    fraction = np.clip(np.divide(along, squared, out=np.zeros_like(along), where=squared > 0), 0.0, 1.0)
    closest = np.where(fraction <= 0.5, start + fraction * chord, end - (1.0 - fraction) * chord)
    return np.sqrt(((contact - closest) ** 2).sum(axis=0)), closest


def _vectors(components: tuple[Sequence[float], ...]) -> np.ndarray:
    try:
        array = np.array([np.atleast_1d(np.asarray(c, dtype=float)) for c in components])
    except (TypeError, ValueError) as error:
        raise GeometryError(f"segments' ends must be numbers, x, y and z of one length: {error}") from error
    if array.ndim != 2 or not np.isfinite(array).all():
        raise GeometryError(f"segments' ends must be three finite vectors (n,), got shape {array.shape}")
    return array


def _one_contact(contact: tuple[float, float, float]) -> Contacts:
    at = Contacts.from_positions(*contact)
    if len(at) != 1:
        raise GeometryError(f"x, y and z must be one contact's, got {len(at)}")
    return at


def _number_of(ends: tuple[Ends, Ends, Ends]) -> int:
    return np.shape(ends[0])[0] if np.ndim(ends[0]) == 2 else 1


def _limits(r_limit: Limits, segments: int) -> np.ndarray:
    limits = np.asarray(r_limit, dtype=float)
    if limits.shape not in ((), (segments,)):
        raise GeometryError(
            f"r_limit must be one distance in µm, or one for each of {segments} segments; got shape {limits.shape}"
        )
    limits = np.full(segments, limits)
    bad = np.flatnonzero(~(np.isfinite(limits) & (limits > 0)))
    if bad.size:
        raise GeometryError(f"r_limit must be finite and > 0 µm, got {limits[bad[0]]:g}: indices {bad[:10].tolist()}")
    return limits


def _slice_potential(
    ends: tuple[Ends, Ends, Ends], contact: tuple[float, float, float], medium: tuple, r_limit: Limits, method: str,
    roots: Sequence[int] | None = None,
) -> np.ndarray:  # fmt: skip
    """``medium``: the arguments of RecMEAElectrode from sigma_T to steps."""
    at, segments = _one_contact(contact), _number_of(ends)
    geometry = CellGeometry(*ends, 2.0 * _limits(r_limit, segments))
    return RecMEAElectrode(geometry, *medium, at, method=method, rootinds=roots).get_transformation_matrix()[0]


def _potential(
    ends: tuple[Ends, Ends, Ends], contact: tuple[float, float, float], sigma: object, r_limit: Limits,
    roots: Sequence[int] | None = None, points: bool = False,
) -> np.ndarray:  # fmt: skip
    """``roots`` are the segments that are points, if some are; all where ``points``."""
    from lfptools.kernels import line, point

    at, tensor, segments = _one_contact(contact), conductivity(sigma), _number_of(ends)
    geometry = CellGeometry(*ends, np.ones(segments))
    minimum = _limits(r_limit, segments)
    start, end, middles = geometry.start.copy(), geometry.end.copy(), 0.5 * geometry.start + 0.5 * geometry.end
    if points:
        matrix, moved = point.matrix(at.positions, middles, minimum, tensor)
    else:
        if roots is not None:
            these = checked_roots(roots, segments)
            start[these] = end[these] = middles[these]
        matrix, moved = line.matrix(at.positions, start, end, minimum, tensor, False)
    if moved:
        warnings.warn(
            "a contact is nearer to segments than r_limit; there the potential at that distance is taken",
            LfptoolsWarning,
            stacklevel=3,
        )
    return matrix[0]
