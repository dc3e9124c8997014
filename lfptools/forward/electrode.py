"""Extracellular potential at the contacts of an electrode."""

import logging
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from pydantic import Field, model_validator

from lfptools.config.parameters import Parameters
from lfptools.errors import CellError, GeometryError, unknown_name
from lfptools.forward.conductivity import Conductivity, Given, as_parameter, conductivity
from lfptools.forward.line import Clamp
from lfptools.forward.roots import checked_roots, roots_of
from lfptools.forward.surface_potential import POINTS, SurfacePotential, contacts_of
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.contacts import Contacts

Method = Literal["linesource", "pointsource", "root_as_point"]

log = logging.getLogger(__name__)


class ContactParameters(Parameters):
    """What segments and contacts are, for the electrodes."""

    method: Method = Field(
        default="linesource",
        description="what a segment is: a line source, a point source at its middle, or a line unless the soma's",
    )
    number_of_points: int = Field(
        default=POINTS,
        ge=1,
        description="on a contact that has a surface, at most; the potential is averaged over them",
    )
    minimum_distance_um: float | None = Field(
        default=None, gt=0, description="least distance between contact and segment in µm; half the diameter if null"
    )
    clamp: Clamp = Field(
        default="axis",
        description="what the minimum distance is from: a line's axis (as published), or the segment itself",
    )
    root_indices: tuple[int, ...] | None = Field(
        default=None,
        description="of segments that are point sources with root_as_point; those of sections called soma if null",
    )

    @model_validator(mode="after")
    def _roots(self) -> "ContactParameters":
        if self.root_indices is not None and self.method != "root_as_point":
            raise ValueError(f"root_indices are for the method root_as_point, not for {self.method}")
        return self


class ElectrodeParameters(ContactParameters):
    """Parameters of :class:`RecExtElectrode`."""

    conductivity_S_per_m: Conductivity = 0.3


