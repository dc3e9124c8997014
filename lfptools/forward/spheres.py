"""Potential of current dipoles in a head of concentric spherical shells."""

from collections.abc import Sequence

import numpy as np
from pydantic import Field, model_validator

from lfptools.errors import GeometryError
from lfptools.forward import multi_dipole
from lfptools.forward.from_dipole import FromDipole, FromDipoleParameters
from lfptools.forward.series import MOST_ORDERS, TOLERANCE, count, fraction, warn_of_short
from lfptools.geometry.contacts import Contacts

RADII = (79000.0, 80000.0, 85000.0, 90000.0)
SIGMAS = (0.3, 1.5, 0.015, 0.3)
ON_THE_SCALP = 1e-6  # of the outer radius: what coordinates in single precision or another unit are off by


class NSphereVolumeConductor:
    """Potential of current dipoles in the innermost of N concentric spheres, insulated outside.

    .. math:: \\phi = \\frac{1}{4 \\pi \\sigma_1} \\, p \\cdot \\sum_{n=1}^\\infty a^{n-1} g_n(r)
        \\left[ n P_n(c) \\, \\hat a + P_n'(c) \\, (\\hat r - c \\, \\hat a) \\right],
        \\quad c = \\hat r \\cdot \\hat a

    with a the dipole's place, r the contact's, both from the centre, P Legendre's polynomials, and g the radial
    functions that keep potential and current continuous from shell to shell and let no current out of the last. Each
    shell is homogeneous, isotropic and ohmic. In the innermost sphere the dipole's potential in an infinite medium
    is taken in closed form and the series gives what the other shells add, so that contacts may be at any depth there,
    nearer to the centre than the dipole too. The centre itself is a place like any other.

    Parameters
    ----------
    r_electrodes : array_like
        Shape (contacts, 3), µm from the centre; none outside the last sphere. Contacts within a millionth of the last
        radius are on it.
    radii : sequence of float
        Outer radii of the shells in µm, increasing.
    sigmas : sequence of float
        Their conductivities in S/m.
    iter_factor : float
        The series ends where what is left of it is less than this part of its first term.
    n_max : int
        Orders that are summed at most; where they do not suffice, that is warned about.

    Raises
    ------
    GeometryError
        For contacts of another shape, at NaN, none, or outside; names the indices.
    ValueError, TypeError
        For radii that do not increase, conductivities that are not positive, or not as many of both.

    References
    ----------
    Næss et al. (2017), Front Hum Neurosci 11:490, https://doi.org/10.3389/fnhum.2017.00490
    """

    def __init__(
        self, r_electrodes: np.ndarray, radii: Sequence[float], sigmas: Sequence[float],
        iter_factor: float = TOLERANCE, n_max: int = MOST_ORDERS,
    ):  # fmt: skip
        self.rxyz = multi_dipole.positions("r_electrodes", r_electrodes)
        self.radii, self.sigmas = shells(radii, sigmas)
        self.iter_factor = fraction("iter_factor", iter_factor)
        self.n_max = count("n_max", n_max)
        self._contacts()

    def get_transformation_matrix(self, dipole_location: np.ndarray) -> np.ndarray:
        """Potential at the contacts per unit dipole moment.

        Parameters
        ----------
        dipole_location : array_like
            Shape (3,), or (dipoles, 3) for many at once; µm from the centre, within the innermost sphere.

        Returns
        -------
        numpy.ndarray
            Shape (contacts, 3), or (contacts, dipoles, 3); mV per nA·µm.

        Raises
        ------
        GeometryError
            For another shape, NaN, dipoles outside the innermost sphere, or contacts at a dipole; names the indices.

        Warns
        -----
        LfptoolsWarning
            Where ``n_max`` orders do not suffice.
        """
        one = np.ndim(dipole_location) == 1
        matrix = self._matrix([dipole_location] if one else dipole_location)
        return matrix[:, 0] if one else matrix

    def get_dipole_potential(self, p: np.ndarray, dipole_location: np.ndarray) -> np.ndarray:
        """Potential at the contacts of one dipole.

        Parameters
        ----------
        p : array_like
            Shape (3, times) or (3,), nA·µm.
        dipole_location : array_like
            Shape (3,), µm from the centre, within the innermost sphere.

        Returns
        -------
        numpy.ndarray
            Shape (contacts, times) or (contacts,), mV.
        """
        return multi_dipole.one_dipole(self._matrix([dipole_location])[:, 0], p)

    def get_dipole_potential_from_multi_dipoles(self, cell: object, timepoints: np.ndarray | None = None) -> np.ndarray:
        """Potential at the contacts of a cell's axial currents, each a dipole at its own place.

        Parameters
        ----------
        cell : Cell
            Simulated with ``rec_vmem=True``, and placed within the innermost sphere.
        timepoints : array_like of int, optional
            Which samples; all if not given.

        Returns
        -------
        numpy.ndarray
            Shape (contacts, times), mV.
        """
        moments, places = multi_dipole.of_cell(cell, timepoints)
        return multi_dipole.signal(self._matrix(places), moments)

    def inside(self, dipole_locations: np.ndarray) -> np.ndarray:
        """Places of dipoles (dipoles, 3) in µm, checked.

        Raises
        ------
        GeometryError
            For another shape, NaN, or places that are not inside the innermost sphere; names the indices.
        """
        dipoles = multi_dipole.positions("dipole_location", dipole_locations)
        a = np.linalg.norm(dipoles, axis=1)
        bad = np.flatnonzero(a >= self.radii[0])
        if bad.size:
            raise GeometryError(
                f"dipoles must be inside the innermost sphere (radius {self.radii[0]:g} µm): indices "
                f"{bad[:10].tolist()}, the first at {a[bad[0]]:.10g} µm from the centre"
            )
        return dipoles

    def _contacts(self) -> np.ndarray:
        contacts = multi_dipole.positions("r_electrodes", self.rxyz)
        r, scalp = np.linalg.norm(contacts, axis=1), self.radii[-1]
        bad = np.flatnonzero(r > scalp * (1.0 + ON_THE_SCALP))
        if bad.size:
            raise GeometryError(
                f"contacts must not be outside the last sphere (radius {scalp:g} µm): indices {bad[:10].tolist()}, "
                f"the first at {r[bad[0]]:.10g} µm from the centre"
            )
        outside = r > scalp
        contacts[outside] *= (scalp / r[outside])[:, np.newaxis]
        return contacts

    def _matrix(self, dipole_locations: np.ndarray) -> np.ndarray:
        from lfptools.kernels import spheres

        dipoles, contacts = self.inside(dipole_locations), self._contacts()
        tolerance, most = fraction("iter_factor", self.iter_factor), count("n_max", self.n_max)
        matrix, cut = spheres.matrix(contacts, dipoles, self.radii, self.sigmas, tolerance, most)
        bad = np.argwhere(~np.isfinite(matrix).all(axis=2))
        if bad.size:
            raise GeometryError(
                "contacts at the place of a dipole, where the potential is infinite: indices "
                f"{np.unique(bad[:, 0])[:10].tolist()}"
            )
        warn_of_short(type(self).__name__, cut, len(contacts) * len(dipoles), most, tolerance)
        return matrix


