"""Extracellular potential in a brain slice on a microelectrode array."""

import numbers
import warnings
from collections.abc import Sequence

import numpy as np
from pydantic import Field, model_validator

from lfptools.errors import CellError, GeometryError, LfptoolsWarning
from lfptools.forward.electrode import ContactParameters, Method, RecExtElectrode
from lfptools.forward.line import Clamp
from lfptools.forward.model import positive
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.contacts import Contacts
from lfptools.kernels.images import MOST_ORDERS, PLACES, Series, geometric, reflection, series

ROUNDING = 1e-6  # µm that a cell may reach beyond the slice: coordinates of a rotated cell are not exact


class SliceParameters(ContactParameters):
    """Parameters of :class:`RecMEAElectrode`."""

    conductivity_tissue_S_per_m: float = Field(default=0.3, gt=0, description="of the slice")
    conductivity_saline_S_per_m: float = Field(default=1.5, ge=0, description="of the bath above the slice")
    conductivity_glass_S_per_m: float = Field(default=0.0, ge=0, description="of what lies below: glass insulates")
    slice_thickness_um: float = Field(default=300.0, gt=0, description="the cell must lie within")
    slice_bottom_um: float = Field(default=0.0, description="z of the slice's lower face")
    relative_squeeze: float | None = Field(
        default=None, gt=-1, lt=1, description="by how much the cell is compressed along z about its first segment"
    )
    relative_tolerance: float = Field(
        default=1e-9, ge=1e-14, le=0.1,
        description="of the sum over images, relative to the potential one slice thickness away in infinite tissue",
    )  # fmt: skip
    number_of_orders: int | None = Field(
        default=None, ge=1, le=MOST_ORDERS, description="of images that are summed, the first included; as many as the "
        "tolerance needs if null"
    )  # fmt: skip

    @model_validator(mode="after")
    def _a_way_out(self) -> "SliceParameters":
        if self.conductivity_saline_S_per_m == self.conductivity_glass_S_per_m == 0:
            raise ValueError(
                "conductivity_saline_S_per_m and conductivity_glass_S_per_m are both 0: no current leaves the slice, "
                "and its potential is infinite (W_S W_G = 1, the sum over images does not converge)"
            )
        return self


