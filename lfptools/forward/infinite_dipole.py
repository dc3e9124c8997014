"""Extracellular potential of current dipoles in an infinite homogeneous medium."""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from lfptools.errors import GeometryError
from lfptools.forward import multi_dipole
from lfptools.forward.from_dipole import FromDipole, FromDipoleParameters
from lfptools.forward.model import positive
from lfptools.geometry.contacts import Contacts


class InfiniteVolumeConductor:
    """Potential of current dipoles in an infinite, homogeneous, isotropic and ohmic medium.

    .. math:: \\phi = \\frac{p \\cdot r}{4 \\pi \\sigma |r|^3}

    Parameters
    ----------
    sigma : float
        Conductivity in S/m.

    Raises
    ------
    ValueError, TypeError
        For a conductivity that is not one finite positive number.

    References
    ----------
    Nunez & Srinivasan (2006), Electric Fields of the Brain, Oxford University Press,
    https://doi.org/10.1093/acprof:oso/9780195050387.001.0001
    """

    def __init__(self, sigma: float = 0.3):
        self.sigma = sigma
        positive("sigma", sigma, "S/m")

    def get_transformation_matrix(self, r: np.ndarray) -> np.ndarray:
        """Potential at contacts per unit dipole moment.

        Parameters
        ----------
        r : array_like
            Shape (contacts, 3), µm: from the dipole to each contact.

        Returns
        -------
        numpy.ndarray
            Shape (contacts, 3), mV per nA·µm.

        Raises
        ------
        GeometryError
            For another shape, NaN, or a contact at the dipole; names the indices.
        """
        return self._matrix(multi_dipole.positions("r", r), np.zeros((1, 3)))[:, 0]

    def get_dipole_potential(self, p: np.ndarray, r: np.ndarray) -> np.ndarray:
        """Potential at contacts of one dipole.

        Parameters
        ----------
        p : array_like
            Shape (3, times) or (3,), nA·µm.
        r : array_like
            Shape (contacts, 3), µm: from the dipole to each contact.

        Returns
        -------
        numpy.ndarray
            Shape (contacts, times) or (contacts,), mV.
        """
        return multi_dipole.one_dipole(self.get_transformation_matrix(r), p)

    def get_multi_dipole_potential(
        self, cell: object, electrode_locs: np.ndarray, timepoints: np.ndarray | None = None
    ) -> np.ndarray:
        """Potential of a cell's axial currents, each a dipole at its own place.

        Parameters
        ----------
        cell : Cell
            Simulated with ``rec_vmem=True``.
        electrode_locs : array_like
            Shape (contacts, 3), µm, in the cell's coordinates.
        timepoints : array_like of int, optional
            Which samples; all if not given.

        Returns
        -------
        numpy.ndarray
            Shape (contacts, times), mV.
        """
        contacts = multi_dipole.positions("electrode_locs", electrode_locs)
        moments, places = multi_dipole.of_cell(cell, timepoints)
        return multi_dipole.signal(self._matrix(contacts, places), moments)

    def _matrix(self, contacts: np.ndarray, dipoles: np.ndarray) -> np.ndarray:
        from lfptools.kernels import infinite_dipole

        positive("sigma", self.sigma, "S/m")
        matrix = infinite_dipole.matrix(contacts, dipoles, float(self.sigma))
        bad = np.argwhere(~np.isfinite(matrix).all(axis=2))
        if bad.size:
            raise GeometryError(
                f"contacts at the place of a dipole, where the potential is infinite: indices "
                f"{sorted({int(i) for i in bad[:, 0]})[:10]}"
            )
        return matrix


class InfiniteDipoleParameters(FromDipoleParameters):
    """Parameters of :class:`InfiniteDipolePotential`."""

    conductivity_S_per_m: float = Field(default=0.3, gt=0, description="conductivity of the medium in S/m")


class InfiniteDipolePotential(FromDipole):
    """Potential of a cell's current dipole moment in an infinite homogeneous medium.

    .. math:: \\phi = \\frac{1}{4 \\pi \\sigma |r|^3} \\; r \\cdot R \\sum_i m_i I_i

    with r from the dipole to the contact and R the rotation. The far field of a cell: within 3 % at ten times the
    cell's length on its axis.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    r_electrodes : array_like
        Shape (contacts, 3), µm.
    dipole_location : array_like
        Shape (3,), µm, in the coordinates of the contacts.
    sigma : float
        Conductivity in S/m.
    rotation : array_like
        Shape (3,): angles in rad about the fixed x, y and z axes, in this order, that turn the dipole from the cell's
        axes to those of the contacts.
    ids : sequence of str, optional
        Names of the contacts; "0", "1", … if not given.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Raises
    ------
    GeometryError
        For contacts of another shape, at NaN, or none, and a dipole that is not three finite numbers.
    ValueError, TypeError
        For a conductivity that is not one finite positive number.

    References
    ----------
    Nunez & Srinivasan (2006), Electric Fields of the Brain, Oxford University Press,
    https://doi.org/10.1093/acprof:oso/9780195050387.001.0001
    """

    model = "infinite_dipole"
    Parameters = InfiniteDipoleParameters
    quantity = "potential"
    matrix_quantity = "potential_lead_field"

    def __init__(
        self, cell: object | None, r_electrodes: np.ndarray, dipole_location: Sequence[float], sigma: float = 0.3, *,
        rotation: Sequence[float] = (0.0, 0.0, 0.0), ids: Sequence[str] | None = None, name: str | None = None,
    ):  # fmt: skip
        contacts = Contacts.from_positions(*multi_dipole.positions("r_electrodes", r_electrodes).T, ids)
        super().__init__(cell, contacts, dipole_location, rotation=rotation, name=name)
        self.conductor = InfiniteVolumeConductor(sigma)

    @classmethod
    def from_parameters(
        cls, p: InfiniteDipoleParameters, segments: object, contacts: Contacts | None
    ) -> "InfiniteDipolePotential":
        contacts = cls.needed(contacts)
        model = cls(
            segments, contacts.positions, p.dipole_position_um, p.conductivity_S_per_m,
            rotation=p.rotate_rad.angles,
        )  # fmt: skip
        model.contacts = contacts
        return model

    @property
    def parameters(self) -> InfiniteDipoleParameters:
        return InfiniteDipoleParameters(conductivity_S_per_m=self.conductor.sigma, **self.placement)

    def response(self, dipole_location: np.ndarray) -> np.ndarray:
        return self.conductor.get_transformation_matrix(self.contacts.positions - dipole_location)
