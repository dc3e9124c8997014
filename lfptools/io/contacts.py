"""Contacts as they stand in datasets: the labels of the dimension ``contact``."""

import numpy as np
import xarray as xr

from lfptools.errors import DatasetError
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.surfaces import SIZES, Surfaces


def contacts_from_dataset(dataset: "xr.Dataset | xr.DataArray") -> Contacts:
    """The contacts that the rows of a lead field or signal belong to.

    Raises
    ------
    DatasetError
        If its rows are no contacts.
    """
    if "contact_id" not in dataset.coords:
        raise DatasetError(f"its rows are no contacts; it has the dimensions {[str(dim) for dim in dataset.dims]}")

    def column(name: str) -> np.ndarray:
        return np.asarray(dataset[f"contact_{name}"].values)

    surfaces = shanks = None
    if "contact_shape" in dataset.coords:
        normal, tangent = (np.column_stack([column(f"{n}_{axis}") for axis in "xyz"]) for n in ("normal", "tangent"))
        surfaces = Surfaces(tuple(map(str, column("shape"))), normal, tangent, *(column(size) for size in SIZES))
    if "contact_shank" in dataset.coords:
        shanks = tuple(map(str, column("shank")))
    return Contacts(column("x"), column("y"), column("z"), tuple(map(str, column("id"))), surfaces, shanks)
