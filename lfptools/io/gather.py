"""All cases of a study as one labelled object, whose numbers are read when they are looked at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from lfptools.errors import DatasetError, unknown_name
from lfptools.io.opening import open_lazily
from lfptools.io.results import CaseResults, StudyResults

CASE = "case"


def open_study(
    folder: Path | str, experiment: str | None = None, variables: Sequence[str] | None = None
) -> xr.Dataset | xr.DataTree:
    """Open the results of a study, finished or not.

    Parameters
    ----------
    folder : path
        ``results/<study>``.
    experiment : str, optional
        One of several; by default all of them.
    variables : sequence of str, optional
        Names of signals, analyses and recorded variables; by default all.

    Returns
    -------
    xarray.Dataset or xarray.DataTree
        Of one experiment: a dataset. What the sweep changes are dimensions where the cases are a full grid of it;
        otherwise ``case`` is the dimension and the swept keys are coordinates along it. A coordinate is called by the
        last part of the swept key, as far as that is enough to tell it, and has the whole in its attribute
        ``sweep_key``. A signal or analysis is called by its name in the study; of an analysis that makes several
        variables they are ``<analysis>.<variable>``. Where cases have different times, contacts, segments or
        frequencies: a tree with a node for each case. Of several experiments: a tree with a node for each.

        Numbers are read from the files when they are looked at, those of the cases that are asked for alone. Cases
        whose run or signals have not been made are left out, and listed in the attribute ``missing_cases``; analyses
        that have not been made in all the others are listed in ``missing_analyses``.

    Raises
    ------
    DatasetError
        If there is no study, experiment or variable of that name, or no result yet.
    """
    results = StudyResults.from_index(Path(folder) / "index.json")
    names = list(dict.fromkeys(case.experiment for case in results.cases))
    if experiment is not None and experiment not in names:
        raise DatasetError(unknown_name("experiment", experiment, names, where=f"study {results.study!r}"))
    chosen = [experiment] if experiment is not None else names
    found = {name: _experiment(results, name, variables) for name in chosen}
    if len(found) == 1:
        return found[chosen[0]]
    nodes = {name: one if isinstance(one, xr.DataTree) else xr.DataTree(one) for name, one in found.items()}
    return xr.DataTree(xr.Dataset(attrs={"study": results.study, "title": results.title}), children=nodes)


def _experiment(results: StudyResults, name: str, variables: Sequence[str] | None) -> xr.Dataset | xr.DataTree:
    cases = results.select(experiment=name)
    made = [case for case in cases if all(path.is_file() for path in (_files(case) or _analyses(case)).values())]
    analyses = {one for case in made for one in _analyses(case)}
    lacking = sorted(one for one in analyses if not all(one in _analyses(case, made=True) for case in made))
    if not made:
        raise DatasetError(
            f"study {results.study!r}, experiment {name!r}: none of its {len(cases)} cases has been made"
        )
    about = {"study": results.study, "title": results.title, "experiment": name}
    missing = [case.label for case in cases if case not in made]
    if missing:
        about["missing_cases"] = missing
    if lacking:
        about["missing_analyses"] = lacking
    described = [_described(case, analyses.difference(lacking)) for case in made]
    names = list(described[0])
    wanted = list(variables) if variables is not None else names
    for one in wanted:
        if one not in names:
            not_made = f"; not made in all cases: {', '.join(lacking)}" if lacking else ""
            raise DatasetError(unknown_name("variable", one, names, where=f"study {results.study!r}") + not_made)
    described = [{one: of_case[one] for one in wanted if one in of_case} for of_case in described]
    if any(not _alike(described[0], other) for other in described[1:]):
        nodes = {
            case.label.replace("/", "_"): xr.DataTree(_dataset(_Cases((), [of_case], {}), about | {"case": case.label}))
            for case, of_case in zip(made, described, strict=True)
        }
        return xr.DataTree(xr.Dataset(attrs=about), children=nodes)
    return _dataset(_arranged(made, described), about)


def _files(case: CaseResults) -> dict[str, Path]:
    """The run and each signal of a case."""
    run = {"": Path(case.paths["run"])} if "run" in case.paths else {}  # gathered cases have none
    return {**run, **{name: Path(path) for name, path in case.paths.get("signal", {}).items()}}


def _analyses(case: CaseResults, made: bool = False) -> dict[str, Path]:
    """Each analysis of a case; those that are there, where asked for."""
    paths = {name: Path(path) for name, path in case.paths.get("analysis", {}).items()}
    return {name: path for name, path in paths.items() if path.is_file()} if made else paths


@dataclass(frozen=True, eq=False)
class _Described:
    """One variable in one file, not read."""

    path: Path
    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype
    attrs: Mapping[str, Any]
    coords: Mapping[str, tuple[tuple[str, ...], np.ndarray, Mapping[str, Any]]]


def _described(case: CaseResults, analyses: Collection[str]) -> dict[str, _Described]:
    """Every variable of a case's run, signals and these analyses, by its name in the study."""
    found = {}
    named = {name: path for name, path in _analyses(case).items() if name in analyses}
    for of, path in {**_files(case), **named}.items():
        with open_lazily(path, decode_times=False) as dataset:
            several = of in named and len(dataset.data_vars) > 1
            for name, variable in dataset.data_vars.items():
                coords = {
                    str(key): (tuple(map(str, c.dims)), c.values, dict(c.attrs)) for key, c in variable.coords.items()
                }
                found[f"{of}.{name}" if several else of or str(name)] = _Described(
                    path, str(name), tuple(map(str, variable.dims)), variable.shape, variable.dtype,
                    dict(variable.attrs), coords,
                )  # fmt: skip
    return found


