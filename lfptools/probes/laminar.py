"""Silicon probes: rows of contacts along one or more shanks."""

import numpy as np
from pydantic import Field, model_validator

from lfptools.geometry.contacts import Contacts
from lfptools.probes.kind import MOST_CONTACTS, Faced, numbered, probe_kind


class LaminarParameters(Faced):
    """Shanks side by side along x, each with rows along z."""

    number: int = Field(ge=1, le=MOST_CONTACTS, description="rows of contacts on each shank")
    spacing_um: float = Field(gt=0, description="distance of neighbouring rows, along z")
    columns: int = Field(1, ge=1, le=1000, description="contacts of a row, along x")
    column_spacing_um: float | None = Field(None, gt=0, description="distance of neighbouring columns")
    stagger_um: float = Field(0.0, description="every second column is higher by this")
    shanks: int = Field(1, ge=1, le=1000, description="how many")
    shank_spacing_um: float | None = Field(None, gt=0, description="distance of neighbouring shanks, along x")

    @model_validator(mode="after")
    def _spacings(self) -> "LaminarParameters":
        for count, key in (("columns", "column_spacing_um"), ("shanks", "shank_spacing_um")):
            if (getattr(self, count) > 1) != (getattr(self, key) is not None):
                raise ValueError(f"{key} belongs to several {count}, which need it")
        if self.number * self.columns * self.shanks > MOST_CONTACTS:
            raise ValueError(f"these are more than {MOST_CONTACTS} contacts")
        return self


@probe_kind(LaminarParameters)
def laminar(p: LaminarParameters) -> Contacts:
    """Contacts on shanks that point down, the lowest contact of the first shank and column at the origin.

    They face −y: who looks at them sees x to the right and z up.

    Returns
    -------
    Contacts
        From the tip up, in a row along x, shank after shank. Ids are "0", "1", …, with several shanks "s0c0", "s0c1",
        …; shanks are "0", "1", ….
    """
    row, column = (a.ravel() for a in np.meshgrid(np.arange(p.number), np.arange(p.columns), indexing="ij"))
    z = row * p.spacing_um + p.stagger_um * (column % 2)
    x = column * (p.column_spacing_um or 0.0)
    on_one, n = len(x), len(x) * p.shanks
    shank = np.repeat(np.arange(p.shanks), on_one)
    x = np.tile(x, p.shanks) + shank * (p.shank_spacing_um or 0.0)
    ids = numbered(n) if p.shanks == 1 else tuple(f"s{s}c{i}" for s in range(p.shanks) for i in range(on_one))
    surfaces = p.surfaces(np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0]), n)
    return Contacts(x, np.zeros(n), np.tile(z, p.shanks), ids, surfaces, tuple(map(str, shank)))
