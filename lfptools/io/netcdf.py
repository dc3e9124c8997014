"""NetCDF files of the project's kinds: checked on the way out and in, written whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from lfptools.errors import DatasetError
from lfptools.io.atomic import atomic_path
from lfptools.io.layout import CONVENTIONS, Layout, Slot, write_error
from lfptools.io.opening import open_lazily
from lfptools.io.product import BLOCK
from lfptools.provenance.record import Provenance
from lfptools.provenance.versions import versions
from lfptools.schema.kinds import check, is_text, kind_of, may_hold_nan

_OWN_ATTRS = frozenset({"_FillValue", "coordinates", "missing_value"})


def write_dataset(dataset: xr.Dataset, path: Path | str, kind: str, provenance: Provenance | None = None) -> None:
    """Write a dataset of a kind; the file appears when it is complete.

    The same content gives the same bytes. Data over t are taken in blocks, so lazy datasets may exceed memory.

    Parameters
    ----------
    dataset : xarray.Dataset
        Its dimensions, types, units and labels must be those of the kind.
    path : path-like
        A file there is replaced.
    kind : str
        See :data:`lfptools.schema.kinds.KINDS`.
    provenance : Provenance, optional
        Stamped as attributes.

    Raises
    ------
    DatasetError
        If the dataset is not of the kind, holds NaN where the kind has none, or cannot be written (a full disk).
        Nothing is left behind.
    """
    path = Path(path)
    check(dataset, kind)
    try:
        with atomic_path(path) as temporary:
            layout = Layout(temporary, path, dataset.sizes, slots(dataset), file_attrs(dataset, kind, provenance))
            try:
                write_static(layout, dataset)
                _write_over_t(layout, dataset, kind)
            except BaseException:
                layout.discard()
                raise
            layout.close()
    except OSError as error:
        raise write_error(path, error, 0) from error


def _over_t(variable: xr.DataArray) -> bool:
    return bool(variable.dims) and variable.dims[-1] == "t"


def _write_over_t(layout: Layout, dataset: xr.Dataset, kind: str) -> None:
    names = sorted(str(name) for name in dataset.variables if _over_t(dataset[name]))
    for start in range(0, dataset.sizes["t"], BLOCK) if names else ():
        piece = dataset[names].isel(t=slice(start, start + BLOCK))
        for name in names:
            values = piece[name].values
            if values.dtype.kind == "f" and not may_hold_nan(name, dataset[name].dims, kind):
                refuse_nan(name, values, start)
            layout.write(name, values, start)


def refuse_nan(name: str, values: np.ndarray, start: int = 0) -> None:
    """Refuse NaN and infinities, naming where they are; ``start`` is the index of the first sample."""
    # One sum is a cheap test of a whole array: NaN and infinities survive it.
    if np.isfinite(values.sum()) or np.isfinite(values).all():
        return
    index = np.argwhere(~np.isfinite(values))[0].tolist()
    raise DatasetError(
        f"variable {name!r}: expected finite numbers, got {values[tuple(index)]} "
        f"at index {[*index[:-1], index[-1] + start]}"
    )


def slots(dataset: xr.Dataset) -> dict[str, Slot]:
    """Where each variable of a dataset goes."""
    made = {}
    for name, variable in dataset.variables.items():
        attrs = {key: value for key, value in variable.attrs.items() if key not in _OWN_ATTRS}
        dtype = "str" if is_text(dataset[name]) else variable.dtype.str.lstrip("<>=|")
        made[str(name)] = Slot(tuple(map(str, variable.dims)), dtype, attrs, coordinate=name in dataset.coords)
    return made


def file_attrs(dataset: xr.Dataset, kind: str, provenance: Provenance | None) -> dict[str, object]:
    """Attributes of a file: the dataset's own, the provenance's, conventions, kind, title, history without times."""
    stamped = provenance.attrs() if provenance is not None else {}
    study, stage = stamped.get("study"), stamped.get("stage")
    said = {
        "title": f"{study}: {kind.replace('_', ' ')}" if study else kind.replace("_", " "),
        "history": f"made by lfptools {versions(('lfptools',))['lfptools']}" + (f", stage {stage}" if stage else ""),
    }
    return {**said, **dataset.attrs, **stamped, "Conventions": CONVENTIONS, "kind": kind}


def write_static(layout: Layout, dataset: xr.Dataset) -> None:
    """Write every variable that is not over t, whole, in order of their names."""
    for name in sorted(str(name) for name in dataset.variables if not _over_t(dataset[name])):
        values = dataset[name].values
        if name == "lead_field":
            refuse_nan(name, values)
        layout.write(name, values)


def open_dataset(path: Path | str, kind: str | None = None) -> xr.Dataset:
    """Open a file that lfptools wrote, lazily; its names, types, units and labels are checked, data over t not read.

    Parameters
    ----------
    path : path-like
        The file.
    kind : str, optional
        What it must be; by default what it says itself.

    Raises
    ------
    DatasetError
        If there is no such file, it is truncated, was not written by lfptools, or is of another kind.
    """
    path = Path(path)
    if kind is not None:
        kind_of(kind)
    if not path.is_file():
        raise DatasetError(f"{path}: " + ("is a folder; expected a file" if path.is_dir() else "there is no such file"))
    try:
        # Without xarray's cache a variable that is read in blocks never stays in memory.
        dataset = open_lazily(path, decode_timedelta=False, cache=False)
    except PermissionError as error:
        raise DatasetError(f"{path}: no permission to read it") from error
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise DatasetError(
            f"{path}: truncated, or no NetCDF file ({why}); if a study made it, delete it and run again what makes it"
        ) from error
    try:
        _check_opened(dataset, path, kind)
    except BaseException:
        dataset.close()
        raise
    return dataset


def _check_opened(dataset: xr.Dataset, path: Path, kind: str | None) -> None:
    found = dataset.attrs.get("kind")
    if found is None:
        raise DatasetError(
            f"{path}: not written by lfptools (no attribute 'kind'); open it with xarray.open_dataset instead"
        )
    if kind is not None and found != kind:
        raise DatasetError(f"{path}: expected a dataset of kind {kind!r}, got {found!r}")
    try:
        check(dataset, str(found))
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}; if another version of lfptools wrote it, run the case again") from error
    except (OSError, RuntimeError, ValueError, IndexError) as error:
        raise DatasetError(f"{path}: truncated or damaged ({error}); delete it and run again what makes it") from error


def attributes(path: Path | str) -> Mapping[str, object]:
    """The attributes of a file, without looking at its data.

    Raises
    ------
    DatasetError
        As :func:`open_dataset`.
    """
    with open_dataset(path) as dataset:
        return dict(dataset.attrs)
