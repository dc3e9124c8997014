"""Variables of many files as one, read file by file as far as they are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from lfptools.io.arrangement import Arrangement
from lfptools.io.opening import open_lazily


@dataclass(frozen=True, eq=False)
class Described:
    """One variable in one file, not read."""

    path: Path
    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype
    attrs: Mapping[str, Any]
    coords: Mapping[str, tuple[tuple[str, ...], np.ndarray, Mapping[str, Any]]]


def differing(described: Sequence[Mapping[str, Described]]) -> list[str]:
    """The variables that not all cases have over the same axes."""
    names = dict.fromkeys(name for of_case in described for name in of_case)
    first = described[0]
    return [
        name
        for name in names
        if not all(name in of_case and name in first and _alike(first[name], of_case[name]) for of_case in described)
    ]


def _alike(one: Described, other: Described) -> bool:
    """Whether a variable has the same axes in two cases."""
    if one.dims != other.dims or one.shape != other.shape or list(one.coords) != list(other.coords):
        return False
    # Positions of a moved cell differ where its segments are the same: what decides is labels, t, frequency.
    return all(
        np.array_equal(values, other.coords[key][1])
        for key, (_, values, _) in one.coords.items()
        if key in one.dims or key.endswith("_id")
    )


def stacked(described: Sequence[Mapping[str, Described]], cases: Arrangement, about: Mapping[str, Any]) -> xr.Dataset:
    """The variables of cases that have the same axes, along the dimensions of the cases."""
    names, sizes = tuple(name for name, _ in cases.dims), tuple(n for _, n in cases.dims)
    described = [described[i] for i in cases.order]
    renamed = _renamed_dims(described)
    data, coords = {}, dict(cases.coords)
    for name, own in renamed.items():
        ones = [of_case[name] for of_case in described]
        files = np.empty(len(ones), dtype=object)
        files[:] = [one.path for one in ones]
        array = _Stacked(files.reshape(sizes), ones[0])
        dims = names + tuple(own.get(dim, dim) for dim in ones[0].dims)
        data[name] = xr.Variable(dims, indexing.LazilyIndexedArray(array), _common([one.attrs for one in ones]))
        for key, (key_dims, _, attrs) in ones[0].coords.items():
            prefix = next((f"{own[dim].removesuffix(dim)}" for dim in key_dims if dim in own), "")
            over, values = _over_cases([one.coords[key][1] for one in ones], cases.dims)
            other = coords.get(f"{prefix}{key}")
            # Two analyses may have something of their own by one name: distances from another centre.
            same = other is None or (other[1].shape == values.shape and (other[1] == values).all())
            mine = f"{prefix}{key}" if same else f"{name}.{key}"
            coords[mine] = (over + tuple(own.get(dim, dim) for dim in key_dims), values, attrs)
    return xr.Dataset(data, coords, dict(about))


def _over_cases(values: Sequence[np.ndarray], cases: tuple[tuple[str, int], ...]) -> tuple[tuple[str, ...], np.ndarray]:
    """A coordinate's values, along the cases' dimensions if they differ from case to case."""
    if all(np.array_equal(values[0], other) for other in values[1:]):
        return (), values[0]
    return tuple(name for name, _ in cases), np.stack(values).reshape(*(n for _, n in cases), *values[0].shape)


def _common(attrs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The attributes that are the same in all cases."""
    first, *others = attrs
    return {
        key: value
        for key, value in first.items()
        if all(key in other and np.array_equal(value, other[key]) for other in others)
    }


def _renamed_dims(described: Sequence[Mapping[str, Described]]) -> dict[str, dict[str, str]]:
    """New names for dimensions that mean other rows in another variable: ``lfp_contact`` and ``eeg_contact``.

    Variables with the same rows in all cases share the name of the first of them: a recording's are its signal's.
    ``t`` is that of the run; what has other times has them under its own name, ``slow_t``.
    """
    first_case = described[0]
    renamed: dict[str, dict[str, str]] = {name: {} for name in first_case}
    for dim in {dim for one in first_case.values() for dim in one.dims} - {"t"}:
        sharing: dict[str, list[str]] = {}  # the first of those with the same rows, and all of them
        for name, one in first_case.items():
            if dim in one.dims:
                same = (key for key in sharing if all(_same_rows(case[key], case[name], dim) for case in described))
                sharing.setdefault(next(same, name), []).append(name)
        if len(sharing) > 1:
            for first, names in sharing.items():
                for name in names:
                    renamed[name][dim] = f"{first}_{dim}"
    times = {name: one.coords["t"][1] for name, one in first_case.items() if "t" in one.dims}
    for name, t in times.items():
        if not np.array_equal(t, next(iter(times.values()))):  # a recording with another sampling interval
            renamed[name]["t"] = f"{name}_t"
    return renamed


def _same_rows(one: Described, other: Described, dim: str) -> bool:
    """Whether a dimension has the same size in both, and the same of every label and position that both have."""
    if one.shape[one.dims.index(dim)] != other.shape[other.dims.index(dim)]:
        return False
    shared = [key for key in one.coords.keys() & other.coords.keys() if one.coords[key][0] == (dim,)]
    return all(np.array_equal(one.coords[key][1], other.coords[key][1]) for key in shared)


class _Stacked(BackendArray):
    """One variable of many files, read file by file as far as it is asked for."""

    def __init__(self, files: np.ndarray, one: Described):
        self.files, self.name = files, one.name
        self.shape, self.dtype = (*files.shape, *one.shape), one.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> np.ndarray:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    def _read(self, key: tuple) -> np.ndarray:
        outer, inner = key[: self.files.ndim], key[self.files.ndim :]
        chosen = np.asarray(self.files, dtype=object)
        for axis in reversed(range(len(outer))):  # from the last axis on, so that an integer's axis may go
            chosen = chosen[(slice(None),) * axis + (outer[axis],)]
        if not isinstance(chosen, np.ndarray):
            return self._of_file(chosen, inner)
        parts = [self._of_file(path, inner) for path in chosen.ravel()]
        return np.stack(parts).reshape(*chosen.shape, *parts[0].shape)

    def _of_file(self, path: Path, inner: tuple) -> np.ndarray:
        with open_lazily(path, decode_times=False) as dataset:
            return np.asarray(dataset[self.name].variable[indexing_of(inner)].values, dtype=self.dtype)


def indexing_of(key: tuple) -> tuple:
    """An outer key as :class:`xarray.Variable` takes it: arrays select along their own axis."""
    return tuple(np.asarray(one) if isinstance(one, np.ndarray) else one for one in key)
