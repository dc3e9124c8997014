"""Signals of a cell's current dipole moment, which sits at one point of a volume conductor."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from pydantic import Field

from lfptools.config.parameters import Parameters
from lfptools.config.placement import Rotation
from lfptools.errors import CellError, GeometryError
from lfptools.forward.dipole import CurrentDipoleMoment
from lfptools.forward.model import ForwardModel
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import rotation_matrix


class FromDipoleParameters(Parameters):
    """Where a cell's current dipole moment sits, and how it is turned."""

    dipole_position_um: tuple[float, float, float] = Field(
        description="where the dipole sits, [x, y, z] in the coordinates of the contacts"
    )
    rotate_rad: Rotation = Field(
        default=Rotation(), description="how the dipole is turned from the cell's axes to the contacts' axes"
    )


class FromDipole(ForwardModel):
    """Base of the models that see a cell as one current dipole at one point.

    The signal is K R Σ m_i I_i: the dipole moment in the cell's coordinates (see :class:`CurrentDipoleMoment`), turned
    by R, and K the signal per unit dipole moment at ``dipole_location``, which a subclass gives. The cell's own
    position does not enter, except that currents that do not sum to zero have a moment about the coordinates' origin.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    contacts : Contacts or None
        Where the signal is seen, in the medium's coordinates; None if the subclass labels its rows itself.
    dipole_location : array_like
        Shape (3,), µm, in the medium's coordinates.
    rotation : array_like
        Shape (3,): angles in rad of right-handed rotations about the medium's fixed x, y and z axes, in this order.
    name : str, optional
        What the signal is called in results; its quantity if not given.
    """

    Parameters = FromDipoleParameters
    needs_contacts = True
    row_dim = "contact"
    symmetries = frozenset()  # the dipole's place is a parameter: it does not move with the cell
    depends_on_origin = True

    def __init__(
        self, cell: object | None, contacts: Contacts | None, dipole_location: Sequence[float], *,
        rotation: Sequence[float] = (0.0, 0.0, 0.0), name: str | None = None,
    ):  # fmt: skip
        super().__init__(cell, name)
        self.contacts = contacts
        self.dipole_location = np.array(triple("dipole_location", dipole_location))
        self.rotation = np.array(triple("rotation", rotation))

    @classmethod
    def needed(cls, contacts: Contacts | None) -> Contacts:
        """The contacts of a study's signal.

        Raises
        ------
        CellError
            If there are none.
        """
        if contacts is None:
            raise CellError(f"the model {cls.model!r} computes a {cls.quantity} at contacts: it needs a probe")
        return contacts

    @property
    def row_coords(self) -> dict[str, object]:
        return self.contacts.labels()

    @property
    def placement(self) -> dict[str, object]:
        """``dipole_position_um`` and ``rotate_rad`` as they would be written in YAML."""
        angles = dict(zip("xyz", self.rotation.tolist(), strict=True))
        return {"dipole_position_um": tuple(self.dipole_location.tolist()), "rotate_rad": Rotation(**angles)}

    @property
    def axes(self) -> np.ndarray:
        """Shape (3, 3): takes vectors in the cell's axes to vectors in the medium's."""
        return rotation_matrix(*triple("rotation", self.rotation))

    @abstractmethod
    def response(self, dipole_location: np.ndarray) -> np.ndarray:
        """Signal per unit current dipole moment (nA·µm) at ``dipole_location`` (3,), in the medium's axes.

        Returns
        -------
        numpy.ndarray
            Shape (rows, 3).
        """

    def get_transformation_matrix(self) -> np.ndarray:
        """Signal per unit membrane current of each segment.

        Returns
        -------
        numpy.ndarray
            Shape (rows, segments).

        Raises
        ------
        CellError
            If no cell has been given.
        GeometryError
            If segments, contacts or the dipole have impossible positions.

        Warns
        -----
        LfptoolsWarning
            Once, where contacts have surfaces: they are taken as points.
        """
        geometry = self.geometry()
        moment = CurrentDipoleMoment(geometry).get_transformation_matrix()
        turned = self.response(triple("dipole_location", self.dipole_location)) @ self.axes
        self.clamped_pairs = 0
        if self.contacts is not None:
            self.warn_of_surfaces(self.contacts)
        # Not a BLAS product: its bits would depend on the number of segments.
        matrix = turned[:, :1] * moment[0]
        matrix += turned[:, 1:2] * moment[1]
        matrix += turned[:, 2:] * moment[2]
        return matrix


def triple(name: str, values: Sequence[float]) -> np.ndarray:
    """Three finite numbers as an array.

    Raises
    ------
    GeometryError
        If they are not.
    """
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise GeometryError(f"{name} must be three numbers, got {values!r}") from error
    if found.shape != (3,) or not np.isfinite(found).all():
        raise GeometryError(f"{name} must be three finite numbers, got {found.tolist()}")
    return found
