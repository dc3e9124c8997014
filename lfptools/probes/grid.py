"""Contacts on a regular grid."""

import numpy as np
from pydantic import Field, model_validator

from lfptools.geometry.contacts import Contacts
from lfptools.probes.axis import Axis, positions
from lfptools.probes.kind import MOST_CONTACTS, FreelyFaced, probe_kind


class GridParameters(FreelyFaced):
    """A grid in one, two or three dimensions."""

    x_um: Axis = Field(default=0.0)
    y_um: Axis = Field(default=0.0)
    z_um: Axis = Field(default=0.0)

    @model_validator(mode="after")
    def _not_too_many(self) -> "GridParameters":
        shape = tuple(len(positions(axis)) for axis in (self.x_um, self.y_um, self.z_um))
        if np.prod(shape, dtype=float) > MOST_CONTACTS:
            raise ValueError(f"a grid of {shape} contacts is larger than {MOST_CONTACTS}")
        return self


@probe_kind(GridParameters)
def grid(p: GridParameters) -> Contacts:
    """Contacts at every combination of the positions along x, y and z; z changes fastest, then y.

    Returns
    -------
    Contacts
        Ids are "x,y,z" in µm, as they are before the grid is turned and placed.
    """
    x, y, z = (a.ravel() for a in np.meshgrid(*map(positions, (p.x_um, p.y_um, p.z_um)), indexing="ij"))
    ids = tuple(f"{a:.9g},{b:.9g},{c:.9g}" for a, b, c in zip(x, y, z, strict=True))
    return p.on_surfaces(Contacts(x, y, z, ids))