class FourSphereVolumeConductor(NSphereVolumeConductor):
    """Potential of current dipoles in the brain of a four-sphere head: brain, cerebrospinal fluid, skull and scalp.

    See :class:`NSphereVolumeConductor`, whose case N = 4 it is.

    Parameters
    ----------
    r_electrodes : array_like
        Shape (contacts, 3), µm from the centre.
    radii, sigmas : sequence of float
        Four outer radii in µm and four conductivities in S/m.
    iter_factor : float
        The series ends where what is left of it is less than this part of its first term.
    n_max : int
        Orders that are summed at most.

    Raises
    ------
    GeometryError, ValueError, TypeError
        As :class:`NSphereVolumeConductor`, and if the shells are not four.

    References
    ----------
    Næss et al. (2017), Front Hum Neurosci 11:490, https://doi.org/10.3389/fnhum.2017.00490
    """

    def __init__(
        self, r_electrodes: np.ndarray, radii: Sequence[float] = RADII, sigmas: Sequence[float] = SIGMAS,
        iter_factor: float = TOLERANCE, n_max: int = MOST_ORDERS,
    ):  # fmt: skip
        super().__init__(r_electrodes, radii, sigmas, iter_factor, n_max)
        if len(self.radii) != 4:
            raise ValueError(
                f"FourSphereVolumeConductor needs four radii and sigmas, got {len(self.radii)}: "
                "NSphereVolumeConductor takes any number"
            )


class SpheresParameters(FromDipoleParameters):
    """Parameters of :class:`SpheresPotential`."""

    radii_um: tuple[float, ...] = Field(
        default=RADII, min_length=1, description="outer radii of the shells, brain first; increasing"
    )
    conductivities_S_per_m: tuple[float, ...] = Field(
        default=SIGMAS, min_length=1, description="of the shells; as many as radii_um"
    )
    order_max: int = Field(default=MOST_ORDERS, ge=1, description="orders that are summed at most")

    @model_validator(mode="after")
    def _shells(self) -> "SpheresParameters":
        shells(self.radii_um, self.conductivities_S_per_m, "radii_um", "conductivities_S_per_m")
        return self


