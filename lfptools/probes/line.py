"""Contacts along a straight line."""

import math

import numpy as np
from pydantic import Field, model_validator

from lfptools.config.placement import Point
from lfptools.geometry.contacts import Contacts
from lfptools.probes.kind import MOST_CONTACTS, FreelyFaced, numbered, probe_kind


class LineParameters(FreelyFaced):
    """A line from ``start_um`` to ``stop_um`` with either ``number`` or ``spacing_um``."""

    start_um: Point = Field(description="[x, y, z] of the first contact in µm")
    stop_um: Point = Field(description="[x, y, z] of the line's end in µm")
    number: int | None = Field(default=None, ge=1, le=MOST_CONTACTS, description="contacts, both ends included")
    spacing_um: float | None = Field(default=None, gt=0, description="distance of neighbouring contacts in µm")

    @model_validator(mode="after")
    def _one_of_two(self) -> "LineParameters":
        if (self.number is None) == (self.spacing_um is None):
            raise ValueError("a line needs one of the keys number and spacing_um, and not both")
        length = math.dist(self.start_um, self.stop_um)
        if length == 0 and self.number != 1:
            raise ValueError("start_um and stop_um of a line with several contacts must differ")
        if self.spacing_um is not None and length / self.spacing_um >= MOST_CONTACTS:
            raise ValueError(f"spacing_um {self.spacing_um:g} makes more than {MOST_CONTACTS} contacts")
        return self


@probe_kind(LineParameters)
def line(p: LineParameters) -> Contacts:
    """Contacts from ``start_um`` on, evenly spaced.

    With ``number`` the last one is at ``stop_um``; with ``spacing_um`` it is the last that does not lie beyond.

    Returns
    -------
    Contacts
        Ids are "0", "1", … from the start.
    """
    start, stop = np.array(p.start_um), np.array(p.stop_um)
    if p.number == 1:
        fractions = np.zeros(1)
    elif p.number is not None:
        fractions = np.arange(p.number) / (p.number - 1)
    else:
        length = math.dist(p.start_um, p.stop_um)
        fractions = np.arange(math.floor(length / p.spacing_um * (1 + 1e-9)) + 1) * (p.spacing_um / length)
    x, y, z = ((1 - fractions) * a + fractions * b for a, b in zip(start, stop, strict=True))
    return p.on_surfaces(Contacts(x, y, z, numbered(fractions.size)))
