"""Datasets as text: traces as CSV, and what a file holds, in words."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xarray as xr

from lfptools.errors import DatasetError, unknown_name
from lfptools.io.atomic import atomic_path
from lfptools.io.layout import write_error
from lfptools.io.netcdf import open_dataset
from lfptools.io.product import BLOCK
from lfptools.schema.kinds import is_text

_PROVENANCE = (
    "study", "case", "cases", "stage", "result", "seed", "git_commit", "git_dirty", "source_hash", "versions",
    "input_hashes", "config", "study_config",
)  # fmt: skip


def write_csv(dataset: xr.Dataset, path: Path | str, variable: str | None = None) -> None:
    """Write the traces of a dataset as CSV: a column ``t_ms``, then one per row, ``"potential 3 (mV)"``.

    Numbers are written in the shortest form that reads back as the same; missing ones stay empty. Datasets without t
    (a geometry, a lead field) give one line per entry of the first dimension.

    Parameters
    ----------
    dataset : xarray.Dataset
        Any of the project's kinds; may be lazy.
    path : path-like
        A file there is replaced.
    variable : str, optional
        One variable; by default all that share the dimension of the lines.

    Raises
    ------
    DatasetError
        If there is no such variable, variables have other dimensions, or the file cannot be written.
    """
    path = Path(path)
    arrays = _chosen(dataset, variable)
    along = "t" if any("t" in array.dims for array in arrays) else str(arrays[0].dims[0])
    arrays = [array.transpose(..., along) for array in arrays if along in array.dims]
    header = [_first_name(dataset, along), *(name for a in arrays for name in _column_names(dataset, a, along))]
    try:
        with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(_lines(dataset, arrays, along))
    except OSError as error:
        raise write_error(path, error, 0) from error


def _chosen(dataset: xr.Dataset, variable: str | None) -> list[xr.DataArray]:
    names = sorted(str(name) for name in dataset.data_vars if dataset[name].ndim)
    if variable is not None:
        if variable not in names:
            raise DatasetError(unknown_name("variable", variable, names, where="table"))
        return [dataset[variable]]
    if not names:
        raise DatasetError("table: expected a dataset with at least one variable, got none")
    return [dataset[name] for name in names]


def _first_name(dataset: xr.Dataset, along: str) -> str:
    if along == "t":
        return "t_ms"
    units = dataset[along].attrs.get("units") if along in dataset.coords else None
    return f"{along} ({units})" if units else along


def _column_names(dataset: xr.Dataset, array: xr.DataArray, along: str) -> Iterator[str]:
    units = f" ({array.attrs['units']})" if "units" in array.attrs else ""
    rows = [""]
    for dim in array.dims:
        if dim == along:
            continue
        key = next((name for name in (f"{dim}_id", dim) if name in dataset.coords), None)
        labels = range(array.sizes[dim]) if key is None else dataset[key].values
        rows = [f"{row} {label}" for row in rows for label in labels]
    for row in rows:
        yield f"{array.name}{row}{units}"


def _lines(dataset: xr.Dataset, arrays: list[xr.DataArray], along: str) -> Iterator[list[str]]:
    label = next((name for name in (along, f"{along}_id") if name in dataset.coords), None)
    for start in range(0, dataset.sizes[along], BLOCK):
        where = {along: slice(start, start + BLOCK)}
        first = dataset[label].isel(where).values if label else np.arange(start, dataset.sizes[along])[:BLOCK]
        columns = [first] + [row for a in arrays for row in a.isel(where).values.reshape(-1, first.size)]
        yield from ([_text(value) for value in line] for line in zip(*columns, strict=True))


def _text(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else repr(float(value))
    return str(value)


def describe(path: Path | str) -> str:
    """What a file holds and where it comes from, as lines of text.

    Raises
    ------
    DatasetError
        As :func:`lfptools.io.netcdf.open_dataset`.
    """
    with open_dataset(path) as dataset:
        lines = [f"{path}: {dataset.attrs['kind']}", "", "dimensions"]
        lines += [f"  {dim} = {size}" for dim, size in dataset.sizes.items()]
        for title, group in (("coordinates", dataset.coords), ("data", dataset.data_vars)):
            if group:
                width = max(len(str(name)) for name in group)
                lines += ["", title, *(_variable_line(dataset, str(name), width) for name in sorted(map(str, group)))]
        others = {k: v for k, v in dataset.attrs.items() if k not in (*_PROVENANCE, "kind", "Conventions")}
        for title, names, source in (
            ("attributes", sorted(others), others),
            ("provenance", _PROVENANCE, dataset.attrs),
        ):
            shown = [line for name in names if name in source for line in _attribute_lines(name, source[name])]
            lines += ["", title, *shown] if shown else []
    return "\n".join(lines)


def _variable_line(dataset: xr.Dataset, name: str, width: int) -> str:
    variable = dataset[name]
    kind = "text" if is_text(variable) else str(variable.dtype)
    units = variable.attrs.get("units", "")
    about = f"  {variable.attrs['long_name']}" if "long_name" in variable.attrs else ""
    return f"  {name:<{width}}  ({', '.join(map(str, variable.dims))})  {kind}{f'  [{units}]' if units else ''}{about}"


def _attribute_lines(name: str, value: object) -> list[str]:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            value = json.dumps(json.loads(value), indent=2, ensure_ascii=False)
        except ValueError:
            return [f"  {name}: {value}"]
        first, *rest = value.splitlines()
        return [f"  {name}: {first}", *(f"  {line}" for line in rest)]
    return [f"  {name}: {value}"]
