"""Contacts one by one."""

from typing import Literal

import numpy as np
from pydantic import Field, PositiveFloat, model_validator

from lfptools.config.placement import Direction, Point
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.surfaces import Surfaces
from lfptools.probes.kind import Placed, check_facing, check_sizes, numbered, probe_kind, sizes

OneOrEach = PositiveFloat | tuple[PositiveFloat, ...]


class PointsParameters(Placed):
    """A list of positions, their names, and the contacts there; what is said once holds for all."""

    points_um: tuple[Point, ...] = Field(min_length=1, description="list of [x, y, z] in µm, one per contact")
    ids: tuple[str, ...] | None = Field(None, description="one name per contact; 0, 1, … if not given")
    shape: Literal["point", "circle", "square", "rect"] = Field(
        "point", description="of each contact: what the potential is averaged over"
    )
    radius_um: OneOrEach | None = Field(None, description="of circles; one, or one per contact")
    width_um: OneOrEach | None = Field(None, description="side of squares; of rectangles, along their tangent")
    height_um: OneOrEach | None = Field(None, description="of rectangles, across their tangent")
    normal: Direction | tuple[Direction, ...] | None = Field(
        None, description="[x, y, z] that the contacts face, or one per contact"
    )
    tangent: Direction | tuple[Direction, ...] | None = Field(
        None, description="[x, y, z] along the width of squares and rectangles, or one per contact"
    )
    shank: str | tuple[str, ...] | None = Field(None, description="name of the shank, or one per contact")

    @model_validator(mode="after")
    def _named_once(self) -> "PointsParameters":
        if self.ids is not None:
            repeated = sorted({name for name in self.ids if self.ids.count(name) > 1})
            if repeated:
                raise ValueError(f"ids must differ; repeated: {repeated}")
        return self

    @model_validator(mode="after")
    def _one_per_contact(self) -> "PointsParameters":
        for name in ("ids", "radius_um", "width_um", "height_um", "shank", "normal", "tangent"):
            value = getattr(self, name)
            one = name in ("normal", "tangent") and value is not None and not isinstance(value[0], tuple)
            if isinstance(value, tuple) and not one and len(value) != len(self.points_um):
                raise ValueError(
                    f"{name} must be one per contact, got {len(value)} for {len(self.points_um)} points_um"
                )
        check_sizes(self.shape, {"radius_um": self.radius_um, "width_um": self.width_um, "height_um": self.height_um})
        check_facing(self.shape, self.normal, self.tangent)
        return self


@probe_kind(PointsParameters)
def points(p: PointsParameters) -> Contacts:
    """Contacts where ``points_um`` says."""
    n = len(p.points_um)
    surfaces = None
    if p.normal is not None:
        tangent = None if p.tangent is None else np.array(p.tangent)
        surfaces = Surfaces.make(p.shape, np.array(p.normal), n, tangent, **sizes(p))
    shanks = (p.shank,) * n if isinstance(p.shank, str) else p.shank
    return Contacts(*np.array(p.points_um).T, p.ids or numbered(n), surfaces, shanks)
