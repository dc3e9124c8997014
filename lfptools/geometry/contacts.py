"""The recording sites of a probe."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfptools.errors import GeometryError


@dataclass(frozen=True, eq=False)
class Contacts:
    """Positions and ids of the contacts of one probe.

    Parameters
    ----------
    x, y, z : numpy.ndarray
        Shape (n,), µm, finite.
    ids : tuple of str
        One distinct id per contact.

    Raises
    ------
    GeometryError
        For no contacts, unequal lengths, NaN or repeated ids; names the indices.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        sizes = {"x": np.size(self.x), "y": np.size(self.y), "z": np.size(self.z), "ids": len(self.ids)}
        if len(set(sizes.values())) != 1 or not sizes["x"]:
            raise GeometryError(f"contacts need x, y, z and ids of one length, at least 1; got {sizes}")
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

    @property
    def positions(self) -> np.ndarray:
        """Shape (n, 3), µm."""
        return np.column_stack((self.x, self.y, self.z)).astype(float)
