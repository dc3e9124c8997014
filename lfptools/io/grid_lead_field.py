"""Potentials of electrodes sampled on a grid, as a finite-element model gives them, read where they are asked for."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from lfptools.errors import DatasetError, GeometryError
from lfptools.geometry.contacts import Contacts
from lfptools.io.netcdf import write_dataset
from lfptools.io.opening import open_lazily
from lfptools.provenance.record import Provenance
from lfptools.schema.labels import row_label_attrs
from lfptools.units import attrs, factor, unit

_DIMS = ("contact", "x", "y", "z")
_QUANTITY = "potential_lead_field"


@dataclass(frozen=True, eq=False)
class GridLeadField:
    """The potential in a medium when an electrode injects unit current, which is also that at the electrode when unit
    current is injected there (reciprocity).

    Parameters
    ----------
    path : Path
        Where it is read from.
    axes : tuple of numpy.ndarray
        x, y, z of the grid, µm, each increasing.
    contacts : Contacts
        The electrodes.
    scale : float
        From the file's unit to mV/nA.
    """

    path: Path
    axes: tuple[np.ndarray, np.ndarray, np.ndarray]
    contacts: Contacts
    scale: float

    def around(self, points: np.ndarray, margin: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """The part of the grid that holds some points, and ``margin`` samples more on each side where there are any.

        Parameters
        ----------
        points : numpy.ndarray
            Shape (n, 3), µm.

        Returns
        -------
        tuple of numpy.ndarray, numpy.ndarray
            Axes, and values of shape (nx, ny, nz, contacts) in mV/nA.

        Raises
        ------
        GeometryError
            If a point lies outside the grid; names the indices.
        DatasetError
            If the file holds NaN there.
        """
        parts = []
        for k, (name, axis) in enumerate(zip("xyz", self.axes, strict=True)):
            bad = np.flatnonzero((points[:, k] < axis[0]) | (points[:, k] > axis[-1]))
            if bad.size:
                raise GeometryError(
                    f"{self.path}: the grid goes from {axis[0]:g} to {axis[-1]:g} µm along {name}; {bad.size} places "
                    f"lie outside, the first at {points[bad[0]].round(3).tolist()} µm: indices {bad[:10].tolist()}"
                )
            first = max(int(np.searchsorted(axis, points[:, k].min(), side="right")) - 1 - margin, 0)
            last = min(int(np.searchsorted(axis, points[:, k].max(), side="left")) + 1 + margin, axis.size)
            parts.append(slice(min(first, max(axis.size - 2, 0)), max(last, min(first + 2, axis.size))))
        with open_lazily(self.path, decode_times=False, cache=False) as dataset:
            block = dataset["lead_field"].isel(dict(zip("xyz", parts, strict=True)))
            values = np.moveaxis(np.asarray(block.values, dtype=float), 0, -1) * self.scale
        bad = np.argwhere(~np.isfinite(values))
        if bad.size:
            where = [float(self.axes[k][parts[k]][i]) for k, i in enumerate(bad[0][:3])]
            raise DatasetError(
                f"{self.path}: the potential of contact {self.contacts.ids[bad[0][3]]!r} is not finite at {where} µm, "
                "which is beside a segment; fill what lies inside an electrode before it is written"
            )
        return tuple(axis[part] for axis, part in zip(self.axes, parts, strict=True)), values


def open_grid_lead_field(path: Path | str) -> GridLeadField:
    """Open a grid lead field in NetCDF; of the values only the part around the cell is read.

    The file holds ``lead_field(contact, x, y, z)`` with units of a potential per current (``V A-1``, ``mV nA-1``),
    coordinates ``x``, ``y``, ``z`` with units of a length, ``contact_id``, and may hold ``contact_x``, ``_y``, ``_z``.

    Raises
    ------
    DatasetError
        If the file is not there, is no NetCDF file, lacks a variable, or one has other dimensions, unreadable units or
        impossible values; names the file and the variable.
    """
    path = Path(path)
    if not path.is_file():
        raise DatasetError(f"there is no grid lead field {path}: lfptools.io.grid_lead_field says what it must hold")
    try:
        with open_lazily(path, decode_times=False, cache=False) as dataset:
            return _read(path, dataset)
    except (OSError, RuntimeError) as error:
        raise DatasetError(f"{path} is truncated, or no NetCDF file ({error})") from error


def _read(path: Path, dataset: xr.Dataset) -> GridLeadField:
    missing = [name for name in ("lead_field", "contact_id", "x", "y", "z") if name not in dataset.variables]
    if missing:
        there = ", ".join(map(str, dataset.variables))
        raise DatasetError(f"{path} is no grid lead field: it has no {', '.join(missing)}; it has {there}")
    values = dataset["lead_field"]
    if values.dims != _DIMS:
        raise DatasetError(f"{path}: lead_field must have dimensions {_DIMS}, got {values.dims}")
    try:
        scale = factor(str(values.attrs.get("units")), unit(_QUANTITY))
    except ValueError as error:
        raise DatasetError(f"{path}: lead_field must have units of a potential per current: {error}") from error
    ids = tuple(one.decode() if isinstance(one, bytes) else str(one) for one in dataset["contact_id"].values)
    where = [
        _micrometres(path, dataset[f"contact_{axis}"]) if f"contact_{axis}" in dataset.variables else np.zeros(len(ids))
        for axis in "xyz"
    ]
    try:
        contacts = Contacts(*where, ids)
    except GeometryError as error:
        raise DatasetError(f"{path}: {error}") from error
    return GridLeadField(path, tuple(_axis(path, dataset[name]) for name in "xyz"), contacts, scale)


def _axis(path: Path, variable: xr.DataArray) -> np.ndarray:
    axis = _micrometres(path, variable)
    if axis.ndim != 1 or axis.size < 2 or not (np.isfinite(axis).all() and (np.diff(axis) > 0).all()):
        raise DatasetError(f"{path}: {variable.name} must be at least two finite numbers that increase")
    return axis


def _micrometres(path: Path, variable: xr.DataArray) -> np.ndarray:
    try:
        return np.asarray(variable.values, dtype=float) * factor(str(variable.attrs.get("units")), "um")
    except ValueError as error:
        raise DatasetError(f"{path}: {variable.name} must have units of a length, such as 'mm': {error}") from error


def write_grid_lead_field(
    path: Path | str, values: np.ndarray, axes: tuple[np.ndarray, np.ndarray, np.ndarray], contacts: Contacts, *,
    units: str, length_units: str = "um", provenance: Provenance | None = None,
) -> None:  # fmt: skip
    """Write a grid lead field in the project's units; the file appears when it is complete.

    Parameters
    ----------
    path : path
        A file there is replaced.
    values : array_like
        Shape (contacts, nx, ny, nz): potential at the grid's points when the contact injects unit current.
    axes : tuple of array_like
        x, y, z of the grid in ``length_units``, each increasing.
    contacts : Contacts
        Ids and positions in µm.
    units : str
        Of ``values``: ``"V A-1"``, ``"mV nA-1"``, ….
    length_units : str
        Of ``axes``.
    provenance : Provenance, optional
        Stamped as attributes.

    Raises
    ------
    DatasetError
        For shapes that do not fit, axes that do not increase, NaN, or units of something else.
    """
    path, values = Path(path), np.asarray(values, dtype=float)
    try:
        scale, length = factor(units, unit(_QUANTITY)), factor(length_units, "um")
    except ValueError as error:
        raise DatasetError(f"{path}: {error}") from error
    grid = [np.asarray(axis, dtype=float) * length for axis in axes]
    wanted = (len(contacts), *(axis.size for axis in grid))
    if values.shape != wanted:
        raise DatasetError(f"a grid lead field needs values of shape {wanted} (contacts and axes), got {values.shape}")
    coords = {name: (name, axis, attrs(name)) for name, axis in zip("xyz", grid, strict=True)}
    for name in ("contact_id", "contact_x", "contact_y", "contact_z"):
        labels = np.asarray(contacts.labels()[name], dtype=object if name == "contact_id" else float)
        coords[name] = ("contact", labels, row_label_attrs(name, "contact"))
    data = {"lead_field": (_DIMS, values * scale, attrs(_QUANTITY))}
    write_dataset(xr.Dataset(data, coords), path, "grid_lead_field", provenance)
