"""The recording sites of a probe."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lfptools.errors import GeometryError, unknown_name
from lfptools.geometry.surfaces import Surfaces


@dataclass(frozen=True, eq=False)
class Contacts:
    """Positions, ids and surfaces of the contacts of one probe.

    Parameters
    ----------
    x, y, z : numpy.ndarray
        Shape (n,), µm, finite.
    ids : tuple of str
        One distinct id per contact.
    surfaces : Surfaces, optional
        Over which a contact averages the potential; without, contacts are points.
    shanks : tuple of str, optional
        Which shank of the probe each contact is on.

    Raises
    ------
    GeometryError
        For no contacts, unequal lengths, NaN or repeated ids; names the indices.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    ids: tuple[str, ...]
    surfaces: Surfaces | None = None
    shanks: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        sizes = {"x": np.size(self.x), "y": np.size(self.y), "z": np.size(self.z), "ids": len(self.ids)}
        if len(set(sizes.values())) != 1 or not sizes["x"]:
            raise GeometryError(f"contacts need x, y, z and ids of one length, at least 1; got {sizes}")
        for name in ("surfaces", "shanks"):
            if getattr(self, name) is not None and len(getattr(self, name)) != len(self.ids):
                raise GeometryError(f"{len(self.ids)} contacts need as many {name}, got {len(getattr(self, name))}")
        bad = np.flatnonzero(~np.isfinite(self.positions).all(axis=1))
        if bad.size:
            raise GeometryError(f"contacts at NaN or infinite positions: indices {bad.tolist()}")
        if len(set(self.ids)) != len(self.ids):
            repeated = sorted({name for name in self.ids if self.ids.count(name) > 1})
            raise GeometryError(f"contact ids must differ; repeated: {repeated}")

    @classmethod
    def from_positions(
        cls, x: Sequence[float], y: Sequence[float], z: Sequence[float], ids: Sequence[str] | None = None
    ) -> "Contacts":
        """Contacts from three sequences of equal length (µm), with ids ``"0"``, ``"1"``, … unless given."""
        x, y, z = (np.atleast_1d(np.array(values, dtype=float)) for values in (x, y, z))
        if x.ndim != 1 or x.shape != y.shape or x.shape != z.shape:
            raise GeometryError(
                f"contact positions x, y, z must be vectors of one length; got shapes {x.shape}, {y.shape}, {z.shape}"
            )
        names = tuple(str(i) for i in range(x.size)) if ids is None else tuple(str(name) for name in ids)
        return cls(x, y, z, names)

    def __len__(self) -> int:
        return len(self.ids)

    def moved(self, dx: float = 0.0, dy: float = 0.0, dz: float = 0.0) -> "Contacts":
        """A copy displaced by (dx, dy, dz) µm."""
        return self._at(self.positions + np.array([dx, dy, dz], dtype=float), self.surfaces)

    def rotated(self, matrix: np.ndarray, centre: Sequence[float] = (0.0, 0.0, 0.0)) -> "Contacts":
        """A copy rotated about ``centre`` (µm) by a 3 × 3 ``matrix`` acting on column vectors, surfaces included."""
        positions = (self.positions - centre) @ np.asarray(matrix).T + centre
        return self._at(positions, None if self.surfaces is None else self.surfaces.rotated(matrix))

    def chosen(self, ids: Sequence[str]) -> "Contacts":
        """Those of these ids, in their order.

        Raises
        ------
        GeometryError
            If there is no such contact; says the nearest.
        """
        known = {name: i for i, name in enumerate(self.ids)}
        for name in ids:
            if name not in known:
                raise GeometryError(unknown_name("contact", name, self.ids))
        kept = np.array([known[name] for name in ids], dtype=int)
        surfaces = None if self.surfaces is None else self.surfaces.taken(kept)
        shanks = None if self.shanks is None else tuple(self.shanks[i] for i in kept)
        return Contacts(self.x[kept], self.y[kept], self.z[kept], tuple(ids), surfaces, shanks)

    def _at(self, positions: np.ndarray, surfaces: Surfaces | None) -> "Contacts":
        return replace(self, **dict(zip("xyz", positions.T.copy(), strict=True)), surfaces=surfaces)

    def labels(self) -> dict[str, object]:
        """Variable name to list or array, one entry a contact: ``contact_id``, ``contact_x``, …"""
        found: dict[str, object] = {"id": list(self.ids), "x": self.x, "y": self.y, "z": self.z}
        if self.shanks is not None:
            found["shank"] = list(self.shanks)
        if self.surfaces is not None:
            found |= self.surfaces.labels()
        return {f"contact_{name}": values for name, values in found.items()}

    @property
    def positions(self) -> np.ndarray:
        """Shape (n, 3), µm."""
        return np.column_stack((self.x, self.y, self.z)).astype(float)