class RecExtElectrode(SurfacePotential):
    """Potential at contacts, or its mean over their surfaces, in an infinite, homogeneous and ohmic medium.

    The conductivity may depend on the direction. With a tensor σ a point source gives

    .. math:: \\phi = \\frac{I}{4 \\pi \\sqrt{\\det(\\sigma)\\; x^T \\sigma^{-1} x}}

    at x from it, and a line source the mean of that along the segment. Means over surfaces are taken by quadrature that
    is the same every time; ``n`` = 20 is right to 1e-3 for sources half a radius away, 1e-4 for one radius (root mean
    square), and the error falls exponentially with √n. Where segments are nearer than the points are to one another, a
    warning says how many points would be enough.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    sigma : float or array_like
        Conductivity in S/m: one number, three along x, y and z, or a symmetric positive-definite tensor (3, 3).
    probe : probeinterface.Probe, probeinterface.ProbeGroup or Contacts, optional
        Where the contacts are and what surfaces they have; instead of x, y, z, N and r.
    x, y, z : array_like
        Shape (contacts,), µm.
    N : array_like, optional
        Normals of the contacts' surfaces, one [x, y, z] or (contacts, 3). Contacts are points without N and r.
    r : float or array_like, optional
        Radius of a circle, half side of a square, half width and half height (2,) of a rectangle, in µm; of all
        contacts, or of each.
    n : int, optional
        Points on a contact, at most; 20 if not given.
    contact_shape : {"circle", "square", "rect"}
        Shape of the contacts that N and r describe.
    method : {"linesource", "pointsource", "root_as_point"}
        What a segment is: a line source, a point source at its middle, or a line source, and the segments of the soma
        (of every cell) point sources.
    verbose : bool
        Whether the contacts are described in the log.
    seedvalue : int, optional
        Accepted, and without effect: nothing is drawn at random.
    rootinds : array_like, optional
        Indices of the segments that are point sources with ``method="root_as_point"``; if not given, those of all
        sections with "soma" in their name, or the cell's ``somaidx``.
    minimum_distance : float, optional
        ρ in µm; half of each segment's diameter if not given. Contacts (and points of them) that are nearer are moved
        away from the source to that distance: from a point in the direction in which they lie, from a line at right
        angles to it, also where the medium is anisotropic.
    clamp : {"axis", "segment"}
        What the distance from a line source is meant from, see :class:`LineSourcePotential`.
    ids : sequence of str, optional
        Names of the contacts; the probe's, or "0", "1", … if not given.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Raises
    ------
    GeometryError
        For contacts of unequal number, at NaN, or none, and surfaces that cannot be.
    CellError
        For roots that are no segments.
    ValueError, TypeError
        For conductivities, distances or numbers that are impossible, an unknown method, shape or ``clamp``.

    References
    ----------
    Lindén et al. (2014), Front Neuroinform 7:41, https://doi.org/10.3389/fninf.2013.00041
    Ness et al. (2015), Neuroinformatics 13:403, https://doi.org/10.1007/s12021-015-9265-6
    """

    model = "electrode"
    Parameters = ElectrodeParameters

    def __init__(
        self, cell: object | None, sigma: Given = 0.3, probe: object | None = None, x: Sequence[float] | None = None,
        y: Sequence[float] | None = None, z: Sequence[float] | None = None, N: object = None, r: object = None,
        n: int | None = None, contact_shape: str = "circle", method: Method = "linesource", verbose: bool = False,
        seedvalue: int | None = None, *, rootinds: Sequence[int] | None = None, minimum_distance: float | None = None,
        clamp: Clamp = "axis", ids: Sequence[str] | None = None, name: str | None = None,
    ):  # fmt: skip
        self._probe, self._r, self._contact_shape = probe, r, contact_shape
        self.verbose, self.seedvalue = verbose, seedvalue
        self.method, self.clamp, self.rootinds = method, clamp, rootinds
        if n is not None and N is None and probe is None:
            raise GeometryError(f"n = {n} points on a contact need the contacts' normals N and sizes r too")
        contacts = contacts_of(probe, x, y, z, N, r, contact_shape, ids)
        super().__init__(cell, contacts, sigma, n=n, minimum_distance=minimum_distance, name=name)
        if verbose:
            log.info("%s: %s", type(self).__name__, {name: list(v) for name, v in self.row_coords.items()})

    @classmethod
    def from_parameters(cls, p: ElectrodeParameters, segments: object, contacts: Contacts | None) -> "RecExtElectrode":
        if contacts is None:
            raise CellError(f"the model {cls.model!r} computes potentials at contacts: it needs a probe")
        return cls(
            segments, p.conductivity_S_per_m, contacts, n=p.number_of_points, method=p.method,
            rootinds=p.root_indices, minimum_distance=p.minimum_distance_um, clamp=p.clamp,
        )  # fmt: skip

    @property
    def parameters(self) -> ElectrodeParameters:
        return ElectrodeParameters(conductivity_S_per_m=as_parameter(self.sigma), **self._contact_parameters())

    def _contact_parameters(self) -> dict[str, object]:
        """Those of :class:`ContactParameters`."""
        roots = None if self.rootinds is None else tuple(int(i) for i in np.atleast_1d(self.rootinds))
        return {
            "method": self.method, "number_of_points": self.n, "minimum_distance_um": self.minimum_distance,
            "clamp": self.clamp, "root_indices": roots,
        }  # fmt: skip

    @property
    def probe(self) -> object | None:
        """The probe as it was given."""
        return self._probe

    @property
    def r(self) -> object:
        """Sizes of the contacts as they were given."""
        return self._r

    @property
    def contact_shape(self) -> str:
        """The shape that N and r describe."""
        return self._contact_shape

    @property
    def anisotropic(self) -> bool:
        """Whether the conductivity depends on the direction."""
        return np.ndim(conductivity(self.sigma)) > 0

    def _matrix(self, positions: np.ndarray, geometry: CellGeometry, minimum: np.ndarray) -> tuple[np.ndarray, int]:
        from lfptools.kernels import line, point

        points, weights = self.points()
        start, end = self._sources(geometry)
        sigma = conductivity(self.sigma)
        self.warn_of_coarse(start, end, minimum)
        if end is start:
            return point.matrix(points, start, minimum, sigma, weights)
        return line.matrix(points, start, end, minimum, sigma, self.clamp == "segment", weights)

    def _sources(self, geometry: CellGeometry) -> tuple[np.ndarray, np.ndarray]:
        """Starts and ends (n, 3) of line sources; the same array where all are points."""
        middles = 0.5 * geometry.start + 0.5 * geometry.end
        if self.method == "pointsource":
            return middles, middles
        start, end = geometry.start.copy(), geometry.end.copy()
        if self.method == "root_as_point":
            roots = roots_of(self.cell) if self.rootinds is None else checked_roots(self.rootinds, geometry.totnsegs)
            start[roots] = end[roots] = middles[roots]  # a line source of length 0 is a point source
        return start, end

    def _check(self) -> None:
        super()._check()
        for name, value, legal in (("method", self.method, Method), ("clamp", self.clamp, Clamp)):
            if value not in get_args(legal):
                raise ValueError(unknown_name(name, value, get_args(legal), type(self).__name__))
        if self.rootinds is not None and self.method != "root_as_point":
            raise ValueError(f"rootinds are for the method 'root_as_point', not for {self.method!r}")

    def _check_sigma(self) -> None:
        conductivity(self.sigma)
