"""Contacts spread over a cap of a sphere: an electrode cap, a helmet of magnetometers."""

import numpy as np
from pydantic import Field

from lfptools.geometry.contacts import Contacts
from lfptools.probes.kind import MOST_CONTACTS, Faced, numbered, probe_kind

GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))


class CapParameters(Faced):
    """A cap of a sphere about the origin, around the z axis, with contacts of equal area each."""

    cap_radius_um: float = Field(gt=0, description="of the sphere")
    opening_deg: float = Field(default=90.0, gt=0.0, le=180.0, description="angle from the z axis to the rim")
    number: int = Field(ge=1, le=MOST_CONTACTS, description="contacts, the first on the z axis")


@probe_kind(CapParameters)
def cap(p: CapParameters) -> Contacts:
    """Contacts on a spiral that turns by the golden angle; the first on the z axis, the last near the rim.

    Each stands for the same area, up to the first and last ones; they face away from the centre.

    Returns
    -------
    Contacts
        Ids are "0", "1", … from the top.
    """
    k = np.arange(p.number)
    height = 1.0 - (1.0 - np.cos(np.deg2rad(p.opening_deg))) * k / max(p.number - 1, 1)
    out = np.sqrt(np.maximum(1.0 - height * height, 0.0))
    normal = np.column_stack((out * np.cos(GOLDEN_ANGLE * k), out * np.sin(GOLDEN_ANGLE * k), height)) + 0.0
    x, y, z = (p.cap_radius_um * normal).T.copy()
    return Contacts(x, y, z, numbered(p.number), p.surfaces(normal, None, p.number))
