"""Extracellular potential of line sources."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from pydantic import Field

from lfptools.errors import unknown_name
from lfptools.forward.model import PotentialModel, PotentialParameters
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.contacts import Contacts

Clamp = Literal["axis", "segment"]


class LineSourceParameters(PotentialParameters):
    """Parameters of :class:`LineSourcePotential`."""

    clamp: Clamp = Field(
        default="axis", description="what the minimum distance is from: the segment's axis (as published), or itself"
    )


class LineSourcePotential(PotentialModel):
    """Potential at contacts, each segment a straight line along which its current leaves evenly.

    .. math:: \\phi = \\frac{1}{4 \\pi \\sigma} \\sum_i \\frac{I_i}{L_i}
        \\left(\\sinh^{-1}\\frac{u_i}{r_i} - \\sinh^{-1}\\frac{u_i - L_i}{r_i}\\right)

    with u the contact's distance from the segment's start along its axis and r ≥ ρ its distance from the axis, in an
    infinite, homogeneous, isotropic and ohmic medium. A segment of length 0 is a point source.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    x, y, z : array_like
        Shape (contacts,), µm.
    sigma : float
        Conductivity in S/m.
    minimum_distance : float, optional
        ρ in µm; half of each segment's diameter if not given.
    clamp : {"axis", "segment"}
        "axis": ρ is the least distance from the segment's axis, as published results have it. That alters contacts
        near the axis beyond the segment's ends too (−11 % at 5 µm past the end of a segment 20 µm long and 10 µm
        thick). "segment": ρ is the least distance from the segment itself; contacts farther away are not altered.
    ids : sequence of str, optional
        Names of the contacts; "0", "1", … if not given.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Raises
    ------
    GeometryError
        For contacts of unequal number, at NaN, or none.
    ValueError, TypeError
        For a conductivity or distance that is not one finite positive number, or an unknown ``clamp``.

    References
    ----------
    Holt & Koch (1999), J Comput Neurosci 6:169, https://doi.org/10.1023/A:1008832702585
    """

    model = "line"
    Parameters = LineSourceParameters

    def __init__(
        self, cell: object | None, x: Sequence[float], y: Sequence[float], z: Sequence[float], sigma: float = 0.3, *,
        minimum_distance: float | None = None, clamp: Clamp = "axis", ids: Sequence[str] | None = None,
        name: str | None = None,
    ):  # fmt: skip
        self.clamp = clamp
        super().__init__(cell, x, y, z, sigma, minimum_distance=minimum_distance, ids=ids, name=name)

    @classmethod
    def from_parameters(
        cls, p: LineSourceParameters, segments: object, contacts: Contacts | None
    ) -> "LineSourcePotential":
        model = super().from_parameters(p, segments, contacts)
        model.clamp = p.clamp
        return model

    @property
    def parameters(self) -> LineSourceParameters:
        return LineSourceParameters(
            conductivity_S_per_m=self.sigma, minimum_distance_um=self.minimum_distance, clamp=self.clamp
        )

    def _matrix(self, positions: np.ndarray, geometry: CellGeometry, minimum: np.ndarray) -> tuple[np.ndarray, int]:
        from lfptools.kernels import line

        to_segment = self.clamp == "segment"
        return line.matrix(positions, geometry.start, geometry.end, minimum, float(self.sigma), to_segment)

    def _check(self) -> None:
        super()._check()
        if self.clamp not in get_args(Clamp):
            raise ValueError(unknown_name("clamp", self.clamp, get_args(Clamp), "LineSourcePotential"))
