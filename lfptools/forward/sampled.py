"""Potentials at electrodes in a medium that no formula covers: a lead field sampled on a grid."""

from pathlib import Path
from typing import Literal, get_args

import numpy as np
from pydantic import Field

from lfptools.config.parameters import FileName, Parameters
from lfptools.errors import unknown_name
from lfptools.forward.model import ForwardModel
from lfptools.geometry.contacts import Contacts
from lfptools.io.grid_lead_field import open_grid_lead_field

Interpolation = Literal["linear", "cubic"]
_MARGIN = {"linear": 0, "cubic": 8}


class SampledParameters(Parameters):
    """Which file, and how it is read between its samples."""

    file: FileName = Field(description="path of the lead field")
    interpolation: Interpolation = Field(
        default="linear", description="between samples: linear, or cubic (a spline, smoother and more accurate)"
    )
    number_of_points: int = Field(
        default=3, ge=1, le=64, description="along each segment, over which the potential is averaged (Gauss–Legendre)"
    )


class SampledPotential(ForwardModel):
    """Potential at electrodes by a lead field that was sampled on a grid, each segment's current spread along it.

    .. math:: \\phi_k = \\sum_i I_i \\sum_q w_q V_k(x_{iq})

    with V_k(x) the potential at x when electrode k injects unit current, which a finite-element or finite-difference
    model of any medium gives, and which is by reciprocity the potential at the electrode when unit current leaves a
    cell at x; x_iq are Gauss–Legendre points along segment i.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    file : path
        Of the lead field, see :func:`lfptools.io.grid_lead_field.open_grid_lead_field`.
    interpolation : {"linear", "cubic"}
        Between the grid's samples: trilinear, or a tensor product of cubic splines.
    number_of_points : int
        Along each segment.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Raises
    ------
    DatasetError
        If the file is not there or is none.
    ValueError
        For an unknown interpolation, or a number of points that is none.

    References
    ----------
    Helmholtz (1853), Ann Phys Chem 89:211; Plonsey (1963), IEEE Trans Biomed Electron 10:105 (reciprocity)
    """

    model = "sampled"
    Parameters = SampledParameters
    needs_contacts = False
    quantity = "potential"
    matrix_quantity = "potential_lead_field"
    row_dim = "contact"
    symmetries = frozenset()

    def __init__(
        self, cell: object | None, file: Path | str, *, interpolation: Interpolation = "linear",
        number_of_points: int = 3, name: str | None = None,
    ):  # fmt: skip
        super().__init__(cell, name)
        if interpolation not in get_args(Interpolation):
            raise ValueError(unknown_name("interpolation", interpolation, get_args(Interpolation), "SampledPotential"))
        if not isinstance(number_of_points, int | np.integer) or number_of_points < 1:
            raise ValueError(f"number_of_points must be a whole number >= 1, got {number_of_points!r}")
        self.file, self.interpolation, self.number_of_points = file, interpolation, int(number_of_points)
        self.grid = open_grid_lead_field(file)

    @classmethod
    def from_parameters(
        cls, p: SampledParameters, segments: object, contacts: Contacts | None = None
    ) -> "SampledPotential":
        return cls(segments, p.file, interpolation=p.interpolation, number_of_points=p.number_of_points)

    @classmethod
    def row_count(cls, p: SampledParameters, contacts: int) -> int:
        return len(open_grid_lead_field(p.file).contacts)

    @property
    def parameters(self) -> SampledParameters:
        return SampledParameters(
            file=str(self.file), interpolation=self.interpolation, number_of_points=self.number_of_points
        )

    @property
    def row_coords(self) -> dict[str, object]:
        return self.grid.contacts.labels()

    def get_transformation_matrix(self) -> np.ndarray:
        """Potential at each electrode per unit membrane current of each segment.

        Returns
        -------
        numpy.ndarray
            Shape (contacts, segments), mV/nA.

        Raises
        ------
        CellError
            If no cell has been given.
        GeometryError
            If a segment lies partly outside the grid.
        DatasetError
            If the file holds NaN beside a segment.
        """
        from lfptools.kernels import sampled

        geometry = self.geometry()
        self.clamped_pairs = 0
        points, weights = sampled.along(geometry.start, geometry.end, self.number_of_points)
        axes, values = self.grid.around(points.reshape(-1, 3), _MARGIN[self.interpolation])
        return sampled.matrix(points, weights, axes, values, self.interpolation)
