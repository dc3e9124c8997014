"""Contacts along several directions from one point: how a signal falls with distance."""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from lfptools.config.placement import Direction
from lfptools.geometry.contacts import Contacts
from lfptools.probes.kind import MOST_CONTACTS, Placed, probe_kind


class RaysParameters(Placed):
    """The same distances from the origin along every direction."""

    directions: dict[str, Direction] = Field(min_length=1, description="name to [x, y, z] of any length but 0")
    nearest_um: float = Field(gt=0, description="distance of the first contact of each ray")
    farthest_um: float = Field(gt=0, description="distance of the last contact of each ray")
    number: int = Field(ge=2, le=MOST_CONTACTS, description="contacts of each ray, both ends included")
    scale: Literal["linear", "log"] = Field("log", description="distances evenly spaced, or by a constant factor")

    @model_validator(mode="after")
    def _outwards(self) -> "RaysParameters":
        if not self.nearest_um < self.farthest_um:
            raise ValueError(
                f"rays go outwards: nearest_um must be less than farthest_um, got {self.nearest_um:g} and "
                f"{self.farthest_um:g}"
            )
        if self.number * len(self.directions) > MOST_CONTACTS:
            raise ValueError(f"{len(self.directions)} rays of {self.number} are more than {MOST_CONTACTS} contacts")
        return self


@probe_kind(RaysParameters)
def rays(p: RaysParameters) -> Contacts:
    """Contacts along rays from the origin, ray after ray, outwards.

    Returns
    -------
    Contacts
        Each ray is a shank of its direction's name; ids are "name:distance", distances to six digits.
    """
    spaced = np.geomspace if p.scale == "log" else np.linspace
    distances = spaced(p.nearest_um, p.farthest_um, p.number)
    distances[[0, -1]] = p.nearest_um, p.farthest_um
    vectors = np.array(list(p.directions.values()))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    positions = (unit[:, None] * distances[:, None] + 0.0).reshape(-1, 3)  # no -0.0
    shanks = tuple(name for name in p.directions for _ in distances)
    ids = tuple(f"{name}:{distance:.6g}" for name in p.directions for distance in distances)
    return Contacts(*positions.T.copy(), ids, shanks=shanks)
