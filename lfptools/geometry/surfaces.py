"""The surfaces of contacts: their shape, size, and how they stand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lfptools.errors import GeometryError, unknown_name

SHAPES: Final[dict[str, tuple[str, ...]]] = {
    "point": (),
    "circle": ("radius",),
    "square": ("width", "height"),
    "rect": ("width", "height"),
    "cylinder": ("radius", "height", "angle"),
}
"""Shape to the sizes that it has. The others are 0."""
SIZES: Final = ("radius", "width", "height", "angle")


@dataclass(frozen=True, eq=False)
class Surfaces:
    """One surface for each contact of a probe.

    A circle, square or rectangle is flat, with its middle at the contact's position. A cylinder is part of the
    mantle of a cylindrical lead: the contact's position is on the lead's axis, at half the contact's height.

    Parameters
    ----------
    shape : tuple of str
        A name of :data:`SHAPES` for each contact.
    normal : numpy.ndarray
        Shape (n, 3): out of the surface; of a cylinder, out of the middle of the mantle's arc. Made unit vectors.
    tangent : numpy.ndarray
        Shape (n, 3), not parallel to the normal: along a rectangle's width; along a cylinder's axis. Made unit vectors
        at right angles to the normal.
    radius, width, height : numpy.ndarray
        Shape (n,), µm: as far as the shape has them (:data:`SHAPES`), otherwise 0.
    angle : numpy.ndarray
        Shape (n,), rad: the arc of a cylinder's mantle, up to 2π for a whole ring; otherwise 0.

    Raises
    ------
    GeometryError
        For unknown shapes, sizes that a shape lacks or should not have, directions that are none; names the indices.
    """

    shape: tuple[str, ...]
    normal: np.ndarray
    tangent: np.ndarray
    radius: np.ndarray
    width: np.ndarray
    height: np.ndarray
    angle: np.ndarray

    def __post_init__(self) -> None:
        n = len(self.shape)
        for name in self.shape:
            if name not in SHAPES:
                raise GeometryError(unknown_name("contact shape", name, SHAPES))
        for name in SIZES:
            object.__setattr__(self, name, _sizes(name, getattr(self, name), self.shape))
        if (np.asarray(self.angle) > 2 * np.pi * (1 + 1e-12)).any():
            raise GeometryError(f"a contact's arc must not exceed 2π rad: {np.max(self.angle)}")
        normal = _directions("normal", self.normal, n)
        tangent = _directions("tangent", self.tangent, n)
        tangent = tangent - (tangent * normal).sum(axis=1, keepdims=True) * normal
        parallel = np.flatnonzero(np.linalg.norm(tangent, axis=1) < 1e-9)
        if parallel.size:
            raise GeometryError(f"a contact's tangent must not be parallel to its normal: indices {parallel.tolist()}")
        object.__setattr__(self, "normal", normal)
        object.__setattr__(self, "tangent", tangent / np.linalg.norm(tangent, axis=1, keepdims=True))

    @classmethod
    def make(
        cls,
        shape: str | tuple[str, ...],
        normal: np.ndarray,
        n: int,
        tangent: np.ndarray | None = None,
        **sizes: object,
    ) -> "Surfaces":
        """Surfaces of ``n`` contacts from one value or one a contact; any tangent where none is given.

        ``sizes`` are ``radius``, ``width``, ``height`` (µm) and ``angle`` (rad).
        """
        shapes = (shape,) * n if isinstance(shape, str) else tuple(shape)
        unknown = set(sizes) - set(SIZES)
        if unknown:
            raise GeometryError(unknown_name("size of a contact", sorted(unknown)[0], SIZES))
        if len(shapes) != n:
            raise GeometryError(f"one shape or {n} are needed, one a contact; got {len(shapes)}")
        normal = np.broadcast_to(np.asarray(normal, dtype=float), (n, 3))
        if tangent is None:
            tangent = any_tangent(normal)
        tangent = np.broadcast_to(np.asarray(tangent, dtype=float), (n, 3))
        given = {name: np.broadcast_to(np.asarray(sizes.get(name, 0.0), dtype=float), (n,)) for name in SIZES}
        return cls(shapes, normal, tangent, **given)

    @classmethod
    def joined(cls, parts: "Sequence[Surfaces]") -> "Surfaces":
        """The surfaces of several probes, one after the other."""
        arrays = {name: np.concatenate([getattr(p, name) for p in parts]) for name in ("normal", "tangent", *SIZES)}
        return cls(tuple(shape for part in parts for shape in part.shape), **arrays)

    def __len__(self) -> int:
        return len(self.shape)

    @property
    def area(self) -> np.ndarray:
        """Shape (n,), µm²; 0 for points."""
        return np.pi * self.radius**2 * (self.height == 0) + self.height * (self.width + self.radius * self.angle)

    def distances(self, i: int, centre: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Shape (m,), µm: of ``places`` (m, 3) from the surface of contact ``i``, which is at ``centre`` (3,)."""
        off = np.asarray(places, dtype=float) - centre
        binormal = np.cross(self.normal[i], self.tangent[i])
        out, along, across = off @ self.normal[i], off @ self.tangent[i], off @ binormal
        radius, width, height = (float(sizes[i]) for sizes in (self.radius, self.width, self.height))
        if self.shape[i] == "cylinder":
            arc = np.clip(np.arctan2(across, out), -0.5 * self.angle[i], 0.5 * self.angle[i])
            away = np.hypot(out - radius * np.cos(arc), across - radius * np.sin(arc))
            return np.hypot(away, np.maximum(np.abs(along) - 0.5 * height, 0.0))
        if self.shape[i] == "circle":
            return np.hypot(out, np.maximum(np.hypot(along, across) - radius, 0.0))
        beside = np.maximum(np.abs(along) - 0.5 * width, 0.0), np.maximum(np.abs(across) - 0.5 * height, 0.0)
        return np.hypot(out, np.hypot(*beside))

    def rotated(self, matrix: np.ndarray) -> "Surfaces":
        """A copy turned by a 3 × 3 rotation ``matrix`` acting on column vectors."""
        turn = np.asarray(matrix, dtype=float).T
        return replace(self, normal=self.normal @ turn, tangent=self.tangent @ turn)

    def taken(self, indices: np.ndarray) -> "Surfaces":
        """Those of these indices, in their order."""
        sizes = {name: getattr(self, name)[indices] for name in (*SIZES, "normal", "tangent")}
        return Surfaces(tuple(self.shape[i] for i in indices), **sizes)

    def labels(self) -> dict[str, object]:
        """Label to one entry a contact, no prefix: ``shape``, ``normal_x``, ``radius``, … as far as any has it."""
        normal = {f"normal_{axis}": self.normal[:, k] for k, axis in enumerate("xyz")}
        tangent = {f"tangent_{axis}": self.tangent[:, k] for k, axis in enumerate("xyz")}
        sized = {name: getattr(self, name) for name in SIZES if any(name in SHAPES[shape] for shape in self.shape)}
        return {"shape": list(self.shape), **normal, **(tangent if sized else {}), **sized}


