"""How something is turned and where it stands, as a study says it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from lfptools.config.parameters import Parameters

Point = tuple[float, float, float]


def _direction(value: Point) -> Point:
    if not any(value):
        raise ValueError("a direction must not be [0, 0, 0]")
    return value


Direction = Annotated[Point, AfterValidator(_direction)]
"""[x, y, z] of any length but 0."""


class Rotation(Parameters):
    """Right-handed rotations about the fixed axes, applied in the order x, y, z (rad)."""

    x: float = Field(0.0, description="rad about x, first")
    y: float = Field(0.0, description="rad about y, second")
    z: float = Field(0.0, description="rad about z, last")

    @property
    def angles(self) -> tuple[float, float, float]:
        """Those about x, y and z."""
        return self.x, self.y, self.z


class Position(Parameters):
    """A place (µm)."""

    x: float = Field(0.0, description="µm along x")
    y: float = Field(0.0, description="µm along y")
    z: float = Field(0.0, description="µm along z")
