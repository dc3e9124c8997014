"""Ground-truth current source density: membrane currents in bins, per volume."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from lfptools.config.parameters import Parameters
from lfptools.errors import GeometryError, LfptoolsWarning
from lfptools.forward.model import ForwardModel
from lfptools.geometry.contacts import Contacts

if TYPE_CHECKING:
    from scipy import sparse

MOST_BINS = 1_000_000
_ROUNDING = 1e-9


class EvenEdges(Parameters):
    """Edges from ``start_um`` to ``stop_um``, both included, every ``width_um``."""

    start_um: float = Field(description="first edge in µm")
    stop_um: float = Field(description="last edge in µm")
    width_um: float = Field(gt=0, description="of each bin in µm")

    @model_validator(mode="after")
    def _whole(self) -> "EvenEdges":
        bins = (self.stop_um - self.start_um) / self.width_um
        if not 1 <= round(bins) <= MOST_BINS or abs(bins - round(bins)) > _ROUNDING * max(bins, 1.0):
            raise ValueError(
                f"from {self.start_um:g} to {self.stop_um:g} there must be a whole number (1 … {MOST_BINS}) of bins of "
                f"{self.width_um:g} µm, got {bins:g}"
            )
        return self


def _increasing(edges: EvenEdges | tuple[float, ...]) -> EvenEdges | tuple[float, ...]:
    if isinstance(edges, tuple) and not (len(edges) > 1 and (np.diff(edges) > 0).all()):
        raise ValueError(f"edges must be at least two numbers that increase, got {list(edges)}")
    return edges


Edges = Annotated[EvenEdges | tuple[float, ...], AfterValidator(_increasing)]


def edges_of(edges: EvenEdges | tuple[float, ...]) -> np.ndarray:
    """The edges as an array (µm)."""
    if isinstance(edges, EvenEdges):
        return np.linspace(edges.start_um, edges.stop_um, round((edges.stop_um - edges.start_um) / edges.width_um) + 1)
    return np.asarray(edges, dtype=float)


def as_written(edges: np.ndarray) -> EvenEdges | tuple[float, ...]:
    """Edges as a study has them: even ones by start, stop and width, others one by one."""
    width = float(f"{(edges[-1] - edges[0]) / (edges.size - 1):.12g}")
    even = EvenEdges.model_construct(start_um=float(edges[0]), stop_um=float(edges[-1]), width_um=width)
    return even if np.array_equal(edges_of(even), edges) else tuple(map(float, edges))


class CurrentSourceDensity(ForwardModel):
    """What the two densities share: rows are bins, and what lies outside them is told.

    Attributes
    ----------
    outside : numpy.ndarray or None
        Shape (segments,): the part of each segment that lies in no bin; None before a matrix was computed.
    """

    needs_contacts = False
    quantity = "current_source_density"
    matrix_quantity = "csd_lead_field"
    row_dim = "bin"
    symmetries = frozenset()

    def __init__(self, cell: object | None, name: str | None = None):
        super().__init__(cell, name)
        self.outside: np.ndarray | None = None

    def _account(self, covered: np.ndarray) -> None:
        """Keep, and tell once, how much of the cell is in no bin."""
        self.clamped_pairs = 0
        self.outside = np.clip(1.0 - covered, 0.0, 1.0)
        lost = np.flatnonzero(self.outside > _ROUNDING)
        if lost.size and not self._warned:
            self._warned = True
            warnings.warn(
                f"{self.name}: {lost.size} of {covered.size} segments lie wholly or partly in no bin (the attribute "
                f"`outside` says how much); their currents there are in no density",
                LfptoolsWarning,
                stacklevel=3,
            )


class LaminarParameters(Parameters):
    """Parameters of :class:`LaminarCurrentSourceDensity`."""

    z_um: Edges = Field(
        description="edges of the bins along z in µm: a list, or {start_um, stop_um, width_um}; bins are contiguous"
    )
    radius_um: float = Field(gt=0, description="radius of the cylinder about the z axis in µm")


class LaminarCurrentSourceDensity(CurrentSourceDensity):
    """Current source density in cylinders about the z axis, each segment's current spread evenly along it.

    .. math:: C_k = \\frac{1}{\\pi R_k^2 (z_{k1} - z_{k0})} \\sum_i f_{ki} I_i

    with f the part of segment i that lies in cylinder k, found by exact clipping.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    z : array_like
        Shape (bins, 2), µm: lower and upper face of each bin; the lower one belongs to it.
    r : array_like
        Shape (bins,), µm: radii.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Raises
    ------
    GeometryError
        For shapes that do not fit, faces that do not increase, radii that are not positive, NaN; names the indices.

    Warns
    -----
    LfptoolsWarning
        Once, if parts of the cell lie in no bin.

    References
    ----------
    Pettersen et al. (2008), J Comput Neurosci 24:291, https://doi.org/10.1007/s10827-007-0056-4;
    Hagen et al. (2016), Cereb Cortex 26:4461, https://doi.org/10.1093/cercor/bhw237
    """

    model = "laminar_csd"
    Parameters = LaminarParameters

    def __init__(self, cell: object | None, z: Sequence, r: Sequence, *, name: str | None = None):
        super().__init__(cell, name)
        self.z, self.r = z, r
        self._bins()

    @classmethod
    def from_parameters(
        cls, p: LaminarParameters, segments: object, contacts: Contacts | None = None
    ) -> "LaminarCurrentSourceDensity":
        edges = edges_of(p.z_um)
        return cls(segments, np.column_stack((edges[:-1], edges[1:])), np.full(edges.size - 1, p.radius_um))

    @classmethod
    def row_count(cls, p: LaminarParameters, contacts: int) -> int:
        return edges_of(p.z_um).size - 1

    @property
    def parameters(self) -> LaminarParameters:
        z, r = self._bins()
        if np.array_equal(z[1:, 0], z[:-1, 1]) and np.ptp(r) == 0:
            return LaminarParameters(z_um=as_written(np.append(z[:, 0], z[-1, 1])), radius_um=r[0])
        raise GeometryError("bins with gaps or of several radii cannot be written as a study's parameters")

    @property
    def row_coords(self) -> dict[str, object]:
        z, r = self._bins()
        ids = [f"{low:.9g} to {high:.9g}" for low, high in z]
        return {"bin_id": ids, "bin_z": z.mean(axis=1), "bin_height": np.diff(z, axis=1)[:, 0], "bin_radius": r}

    def get_transformation_matrix(self) -> np.ndarray:
        """Current source density in each bin per unit membrane current of each segment.

        Returns
        -------
        numpy.ndarray
            Shape (bins, segments), µm⁻³.

        Raises
        ------
        CellError
            If no cell has been given.
        GeometryError
            If bins or segments have impossible values.
        """
        from lfptools.kernels import csd

        z, r = self._bins()
        geometry = self.geometry()
        fractions = csd.cylinders(geometry.start, geometry.end, z, r)
        self._account(fractions.sum(axis=0))
        return fractions / (np.pi * r * r * (z[:, 1] - z[:, 0]))[:, None]

    def _bins(self) -> tuple[np.ndarray, np.ndarray]:
        """Faces and radii, checked."""
        z, r = np.asarray(self.z, dtype=float), np.asarray(self.r, dtype=float)
        if z.ndim != 2 or z.shape[1] != 2 or not len(z) or r.shape != (len(z),):
            raise GeometryError(f"bins need z of shape (bins, 2) and r of shape (bins,); got {z.shape} and {r.shape}")
        for what, good in (
            ("finite faces, the lower below the upper", np.isfinite(z).all(axis=1) & (z[:, 0] < z[:, 1])),
            ("radii > 0 µm", np.isfinite(r) & (r > 0)),
        ):
            if not good.all():
                raise GeometryError(f"bins need {what}: indices {np.flatnonzero(~good)[:10].tolist()}")
        return z, r


class VolumetricParameters(Parameters):
    """Parameters of :class:`VolumetricCurrentSourceDensity`."""

    x_um: Edges = Field(description="edges along x in µm: a list, or {start_um, stop_um, width_um}")
    y_um: Edges = Field(description="edges along y in µm: a list, or {start_um, stop_um, width_um}")
    z_um: Edges = Field(description="edges along z in µm: a list, or {start_um, stop_um, width_um}")

    @model_validator(mode="after")
    def _not_too_many(self) -> "VolumetricParameters":
        shape = [edges_of(edges).size - 1 for edges in (self.x_um, self.y_um, self.z_um)]
        if np.prod(shape, dtype=float) > MOST_BINS:
            raise ValueError(f"{' × '.join(map(str, shape))} bins are more than {MOST_BINS}")
        return self


class VolumetricCurrentSourceDensity(CurrentSourceDensity):
    """Current source density in the boxes of a grid, each segment's current spread evenly along it.

    .. math:: C_k = \\frac{1}{V_k} \\sum_i f_{ki} I_i

    with f the part of segment i that lies in box k, found by exact clipping, and V its volume. A box holds its lower
    faces: boxes that tile space share each segment's current without a rest.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    x, y, z : array_like
        Shapes (nx + 1,), (ny + 1,), (nz + 1,), µm: edges of the boxes, increasing.
    dl : float
        Accepted for LFPykit's scripts: clipping is exact and needs no step.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Raises
    ------
    GeometryError
        For edges that are not two or more finite increasing numbers; names the axis and the indices.

    Warns
    -----
    LfptoolsWarning
        Once, if parts of the cell lie in no box.

    References
    ----------
    Pettersen et al. (2008), J Comput Neurosci 24:291, https://doi.org/10.1007/s10827-007-0056-4
    """

    model = "volumetric_csd"
    Parameters = VolumetricParameters
    is_sparse = True

    def __init__(
        self, cell: object | None, x: Sequence[float], y: Sequence[float], z: Sequence[float], dl: float = 1.0, *,
        name: str | None = None,
    ):  # fmt: skip
        super().__init__(cell, name)
        self.x, self.y, self.z, self.dl = x, y, z, dl
        self._edges()

    @classmethod
    def from_parameters(
        cls, p: VolumetricParameters, segments: object, contacts: Contacts | None = None
    ) -> "VolumetricCurrentSourceDensity":
        return cls(segments, edges_of(p.x_um), edges_of(p.y_um), edges_of(p.z_um))

    @classmethod
    def row_count(cls, p: VolumetricParameters, contacts: int) -> int:
        return int(np.prod([edges_of(edges).size - 1 for edges in (p.x_um, p.y_um, p.z_um)]))

    @property
    def parameters(self) -> VolumetricParameters:
        x, y, z = map(as_written, self._edges())
        return VolumetricParameters(x_um=x, y_um=y, z_um=z)

    @property
    def signal_shape(self) -> tuple[int, int, int]:
        """Boxes along x, y and z."""
        return tuple(edges.size - 1 for edges in self._edges())

    @property
    def row_coords(self) -> dict[str, object]:
        edges = self._edges()
        middles = np.meshgrid(*(0.5 * (one[1:] + one[:-1]) for one in edges), indexing="ij")
        sizes = np.meshgrid(*(np.diff(one) for one in edges), indexing="ij")
        coords = {f"bin_{axis}": middle.ravel() for axis, middle in zip("xyz", middles, strict=True)}
        ids = [f"{x:.9g},{y:.9g},{z:.9g}" for x, y, z in zip(*coords.values(), strict=True)]
        lengths = {f"bin_size_{axis}": size.ravel() for axis, size in zip("xyz", sizes, strict=True)}
        return {"bin_id": ids, **coords, **lengths}

    def get_transformation_matrix(self) -> np.ndarray:
        """Current source density in each box per unit membrane current of each segment, as a full array.

        Nearly all of it is zero: :meth:`get_row_matrix` holds the rest alone.

        Returns
        -------
        numpy.ndarray
            Shape (nx, ny, nz, segments), µm⁻³.

        Raises
        ------
        CellError
            If no cell has been given.
        GeometryError
            If edges or segments have impossible values.
        """
        matrix = self.get_row_matrix()
        return matrix.toarray().reshape(*self.signal_shape, matrix.shape[1])

    def get_row_matrix(self) -> "sparse.csr_array":
        """The same with one row a box, z running fastest, without the zeros.

        Returns
        -------
        scipy.sparse.csr_array
            Shape (nx·ny·nz, segments), µm⁻³.
        """
        from scipy import sparse

        from lfptools.kernels import csd

        edges, geometry = self._edges(), self.geometry()
        box, segment, fraction = csd.boxes(geometry.start, geometry.end, edges)
        self._account(np.bincount(segment, fraction, minlength=geometry.totnsegs))
        dx, dy, dz = np.meshgrid(*(np.diff(one) for one in edges), indexing="ij")
        volume = (dx * dy * dz).ravel()
        matrix = sparse.coo_array((fraction / volume[box], (box, segment)), (volume.size, geometry.totnsegs)).tocsr()
        matrix.sum_duplicates()
        return matrix

    def _edges(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Edges along x, y and z, checked."""
        found = []
        for axis in "xyz":
            edges = np.asarray(getattr(self, axis), dtype=float)
            if edges.ndim != 1 or edges.size < 2:
                raise GeometryError(f"the edges along {axis} must be at least two numbers, got shape {edges.shape}")
            bad = np.flatnonzero(~(np.isfinite(edges[1:]) & (np.diff(edges) > 0)))
            if bad.size or not np.isfinite(edges[0]):
                raise GeometryError(
                    f"the edges along {axis} must be finite and increase: indices {(bad[:10] + 1).tolist() or [0]}"
                )
            found.append(edges)
        return tuple(found)
