"""The segments of a cell: where they are, which section they belong to, how they hang together.

Nothing here knows NEURON or xarray: a cell of any simulator, or plain arrays, can be described. Every operation
returns a new object that has moved its segments *and* its 3-D points.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lfptools.errors import GeometryError, unknown_name
from lfptools.geometry.distortion import axis_index, distortion
from lfptools.geometry.ends import Ends
from lfptools.geometry.polyline import stretch


@dataclass(frozen=True, eq=False)
class Segments(Ends):
    """Segments in the order of the currents that they will be multiplied with.

    Parameters
    ----------
    x, y, z : numpy.ndarray
        Shape (n, 2), µm: start and end of each segment.
    d : numpy.ndarray
        Shape (n,), µm: diameters.
    area : numpy.ndarray
        Shape (n,), µm²: membrane areas.
    length : numpy.ndarray
        Shape (n,), µm: lengths along the section (not shorter than the chord up to rounding).
    section : numpy.ndarray
        Shape (n,), int: which of ``section_names`` each segment belongs to.
    section_x : numpy.ndarray
        Shape (n,): normalised position of each segment's centre in its section.
    section_names : tuple of str
        Names in section order.
    section_parent : numpy.ndarray
        Shape (sections,), int: index of the parent section, −1 at the root.
    section_parent_x : numpy.ndarray
        Shape (sections,): normalised position on the parent where each section hangs; NaN at the root.
    points : tuple of numpy.ndarray
        Per section the 3-D points (m, 4): x, y, z, diameter in µm.
    section_reversed : numpy.ndarray, optional
        Shape (sections,), bool: which sections hang on their parent with their 1 end; none if not given.
    axial_resistance : numpy.ndarray, optional
        Shape (n,), MΩ: from each segment's centre to the node that it hangs on; NaN (unknown) if not given.
    far_resistance : numpy.ndarray, optional
        Shape (sections,), MΩ: from the centre of a section's last segment to the section's far end, where children may
        hang; NaN (unknown) if not given.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    d: np.ndarray
    area: np.ndarray
    length: np.ndarray
    section: np.ndarray
    section_x: np.ndarray
    section_names: tuple[str, ...]
    section_parent: np.ndarray
    section_parent_x: np.ndarray
    points: tuple[np.ndarray, ...] = field(repr=False)
    section_reversed: np.ndarray | None = None
    axial_resistance: np.ndarray | None = None
    far_resistance: np.ndarray | None = None

    def __post_init__(self) -> None:
        n, sections = len(self.d), len(self.section_names)
        if not n:
            raise GeometryError("a cell needs at least one segment, got none")
        for name, shape, unknown in (
            ("section_reversed", (sections,), False),
            ("axial_resistance", (n,), np.nan),
            ("far_resistance", (sections,), np.nan),
        ):
            if getattr(self, name) is None:
                object.__setattr__(self, name, np.full(shape, unknown))
            if getattr(self, name).shape != shape:
                raise GeometryError(f"{name} must have shape {shape}, got {getattr(self, name).shape}")
        for name in ("x", "y", "z"):
            if getattr(self, name).shape != (n, 2):
                raise GeometryError(f"{name} must have shape ({n}, 2), got {getattr(self, name).shape}")
        for name in ("area", "length", "section", "section_x"):
            if getattr(self, name).shape != (n,):
                raise GeometryError(f"{name} must have shape ({n},), got {getattr(self, name).shape}")
        bad = np.flatnonzero(~np.isfinite(np.hstack((self.x, self.y, self.z, self.d[:, None]))).all(axis=1))
        if bad.size:
            raise GeometryError(f"segments with NaN or infinite position or diameter: indices {bad[:10].tolist()}")
        if (self.d <= 0).any():
            raise GeometryError(f"segments need diameters > 0 µm: indices {np.flatnonzero(self.d <= 0)[:10].tolist()}")

    @classmethod
    def from_arrays(cls, x: np.ndarray, y: np.ndarray, z: np.ndarray, d: np.ndarray) -> "Segments":
        """Segments of unknown topology from start and end points (n, 2) and diameters (n,) in µm.

        Each becomes a section of its own, a cylinder between its two points.
        """
        x, y, z = (np.atleast_2d(np.asarray(a, dtype=float)) for a in (x, y, z))
        d = np.atleast_1d(np.asarray(d, dtype=float))
        if d.ndim != 1 or any(a.shape != (d.size, 2) for a in (x, y, z)):
            raise GeometryError(f"x, y, z must be (n, 2) and d (n,); got {x.shape}, {y.shape}, {z.shape} and {d.shape}")
        chord = np.sqrt(sum(np.diff(a, axis=1)[:, 0] ** 2 for a in (x, y, z)))
        n = d.size
        points = tuple(np.column_stack((x[i], y[i], z[i], [d[i], d[i]])) for i in range(n))
        return cls(
            x=x, y=y, z=z, d=d, area=np.pi * d * chord, length=chord, section=np.arange(n), section_x=np.full(n, 0.5),
            section_names=tuple(f"segment[{i}]" for i in range(n)), section_parent=np.full(n, -1),
            section_parent_x=np.full(n, np.nan), points=points,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.d)

    @property
    def ids(self) -> tuple[str, ...]:
        """One distinct id per segment, ``"dendrite_1[29](0.5)"``."""
        names = np.asarray(self.section_names, dtype=object)[self.section]
        return tuple(f"{name}({x:.9g})" for name, x in zip(names, self.section_x, strict=True))

    def moved(self, dx: float = 0.0, dy: float = 0.0, dz: float = 0.0) -> "Segments":
        """A copy displaced by (dx, dy, dz) µm, 3-D points included."""
        shift = _finite("displacement", (dx, dy, dz))
        points = tuple(np.column_stack((p[:, :3] + shift, p[:, 3])) for p in self.points)
        return replace(self, x=self.x + shift[0], y=self.y + shift[1], z=self.z + shift[2], points=points)

    def rotated(self, matrix: np.ndarray, centre: Sequence[float] = (0.0, 0.0, 0.0)) -> "Segments":
        """A copy rotated about ``centre`` (µm) by a 3 × 3 ``matrix`` acting on column vectors, 3-D points included."""
        centre = _finite("centre", centre)
        start, end = ((p - centre) @ matrix.T + centre for p in (self.start, self.end))
        x, y, z = (np.column_stack((start[:, k], end[:, k])) for k in range(3))
        points = tuple(np.column_stack(((p[:, :3] - centre) @ matrix.T + centre, p[:, 3])) for p in self.points)
        return replace(self, x=x, y=y, z=z, points=points)

    def mirrored(self, axis: str, centre: Sequence[float] = (0.0, 0.0, 0.0)) -> "Segments":
        """A copy mirrored in the plane through ``centre`` (µm) across ``axis``, 3-D points included."""
        scale = np.ones(3)
        scale[axis_index(axis)] = -1.0
        return self.rotated(np.diag(scale), centre)

    def distorted(
        self, factor: float, axis: str = "z", nu: float = 0.0, centre: Sequence[float] = (0.0, 0.0, 0.0)
    ) -> "Segments":
        """A copy compressed along ``axis`` about ``centre`` (µm), 3-D points included.

        Along the axis distances are multiplied by 1 − ``factor``, across it by 1 + ``nu`` · ``factor``, with Poisson's
        ratio ``nu``. ``length`` follows; ``d``, ``area`` and the axial resistances, which the cable equation has been
        solved with, stay.

        Raises
        ------
        GeometryError
            For a factor outside −1 … 1 (exclusive) or a ratio that leaves no width.
        """
        scale = distortion(factor, axis, nu)
        return replace(self.rotated(np.diag(scale), centre), length=self.length * stretch(self, scale))

    def find(
        self, section: str | Sequence[str] = "allsec", z_min: float = -np.inf, z_max: float = np.inf
    ) -> np.ndarray:
        """Indices of segments by part of their section's name and by the z of their midpoint.

        Parameters
        ----------
        section : str or sequence of str
            ``"allsec"``, or text that the section's name contains (``"dend"`` finds ``dend[0]`` and ``apdend[3]``).
        z_min, z_max : float
            Bounds in µm, exclusive.

        Raises
        ------
        GeometryError
            If a text is part of no section's name.
        """
        parts = [section] if isinstance(section, str) else list(section)
        inside = np.zeros(len(self), dtype=bool)
        for part in parts:
            hit = [part == "allsec" or part in name for name in self.section_names]
            if not any(hit):
                raise GeometryError(unknown_name("section", part, self.section_names))
            inside |= np.asarray(hit)[self.section]
        z = self.midpoints[:, 2]
        return np.flatnonzero(inside & (z > z_min) & (z < z_max))

    def at(self, section: str, fraction: float) -> int:
        """Index of the segment of the section of exactly this name that holds the normalised position ``fraction``."""
        if section not in self.section_names:
            raise GeometryError(unknown_name("section", section, self.section_names))
        if not 0.0 <= fraction <= 1.0:
            raise GeometryError(f"the position in section {section!r} must lie in 0..1, got {fraction}")
        own = np.flatnonzero(self.section == self.section_names.index(section))
        return int(own[min(int(fraction * own.size), own.size - 1)])

    def closest(self, x: float = 0.0, y: float = 0.0, z: float = 0.0, section: str | Sequence[str] = "allsec") -> int:
        """Index of the segment whose midpoint is closest to (x, y, z) µm, among those that :meth:`find` names."""
        among = self.find(section)
        target = _finite("position", (x, y, z))
        return int(among[np.argmin(((self.midpoints[among] - target) ** 2).sum(axis=1))])


def rotation_matrix(x: float = 0.0, y: float = 0.0, z: float = 0.0, order: str = "xyz") -> np.ndarray:
    """Right-handed rotations about the fixed axes, in radians, applied in ``order``.

    ``rotation_matrix(x=pi/2)`` takes +y to +z.
    """
    if sorted(order) != ["x", "y", "z"]:
        raise GeometryError(f"rotation_order must be a permutation of 'xyz', got {order!r}")
    angles = dict(zip("xyz", _finite("rotation angles", (x, y, z)), strict=True))
    matrix = np.eye(3)
    for axis in order:
        k = "xyz".index(axis)
        i, j = (k + 1) % 3, (k + 2) % 3
        c, s = np.cos(angles[axis]), np.sin(angles[axis])
        turn = np.eye(3)
        turn[i, i] = turn[j, j] = c
        turn[i, j], turn[j, i] = -s, s
        matrix = turn @ matrix
    return matrix


def _finite(what: str, values: Sequence[float]) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.shape != (3,) or not np.isfinite(values).all():
        raise GeometryError(f"{what} must be three finite numbers, got {values.tolist()}")
    return values
