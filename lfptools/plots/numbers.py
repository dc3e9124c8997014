"""The numbers of a figure as CSV: every variable, one table for each dimension."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def save_numbers(dataset: "xr.Dataset", path: str | Path) -> Path:
    """Write what a figure drew as CSV, complete or not at all.

    Variables that share their last dimension are the columns of one table; its first column is that dimension's
    coordinate, ids or index. Tables are separated by an empty line, the one over time first, then the
    longest. Numbers are in the shortest form that reads back as the same; missing ones stay empty.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of kind ``figure_data``.
    path : path
        A file there is replaced.
    """
    from lfptools.io.atomic import atomic_path

    path = Path(path)
    dims = sorted({str(array.dims[-1]) for array in dataset.data_vars.values() if array.ndim})
    dims.sort(key=lambda dim: (dim != "t", -dataset.sizes[dim]))
    with atomic_path(path) as partial, Path(partial).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        for i, dim in enumerate(dims):
            if i:
                writer.writerow([])
            writer.writerows(_table(dataset, dim))
    return path


def _table(dataset: "xr.Dataset", dim: str) -> Iterator[list[str]]:
    names = sorted(str(name) for name, array in dataset.data_vars.items() if array.ndim and array.dims[-1] == dim)
    first, labels = _index(dataset, dim)
    header, columns = [first], [labels]
    for name in names:
        array = dataset[name]
        rows = array.values.reshape(-1, array.sizes[dim])
        header += [f"{name}{row} ({array.attrs['units']})" for row in _row_labels(dataset, array.dims[:-1])]
        columns += [[_text(value) for value in row] for row in rows]
    yield header
    yield from (list(line) for line in zip(*columns, strict=True))


def _index(dataset: "xr.Dataset", dim: str) -> tuple[str, list[str]]:
    if dim in dataset.coords:
        units = dataset[dim].attrs.get("units")
        return (f"{dim} ({units})" if units else dim), [_text(value) for value in dataset[dim].values]
    if f"{dim}_id" in dataset.coords:
        return dim, [str(value) for value in dataset[f"{dim}_id"].values]
    return dim, [str(i) for i in range(dataset.sizes[dim])]


def _row_labels(dataset: "xr.Dataset", dims: tuple) -> list[str]:
    labels = [""]
    for dim in dims:
        labels = [f"{before} {label}" for before in labels for label in _index(dataset, str(dim))[1]]
    return labels


def _text(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else repr(float(value))
    return str(value)
