"""Contacts spread over a cap of a sphere: an electrode cap, a helmet of magnetometers."""

import numpy as np
from pydantic import Field

from lfptools.config.parameters import Parameters, with_parameters
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.surfaces import Surfaces
from lfptools.probes.axis import MOST_CONTACTS, numbered
from lfptools.probes.line import Position

GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))


class CapParameters(Parameters):
    """A cap around the z axis with contacts of equal area each."""

    radius_um: float = Field(gt=0, description="of the sphere")
    opening_deg: float = Field(default=90.0, gt=0.0, le=180.0, description="angle from the z axis to the rim")
    number: int = Field(ge=1, le=MOST_CONTACTS, description="contacts, the first on the z axis")
    center_um: Position = Field(default=(0.0, 0.0, 0.0), description="[x, y, z] of the sphere's centre")


@with_parameters(CapParameters)
def cap(p: CapParameters) -> Contacts:
    """Contacts on a spiral that turns by the golden angle; the first on the z axis, the last near the rim.

    Each stands for the same area, up to the first and last ones; normals point away from the centre.

    Returns
    -------
    Contacts
        Ids are "0", "1", … from the top.
    """
    k = np.arange(p.number)
    height = 1.0 - (1.0 - np.cos(np.deg2rad(p.opening_deg))) * k / max(p.number - 1, 1)
    out = np.sqrt(np.maximum(1.0 - height * height, 0.0))
    normal = np.column_stack((out * np.cos(GOLDEN_ANGLE * k), out * np.sin(GOLDEN_ANGLE * k), height)) + 0.0
    x, y, z = (p.radius_um * normal + np.array(p.center_um)).T
    return Contacts(x, y, z, numbered(p.number), Surfaces.make("point", normal, p.number))
