"""Signals of a cell's current dipole moment at a vertex of a head model."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from lfptools.config.parameters import FileName
from lfptools.config.placement import Rotation
from lfptools.errors import GeometryError
from lfptools.forward.from_dipole import FromDipole, FromDipoleParameters, triple
from lfptools.forward.model import positive
from lfptools.geometry.alignment import alignment
from lfptools.geometry.contacts import Contacts
from lfptools.io.vertex_lead_field import VertexLeadField, open_vertex_lead_field

FARTHEST_UM = 2000.0
_MATRICES = {"potential": "potential_lead_field", "magnetic_field": "magnetic_lead_field"}


class VertexParameters(FromDipoleParameters):
    """Which file, which vertex, and how the dipole stands on the cortex."""

    file: FileName = Field(description="path of the lead field")
    dipole_position_um: tuple[float, float, float] = Field(
        description="[x, y, z] in the file's coordinates; the dipole sits at the nearest vertex"
    )
    farthest_um: float = Field(default=FARTHEST_UM, gt=0, description="that vertex must not be farther away")
    rotate_rad: Rotation = Field(
        default=Rotation(), description="how the dipole is turned, before along_normal turns it"
    )
    along_normal: bool = Field(
        default=True,
        description="turn the z axis to the vertex' normal, out of the cortex; false: keep the axes",
    )


class DipoleAtVertex(FromDipole):
    """Base of the models that take the lead field of a dipole from a file.

    The signal is K A R Σ m_i I_i: the cell's dipole moment turned by R, then by the smallest rotation A that takes z to
    the normal of the vertex (unless ``along_normal`` is false), and K the lead field of the vertex.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    file : path
        Of the lead field.
    dipole_location : array_like
        Shape (3,), µm, in the file's coordinates: the nearest vertex counts.
    along_normal : bool
        Whether the z axis of the cell, turned by ``rotation``, becomes the normal of the vertex.
    farthest : float
        Largest distance of the nearest vertex, µm.
    rotation : array_like
        Shape (3,): angles in rad of right-handed rotations about fixed x, y and z axes, in this order.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Attributes
    ----------
    head : VertexLeadField
        What the file holds.
    vertex : int
        Index of the vertex.

    Raises
    ------
    DatasetError
        If the file is not there or is none.
    GeometryError
        If no vertex is near enough, or a number is none.
    """

    Parameters = VertexParameters
    needs_contacts = False
    opener: ClassVar[Callable[[Path], VertexLeadField]]

    def __init__(
        self, cell: object | None, file: Path | str, dipole_location: Sequence[float], *, along_normal: bool = True,
        farthest: float = FARTHEST_UM, rotation: Sequence[float] = (0.0, 0.0, 0.0), name: str | None = None,
    ):  # fmt: skip
        self.file, self.along_normal, self.farthest = file, along_normal, farthest
        positive("farthest", farthest, "µm")
        if not isinstance(along_normal, bool | np.bool_):
            raise TypeError(f"along_normal must be True or False, got {along_normal!r}")
        self.head = type(self).opener(Path(file))
        super().__init__(cell, self.head.sensors, dipole_location, rotation=rotation, name=name)
        if along_normal:
            self.head.normal(self.vertex)

    @classmethod
    def from_parameters(
        cls, p: VertexParameters, segments: object, contacts: Contacts | None = None
    ) -> "DipoleAtVertex":
        return cls(
            segments, p.file, p.dipole_position_um, along_normal=p.along_normal, farthest=p.farthest_um,
            rotation=p.rotate_rad.angles,
        )  # fmt: skip

    @classmethod
    def row_count(cls, p: VertexParameters, contacts: int) -> int:
        return len(cls.opener(Path(p.file)).sensors)

    @property
    def parameters(self) -> VertexParameters:
        return self.Parameters(
            file=str(self.file), along_normal=self.along_normal, farthest_um=self.farthest, **self.placement
        )

    @property
    def quantity(self) -> str:
        return self.head.quantity

    @property
    def matrix_quantity(self) -> str:
        return _MATRICES[self.head.quantity]

    @property
    def vertex(self) -> int:
        place = triple("dipole_location", self.dipole_location)
        vertex, distance = self.head.nearest(place)
        if distance > self.farthest:
            there = self.head.positions[vertex].round(3).tolist()
            raise GeometryError(
                f"{self.head.path}: the vertex nearest to {place.tolist()} µm is {distance:.6g} µm away (number "
                f"{vertex}, at {there} µm), and may be {self.farthest:g} µm away"
            )
        return vertex

    @property
    def axes(self) -> np.ndarray:
        own = super().axes
        return alignment([0.0, 0.0, 1.0], self.head.normal(self.vertex)) @ own if self.along_normal else own

    def response(self, dipole_location: np.ndarray) -> np.ndarray:
        return self.head.at(self.vertex)


class VertexLeadFieldSignal(DipoleAtVertex):
    """Potential or magnetic field of a cell's current dipole moment by a lead field from a NetCDF file.

    Parameters and errors are those of :class:`DipoleAtVertex`; the file's layout is in docs/vertex-lead-fields.md,
    :func:`~lfptools.io.vertex_lead_field.write_vertex_lead_field` writes one.

    References
    ----------
    Næss et al. (2021), NeuroImage 225:117467, https://doi.org/10.1016/j.neuroimage.2020.117467
    """

    model = "vertex_lead_field"
    opener = staticmethod(open_vertex_lead_field)