class SpheresPotential(FromDipole):
    """Potential of a cell's current dipole moment in a head of concentric spherical shells (EEG, ECoG).

    .. math:: \\phi = K(a) \\; R \\sum_i m_i I_i

    with K as :class:`NSphereVolumeConductor` has it for a dipole at a, and R the rotation.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    r_electrodes : array_like
        Shape (contacts, 3), µm from the head's centre.
    dipole_location : array_like
        Shape (3,), µm from the head's centre.
    radii, sigmas : sequence of float
        Outer radii in µm and conductivities in S/m of the shells, from the brain outwards.
    n_max : int
        Orders that are summed at most.
    rotation : array_like
        Shape (3,): angles in rad about the head's fixed x, y and z axes, in this order, that turn the dipole from the
        cell's axes to the head's.
    ids : sequence of str, optional
        Names of the contacts; "0", "1", … if not given.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Raises
    ------
    GeometryError, ValueError, TypeError
        As :class:`NSphereVolumeConductor`, and for a dipole that is not inside the innermost sphere.

    References
    ----------
    Næss et al. (2017), Front Hum Neurosci 11:490, https://doi.org/10.3389/fnhum.2017.00490
    """

    model = "spheres"
    Parameters = SpheresParameters
    quantity = "potential"
    matrix_quantity = "potential_lead_field"

    def __init__(
        self, cell: object | None, r_electrodes: np.ndarray, dipole_location: Sequence[float],
        radii: Sequence[float] = RADII, sigmas: Sequence[float] = SIGMAS, *, n_max: int = MOST_ORDERS,
        rotation: Sequence[float] = (0.0, 0.0, 0.0), ids: Sequence[str] | None = None, name: str | None = None,
    ):  # fmt: skip
        self.conductor = NSphereVolumeConductor(r_electrodes, radii, sigmas, n_max=n_max)
        contacts = Contacts.from_positions(*self.conductor.rxyz.T, ids)
        super().__init__(cell, contacts, dipole_location, rotation=rotation, name=name)
        self.conductor.inside([self.dipole_location])

    @classmethod
    def from_parameters(cls, p: SpheresParameters, segments: object, contacts: Contacts | None) -> "SpheresPotential":
        contacts = cls.needed(contacts)
        model = cls(
            segments, contacts.positions, p.dipole_position_um, p.radii_um, p.conductivities_S_per_m,
            n_max=p.order_max, rotation=p.rotate_rad.angles,
        )  # fmt: skip
        model.contacts = contacts
        return model

    @property
    def parameters(self) -> SpheresParameters:
        head = self.conductor
        return SpheresParameters(
            radii_um=tuple(head.radii.tolist()), conductivities_S_per_m=tuple(head.sigmas.tolist()),
            order_max=head.n_max, **self.placement,
        )  # fmt: skip

    def response(self, dipole_location: np.ndarray) -> np.ndarray:
        self.conductor.rxyz = self.contacts.positions
        return self.conductor.get_transformation_matrix(dipole_location)


def shells(
    radii: Sequence[float], sigmas: Sequence[float], radii_name: str = "radii", sigmas_name: str = "sigmas"
) -> tuple[np.ndarray, np.ndarray]:
    """Radii and conductivities of concentric shells as arrays.

    Raises
    ------
    ValueError, TypeError
        If they are not as many numbers, positive, the radii increasing; names the indices.
    """
    found = []
    for name, values, unit in ((radii_name, radii, "µm"), (sigmas_name, sigmas, "S/m")):
        try:
            array = np.array(values, dtype=float)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{name} must be a sequence of numbers in {unit}, got {values!r}") from error
        if array.ndim != 1 or not array.size:
            raise ValueError(f"{name} must be a sequence of at least one number in {unit}, got shape {array.shape}")
        bad = np.flatnonzero(~(np.isfinite(array) & (array > 0.0)))
        if bad.size:
            raise ValueError(f"{name} must be finite and > 0 {unit}; got {array[bad[0]]} at index {bad[0]}")
        found.append(array)
    if found[0].size != found[1].size:
        raise ValueError(f"{radii_name} and {sigmas_name} must be as many; got {found[0].size} and {found[1].size}")
    bad = np.flatnonzero(np.diff(found[0]) <= 0.0)
    if bad.size:
        raise ValueError(
            f"{radii_name} must increase from the innermost sphere outwards; at index {bad[0] + 1} "
            f"{found[0][bad[0] + 1]:g} µm follows {found[0][bad[0]]:g} µm"
        )
    return found[0], found[1]
