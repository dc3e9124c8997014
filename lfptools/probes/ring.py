"""Contacts on a circle."""

from typing import Literal

import numpy as np
from pydantic import Field

from lfptools.geometry.contacts import Contacts
from lfptools.probes.kind import MOST_CONTACTS, Faced, numbered, probe_kind


class RingParameters(Faced):
    """A circle about the origin in the plane of x and y."""

    ring_radius_um: float = Field(gt=0, description="of the circle")
    number: int = Field(ge=1, le=MOST_CONTACTS, description="contacts, evenly spaced")
    start_rad: float = Field(0.0, description="where the first contact is, from x towards y")
    facing: Literal["outward", "inward", "axis"] = Field(
        "outward", description="away from the circle's middle, towards it, or along z"
    )


@probe_kind(RingParameters)
def ring(p: RingParameters) -> Contacts:
    """Contacts on a circle about the origin in the plane of x and y; the width of squares is along the circle.

    Returns
    -------
    Contacts
        Ids are "0", "1", … from x towards y.
    """
    angle = p.start_rad + 2 * np.pi * np.arange(p.number) / p.number
    zero = np.zeros(p.number)
    outward = np.column_stack((np.cos(angle), np.sin(angle), zero))
    along = np.column_stack((-np.sin(angle), np.cos(angle), zero))
    normal = {"outward": outward, "inward": -outward, "axis": np.array([0.0, 0.0, 1.0])}[p.facing]
    x, y, z = (p.ring_radius_um * outward).T.copy()
    return Contacts(x, y, z, numbered(p.number), p.surfaces(normal, along, p.number))
