"""What every kind of probe has in common: where it stands, how it is turned, what its contacts' surfaces are."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import numpy as np
from pydantic import Field, model_validator

from lfptools.config.parameters import Parameters, with_parameters
from lfptools.config.placement import Direction, Position, Rotation
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import rotation_matrix
from lfptools.geometry.surfaces import Surfaces

MOST_CONTACTS: Final = 1_000_000


class Placed(Parameters):
    """Where a probe stands, the same for all kinds.

    The probe is described about an origin of its own; it is turned about this origin, then the origin goes to
    ``position_um``.
    """

    rotate_rad: Rotation = Field(Rotation(), description="how the probe is turned about its own origin")
    position_um: Position = Field(Position(), description="where the probe's origin stands, after it was turned")


class Faced(Placed):
    """A probe whose contacts are all alike."""

    shape: Literal["point", "circle", "square", "rect"] = Field(
        "point", description="of each contact: what the potential is averaged over"
    )
    radius_um: float | None = Field(None, gt=0, description="of a circle")
    width_um: float | None = Field(None, gt=0, description="side of a square; of a rectangle, along its tangent")
    height_um: float | None = Field(None, gt=0, description="of a rectangle, across its tangent")

    @model_validator(mode="after")
    def _sizes_of_the_shape(self) -> "Faced":
        check_sizes(self.shape, {"radius_um": self.radius_um, "width_um": self.width_um, "height_um": self.height_um})
        return self

    def surfaces(self, normal: np.ndarray, tangent: np.ndarray | None, n: int) -> Surfaces:
        """The surfaces of ``n`` contacts that face ``normal``, one direction or one a contact."""
        return Surfaces.make(self.shape, normal, n, tangent, **sizes(self))


class FreelyFaced(Faced):
    """A probe whose contacts all face one way, which the study says."""

    normal: Direction | None = Field(None, description="[x, y, z] that the contacts face; points need none")
    tangent: Direction | None = Field(None, description="[x, y, z] along the width of squares and rectangles")
    shank: str | None = Field(None, min_length=1, description="name of the shank that the contacts are on")

    @model_validator(mode="after")
    def _faces_somewhere(self) -> "FreelyFaced":
        check_facing(self.shape, self.normal, self.tangent)
        return self

    def on_surfaces(self, contacts: Contacts) -> Contacts:
        """Contacts with these surfaces and this shank; without a normal they stay points without any."""
        n = len(contacts)
        surfaces = None if self.normal is None else self.surfaces(self.normal, self.tangent, n)
        return Contacts(
            contacts.x,
            contacts.y,
            contacts.z,
            contacts.ids,
            surfaces,
            None if self.shank is None else (self.shank,) * n,
        )


_SIZES: Final = {"point": (), "circle": ("radius_um",), "square": ("width_um",), "rect": ("width_um", "height_um")}


def check_sizes(shape: str, given: dict[str, object]) -> None:
    """Refuse a shape without its sizes, or with others.

    Raises
    ------
    ValueError
        Names the keys.
    """
    found, needed = {key for key, value in given.items() if value is not None}, set(_SIZES[shape])
    if found != needed:
        wanted = " and ".join(_SIZES[shape]) or "no size"
        raise ValueError(f"a contact of shape {shape} has {wanted}, got {' and '.join(sorted(found)) or 'none'}")


def check_facing(shape: str, normal: object, tangent: object) -> None:
    """Refuse a surface that faces nowhere, and a tangent without a normal.

    Raises
    ------
    ValueError
        Names the key that is missing.
    """
    if normal is None and (shape != "point" or tangent is not None):
        raise ValueError(f"contacts {'with a tangent' if shape == 'point' else f'of shape {shape}'} need their normal")


def sizes(p: Parameters) -> dict[str, object]:
    """Sizes as :meth:`Surfaces.make` takes them; a square is as high as it is wide."""
    if p.shape == "square":
        return {"width": p.width_um, "height": p.width_um}
    return {key.removesuffix("_um"): getattr(p, key) for key in _SIZES[p.shape]}


def numbered(n: int) -> tuple[str, ...]:
    """Ids "0", "1", … for ``n`` contacts."""
    return tuple(str(i) for i in range(n))


def probe_kind(
    parameters: type[Placed], words: Callable[[Mapping[str, Any]], str] | None = None
) -> Callable[[Callable[..., Contacts]], Callable[..., Contacts]]:
    """Make a kind of probe of a function that returns contacts about the probe's own origin.

    The contacts that the kind returns are turned and placed as its parameters say; a study's schema finds these as
    ``.Parameters``. ``words``, if given, says to a study's readers what a configuration means.
    """

    def attach(function: Callable[..., Contacts]) -> Callable[..., Contacts]:
        @functools.wraps(function)
        def placed(p: Placed) -> Contacts:
            contacts = function(p)
            if any(p.rotate_rad.angles):
                contacts = contacts.rotated(rotation_matrix(*p.rotate_rad.angles))
            at = p.position_um
            return contacts.moved(at.x, at.y, at.z) if any((at.x, at.y, at.z)) else contacts

        if words is not None:
            placed.words = words
        return with_parameters(parameters)(placed)

    return attach
