"""What the forward models share: the cell, the contacts, the report of clamped pairs."""

import numbers
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from lfptools.config.parameters import Parameters
from lfptools.errors import CellError, GeometryError, LfptoolsWarning
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.contacts import Contacts

if TYPE_CHECKING:
    from scipy import sparse


class ForwardModel(ABC):
    """A linear map from the membrane currents of a cell's segments to a signal (the protocol ``LeadField``).

    Attributes
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm. May be given later, and exchanged.
    data : numpy.ndarray or None
        Shape (rows, times): set by a simulation that was given this model.
    name : str
        What the signal is called in results.
    clamped_pairs : int or None
        How many contact–segment pairs were nearer than the minimum distance; None before a matrix was computed.
    """

    model: ClassVar[str]
    Parameters: ClassVar[type[Parameters]]
    needs_contacts: ClassVar[bool]
    quantity: ClassVar[str]
    matrix_quantity: ClassVar[str]
    row_dim: ClassVar[str]
    is_sparse: ClassVar[bool] = False
    """Whether :meth:`get_row_matrix` is sparse, and the lead field is stored so."""
    symmetries: ClassVar[frozenset[str]] = frozenset({"translation", "rotation"})
    """Moving cell and contacts together so leaves the signal (of currents that sum to zero) as it was, or turns it.

    ``"translation"``, ``"rotation"``; ``"horizontal"``: translation in x and y and rotation about z.
    """
    depends_on_origin: ClassVar[bool] = False
    """Whether currents that do not sum to zero give a signal that depends on where the coordinates' origin is."""

    def __init__(self, cell: object | None, name: str | None = None):
        self.cell = cell
        self.name = self.quantity if name is None else name
        self.data: np.ndarray | None = None
        self.clamped_pairs: int | None = None
        self._warned = self._surfaces_told = False

    @property
    @abstractmethod
    def parameters(self) -> Parameters:
        """The parameters, as they would be written in YAML."""

    @property
    @abstractmethod
    def row_coords(self) -> dict[str, object]:
        """Labels of the rows: variable name to list or array, one entry a row."""

    @classmethod
    @abstractmethod
    def from_parameters(cls, p: Parameters, segments: object, contacts: Contacts | None) -> "ForwardModel":
        """A model of ``segments`` and ``contacts`` (None where none are needed) with the parameters of a study."""

    @classmethod
    def row_count(cls, p: Parameters, contacts: int) -> int:
        """How many rows a model with these parameters and so many contacts has."""
        return contacts if cls.needs_contacts else 3

    @abstractmethod
    def get_transformation_matrix(self) -> np.ndarray:
        """The lead field, shape (rows, segments), of the cell where it is now."""

    def get_row_matrix(self) -> "np.ndarray | sparse.csr_array":
        """The lead field with one row a row of the signal, shape (rows, segments); sparse if :attr:`is_sparse`."""
        matrix = self.get_transformation_matrix()
        return np.ascontiguousarray(matrix.reshape(-1, matrix.shape[-1]), dtype=float)

    def geometry(self) -> CellGeometry:
        """Ends and diameters of the cell's segments, checked.

        Raises
        ------
        CellError
            If no cell has been given yet.
        GeometryError
            If it is none.
        """
        if self.cell is None:
            raise CellError(
                f"{type(self).__name__} has no cell yet: give one to its constructor or assign one to its attribute "
                "`cell` before the matrix is computed"
            )
        return CellGeometry.of(self.cell)

    def warn_of_clamped(self, pairs: int, least: str) -> None:
        """Say once how many of the contact–segment pairs are nearer than the least distance, given in words."""
        if self.clamped_pairs and not self._warned:
            self._warned = True
            warnings.warn(
                f"{self.name}: {self.clamped_pairs} of {pairs} contact-segment pairs are nearer than {least}; "
                "there the potential at that distance is taken",
                LfptoolsWarning,
                stacklevel=3,
            )

    def warn_of_surfaces(self, contacts: Contacts) -> None:
        """Say once that contacts with an extent are taken as points, for models that do not average over them."""
        if contacts.surfaces is None or self._surfaces_told:
            return
        wide = [name for name, shape in zip(contacts.ids, contacts.surfaces.shape, strict=True) if shape != "point"]
        if wide:
            self._surfaces_told = True
            warnings.warn(
                f"{self.name}: the model {self.model!r} takes contacts as points; {len(wide)} of {len(contacts)} have "
                f"a surface (the first {wide[0]!r}), at whose middle the signal is taken",
                LfptoolsWarning,
                stacklevel=3,
            )


