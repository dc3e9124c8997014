"""Contacts along a straight line, as estimates of current source density need them."""

import numpy as np
import xarray as xr

from lfptools.errors import DatasetError
from lfptools.units import attrs

_STRAIGHT = 1e-3  # µm off the line through the ends
_EVEN = 1e-6  # of the mean distance


def depths(data: xr.DataArray, what: str, least: int = 2) -> np.ndarray:
    """Distances of the contacts from the first one, in µm, ascending.

    Raises
    ------
    DatasetError
        If the data are no potential at contacts, these are fewer than ``least``, not on a straight line, or not in its
        order. ``what`` is who asks.
    """
    if "contact_x" not in data.coords or data.attrs["units"] != "mV":
        raise DatasetError(f"{what} needs a potential at contacts, in mV; {data.name!r} is in {data.attrs['units']}")
    positions = np.column_stack([data[f"contact_{axis}"].values for axis in "xyz"])
    if len(positions) < least:
        raise DatasetError(f"{what} needs {least} contacts, {data.name!r} has {len(positions)}")
    chord = positions[-1] - positions[0]
    length = float(np.linalg.norm(chord))
    along = (positions - positions[0]) @ chord / length if length else np.zeros(len(positions))
    off = np.linalg.norm(positions - positions[0] - np.outer(along, chord / (length or 1.0)), axis=1).max()
    if off > _STRAIGHT or not (np.diff(along) > 0).all():
        raise DatasetError(
            f"{what} needs contacts one after the other on a straight line; those of {data.name!r} are up to {off:.3g} "
            "um off the line through the first and the last, or go back"
        )
    return along


def even_distance(along: np.ndarray, what: str) -> float:
    """The distance between neighbours.

    Raises
    ------
    DatasetError
        If they are not evenly spaced.
    """
    steps = np.diff(along)
    if (np.abs(steps - steps.mean()) > _EVEN * steps.mean()).any():
        raise DatasetError(
            f"{what} needs evenly spaced contacts; these are {steps.min():g} to {steps.max():g} um apart: use "
            "csd_delta, csd_step or csd_spline"
        )
    return float(steps.mean())


def estimate(data: xr.DataArray, along: np.ndarray, values: np.ndarray, **about: object) -> xr.Dataset:
    """Current source density (depth, t) at distances ``along`` the contacts' line, as a dataset."""
    first, last = (np.array([float(data[f"contact_{axis}"].values[i]) for axis in "xyz"]) for i in (0, -1))
    direction = (last - first) / np.linalg.norm(last - first)
    places = first + np.outer(along, direction)
    coords = {
        "t": data["t"].variable,
        "depth": ("depth", along, {**attrs("length"), "long_name": "distance from the first contact"}),
        **{f"depth_{axis}": ("depth", places[:, i], attrs(axis)) for i, axis in enumerate("xyz")},
    }
    made = {"current_source_density": (("depth", "t"), values, attrs("current_source_density"))}
    return xr.Dataset(made, coords, dict(about))
