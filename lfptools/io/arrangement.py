"""How the cases of a sweep lie along the dimensions of one labelled object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from lfptools.io.results import CaseResults

CASE: Final = "case"


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Cases along the dimensions of a sweep.

    Parameters
    ----------
    dims : tuple of (str, int)
        Names and lengths.
    order : sequence of int
        Which case stands where, in C order.
    coords : mapping of str to tuple
        Coordinates of these dimensions, as :class:`xarray.Dataset` takes them.
    """

    dims: tuple[tuple[str, int], ...]
    order: Sequence[int]
    coords: Mapping[str, tuple]


def arranged(cases: Sequence[CaseResults]) -> Arrangement:
    """The cases as a full grid of what is swept, if they are one; otherwise along ``case``."""
    keys = swept(cases)
    short = short_names(keys)
    if not keys:
        return Arrangement((), range(len(cases)), {})
    columns = {key: [case.values.get(key) for case in cases] for key in keys}
    axes = {key: list(dict.fromkeys(map(_hashable, column))) for key, column in columns.items()}
    varied = [key for key in keys if len(axes[key]) > 1] or keys[:1]
    order = {tuple(_hashable(columns[key][i]) for key in varied): i for i in range(len(cases))}
    size = int(np.prod([len(axes[key]) for key in varied]))
    if size == len(cases) == len(order) and all(None not in axes[key] for key in varied):
        index = [order[point] for point in _product([axes[key] for key in varied])]
        labels = np.array([cases[i].label for i in index], dtype=object)
        dims = tuple((short[key], len(axes[key])) for key in varied)
        coords = {short[key]: (short[key], _axis(axes[key]), {"sweep_key": key}) for key in varied}
        coords["case_label"] = (tuple(name for name, _ in dims), labels.reshape([n for _, n in dims]), {})
        fixed = {short[key]: ((), _axis(axes[key])[0], {"sweep_key": key}) for key in keys if key not in varied}
        return Arrangement(dims, index, coords | fixed)
    coords = {
        CASE: (CASE, np.array([case.label for case in cases], dtype=object), {"long_name": "label of the case"}),
        **{short[key]: (CASE, _axis([_hashable(v) for v in columns[key]]), {"sweep_key": key}) for key in keys},
    }
    return Arrangement(((CASE, len(cases)),), range(len(cases)), coords)


def alone(case: CaseResults, short: Mapping[str, str]) -> Arrangement:
    """One case of a tree, with the values that the sweep gives it."""
    coords = {short[key]: ((), _axis([_hashable(at)])[0], {"sweep_key": key}) for key, at in case.values.items()}
    return Arrangement((), (0,), coords)


def swept(cases: Sequence[CaseResults]) -> list[str]:
    """The dotted keys that a sweep gives values to."""
    return list(dict.fromkeys(key for case in cases for key in case.values))


def _product(axes: Sequence[Sequence[Any]]) -> list[tuple]:
    points: list[tuple] = [()]
    for axis in axes:
        points = [(*point, value) for point in points for value in axis]
    return points


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """The last parts of dotted keys, as many as tell them apart."""
    names = {}
    for key in keys:
        parts = key.split(".")
        for n in range(1, len(parts) + 1):
            tail = parts[-n:]
            if sum(other.split(".")[-n:] == tail for other in keys) == 1:
                break
        names[key] = ".".join(tail) if len(tail) > 1 or tail[0] not in ("t", CASE) else key
    return names


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


def _axis(values: Sequence[Any]) -> np.ndarray:
    """Numbers, NaN for a case that has none; or words."""
    numeric = all(isinstance(value, int | float | None) and not isinstance(value, bool) for value in values)
    return np.array(values, dtype=float) if numeric else np.array([str(value) for value in values], dtype=object)
