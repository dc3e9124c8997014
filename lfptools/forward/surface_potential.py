"""Potentials averaged over the surfaces of contacts: what the electrodes share."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lfptools.errors import GeometryError, LfptoolsWarning, unknown_name
from lfptools.forward.model import PotentialModel
from lfptools.forward.resolution import coarse_contacts
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.quadrature import quadrature
from lfptools.geometry.surfaces import Surfaces
from lfptools.io.probeinterface import contacts_from_probe

POINTS: Final = 20
"""On a contact, if not said."""
CONTACT_SHAPES: Final = ("circle", "square", "rect")


class SurfacePotential(PotentialModel):
    """An extracellular potential, averaged over the surfaces of contacts where they have any.

    Attributes
    ----------
    surfaces : Surfaces or None
        One a contact.
    n : int
        Points on a contact, at most: see :func:`lfptools.geometry.quadrature.quadrature`.
    """

    def __init__(
        self, cell: object | None, contacts: Contacts, sigma: object, *, n: int | None = None,
        minimum_distance: float | None = None, name: str | None = None,
    ):  # fmt: skip
        self.surfaces = contacts.surfaces
        self.n = POINTS if n is None else n
        self._told_coarse = False
        places = {"ids": contacts.ids, "minimum_distance": minimum_distance, "name": name}
        super().__init__(cell, contacts.x, contacts.y, contacts.z, sigma, **places)
        self.shanks = contacts.shanks
        self.points()  # what cannot be averaged is said at once

    @property
    def contacts(self) -> Contacts:
        """The contacts as they are now, checked."""
        return replace(super().contacts, surfaces=self.surfaces)

    @property
    def N(self) -> np.ndarray | None:
        """Shape (contacts, 3): normals of the surfaces; None if contacts are points."""
        return None if self.surfaces is None else self.surfaces.normal

    @property
    def recorded_points(self) -> np.ndarray:
        """Shape (contacts, points, 3), µm: where the potential is averaged."""
        return self.points()[0]

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Points (contacts, m, 3) in µm over which the potential is averaged, and their weights (contacts, m)."""
        contacts = self.contacts
        return quadrature(contacts.surfaces, contacts.positions, self.n)

    def warn_of_coarse(self, start: np.ndarray, end: np.ndarray, minimum: np.ndarray) -> None:
        """Say once where segments are nearer than the points on a contact are to one another.

        ``start`` and ``end`` (segments, 3) and ``minimum`` (segments,) are in µm.
        """
        if self.surfaces is None or self._told_coarse:
            return
        coarse = coarse_contacts(self.contacts, self.n, start, end, minimum)
        if not coarse:
            return
        self._told_coarse = True
        worst = min(coarse, key=lambda i: coarse[i][0])
        warnings.warn(
            f"{self.name}: segments are nearer to {len(coarse)} contacts (indices {list(coarse)[:10]}) than half the "
            f"spacing of the points over which these are averaged, {coarse[worst][0]:.3g} µm to {self.ids[worst]!r}: "
            f"the mean may be off by some per cent there; {max(enough for _, enough in coarse.values())} points "
            f"instead of {self.n} would be enough",
            LfptoolsWarning,
            stacklevel=4,
        )


def contacts_of(
    probe: object | None, x: object, y: object, z: object, N: object, r: object, contact_shape: str,
    ids: Sequence[str] | None = None,
) -> Contacts:  # fmt: skip
    """Contacts from what LFPykit's electrodes are given.

    Parameters
    ----------
    probe : probeinterface.Probe, probeinterface.ProbeGroup, Contacts or None
        Positions and surfaces of all contacts; then nothing else.
    x, y, z : array_like or None
        Shape (contacts,), µm.
    N : array_like or None
        Normals of the contacts, one [x, y, z] or (contacts, 3); None if contacts are points.
    r : float, array_like or None
        Radius of a circle, half side of a square, half width and half height of a rectangle (2,), in µm; (contacts,)
        or (contacts, 2) where they differ.
    contact_shape : {"circle", "square", "rect"}
        Shape of all contacts.
    ids : sequence of str, optional
        Names of the contacts; the probe's, or "0", "1", … if not given.

    Raises
    ------
    GeometryError
        For contacts of unequal number, at NaN, or none; N without r or r without N; sizes that a shape cannot have.
    """
    if contact_shape not in CONTACT_SHAPES:
        raise GeometryError(unknown_name("contact_shape", contact_shape, CONTACT_SHAPES))
    given = [name for name, value in (("x", x), ("y", y), ("z", z)) if value is not None]
    if probe is not None:
        also = given + [name for name, value in (("N", N), ("r", r)) if value is not None]
        if also:
            raise GeometryError(
                f"the probe says where contacts are and how they stand; {', '.join(also)} cannot be given too"
            )
        contacts = probe if isinstance(probe, Contacts) else contacts_from_probe(probe)
        return contacts if ids is None else replace(contacts, ids=tuple(map(str, ids)))
    if len(given) < 3:
        raise GeometryError(
            f"an electrode needs a probe, or x, y and z of its contacts in µm; got {', '.join(given) or 'none'}"
        )
    contacts = Contacts.from_positions(x, y, z, ids)
    if (N is None) != (r is None):
        raise GeometryError(
            "contacts with a surface need its normal N and its size r, both; got "
            + ("r without N" if N is None else "N without r")
        )
    if N is None:
        return contacts
    return replace(contacts, surfaces=_surfaces(len(contacts), N, r, contact_shape))


def _surfaces(n: int, normals: object, sizes: object, shape: str) -> Surfaces:
    normal, size = np.asarray(normals, dtype=float), np.asarray(sizes, dtype=float)
    if normal.shape not in ((3,), (n, 3)):
        raise GeometryError(f"N must be one normal [x, y, z] or one a contact, ({n}, 3); got shape {normal.shape}")
    wanted = ((2,), (n, 2)) if shape == "rect" else ((), (n,))
    if size.shape not in wanted:
        meaning = {"circle": "radius", "square": "half side", "rect": "half width and half height"}[shape]
        raise GeometryError(
            f"r must be the {meaning} of all contacts or of each, of shape {wanted[0]} or {wanted[1]}; got {size.shape}"
        )
    if shape == "circle":
        return Surfaces.make(shape, normal, n, radius=size)
    width, height = np.moveaxis(np.broadcast_to(size, (n, 2)), -1, 0) if shape == "rect" else (size, size)
    return Surfaces.make(shape, normal, n, width=2 * width, height=2 * height)
