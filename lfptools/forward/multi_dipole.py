"""Many current dipoles at once, one for each axial current of a cell, and arrays of positions and moments."""

import numpy as np

from lfptools.errors import CellError, GeometryError
from lfptools.io.product import blocked_product


def positions(name: str, values: object) -> np.ndarray:
    """Positions as an array of shape (n, 3), n ≥ 1, µm.

    Raises
    ------
    GeometryError
        For another shape, or NaN and infinities; names the indices.
    """
    try:
        found = np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise GeometryError(f"{name} must be an array of numbers of shape (n, 3) in µm: {error}") from error
    if found.ndim != 2 or found.shape[1] != 3 or not found.size:
        raise GeometryError(f"{name} must have the shape (n, 3), n >= 1, in µm; got {found.shape}")
    bad = np.flatnonzero(~np.isfinite(found).all(axis=1))
    if bad.size:
        raise GeometryError(f"{name} at NaN or infinite positions: indices {bad[:10].tolist()}")
    return found


def moment(p: object, name: str = "p") -> np.ndarray:
    """A current dipole moment over time, shape (3,) or (3, times), nA·µm.

    Raises
    ------
    ValueError
        For another shape, or NaN and infinities; names the first sample.
    """
    try:
        found = np.asarray(p, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers of shape (3,) or (3, times) in nA·µm: {error}") from error
    if found.ndim not in (1, 2) or found.shape[0] != 3:
        raise ValueError(f"{name} must have the shape (3,) or (3, times), in nA·µm; got {found.shape}")
    bad = np.argwhere(~np.isfinite(found))
    if bad.size:
        raise ValueError(f"{name} must be finite; got {found[tuple(bad[0])]} at index {bad[0].tolist()}")
    return found


def one_dipole(matrix: np.ndarray, p: object) -> np.ndarray:
    """Signal (rows, times), or (rows,), of one dipole of moment ``p``, from ``matrix`` (rows, 3)."""
    found = moment(p)
    product = blocked_product(matrix, found.reshape(3, -1))
    return product if found.ndim == 2 else product[:, 0]


def of_cell(cell: object, timepoints: object = None) -> tuple[np.ndarray, np.ndarray]:
    """Moments (dipoles, 3, times) in nA·µm and places (dipoles, 3) in µm of a cell's axial currents.

    Parameters
    ----------
    cell : object
        With ``get_multi_current_dipole_moments(timepoints)``: a Cell that was simulated with ``rec_vmem=True``.
    timepoints : array_like of int, optional
        Which samples; all if not given.

    Raises
    ------
    CellError
        If the cell has no such method.
    """
    if not callable(getattr(cell, "get_multi_current_dipole_moments", None)):
        raise CellError(
            f"dipoles of axial currents come from a cell with get_multi_current_dipole_moments(); "
            f"{type(cell).__name__} has none"
        )
    moments, places = cell.get_multi_current_dipole_moments(timepoints)
    return np.asarray(moments, dtype=float), np.asarray(places, dtype=float)


def signal(matrix: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """Sum over dipoles of the signal of each.

    Parameters
    ----------
    matrix : numpy.ndarray
        Shape (rows, dipoles, 3), signal per nA·µm.
    moments : numpy.ndarray
        Shape (dipoles, 3, times), nA·µm.

    Returns
    -------
    numpy.ndarray
        Shape (rows, times).
    """
    rows, dipoles, _ = matrix.shape
    return blocked_product(matrix.reshape(rows, 3 * dipoles), moments.reshape(3 * dipoles, -1))