class PotentialParameters(Parameters):
    """Parameters of an extracellular potential in an infinite homogeneous medium."""

    conductivity_S_per_m: float = Field(default=0.3, gt=0, description="conductivity of the medium in S/m")
    minimum_distance_um: float | None = Field(
        default=None, gt=0, description="least distance between contact and segment in µm; half the diameter if null"
    )


class PotentialModel(ForwardModel):
    """An extracellular potential at contacts in an infinite homogeneous and isotropic medium."""

    Parameters = PotentialParameters
    needs_contacts = True
    quantity = "potential"
    matrix_quantity = "potential_lead_field"
    row_dim = "contact"

    def __init__(
        self, cell: object | None, x: Sequence[float], y: Sequence[float], z: Sequence[float], sigma: float = 0.3, *,
        minimum_distance: float | None = None, ids: Sequence[str] | None = None, name: str | None = None,
    ):  # fmt: skip
        super().__init__(cell, name)
        contacts = Contacts.from_positions(x, y, z, ids)
        self.x, self.y, self.z, self.ids = contacts.x, contacts.y, contacts.z, contacts.ids
        self.shanks: tuple[str, ...] | None = None
        self.sigma = sigma
        self.minimum_distance = minimum_distance
        self._check()

    @classmethod
    def from_parameters(cls, p: PotentialParameters, segments: object, contacts: Contacts | None) -> "PotentialModel":
        if contacts is None:
            raise CellError(f"the model {cls.model!r} computes potentials at contacts: it needs a probe")
        if contacts.surfaces is not None and set(contacts.surfaces.shape) != {"point"}:
            shapes = ", ".join(sorted(set(contacts.surfaces.shape)))
            raise GeometryError(
                f"the model {cls.model!r} takes contacts as points, and the probe's have surfaces ({shapes}): the "
                "model 'electrode' averages over them"
            )
        model = cls(
            segments, contacts.x, contacts.y, contacts.z, p.conductivity_S_per_m,
            minimum_distance=p.minimum_distance_um, ids=contacts.ids,
        )  # fmt: skip
        model.shanks = contacts.shanks
        return model

    @property
    def parameters(self) -> PotentialParameters:
        return self.Parameters(conductivity_S_per_m=self.sigma, minimum_distance_um=self.minimum_distance)

    @property
    def contacts(self) -> Contacts:
        """The contacts as they are now, checked."""
        if len(self.ids) != np.size(self.x):  # x, y, z may have been assigned anew
            return Contacts.from_positions(self.x, self.y, self.z)
        return replace(Contacts.from_positions(self.x, self.y, self.z, self.ids), shanks=self.shanks)

    @property
    def row_coords(self) -> dict[str, object]:
        return self.contacts.labels()

    def get_transformation_matrix(self) -> np.ndarray:
        """Potential at each contact per unit membrane current of each segment.

        Returns
        -------
        numpy.ndarray
            Shape (contacts, segments), mV/nA.

        Raises
        ------
        CellError
            If no cell has been given.
        GeometryError
            If segments or contacts have impossible positions, or segments no positive diameter.

        Warns
        -----
        LfptoolsWarning
            Once, where contacts are nearer to segments than the minimum distance.
        """
        self._check()
        geometry, contacts = self.geometry(), self.contacts
        if self.minimum_distance is None:
            minimum = 0.5 * geometry.d
        else:
            minimum = np.full(geometry.totnsegs, float(self.minimum_distance))
        matrix, self.clamped_pairs = self._matrix(contacts.positions, geometry, minimum)
        least = "half the diameter" if self.minimum_distance is None else f"{self.minimum_distance:g} µm"
        self.warn_of_clamped(matrix.size, least)
        return matrix

    @abstractmethod
    def _matrix(self, positions: np.ndarray, geometry: CellGeometry, minimum: np.ndarray) -> tuple[np.ndarray, int]:
        """The matrix and the number of clamped pairs."""

    def _check(self) -> None:
        self._check_sigma()
        if self.minimum_distance is not None:
            positive("minimum_distance", self.minimum_distance, "µm")

    def _check_sigma(self) -> None:
        positive("sigma", self.sigma, "S/m")


def positive(name: str, value: object, unit: str) -> None:
    """Refuse what is not one finite number > 0.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, its unit and what came.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be one number in {unit}, got {value!r} of type {type(value).__name__}")
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a finite number > 0 {unit}, got {value!r}")
