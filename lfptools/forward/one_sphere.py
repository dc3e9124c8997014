"""Extracellular potential of point sources inside a sphere in a medium of another conductivity."""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from lfptools.config.parameters import Parameters
from lfptools.errors import CellError, GeometryError
from lfptools.forward.model import ForwardModel, positive
from lfptools.forward.series import MOST_ORDERS, TOLERANCE, count, warn_of_short
from lfptools.geometry.contacts import Contacts


class OneSphereParameters(Parameters):
    """Parameters of :class:`OneSphereVolumeConductor`."""

    radius_um: float = Field(default=10000.0, gt=0, description="of the sphere around the coordinates' origin")
    conductivity_inside_S_per_m: float = Field(default=0.3, gt=0, description="within the radius")
    conductivity_outside_S_per_m: float = Field(default=0.03, gt=0, description="beyond it, without end")
    minimum_distance_um: float | None = Field(
        default=None, gt=0, description="least distance between contact and segment's middle; the diameter if null"
    )
    order_max: int = Field(default=MOST_ORDERS, ge=1, description="terms of the series that are summed at most")


class OneSphereVolumeConductor(ForwardModel):
    """Potential inside and outside a sphere in another medium, each segment a point current source within the sphere.

    .. math:: \\phi = \\frac{I}{4 \\pi \\sigma_i} \\left[ \\frac{1}{d} + \\frac{1}{R} \\sum_{n=0}^\\infty
        \\frac{(\\sigma_i - \\sigma_o)(n+1)}{\\sigma_i n + \\sigma_o (n+1)} \\left(\\frac{r r_s}{R^2}\\right)^n
        P_n(\\cos\\theta) \\right], \\quad r \\le R

    .. math:: \\phi = \\frac{I}{4 \\pi r} \\sum_{n=0}^\\infty \\frac{2n+1}{\\sigma_i n + \\sigma_o (n+1)}
        \\left(\\frac{r_s}{r}\\right)^n P_n(\\cos\\theta), \\quad r > R

    with r and r_s the distances of contact and source from the centre, θ the angle between them in three dimensions and
    d their distance. The leading parts of both sums are taken in closed form (the image of the source), and the rest
    is summed until what is left is less than 1e-14 of the potential without the sphere.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm, the sphere's centre at the origin; may be given later.
    r : array_like
        Shape (3, contacts): spherical coordinates of the contacts, distance from the centre in µm, polar angle from
        the z axis and azimuth from the x axis in rad.
    R : float
        Radius of the sphere in µm.
    sigma_i, sigma_o : float
        Conductivities inside and outside in S/m.
    minimum_distance : float, optional
        Least distance in µm of a contact from a source and its image; each segment's diameter if not given.
    ids : sequence of str, optional
        Names of the contacts; "0", "1", … if not given.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Raises
    ------
    GeometryError
        For contacts of another shape, NaN, negative distances, or none; names the indices.
    ValueError, TypeError
        For a radius, conductivity or distance that is not one finite positive number.

    References
    ----------
    Deng (2008), J Electrostat 66:549, https://doi.org/10.1016/j.elstat.2008.06.003
    """

    model = "one_sphere"
    Parameters = OneSphereParameters
    needs_contacts = True
    quantity = "potential"
    matrix_quantity = "potential_lead_field"
    row_dim = "contact"
    symmetries = frozenset({"rotation"})

    def __init__(
        self, cell: object | None, r: np.ndarray, R: float = 10000.0, sigma_i: float = 0.3, sigma_o: float = 0.03, *,
        minimum_distance: float | None = None, ids: Sequence[str] | None = None, name: str | None = None,
    ):  # fmt: skip
        super().__init__(cell, name)
        self.contacts = Contacts.from_positions(*_cartesian(r), ids)
        self.R, self.sigma_i, self.sigma_o = R, sigma_i, sigma_o
        self.minimum_distance = minimum_distance
        self.n_max = MOST_ORDERS
        self._check()

    @classmethod
    def from_parameters(
        cls, p: OneSphereParameters, segments: object, contacts: Contacts | None
    ) -> "OneSphereVolumeConductor":
        if contacts is None:
            raise CellError(f"the model {cls.model!r} computes potentials at contacts: it needs a probe")
        conductivities = p.conductivity_inside_S_per_m, p.conductivity_outside_S_per_m
        origin = np.zeros((3, len(contacts)))
        model = cls(segments, origin, p.radius_um, *conductivities, minimum_distance=p.minimum_distance_um)
        model.contacts, model.n_max = contacts, p.order_max
        return model

    @property
    def parameters(self) -> OneSphereParameters:
        return OneSphereParameters(
            radius_um=self.R, conductivity_inside_S_per_m=self.sigma_i, conductivity_outside_S_per_m=self.sigma_o,
            minimum_distance_um=self.minimum_distance, order_max=self.n_max,
        )  # fmt: skip

    @property
    def r(self) -> np.ndarray:
        """Shape (3, contacts): distance from the centre in µm, polar angle and azimuth in rad. May be assigned."""
        x, y, z = self.contacts.positions.T
        across = np.hypot(x, y)
        return np.array([np.hypot(across, z), np.arctan2(across, z), np.arctan2(y, x)])

    @r.setter
    def r(self, values: np.ndarray) -> None:
        positions = _cartesian(values)
        same = self.contacts.ids if positions.shape[1] == len(self.contacts) else None
        self.contacts = Contacts.from_positions(*positions, same)

    @property
    def row_coords(self) -> dict[str, object]:
        return self.contacts.labels()

    def get_transformation_matrix(self, n_max: int | None = None) -> np.ndarray:
        """Potential at each contact per unit membrane current of each segment.

        Parameters
        ----------
        n_max : int, optional
            Terms of the series that are summed at most; 100,000 if not given. No more are summed than needed.

        Returns
        -------
        numpy.ndarray
            Shape (contacts, segments), mV/nA.

        Raises
        ------
        CellError
            If no cell has been given.
        GeometryError
            If segments have impossible positions or are not inside the sphere; names the indices.

        Warns
        -----
        LfptoolsWarning
            Where ``n_max`` terms do not suffice; once, where contacts are nearer to segments than the minimum distance,
            or have surfaces: they are taken as points.
        """
        self._check()
        geometry = self.geometry()
        least = geometry.d if self.minimum_distance is None else np.full(geometry.totnsegs, self.minimum_distance)
        matrix, self.clamped_pairs = self._matrix(geometry.midpoints, least.astype(float), "segments", n_max)
        self.warn_of_surfaces(self.contacts)
        self.warn_of_clamped(matrix.size, "the diameter" if self.minimum_distance is None else f"{least[0]:g} µm")
        return matrix

    def calc_potential(
        self, rs: float, current: float | np.ndarray, min_distance: float | None = 1.0, n_max: int | None = None
    ) -> np.ndarray:
        """Potential at the contacts of one point source on the axis from which polar angles are counted.

        Parameters
        ----------
        rs : float
            Where on the axis (polar angle 0) the source is, µm from the centre.
        current : float or array_like
            Of the source in nA, or shape (times,).
        min_distance : float, optional
            Least distance in µm of a contact from the source and its image; None: no contact may be at the source.
        n_max : int, optional
            Terms of the series that are summed at most; 100,000 if not given.

        Returns
        -------
        numpy.ndarray
            Shape (contacts,) or (contacts, times), mV.

        Raises
        ------
        GeometryError
            If the source is not inside the sphere, or a contact is where the potential is infinite.
        ValueError, TypeError
            For a current that is not finite numbers, and a distance that is not one finite positive number.

        Warns
        -----
        LfptoolsWarning
            Where ``n_max`` terms do not suffice.
        """
        self._check()
        if min_distance is not None:
            positive("min_distance", min_distance, "µm")
        given = np.asarray(current, dtype=float)
        if given.ndim > 1 or not np.isfinite(given).all():
            raise ValueError(f"current must be one finite number or a vector of them, in nA; got {current!r}")
        source = np.array([[0.0, 0.0, rs]], dtype=float)
        unit, _ = self._matrix(source, np.array([min_distance or 0.0]), "the source", n_max)
        bad = np.flatnonzero(~np.isfinite(unit[:, 0]))
        if bad.size:
            raise GeometryError(
                f"contacts at the source, where the potential is infinite: indices {bad[:10].tolist()}; give "
                "min_distance in µm"
            )
        return unit[:, 0] * given if given.ndim == 0 else unit * given

    def _matrix(self, sources: np.ndarray, minimum: np.ndarray, what: str, n_max: int | None) -> tuple[np.ndarray, int]:
        from lfptools.kernels import one_sphere

        most = self.n_max if n_max is None else count("n_max", n_max)
        distance = np.sqrt((sources * sources).sum(axis=1))
        bad = np.flatnonzero(~(distance < self.R))
        if bad.size:
            raise GeometryError(
                f"{what} must lie inside the sphere of radius R = {self.R:g} µm around the origin: indices "
                f"{bad[:10].tolist()}, the first at {distance[bad[0]]:.10g} µm from it"
            )
        matrix, clamped, cut = one_sphere.matrix(
            self.contacts.positions, sources, minimum, float(self.R), float(self.sigma_i), float(self.sigma_o),
            TOLERANCE, most,
        )  # fmt: skip
        warn_of_short(self.name, cut, matrix.size, most, TOLERANCE)
        return matrix, clamped

    def _check(self) -> None:
        for name, unit in (("R", "µm"), ("sigma_i", "S/m"), ("sigma_o", "S/m")):
            positive(name, getattr(self, name), unit)
        if self.minimum_distance is not None:
            positive("minimum_distance", self.minimum_distance, "µm")
        count("n_max", self.n_max)


def _cartesian(r: np.ndarray) -> np.ndarray:
    """x, y, z from distance, polar angle and azimuth; shape (3, contacts)."""
    try:
        found = np.array(r, dtype=float)
    except (TypeError, ValueError) as error:
        raise GeometryError(f"r must be an array of numbers of shape (3, contacts): {error}") from error
    if found.ndim != 2 or found.shape[0] != 3 or not found.size:
        raise GeometryError(
            f"r must have the shape (3, contacts): distance in µm, polar angle and azimuth in rad; got {found.shape}"
        )
    bad = np.flatnonzero(~(np.isfinite(found).all(axis=0) & (found[0] >= 0.0)))
    if bad.size:
        raise GeometryError(f"r must be finite, with distances >= 0 µm: indices {bad[:10].tolist()}")
    distance, polar, azimuth = found
    across = distance * np.sin(polar)
    return np.array([across * np.cos(azimuth), across * np.sin(azimuth), distance * np.cos(polar)])