def any_tangent(normal: np.ndarray) -> np.ndarray:
    """Shape (n, 3): directions at right angles to ``normal`` (n, 3), from the axis that is least along it.

    For a normal along y that is x; along z, x; along x, y.
    """
    normal = np.asarray(normal, dtype=float)
    axis = np.eye(3)[np.argmin(np.abs(normal), axis=1)]
    squared = np.maximum((normal * normal).sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return axis - (axis * normal).sum(axis=1, keepdims=True) / squared * normal


def _sizes(name: str, values: np.ndarray, shapes: tuple[str, ...]) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.shape != (len(shapes),):
        raise GeometryError(f"contact surfaces need {name} of shape ({len(shapes)},), got {values.shape}")
    has = np.array([name in SHAPES[shape] for shape in shapes])
    bad = np.flatnonzero(~np.isfinite(values) | (values <= 0) & has | (values != 0) & ~has)
    if bad.size:
        first = bad[0]
        wanted = "> 0" if has[first] else "0 (the shape has none)"
        raise GeometryError(
            f"{name} of a contact of shape {shapes[first]!r} must be {wanted}, got {values[first]}: "
            f"indices {bad.tolist()}"
        )
    return values


def _directions(name: str, values: np.ndarray, n: int) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.shape != (n, 3):
        raise GeometryError(f"contact surfaces need {name} of shape ({n}, 3), got {values.shape}")
    length = np.linalg.norm(values, axis=1)
    bad = np.flatnonzero(~np.isfinite(length) | (length == 0))
    if bad.size:
        raise GeometryError(f"a contact's {name} must be a direction, not zero or NaN: indices {bad.tolist()}")
    return values / length[:, None]
