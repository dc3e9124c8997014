"""How a dataset lies in a NetCDF file: one layout for what is written at once and what is streamed.

Variables are contiguous, uncompressed, without fill, in order of their names; so the bytes of a file depend on its
content (and the NetCDF library) alone.
"""

import errno
import os
import resource
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import netCDF4
import numpy as np

from lfptools.errors import DatasetError, StorageError

CONVENTIONS = "CF-1.11"
_OVERHEAD_BYTES = 64 * 1024
_PER_STRING_BYTES = 96


@dataclass(frozen=True)
class Slot:
    """Place for one variable: dimensions, type (``"f8"``, ``"i8"``, ``"str"``), attributes, coordinate or not."""

    dims: tuple[str, ...]
    dtype: str
    attrs: Mapping[str, object] = field(default_factory=dict)
    coordinate: bool = False


class Layout:
    """An open file with places for all variables of a dataset.

    Parameters
    ----------
    path : pathlib.Path
        Where the bytes go (a temporary name); messages name ``final``.
    final : pathlib.Path
        What the file will be called.
    sizes : mapping of str to int
        Length of each dimension.
    slots : mapping of str to Slot
        Every variable.
    attrs : mapping
        Attributes of the file: str, int, float.
    """

    def __init__(
        self, path: Path, final: Path, sizes: Mapping[str, int], slots: Mapping[str, Slot], attrs: Mapping[str, object]
    ):
        self._path, self._final = path, final
        self._slots = {name: slots[name] for name in sorted(slots)}
        self._bytes = _size(sizes, self._slots)
        refuse_if_too_large(final, self._bytes)
        self._file: netCDF4.Dataset | None = None
        try:
            self._define(sizes, {name: attribute(name, value) for name, value in sorted(attrs.items())})
        except BaseException:
            self.discard()
            raise

    def _define(self, sizes: Mapping[str, int], attrs: Mapping[str, object]) -> None:
        with self._writing():
            self._file = netCDF4.Dataset(self._path, "w", clobber=False)
            for dim in dict.fromkeys(dim for slot in self._slots.values() for dim in slot.dims):
                self._file.createDimension(dim, sizes[dim])
            for name, slot in self._slots.items():
                self._create(name, slot)
            self._file.setncatts(attrs)
            if unattached := self._unattached():
                self._file.setncattr("coordinates", unattached)

    def _create(self, name: str, slot: Slot) -> None:
        variable = self._file.createVariable(
            name, str if slot.dtype == "str" else slot.dtype, slot.dims, contiguous=True, fill_value=False
        )
        attrs = {key: attribute(f"{name}.{key}", value) for key, value in slot.attrs.items()}
        labels = [] if slot.coordinate else self._labels_of(slot)
        if labels:
            attrs["coordinates"] = " ".join(labels)
        variable.setncatts(dict(sorted(attrs.items())))
        variable.set_auto_maskandscale(False)

    def _labels_of(self, slot: Slot) -> list[str]:
        """Coordinates along the dimensions of a variable, other than those that NetCDF finds by their name."""
        return [
            name
            for name, other in self._slots.items()
            if other.coordinate and other.dims != (name,) and set(other.dims) <= set(slot.dims)
        ]

    def _unattached(self) -> str:
        """Coordinates that no variable refers to; xarray looks for them in an attribute of the file."""
        attached = {label for slot in self._slots.values() if not slot.coordinate for label in self._labels_of(slot)}
        return " ".join(
            name
            for name, slot in self._slots.items()
            if slot.coordinate and slot.dims != (name,) and name not in attached
        )

    def write(self, name: str, values: np.ndarray, start: int | None = None) -> None:
        """Write a variable, or from ``start`` on along its last dimension."""
        values = np.asarray(values)
        if self._slots[name].dtype == "str":
            values = np.array([str(value) for value in values.ravel()], dtype=object).reshape(values.shape)
        with self._writing():
            if start is None:
                self._file.variables[name][...] = values
            else:
                self._file.variables[name][..., start : start + values.shape[-1]] = values

    def close(self) -> None:
        """Finish the file; only after this it is whole."""
        with self._writing():
            self._file.close()

    def discard(self) -> None:
        """Let go of the file after an error; what is left of it must be removed."""
        if self._file is not None:
            with suppress(RuntimeError, OSError):
                self._file.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """HDF5 says no more than "HDF error": look at the disk and say what is wrong."""
        try:
            yield
        except (RuntimeError, OSError) as error:
            raise write_error(self._final, error, self._bytes) from error


def write_error(final: Path, error: Exception, needed: int) -> StorageError:
    """The error for a file that could not be written; says so where the disk is full."""
    free = _free(final.parent)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or free < needed:
        why = f"disk full ({free} bytes free, {needed} needed)"
    elif 0 <= limit < needed:
        why = f"disk full (files of this process may have {limit} bytes, {needed} needed: see ulimit -f)"
    elif getattr(error, "errno", None):
        why = os.strerror(error.errno)
    else:
        why = f"{error} (disk full, or a quota reached? {free} bytes are free)"
    return StorageError(f"{final} could not be written: {why}. Nothing of it was kept.")


def refuse_if_too_large(final: Path, needed: int) -> None:
    """Refuse before the first byte what the disk or the limits of this process cannot hold.

    Raises
    ------
    DatasetError
        Names the file, and what is free and needed.
    """
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if _free(final.parent) < needed or 0 <= limit < needed:
        raise write_error(final, OSError(errno.ENOSPC, "too large"), needed)


def _free(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def _size(sizes: Mapping[str, int], slots: Mapping[str, Slot]) -> int:
    total = 0
    for slot in slots.values():
        count = int(np.prod([sizes[dim] for dim in slot.dims], dtype=np.int64))
        total += count * (_PER_STRING_BYTES if slot.dtype == "str" else 8)
    return total + (_OVERHEAD_BYTES if total > _OVERHEAD_BYTES else 0)


def attribute(name: str, value: object) -> object:
    """An attribute as NetCDF holds it: text, or a number; booleans become 0 or 1.

    Raises
    ------
    DatasetError
        For anything else (None, lists of objects, mappings): those are stored as JSON text by whoever knows them.
    """
    if isinstance(value, bool | np.bool_):
        return np.int64(value)
    if isinstance(value, int | np.integer):
        return np.int64(value)
    if isinstance(value, float | np.floating):
        return np.float64(value)
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | np.ndarray) and np.asarray(value).dtype.kind in "if" and np.ndim(value) == 1:
        return np.asarray(value)
    raise DatasetError(
        f"attribute {name!r}: expected text or a number, got {type(value).__name__} {value!r}; store it as JSON text"
    )
