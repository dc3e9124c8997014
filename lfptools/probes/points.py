"""Contacts one by one."""

import numpy as np
from pydantic import Field, model_validator

from lfptools.config.parameters import Parameters, with_parameters
from lfptools.geometry.contacts import Contacts
from lfptools.probes.axis import numbered


class PointsParameters(Parameters):
    """A list of positions, and their names."""

    points_um: tuple[tuple[float, float, float], ...] = Field(
        min_length=1, description="list of [x, y, z] in µm, one per contact"
    )
    ids: tuple[str, ...] | None = Field(default=None, description="one name per contact; 0, 1, … if not given")

    @model_validator(mode="after")
    def _named_once(self) -> "PointsParameters":
        if self.ids is not None:
            if len(self.ids) != len(self.points_um):
                raise ValueError(
                    f"ids must be one per contact, got {len(self.ids)} for {len(self.points_um)} points_um"
                )
            repeated = sorted({name for name in self.ids if self.ids.count(name) > 1})
            if repeated:
                raise ValueError(f"ids must differ; repeated: {repeated}")
        return self


@with_parameters(PointsParameters)
def points(p: PointsParameters) -> Contacts:
    """Contacts where ``points_um`` says."""
    x, y, z = np.array(p.points_um).T
    return Contacts(x, y, z, p.ids or numbered(len(p.points_um)))