def _alike(one: Mapping[str, _Described], other: Mapping[str, _Described]) -> bool:
    """Whether two cases have the same variables over the same axes."""
    if list(one) != list(other):
        return False
    for name, mine in one.items():
        theirs = other[name]
        if mine.dims != theirs.dims or mine.shape != theirs.shape or list(mine.coords) != list(theirs.coords):
            return False
        for key, (_, values, _) in mine.coords.items():
            # Positions of a moved cell differ where its segments are the same: what decides is labels, t, frequency.
            if (key in mine.dims or key.endswith("_id")) and not np.array_equal(values, theirs.coords[key][1]):
                return False
    return True


@dataclass(frozen=True, eq=False)
class _Cases:
    """Cases along the dimensions of a sweep, in C order, and the coordinates of these."""

    dims: tuple[tuple[str, int], ...]
    described: Sequence[Mapping[str, _Described]]
    coords: Mapping[str, tuple]


def _arranged(cases: Sequence[CaseResults], described: Sequence[Mapping[str, _Described]]) -> _Cases:
    """The cases as a full grid of what is swept, if they are one; otherwise along ``case``."""
    keys = list(dict.fromkeys(key for case in cases for key in case.values))
    short = _short_names(keys)
    if not keys:
        return _Cases((), described, {})
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
        return _Cases(dims, [described[i] for i in index], coords | fixed)
    coords = {
        CASE: (CASE, np.array([case.label for case in cases], dtype=object), {"long_name": "label of the case"}),
        **{short[key]: (CASE, _axis([_hashable(v) for v in columns[key]]), {"sweep_key": key}) for key in keys},
    }
    return _Cases(((CASE, len(cases)),), described, coords)


def _product(axes: Sequence[Sequence[Any]]) -> list[tuple]:
    points: list[tuple] = [()]
    for axis in axes:
        points = [(*point, value) for point in points for value in axis]
    return points


def _short_names(keys: Sequence[str]) -> dict[str, str]:
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
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return np.array(values, dtype=float) if numeric else np.array([str(value) for value in values], dtype=object)


def _dataset(cases: _Cases, about: Mapping[str, Any]) -> xr.Dataset:
    names, sizes = tuple(name for name, _ in cases.dims), tuple(n for _, n in cases.dims)
    first = cases.described[0]
    renamed = _renamed_dims(first)
    data, coords = {}, dict(cases.coords)
    for name, one in first.items():
        own = renamed[name]
        files = np.empty(len(cases.described), dtype=object)
        files[:] = [of_case[name].path for of_case in cases.described]
        array = _Stacked(files.reshape(sizes), one)
        dims = names + tuple(own.get(dim, dim) for dim in one.dims)
        data[name] = xr.Variable(dims, indexing.LazilyIndexedArray(array), dict(one.attrs))
        for key, (key_dims, values, attrs) in one.coords.items():
            prefix = next((f"{own[dim].removesuffix(dim)}" for dim in key_dims if dim in own), "")
            other = coords.get(f"{prefix}{key}")
            # Two analyses may have something of their own by one name: distances from another centre.
            same = other is None or (other[1].shape == values.shape and (other[1] == values).all())
            mine = f"{prefix}{key}" if same else f"{name}.{key}"
            coords[mine] = (tuple(own.get(dim, dim) for dim in key_dims), values, attrs)
    return xr.Dataset(data, coords, dict(about))


def _renamed_dims(described: Mapping[str, _Described]) -> dict[str, dict[str, str]]:
    """New names for dimensions that mean other rows in another variable: ``lfp_contact`` and ``eeg_contact``.

    Variables with the same rows share the name of the first of them: a recording's are its signal's.
    ``t`` is that of the run; what has other times has them under its own name, ``slow_t``.
    """
    renamed: dict[str, dict[str, str]] = {name: {} for name in described}
    for dim in {dim for one in described.values() for dim in one.dims} - {"t"}:
        sharing: dict[str, list[str]] = {}  # the first of those with the same rows, and all of them
        for name, one in described.items():
            if dim in one.dims:
                first = next((key for key in sharing if _same_rows(described[key], one, dim)), name)
                sharing.setdefault(first, []).append(name)
        if len(sharing) > 1:
            for first, names in sharing.items():
                for name in names:
                    renamed[name][dim] = f"{first}_{dim}"
    times = {name: one.coords["t"][1] for name, one in described.items() if "t" in one.dims}
    for name, t in times.items():
        if not np.array_equal(t, next(iter(times.values()))):  # a recording with another sampling interval
            renamed[name]["t"] = f"{name}_t"
    return renamed


def _same_rows(one: _Described, other: _Described, dim: str) -> bool:
    """Whether a dimension has the same size in both, and the same of every label and position that both have."""
    if one.shape[one.dims.index(dim)] != other.shape[other.dims.index(dim)]:
        return False
    shared = [key for key in one.coords.keys() & other.coords.keys() if one.coords[key][0] == (dim,)]
    return all(np.array_equal(one.coords[key][1], other.coords[key][1]) for key in shared)


class _Stacked(BackendArray):
    """One variable of many files, read file by file as far as it is asked for."""

    def __init__(self, files: np.ndarray, one: _Described):
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