class RecMEAElectrode(RecExtElectrode):
    """Potential in a slice (0 <= z <= h) of conductivity σ_T between glass (σ_G, below) and saline (σ_S, above).

    With the images of each line or point source in both faces of the slice, in an ohmic and isotropic medium,

    .. math:: \\phi = \\frac{1}{4 \\pi \\sigma_T} \\sum_i I_i \\Big\\{ \\omega(z - z') + W_S\\, \\omega(z + z' - 2h)
        + W_G\\, \\omega(z + z') + \\sum_{n \\ge 1} (W_S W_G)^n \\big[ W_S\\, \\omega(z + z' - 2(n+1)h)
        + W_G\\, \\omega(z + z' + 2nh) + \\omega(z - z' + 2nh) + \\omega(z - z' - 2nh) \\big] \\Big\\}

    where W_S = (σ_T − σ_S)/(σ_T + σ_S), W_G = (σ_T − σ_G)/(σ_T + σ_G), and ω is the mean of 1/r over the segment at
    z'. Contacts may be at any depth; above and below the slice the potential is what its faces let through.

    The sum is economised: a few orders with weights of their own stand for all, see
    :func:`lfptools.kernels.images.economised`. For σ_S = σ_G = 0 the potential is infinite.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm, within the slice; may be given later (attribute ``cell``).
    sigma_T, sigma_S, sigma_G : float
        Conductivities of tissue (> 0), saline and glass (>= 0, one of them > 0) in S/m.
    h : float
        Thickness of the slice in µm.
    z_shift : float
        z of the slice's lower face in µm.
    steps : int, optional
        How many orders of images, the zeroth included, are summed as they are; a warning tells what that may be off
        by. As many as ``tolerance`` needs if not given.
    probe, x, y, z, N, r, n, contact_shape, method, rootinds, verbose, seedvalue
        As for :class:`RecExtElectrode`: contacts, their surfaces, and what segments are.
    squeeze_cell_factor : float, optional
        Compresses the cell along z by this factor, between −1 and 1, about the middle of its first segment, for this
        potential alone: the cell stays as it is, see :meth:`placed_geometry`.
    minimum_distance : float, optional
        Least distance in µm of contacts from segments and from their mirror images in the slice's faces (which are
        nowhere in the slice nearer than the segments); half of each segment's diameter if not given.
    clamp : {"axis", "segment"}
        What that distance is from, as for :class:`LineSourcePotential`.
    tolerance : float
        What the sum over images may be off by, in units of 1/(4πσ_T h).
    ids : sequence of str, optional
        Names of the contacts; the probe's, or "0", "1", … if not given.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Raises
    ------
    GeometryError
        For contacts of unequal number, at NaN, or none, and surfaces that cannot be.
    ValueError, TypeError
        For conductivities, lengths, steps or factors that are impossible, or for which the sum over images does not
        converge or needs more than 20,000 orders.

    References
    ----------
    Ness et al. (2015), Neuroinformatics 13:403, https://doi.org/10.1007/s12021-015-9265-6
    """

    model = "mea"
    Parameters = SliceParameters
    symmetries = frozenset({"horizontal"})

    def __init__(
        self, cell: object | None, sigma_T: float = 0.3, sigma_S: float = 1.5, sigma_G: float = 0.0, h: float = 300.0,
        z_shift: float = 0.0, steps: int | None = None, probe: object | None = None, x: Sequence[float] | None = None,
        y: Sequence[float] | None = None, z: Sequence[float] | None = None, N: object = None, r: object = None,
        n: int | None = None, method: Method = "linesource", verbose: bool = False, seedvalue: int | None = None,
        squeeze_cell_factor: float | None = None, *, contact_shape: str = "circle",
        rootinds: Sequence[int] | None = None, minimum_distance: float | None = None, clamp: Clamp = "axis",
        tolerance: float = 1e-9, ids: Sequence[str] | None = None, name: str | None = None,
    ):  # fmt: skip
        self.sigma_S, self.sigma_G = sigma_S, sigma_G
        self.h, self.z_shift, self.steps, self.tolerance = h, z_shift, steps, tolerance
        self.squeeze_cell_factor, self._told = squeeze_cell_factor, False
        super().__init__(
            cell, sigma_T, probe, x, y, z, N, r, n, contact_shape, method, verbose, seedvalue, rootinds=rootinds,
            minimum_distance=minimum_distance, clamp=clamp, ids=ids, name=name,
        )  # fmt: skip

    @classmethod
    def from_parameters(cls, p: SliceParameters, segments: object, contacts: Contacts | None) -> "RecMEAElectrode":
        if contacts is None:
            raise CellError(f"the model {cls.model!r} computes potentials at contacts: it needs a probe")
        return cls(
            segments, p.conductivity_tissue_S_per_m, p.conductivity_saline_S_per_m, p.conductivity_glass_S_per_m,
            p.slice_thickness_um, p.slice_bottom_um, p.number_of_orders, contacts, n=p.number_of_points,
            method=p.method, squeeze_cell_factor=p.relative_squeeze, rootinds=p.root_indices,
            minimum_distance=p.minimum_distance_um, clamp=p.clamp, tolerance=p.relative_tolerance,
        )  # fmt: skip

    @property
    def parameters(self) -> SliceParameters:
        return SliceParameters(
            conductivity_tissue_S_per_m=self.sigma_T, conductivity_saline_S_per_m=self.sigma_S,
            conductivity_glass_S_per_m=self.sigma_G, slice_thickness_um=self.h, slice_bottom_um=self.z_shift,
            relative_squeeze=self.squeeze_cell_factor, relative_tolerance=self.tolerance, number_of_orders=self.steps,
            **self._contact_parameters(),
        )  # fmt: skip

    @property
    def sigma_T(self) -> float:
        """Conductivity of the slice in S/m; also called ``sigma``."""
        return self.sigma

    @sigma_T.setter
    def sigma_T(self, value: float) -> None:
        self.sigma = value

    @property
    def truncation_error(self) -> float:
        """Bound of what the potential per nA may be off by because not all images are summed, in mV/nA."""
        self._check()
        return max(one.error for one in self._series()) / (4 * np.pi * self.sigma * self.h)

    def distort_cell_geometry(self, axis: str = "z", nu: float = 0.0) -> CellGeometry:
        """A copy of the cell's segments compressed by ``squeeze_cell_factor`` along ``axis``; the cell stays as it is.

        Distances from the middle of the first segment are multiplied by 1 − factor along the axis and 1 + ``nu`` ·
        factor across it, with Poisson's ratio ``nu``.

        Raises
        ------
        ValueError
            If there is no ``squeeze_cell_factor``.
        CellError, GeometryError
            If there is no cell, or the axis or the ratio is impossible.
        """
        if self.squeeze_cell_factor is None:
            raise ValueError("there is no squeeze_cell_factor by which the cell could be distorted")
        geometry = self.geometry()
        return geometry.distorted(self.squeeze_cell_factor, axis, nu, geometry.midpoints[0])

    def placed_geometry(self) -> CellGeometry:
        """The cell's segments as the potential is computed for them: squeezed if asked for, and within the slice.

        Raises
        ------
        CellError
            If no cell has been given.
        GeometryError
            If segments reach out of the slice; names them.
        """
        geometry = self.geometry() if self.squeeze_cell_factor is None else self.distort_cell_geometry()
        low, high = geometry.z.min(axis=1) - self.z_shift, geometry.z.max(axis=1) - self.z_shift
        outside = np.flatnonzero((low < -ROUNDING) | (high > self.h + ROUNDING))
        if outside.size:
            shown = ", ".join(map(str, outside[:10])) + (", …" if outside.size > 10 else "")
            raise GeometryError(
                f"{self.name}: the cell must lie in the slice, {self.z_shift:g} <= z <= {self.z_shift + self.h:g} µm; "
                f"it reaches from {geometry.z.min():.6g} to {geometry.z.max():.6g} µm, with {outside.size} of "
                f"{geometry.totnsegs} segments outside: indices [{shown}]. Move, rotate or squeeze it "
                "(squeeze_cell_factor; relative_squeeze in a study)"
            )
        return geometry

    def _matrix(self, positions: np.ndarray, geometry: CellGeometry, minimum: np.ndarray) -> tuple[np.ndarray, int]:
        from lfptools.kernels import slice as images

        geometry, sums = self.placed_geometry(), self._series()
        self._tell(max(one.error for one in sums))
        saline, glass = self._reflections()
        weights = tuple(one.weights for one in sums)
        medium = images.Slice(float(self.h), float(self.sigma), saline, glass, weights, float(self.tolerance))
        down = np.array([0.0, 0.0, self.z_shift])
        start, end = self._sources(geometry)
        self.warn_of_coarse(start, end, minimum)
        low = start - down
        points, weights = self.points()
        return images.matrix(
            points - down, weights, low, low if end is start else end - down, minimum, medium, self.clamp == "segment"
        )

    def _reflections(self) -> tuple[float, float]:
        """W_S and W_G."""
        return tuple(reflection(float(self.sigma), float(outside)) for outside in (self.sigma_S, self.sigma_G))

    def _series(self) -> list[Series]:
        """The sums over images for contacts in each of ``PLACES``."""
        saline, glass = self._reflections()
        if self.steps is not None:
            return [geometric(place, saline, glass, self.steps - 1) for place in PLACES]
        return [series(place, saline, glass, 0.9 * self.tolerance) for place in PLACES]

    def _tell(self, error: float) -> None:
        """That a number of orders was asked for which does not reach the tolerance."""
        if error > self.tolerance and not self._told:
            self._told = True
            warnings.warn(
                f"{self.name}: {self.steps} orders of images leave out what may add up to {error:.1e} of the potential "
                f"one slice thickness away in infinite tissue; without `steps` the sum is right to {self.tolerance:g}",
                LfptoolsWarning,
                stacklevel=4,
            )

    def _check(self) -> None:
        super()._check()
        squeeze, steps = self.squeeze_cell_factor, self.steps
        if squeeze is not None and not (_finite(squeeze) and abs(squeeze) < 1):
            raise ValueError(f"squeeze_cell_factor must be a number between -1 and 1 (exclusive), got {squeeze!r}")
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 1):
            raise ValueError(f"steps must be a whole number >= 1, or None for as many as are needed, got {steps!r}")
        self._check_convergence()

    def _check_sigma(self) -> None:
        positive("sigma_T", self.sigma, "S/m")
        for name in ("sigma_S", "sigma_G"):
            if isinstance(getattr(self, name), bool) or getattr(self, name) != 0:
                positive(name, getattr(self, name), "S/m (0 insulates)")
        positive("h", self.h, "µm")
        positive("tolerance", self.tolerance, "")
        if not _finite(self.z_shift):
            raise ValueError(f"z_shift must be one finite number in µm, got {self.z_shift!r}")

    def _check_convergence(self) -> None:
        saline, glass = self._reflections()
        if saline * glass >= 1:
            raise ValueError(
                f"sigma_S = {self.sigma_S:g} and sigma_G = {self.sigma_G:g} S/m: no current leaves the slice, and its "
                "potential is infinite (W_S W_G = 1, the sum over images does not converge)"
            )
        if self.steps is None and any(one.error > self.tolerance for one in self._series()):
            raise ValueError(
                f"sigma_S = {self.sigma_S:g} and sigma_G = {self.sigma_G:g} S/m: hardly any current leaves the slice, "
                f"and the sum over images is not right to {self.tolerance:g} after {MOST_ORDERS} orders (W_S W_G = "
                f"{saline * glass:.9g}); give a larger tolerance, or `steps`"
            )


def _finite(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_)) and bool(np.isfinite(value))
