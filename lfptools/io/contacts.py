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
        shape, normal = tuple(map(str, column("shape"))), np.column_stack([column(f"normal_{axis}") for axis in "xyz"])
        has = dataset.coords  # labels that no contact needs are left out
        tangent = np.column_stack([column(f"tangent_{axis}") for axis in "xyz"]) if "contact_tangent_x" in has else None
        sizes = {size: column(size) for size in SIZES if f"contact_{size}" in has}
        surfaces = Surfaces.make(shape, normal, len(shape), tangent, **sizes)
    if "contact_shank" in dataset.coords:
        shanks = tuple(map(str, column("shank")))
    return Contacts(column("x"), column("y"), column("z"), tuple(map(str, column("id"))), surfaces, shanks)
