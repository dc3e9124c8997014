"""The least that a forward model needs to know of a cell: ends and diameters of its segments."""

from collections.abc import Sequence

import numpy as np

from lfptools.errors import GeometryError
from lfptools.geometry.distortion import distortion
from lfptools.geometry.ends import Ends


class CellGeometry(Ends):
    """Segments given as plain arrays, of a cell from any simulator. Checked when made.

    Parameters
    ----------
    x, y, z : array_like
        Shape (n, 2), µm: start and end of each segment.
    d : array_like
        Shape (n,), µm: diameters.

    Attributes
    ----------
    totnsegs : int
        Number of segments.
    length, area : numpy.ndarray
        Shape (n,): distance between the ends in µm, and the cylinder's side in µm².

    Raises
    ------
    GeometryError
        For shapes that do not fit, no segments, NaN, or diameters that are not positive; names the indices.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, z: np.ndarray, d: np.ndarray):
        self.x, self.y, self.z = (_ends(name, values) for name, values in (("x", x), ("y", y), ("z", z)))
        self.d = _numbers("d", d)
        self.totnsegs = self.d.size
        if self.d.ndim != 1 or any(a.shape != (self.d.size, 2) for a in (self.x, self.y, self.z)):
            raise GeometryError(
                f"segments need x, y, z of shape (n, 2) and d of shape (n,); got {self.x.shape}, {self.y.shape}, "
                f"{self.z.shape} and {self.d.shape}"
            )
        if not self.totnsegs:
            raise GeometryError("a cell needs at least one segment, got none")
        bad = np.flatnonzero(~np.isfinite(np.column_stack((self.x, self.y, self.z, self.d))).all(axis=1))
        if bad.size:
            raise GeometryError(f"segments with NaN or infinite position or diameter: indices {bad[:10].tolist()}")
        bad = np.flatnonzero(self.d <= 0)
        if bad.size:
            raise GeometryError(f"segments need diameters > 0 µm: indices {bad[:10].tolist()}")
        self.length = np.sqrt(sum((a[:, 1] - a[:, 0]) ** 2 for a in (self.x, self.y, self.z)))
        self.area = np.pi * self.d * self.length

    @classmethod
    def of(cls, cell: object) -> "CellGeometry":
        """The geometry of anything that has x, y, z (n, 2) and d (n,): a Cell, Segments, arrays of another tool.

        Raises
        ------
        GeometryError
            If an attribute is missing, or has values that segments cannot have.
        """
        missing = [name for name in ("x", "y", "z", "d") if getattr(cell, name, None) is None]
        if missing:
            raise GeometryError(
                f"a cell for a forward model needs x, y, z (n, 2) and d (n,) in µm; {type(cell).__name__} has no "
                f"{', '.join(missing)}"
            )
        return cls(cell.x, cell.y, cell.z, cell.d)

    def distorted(
        self, factor: float, axis: str = "z", nu: float = 0.0, centre: Sequence[float] = (0.0, 0.0, 0.0)
    ) -> "CellGeometry":
        """A copy compressed along ``axis`` about ``centre`` (µm), see :meth:`Segments.distorted`; ``d`` stays."""
        scale = distortion(factor, axis, nu)
        ends = ((a - c) * k + c for a, c, k in zip((self.x, self.y, self.z), centre, scale, strict=True))
        return CellGeometry(*ends, self.d)


def _numbers(name: str, values: object) -> np.ndarray:
    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise GeometryError(f"segments' {name} must be an array of numbers: {error}") from error


def _ends(name: str, values: object) -> np.ndarray:
    array = _numbers(name, values)
    return array[np.newaxis] if array.shape == (2,) else array
