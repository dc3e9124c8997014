"""Deep-brain leads: rings and segments on a cylinder."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import Field

from lfptools.config.placement import Direction
from lfptools.geometry.alignment import alignment
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import rotation_matrix
from lfptools.geometry.surfaces import Surfaces
from lfptools.probes.kind import Placed, probe_kind
from lfptools.probes.lead_models import ARC, LEAD_MODELS, LeadModel
from lfptools.probes.names import one_of

UP = np.array([0.0, 0.0, 1.0])


class LeadParameters(Placed):
    """Which lead and where it points; its origin is the tip, which ``position_um`` places."""

    lead: one_of("lead", LEAD_MODELS) = Field(description="its model")
    direction: Direction = Field((0.0, 0.0, 1.0), description="[x, y, z] from the tip up the shaft")
    turn_rad: float = Field(0.0, description="how the lead is turned about its own axis, right-handed about direction")


def _words(config: Mapping[str, Any]) -> str:
    if config["lead"] not in LEAD_MODELS:  # a sweep's placeholder
        return ""
    model = LEAD_MODELS[config["lead"]]
    return (
        f"the rings and segments of a {model.name}, each the mean potential over its part of a mantle "
        f"{model.diameter / 1e3:g} mm thick, contacts {model.length / 1e3:g} mm long and {model.gap / 1e3:g} mm apart "
        f"({model.source}); the lead's body is not modelled"
    )


@probe_kind(LeadParameters, words=_words)
def lead(p: LeadParameters) -> Contacts:
    """Contacts of a deep-brain lead, each averaged over its own part of the cylinder's mantle.

    A contact is a ring or an arc of the mantle, at one potential, drawing no current: what it reads is the mean over
    its surface of the potential in the tissue. The lead's insulating body and the tissue reaction around it are not
    modelled: the medium is where the lead would be. (An insulator raises the potential of sources beside it and shields
    those behind it.) A contact that is the lead's rounded tip counts as a cylinder of the same length, whose area is
    the same.

    The tip is at the origin. Without ``turn_rad`` the marker, and so each level's first segment, points along x for a
    lead up z, and for others along what the smallest rotation makes of x.

    Returns
    -------
    Contacts
        From the tip up, ids as on the lead; positions are on the axis, at half the contacts' height.
    """
    model = LEAD_MODELS[p.lead]
    contacts = upright(model).rotated(rotation_matrix(z=p.turn_rad))
    return contacts.rotated(alignment(UP, np.array(p.direction)))


def upright(model: LeadModel) -> Contacts:
    """The contacts of a lead whose tip is at the origin, shaft up z, marker along x."""
    ids, z, arc, azimuth = [], [], [], []
    for level, names in enumerate(model.levels):
        ids += names
        z += [model.height(level)] * len(names)
        arc += [2 * np.pi if len(names) == 1 else ARC] * len(names)
        azimuth += [2 * np.pi * k / len(names) for k in range(len(names))]
    n, zero = len(ids), np.zeros(len(ids))
    normal = np.column_stack((np.cos(azimuth), np.sin(azimuth), zero))
    surfaces = Surfaces.make(
        "cylinder", normal, n, UP, radius=0.5 * model.diameter, height=model.length, angle=np.array(arc)
    )
    return Contacts(zero, zero, np.array(z), tuple(ids), surfaces)
