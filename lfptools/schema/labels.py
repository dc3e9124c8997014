"""Labels of the rows of lead fields and signals: ``contact_x``, ``component_id``, ``bin_z``; what a signal holds."""

from typing import Final

import xarray as xr

from lfptools.units import attrs

_LENGTHS: Final = ("radius", "width", "height", "size_x", "size_y", "size_z")
_DIRECTIONS: Final = tuple(f"{name}_{axis}" for name in ("normal", "tangent") for axis in "xyz")
LABELS: Final = ("id", "x", "y", "z", "shape", "shank", *_DIRECTIONS, *_LENGTHS, "angle")
"""What a row may be labelled with."""


def is_row_label(name: str, dim: str) -> bool:
    """Whether ``name`` is ``<dim>_<label>`` with one of :data:`LABELS`."""
    return name.startswith(f"{dim}_") and name.removeprefix(f"{dim}_") in LABELS


def row_label_attrs(name: str, dim: str) -> dict[str, object]:
    """Attributes of the label ``<dim>_<label>`` of the rows ``dim``: long name, and units where it has any."""
    rows, label = dim.replace("_", " "), name.removeprefix(f"{dim}_")
    if label in ("x", "y", "z"):
        return attrs(label)
    if label == "id":
        return {"long_name": rows}
    about = {"long_name": f"{label.replace('_', ' ')} of the {rows}"}
    units = {**dict.fromkeys(_LENGTHS, "um"), **dict.fromkeys(_DIRECTIONS, "1"), "angle": "rad"}
    return {"units": units[label], **about} if label in units else about


def quantity_of(signal: xr.Dataset) -> str:
    """Name of the one variable that a signal holds."""
    return str(next(iter(signal.data_vars)))


def rows_of(signal: xr.Dataset) -> str:
    """Name of the dimension of its rows."""
    return str(signal[quantity_of(signal)].dims[0])
