"""Lead fields of current dipoles at the vertices of a head model, read where they are asked for.

The layout of the NetCDF file is described in docs/vertex-lead-fields.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr

from lfptools.errors import DatasetError, GeometryError
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.surfaces import Surfaces
from lfptools.io.netcdf import write_dataset
from lfptools.io.opening import open_lazily
from lfptools.provenance.record import Provenance
from lfptools.schema.labels import row_label_attrs
from lfptools.units import attrs, factor, unit

QUANTITIES: Final = {"potential": "potential_dipole_lead_field", "magnetic_field": "magnetic_dipole_lead_field"}
"""What sensors may measure, to the quantity of the lead field."""
_REQUIRED: Final = (
    "lead_field", "component_id", "contact_id", *(f"{dim}_{axis}" for dim in ("contact", "vertex") for axis in "xyz")
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class VertexLeadField:
    """Signals at sensors per unit current dipole moment at each of many places.

    Parameters
    ----------
    path : Path
        Where it is read from.
    positions : numpy.ndarray
        Shape (vertices, 3), µm.
    normals : numpy.ndarray or None
        Shape (vertices, 3): unit vectors out of the cortex.
    sensors : Contacts
        One for each row.
    quantity : {"potential", "magnetic_field"}
        Of the signals.
    read : callable
        From the index of a vertex to (sensors, 3), mV or T per nA·µm.
    """

    path: Path
    positions: np.ndarray
    normals: np.ndarray | None
    sensors: Contacts
    quantity: str
    read: Callable[[int], np.ndarray]

    def at(self, vertex: int) -> np.ndarray:
        """The lead field of one vertex.

        Returns
        -------
        numpy.ndarray
            Shape (sensors, 3), mV or T per nA·µm.

        Raises
        ------
        DatasetError
            If the file holds NaN there.
        """
        matrix = self.read(vertex)
        bad = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
        if bad.size:
            names = [self.sensors.ids[i] for i in bad[:5]]
            raise DatasetError(f"{self.path}: the lead field of vertex {vertex} is not finite at {', '.join(names)}")
        return matrix

    def nearest(self, position: np.ndarray) -> tuple[int, float]:
        """Index of the vertex nearest to a position (3,), and its distance, µm."""
        squared = ((self.positions - position) ** 2).sum(axis=1)
        vertex = int(squared.argmin())
        return vertex, float(np.sqrt(squared[vertex]))

    def normal(self, vertex: int) -> np.ndarray:
        """Shape (3,): the unit vector out of the cortex at a vertex.

        Raises
        ------
        DatasetError
            If there are no normals.
        """
        if self.normals is None:
            raise DatasetError(f"{self.path} holds no vertex_normal_x, _y, _z: which way is out is not known")
        return self.normals[vertex]


def open_vertex_lead_field(path: Path | str) -> VertexLeadField:
    """Open a vertex lead field in NetCDF; of the matrix only the vertices that are asked for are read.

    Units are converted: positions from any length, the matrix from any potential or flux density per dipole moment
    (``V A-1 m-1``, ``uV nA-1 m-1``, ``T A-1 m-1``, …).

    Raises
    ------
    DatasetError
        If the file is not there, is no NetCDF file, lacks a variable, or one has other dimensions, unreadable units or
        impossible values; names the file and the variable.
    """
    path = Path(path)
    if not path.is_file():
        raise DatasetError(f"there is no vertex lead field {path}: its layout is in docs/vertex-lead-fields.md")
    try:
        with open_lazily(path, decode_times=False, cache=False) as dataset:
            return _read(path, dataset)
    except (OSError, RuntimeError) as error:
        raise DatasetError(f"{path} is truncated, or no NetCDF file ({error})") from error


def _read(path: Path, dataset: xr.Dataset) -> VertexLeadField:
    missing = [name for name in _REQUIRED if name not in dataset.variables]
    if missing:
        raise DatasetError(
            f"{path} is no vertex lead field: it has no {', '.join(missing)} (see docs/vertex-lead-fields.md); it has "
            f"{', '.join(map(str, dataset.variables))}"
        )
    matrix = dataset["lead_field"]
    if matrix.dims != ("contact", "vertex", "component"):
        raise DatasetError(f"{path}: lead_field must have dimensions (contact, vertex, component), got {matrix.dims}")
    components = _text(path, dataset, "component_id")
    if components != ["x", "y", "z"]:
        raise DatasetError(f"{path}: component_id must be x, y, z, got {components}")
    quantity, scale = _quantity(path, matrix)
    try:
        sensors = Contacts(*(_length(path, dataset, "contact", axis) for axis in "xyz"),
                           tuple(_text(path, dataset, "contact_id")))  # fmt: skip
    except GeometryError as error:
        raise DatasetError(f"{path}: {error}") from error
    normals = _directions(path, dataset, "contact")
    if normals is not None:
        sensors = replace(sensors, surfaces=Surfaces.make("point", normals, len(sensors)))

    def read(vertex: int) -> np.ndarray:
        with open_lazily(path, decode_times=False, cache=False) as again:
            return np.asarray(again["lead_field"].isel(vertex=vertex).values, dtype=float) * scale

    positions = np.column_stack([_length(path, dataset, "vertex", axis) for axis in "xyz"])
    _refuse(path, "vertex_x, _y, _z", ~np.isfinite(positions).all(axis=1), "NaN or infinite")
    return VertexLeadField(path, positions, _directions(path, dataset, "vertex"), sensors, quantity, read)


def _quantity(path: Path, matrix: xr.DataArray) -> tuple[str, float]:
    """The quantity of the signals, and the factor from the file's unit to the project's."""
    units = matrix.attrs.get("units")
    for quantity, of_matrix in QUANTITIES.items():
        try:
            return quantity, factor(str(units), unit(of_matrix))
        except ValueError:
            continue
    raise DatasetError(
        f"{path}: lead_field must have units of a potential or a magnetic flux density per current dipole moment, such "
        f"as 'V A-1 m-1' or 'T A-1 m-1'; got {units!r}"
    )


def _length(path: Path, dataset: xr.Dataset, dim: str, axis: str) -> np.ndarray:
    name = f"{dim}_{axis}"
    values = _along(path, dataset, name, dim)
    try:
        return values * factor(str(dataset[name].attrs.get("units")), "um")
    except ValueError as error:
        raise DatasetError(f"{path}: {name} must have units of a length, such as 'mm': {error}") from error


def _directions(path: Path, dataset: xr.Dataset, dim: str) -> np.ndarray | None:
    names = [f"{dim}_normal_{axis}" for axis in "xyz"]
    there = [name for name in names if name in dataset.variables]
    if not there:
        return None
    if there != names:
        raise DatasetError(f"{path} has {', '.join(there)}, and not the rest of {', '.join(names)}")
    values = np.column_stack([_along(path, dataset, name, dim) for name in names])
    length = np.sqrt((values * values).sum(axis=1))
    _refuse(path, f"{dim}_normal_x, _y, _z", ~(np.isfinite(length) & (length > 0)), "no direction")
    return values / length[:, np.newaxis]


def _along(path: Path, dataset: xr.Dataset, name: str, dim: str) -> np.ndarray:
    if dataset[name].dims != (dim,):
        raise DatasetError(f"{path}: {name} must have the dimension {dim}, got {dataset[name].dims}")
    return np.asarray(dataset[name].values, dtype=float)


def _text(path: Path, dataset: xr.Dataset, name: str) -> list[str]:
    values = dataset[name].values
    if values.ndim != 1 or values.dtype.kind not in "OUS":
        raise DatasetError(f"{path}: {name} must be text along one dimension, got {values.dtype} {values.shape}")
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def _refuse(path: Path, what: str, bad: np.ndarray, why: str) -> None:
    if bad.any():
        raise DatasetError(f"{path}: {what} is {why} at indices {np.flatnonzero(bad)[:10].tolist()}")


def write_vertex_lead_field(
    path: Path | str, lead_field: np.ndarray, positions: np.ndarray, sensors: Contacts, *, units: str,
    length_units: str = "um", normals: np.ndarray | None = None, provenance: Provenance | None = None,
) -> None:  # fmt: skip
    """Write a vertex lead field, in the project's units; the file appears when it is complete.

    Parameters
    ----------
    path : path
        A file there is replaced.
    lead_field : array_like
        Shape (sensors, vertices, 3): signal per unit dipole moment along x, y and z.
    positions : array_like
        Shape (vertices, 3), in ``length_units``.
    sensors : Contacts
        Ids and positions in µm, and normals where they have surfaces.
    units : str
        Of ``lead_field``: ``"V A-1 m-1"``, ``"mV nA-1 um-1"``, ``"T A-1 m-1"``, ….
    length_units : str
        Of ``positions``.
    normals : array_like, optional
        Shape (vertices, 3): out of the cortex, of any length > 0.
    provenance : Provenance, optional
        Stamped as attributes.

    Raises
    ------
    DatasetError
        For shapes that do not fit, NaN, or units of something else.
    """
    path, matrix, places = Path(path), np.asarray(lead_field, dtype=float), np.asarray(positions, dtype=float)
    if places.ndim != 2 or places.shape[1] != 3 or matrix.shape != (len(sensors), len(places), 3):
        raise DatasetError(
            f"a vertex lead field of {len(sensors)} sensors needs lead_field (sensors, vertices, 3) and positions "
            f"(vertices, 3); got {matrix.shape} and {places.shape}"
        )
    quantity, scale = _quantity(path, xr.DataArray(0.0, attrs={"units": units}))
    coords = {"component_id": ("component", np.array(["x", "y", "z"], dtype=object), {"long_name": "component"})}
    labels = _labels("vertex", places * _length_factor(length_units), normals)
    wanted = [f"contact_{name}" for name in ("id", "x", "y", "z", "normal_x", "normal_y", "normal_z")]
    labels |= {name: values for name, values in sensors.labels().items() if name in wanted}
    for name, values in labels.items():
        dim = name.partition("_")[0]
        coords[name] = (dim, np.asarray(values, dtype=object if name.endswith("_id") else float),
                        row_label_attrs(name, dim))  # fmt: skip
    data = {"lead_field": (("contact", "vertex", "component"), matrix * scale, attrs(QUANTITIES[quantity]))}
    write_dataset(xr.Dataset(data, coords, {"quantity": quantity}), path, "vertex_lead_field", provenance)


def _length_factor(length_units: str) -> float:
    try:
        return factor(length_units, "um")
    except ValueError as error:
        raise DatasetError(f"length_units must be a length, such as 'mm': {error}") from error


def _labels(dim: str, places: np.ndarray, normals: np.ndarray | None) -> dict[str, Sequence]:
    found = {f"{dim}_{axis}": places[:, k] for k, axis in enumerate("xyz")}
    if normals is None:
        return found
    directions = np.asarray(normals, dtype=float)
    length = np.sqrt((directions * directions).sum(axis=1)) if directions.shape == places.shape else np.zeros(1)
    if not (np.isfinite(length) & (length > 0)).all():
        raise DatasetError(f"normals must be directions of shape {places.shape}, none of them zero or NaN")
    return found | {f"{dim}_normal_{axis}": directions[:, k] / length for k, axis in enumerate("xyz")}
