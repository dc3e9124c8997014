"""Planar multi-electrode arrays."""

import numpy as np
from pydantic import Field, PositiveFloat, model_validator

from lfptools.errors import unknown_name
from lfptools.geometry.contacts import Contacts
from lfptools.probes.kind import MOST_CONTACTS, Faced, probe_kind


class MeaParameters(Faced):
    """Columns and rows about the origin in the plane of x and y."""

    columns: int = Field(ge=1, le=MOST_CONTACTS, description="along x")
    rows: int = Field(ge=1, le=MOST_CONTACTS, description="along y")
    pitch_um: PositiveFloat | tuple[PositiveFloat, PositiveFloat] = Field(
        description="distance of neighbouring contacts, one or [along x, along y]"
    )
    leave_out: tuple[str, ...] = Field((), description='ids of places without a contact: ["1,1", "8,8"]')

    @model_validator(mode="after")
    def _places_exist(self) -> "MeaParameters":
        if self.columns * self.rows > MOST_CONTACTS:
            raise ValueError(f"{self.columns} columns and {self.rows} rows are more than {MOST_CONTACTS} contacts")
        ids = _ids(self)
        for name in self.leave_out:
            if name not in ids:
                raise ValueError(unknown_name("place on the array", name, ids))
        if set(self.leave_out) == set(ids):
            raise ValueError("leave_out leaves no contact")
        return self


@probe_kind(MeaParameters)
def mea(p: MeaParameters) -> Contacts:
    """Contacts of a planar multi-electrode array that face z, about the origin in the plane of x and y.

    Returns
    -------
    Contacts
        Ids are "column,row" from 1, columns along x, rows from the largest y down, as one sees the array from above;
        rows change fastest.
    """
    across, down = p.pitch_um if isinstance(p.pitch_um, tuple) else (p.pitch_um, p.pitch_um)
    x = np.repeat((np.arange(p.columns) - 0.5 * (p.columns - 1)) * across, p.rows)
    y = np.tile((0.5 * (p.rows - 1) - np.arange(p.rows)) * down, p.columns)
    ids = _ids(p)
    kept = np.array([name not in p.leave_out for name in ids])
    n = int(kept.sum())
    surfaces = p.surfaces(np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0]), n)
    return Contacts(x[kept], y[kept], np.zeros(n), tuple(name for name in ids if name not in p.leave_out), surfaces)


def _ids(p: MeaParameters) -> tuple[str, ...]:
    return tuple(f"{column},{row}" for column in range(1, p.columns + 1) for row in range(1, p.rows + 1))
