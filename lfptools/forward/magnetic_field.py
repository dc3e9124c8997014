"""What the models of magnetic fields share: sensors, what they measure, the checks of sources, H to B."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final, Literal, get_args

import numpy as np
from pydantic import Field

from lfptools.errors import GeometryError, unknown_name
from lfptools.forward.from_dipole import FromDipole, FromDipoleParameters, triple
from lfptools.forward.model import positive
from lfptools.forward.multi_dipole import one_dipole, positions
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.surfaces import Surfaces
from lfptools.io.product import blocked_product

VACUUM: Final = 4e-7 * np.pi
"""Permeability of vacuum in T·m/A; that of tissue differs from it by less than 1e-5."""
PER_NA_PER_UM: Final = 1e-3
"""A/m in one nA/µm: with μ in T·m/A, the factor from H in nA/µm to B in T."""

Component = Literal["xyz", "radial", "normal"]


class MagneticField(ABC):
    """The magnetic field of current dipoles and of axial currents at sensors.

    Parameters
    ----------
    sensors : array_like
        Shape (sensors, 3), µm.
    mu : float
        Permeability in T·m/A.
    """

    def __init__(self, sensors: np.ndarray, mu: float):
        self._sensors = positions("sensor locations", sensors)
        self.mu = mu
        positive("mu", mu, "T·m/A")

    def matrix(self, locations: np.ndarray) -> np.ndarray:
        """H at each sensor per unit dipole moment at each of several places.

        Parameters
        ----------
        locations : array_like
            Shape (dipoles, 3), µm.

        Returns
        -------
        numpy.ndarray
            Shape (dipoles, sensors, 3, 3), nA/µm per nA·µm: component of H, then of the dipole moment.

        Raises
        ------
        GeometryError
            For places where no dipole can be; names the indices.
        """
        locations = positions("dipole locations", locations)
        self.check_sources(locations, "dipole locations")
        columns = [self._field(locations, np.broadcast_to(unit, locations.shape)) for unit in np.eye(3)]
        return np.ascontiguousarray(np.stack(columns, axis=-1).transpose(1, 0, 2, 3))

    def axial_matrix(self, d_vectors: np.ndarray, pos_vectors: np.ndarray) -> np.ndarray:
        """H at each sensor per unit axial current in each of several straight elements.

        Parameters
        ----------
        d_vectors : array_like
            Shape (3, elements), µm: from start to end of each.
        pos_vectors : array_like
            Shape (elements, 3), µm: the middle of each.

        Returns
        -------
        numpy.ndarray
            Shape (sensors, 3, elements), nA/µm per nA.

        Raises
        ------
        GeometryError
            For shapes that do not fit, and for elements where none can be; names the indices.
        """
        middle = positions("pos_vectors", pos_vectors)
        chord = positions("d_vectors (transposed)", np.transpose(d_vectors))
        if chord.shape != middle.shape:
            raise GeometryError(
                f"d_vectors (3, n) and pos_vectors (n, 3) must be of as many elements, got {chord.shape[0]} and "
                f"{middle.shape[0]}"
            )
        start, end = middle - 0.5 * chord, middle + 0.5 * chord
        self._check_elements(start, end)
        return np.ascontiguousarray(self._elements(start, end).transpose(0, 2, 1))

    def calculate_H_from_iaxial(self, cell: object) -> np.ndarray:
        """H of a cell's axial currents, each along a straight line.

        Parameters
        ----------
        cell : object
            With a method ``get_axial_currents_from_vmem()``, which returns currents (elements, times) in nA, vectors
            from start to end (3, elements) and middles (elements, 3) in µm: a :class:`~lfptools.Cell` that has
            recorded its membrane potentials.

        Returns
        -------
        numpy.ndarray
            Shape (sensors, 3, times), nA/µm.

        Raises
        ------
        TypeError
            If the cell has no such method.
        GeometryError
            As :meth:`axial_matrix`.

        References
        ----------
        Blagoev et al. (2007), NeuroImage 37:137, https://doi.org/10.1016/j.neuroimage.2007.04.033
        """
        if not callable(getattr(cell, "get_axial_currents_from_vmem", None)):
            raise TypeError(
                f"{type(cell).__name__} has no method get_axial_currents_from_vmem(): axial currents come from a Cell "
                "that was run with rec_vmem=True"
            )
        currents, d_vectors, pos_vectors = cell.get_axial_currents_from_vmem()
        matrix = self.axial_matrix(d_vectors, pos_vectors)
        currents = np.asarray(currents, dtype=float)
        if currents.ndim != 2 or currents.shape[0] != matrix.shape[2]:
            raise GeometryError(f"axial currents must have shape ({matrix.shape[2]}, times), got {currents.shape}")
        return blocked_product(matrix.reshape(-1, matrix.shape[2]), currents).reshape(-1, 3, currents.shape[1])

    @abstractmethod
    def _field(self, positions: np.ndarray, moments: np.ndarray) -> np.ndarray:
        """H of k dipoles, shape (sensors, k, 3)."""

    @abstractmethod
    def _elements(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """H of unit currents along n elements, shape (sensors, n, 3)."""

    @abstractmethod
    def check_sources(self, positions: np.ndarray, what: str) -> None:
        """Raise GeometryError where there can be no source."""

    def _check_elements(self, start: np.ndarray, end: np.ndarray) -> None:
        self.check_sources(start, "starts of axial elements")
        self.check_sources(end, "ends of axial elements")

    def _at(self, location: np.ndarray) -> np.ndarray:
        """The matrix (sensors, 3, 3) of one place."""
        return self.matrix(triple("the dipole's location", location)[np.newaxis])[0]

    def _H(self, moment: np.ndarray, location: np.ndarray) -> np.ndarray:
        field = one_dipole(self._at(location).reshape(-1, 3), moment)
        return field.reshape(-1, 3, *field.shape[1:])

    def _B(self, moment: np.ndarray, location: np.ndarray) -> np.ndarray:
        positive("mu", self.mu, "T·m/A")
        return self.mu * PER_NA_PER_UM * self._H(moment, location)


class MagneticFieldParameters(FromDipoleParameters):
    """Where the dipole sits, and what the sensors measure."""

    component: Component = Field(
        default="xyz",
        description="of the field: xyz gives three rows a sensor; radial, away from the origin, and normal, along the "
        "contact's surface normal, one",
    )


class DipoleMagneticField(FromDipole):
    """Base of the models of the magnetic field of a cell's current dipole moment.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    sensor_locations : array_like
        Shape (sensors, 3), µm.
    dipole_location : array_like
        Shape (3,), µm, in the coordinates of the sensors.
    component : {"xyz", "radial", "normal"}
        What is measured. "xyz": all three components, rows ``component`` with ids ``"<sensor>:x"``, ``"<sensor>:y"``,
        …. "radial": the one away from the origin, "normal": that along ``normals``; rows ``contact``.
    normals : array_like, optional
        Shape (sensors, 3), or (1, 3) for all of them: directions, made unit vectors.
    rotation : array_like
        Shape (3,): angles in rad about the fixed x, y and z axes, in this order, that turn the dipole from the cell's
        axes to those of the sensors.
    ids : sequence of str, optional
        Names of the sensors; "0", "1", … if not given.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Raises
    ------
    GeometryError
        For sensors of another shape, at NaN, or none, a dipole that is not three finite numbers, and normals that are
        no directions or missing.
    ValueError
        For an unknown component.
    """

    Parameters = MagneticFieldParameters
    quantity = "magnetic_field"
    matrix_quantity = "magnetic_lead_field"
    conductor: ClassVar[type[MagneticField]]

    def __init__(
        self, cell: object | None, sensor_locations: np.ndarray, dipole_location: Sequence[float], *,
        component: Component = "xyz", normals: np.ndarray | None = None,
        rotation: Sequence[float] = (0.0, 0.0, 0.0), ids: Sequence[str] | None = None, name: str | None = None,
    ):  # fmt: skip
        sensors = Contacts.from_positions(*positions("sensor_locations", sensor_locations).T, ids)
        if normals is not None:
            normals = positions("normals", normals)
            if len(normals) not in (1, len(sensors)):
                raise GeometryError(f"{len(sensors)} sensors need as many normals, or one; got {len(normals)}")
            sensors = replace(sensors, surfaces=Surfaces.make("point", normals, len(sensors)))
        super().__init__(cell, sensors, dipole_location, rotation=rotation, name=name)
        self.component = component
        self._check()

    @classmethod
    def from_parameters(
        cls, p: MagneticFieldParameters, segments: object, contacts: Contacts | None
    ) -> "DipoleMagneticField":
        contacts = cls.needed(contacts)
        model = cls(segments, contacts.positions, p.dipole_position_um, rotation=p.rotate_rad.angles)
        model.contacts, model.component = contacts, p.component
        model._check()
        return model

    def _check(self) -> None:
        """Refuse now what would be refused when a matrix is asked for."""
        self.directions()
        self.conductor(self.contacts.positions).check_sources(self.dipole_location[np.newaxis], "dipole locations")

    @classmethod
    def row_count(cls, p: MagneticFieldParameters, contacts: int) -> int:
        return 3 * contacts if p.component == "xyz" else contacts

    @property
    def parameters(self) -> MagneticFieldParameters:
        return self.Parameters(component=self.component, **self.placement)

    @property
    def row_dim(self) -> str:
        return "component" if self.component == "xyz" else "contact"

    @property
    def row_coords(self) -> dict[str, object]:
        if self.component != "xyz":
            return self.contacts.labels()
        ids = [f"{sensor}:{axis}" for sensor in self.contacts.ids for axis in "xyz"]
        places = np.repeat(self.contacts.positions, 3, axis=0)
        return {"component_id": ids} | {f"component_{axis}": places[:, k] for k, axis in enumerate("xyz")}

    def directions(self) -> np.ndarray | None:
        """Shape (sensors, 3): unit vectors along which the field is measured; None for all three components.

        Raises
        ------
        GeometryError
            If a sensor has no radius, or none has a normal.
        """
        if self.component not in get_args(Component):
            raise ValueError(unknown_name("component", self.component, get_args(Component), type(self).__name__))
        if self.component == "xyz":
            return None
        if self.component == "normal":
            if self.contacts.surfaces is None:
                raise GeometryError(
                    "component 'normal' is that along each contact's surface normal, and these contacts have none"
                )
            return self.contacts.surfaces.normal
        places = self.contacts.positions
        distance = np.sqrt((places * places).sum(axis=1, keepdims=True))
        bad = np.flatnonzero(distance[:, 0] == 0.0)
        if bad.size:
            raise GeometryError(f"sensors at the origin, from where nothing is radial: indices {bad[:10].tolist()}")
        return places / distance

    def response(self, dipole_location: np.ndarray) -> np.ndarray:
        directions, conductor = self.directions(), self.conductor(self.contacts.positions)
        field = VACUUM * PER_NA_PER_UM * conductor.get_transformation_matrix(dipole_location)
        if directions is None:
            return field.reshape(-1, 3)
        return (directions[:, :, np.newaxis] * field).sum(axis=1)
