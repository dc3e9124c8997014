"""Contacts along an arc: over the scalp, say."""

import numpy as np
from pydantic import Field, model_validator

from lfptools.config.parameters import Parameters, with_parameters
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.surfaces import Surfaces
from lfptools.probes.axis import MOST_CONTACTS
from lfptools.probes.line import Position


class ArcParameters(Parameters):
    """A part of a circle that begins above its centre and goes down along one direction."""

    radius_um: float = Field(gt=0, description="of the circle")
    start_deg: float = Field(default=0.0, ge=-360.0, le=360.0, description="first angle from the z axis")
    stop_deg: float = Field(default=180.0, ge=-360.0, le=360.0, description="last angle from the z axis")
    number: int = Field(ge=1, le=MOST_CONTACTS, description="contacts, both ends included")
    azimuth_deg: float = Field(default=0.0, description="where the arc goes: 0 towards +x, 90 towards +y")
    center_um: Position = Field(default=(0.0, 0.0, 0.0), description="[x, y, z] of the circle's centre")

    @model_validator(mode="after")
    def _distinct(self) -> "ArcParameters":
        span = abs(self.stop_deg - self.start_deg)
        if (self.number > 1 and span == 0.0) or span >= 360.0:
            raise ValueError(
                f"an arc of {self.number} contacts must go over more than 0 and less than 360 degrees, got "
                f"{self.start_deg:g} to {self.stop_deg:g}"
            )
        return self


@with_parameters(ArcParameters)
def arc(p: ArcParameters) -> Contacts:
    """Contacts at even angles; their normals point away from the centre.

    Returns
    -------
    Contacts
        Ids are the angles in degrees: "0", "10", ….
    """
    angles = np.linspace(p.start_deg, p.stop_deg, p.number)
    up, out = (np.array([function(np.deg2rad(angles)) for function in (np.cos, np.sin)])) + 0.0
    azimuth = np.deg2rad(p.azimuth_deg)
    normal = np.column_stack((out * np.cos(azimuth), out * np.sin(azimuth), up))
    x, y, z = (p.radius_um * normal + np.array(p.center_um)).T
    ids = tuple(f"{angle:.9g}" for angle in angles + 0.0)
    return Contacts(x, y, z, ids, Surfaces.make("point", normal, angles.size))
