"""Contacts along an arc: over the scalp, say."""

import numpy as np
from pydantic import Field, model_validator

from lfptools.geometry.contacts import Contacts
from lfptools.probes.kind import MOST_CONTACTS, Faced, probe_kind


class ArcParameters(Faced):
    """A part of a circle about the origin that begins above it and goes down along one direction."""

    arc_radius_um: float = Field(gt=0, description="of the circle")
    start_deg: float = Field(default=0.0, ge=-360.0, le=360.0, description="first angle from the z axis")
    stop_deg: float = Field(default=180.0, ge=-360.0, le=360.0, description="last angle from the z axis")
    number: int = Field(ge=1, le=MOST_CONTACTS, description="contacts, both ends included")
    azimuth_deg: float = Field(default=0.0, description="where the arc goes: 0 towards +x, 90 towards +y")

    @model_validator(mode="after")
    def _distinct(self) -> "ArcParameters":
        span = abs(self.stop_deg - self.start_deg)
        if (self.number > 1 and span == 0.0) or span >= 360.0:
            raise ValueError(
                f"an arc of {self.number} contacts must go over more than 0 and less than 360 degrees, got "
                f"{self.start_deg:g} to {self.stop_deg:g}"
            )
        return self


@probe_kind(ArcParameters)
def arc(p: ArcParameters) -> Contacts:
    """Contacts at even angles along an arc; they face away from its centre, the width of squares along the arc.

    Returns
    -------
    Contacts
        Ids are the angles in degrees: "0", "10", ….
    """
    angles = np.linspace(p.start_deg, p.stop_deg, p.number)
    up, out = (np.array([function(np.deg2rad(angles)) for function in (np.cos, np.sin)])) + 0.0
    azimuth = np.deg2rad(p.azimuth_deg)
    normal = np.column_stack((out * np.cos(azimuth), out * np.sin(azimuth), up))
    along = np.column_stack((up * np.cos(azimuth), up * np.sin(azimuth), -out))
    x, y, z = (p.arc_radius_um * normal).T.copy()
    ids = tuple(f"{angle:.9g}" for angle in angles + 0.0)
    return Contacts(x, y, z, ids, p.surfaces(normal, along, angles.size))
