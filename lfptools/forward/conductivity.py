"""Conductivities of homogeneous media: one number, three along the axes, or a tensor."""

import numbers
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

ASYMMETRY = 1e-12  # relative: what rounding leaves of a rotated tensor's symmetry

Given = float | Sequence[float] | Sequence[Sequence[float]] | np.ndarray


def conductivity(value: Given, name: str = "sigma") -> float | np.ndarray:
    """A conductivity in S/m, checked: one number where it is the same in all directions, otherwise a tensor (3, 3).

    Parameters
    ----------
    value : float or array_like
        One number > 0; three along x, y and z; or a symmetric positive-definite tensor (3, 3).
    name : str
        What to call it in errors.

    Raises
    ------
    TypeError, ValueError
        If it is none of these.
    """
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_)):
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name} must be a finite number > 0 S/m, got {value!r}")
        return float(value)
    array = np.asarray(value)
    if array.dtype.kind not in "iuf" or array.shape not in ((3,), (3, 3)):
        raise TypeError(
            f"{name} must be one number in S/m, three along x, y and z, or a tensor (3, 3); got {value!r} of type "
            f"{type(value).__name__}"
        )
    array = array.astype(float)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array.tolist()} S/m")
    tensor = np.diag(array) if array.ndim == 1 else _symmetric(array, name)
    if array.ndim == 1 and (array <= 0).any():
        raise ValueError(f"{name} must be > 0 S/m along x, y and z, got {array.tolist()}")
    least = float(np.linalg.eigvalsh(tensor).min())
    if least <= 0:
        raise ValueError(f"{name} must be positive-definite; its least eigenvalue is {least:g} S/m: {array.tolist()}")
    same = tensor[0, 0]
    return float(same) if (tensor == same * np.eye(3)).all() else tensor


def _symmetric(tensor: np.ndarray, name: str) -> np.ndarray:
    off = np.abs(tensor - tensor.T)
    if off.max() > ASYMMETRY * np.abs(tensor).max():
        i, j = np.unravel_index(np.argmax(off), off.shape)
        raise ValueError(
            f"{name} must be symmetric; {name}[{i}][{j}] is {tensor[i, j]:g} and {name}[{j}][{i}] {tensor[j, i]:g} S/m"
        )
    return 0.5 * (tensor + tensor.T)


def _possible(value: float | tuple) -> float | tuple:
    conductivity(value, "the conductivity")
    return value


_Three = tuple[float, float, float]

Conductivity = Annotated[
    float | _Three | tuple[_Three, _Three, _Three],
    AfterValidator(_possible),
    Field(
        description="conductivity of the medium in S/m; [x, y, z] or a symmetric 3 × 3 tensor where it is anisotropic"
    ),
]
"""Type of a parameter."""


def as_parameter(value: Given) -> float | tuple:
    """A conductivity as it would be written in YAML."""
    array = np.asarray(value, dtype=float)
    if array.ndim == 0:
        return float(array)
    return tuple(array.tolist()) if array.ndim == 1 else tuple(map(tuple, array.tolist()))
