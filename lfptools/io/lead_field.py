"""The matrix of a lead field in its dataset: full, or the entries that are not zero."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from scipy import sparse

ENTRY = "entry"
"""Dimension of the entries of a matrix that is mostly zero."""


def matrix_variables(
    matrix: "np.ndarray | sparse.csr_array", rows: str, attributes: dict[str, object]
) -> dict[str, tuple]:
    """Data variables that hold a matrix (rows, segments).

    A sparse one becomes ``lead_field(entry)`` with ``row_index(entry)`` and ``segment_index(entry)``; where nothing is
    in it, one entry of 0.
    """
    if isinstance(matrix, np.ndarray):
        return {"lead_field": ((rows, "segment"), matrix, attributes)}
    entries = matrix.tocoo()
    values, row, column = entries.data, entries.row, entries.col
    if not values.size:
        values, row, column = np.zeros(1), np.zeros(1), np.zeros(1)
    return {
        "lead_field": (ENTRY, np.asarray(values, dtype=float), attributes),
        "row_index": (ENTRY, row.astype(np.int64), {"long_name": f"index of the {rows}"}),
        "segment_index": (ENTRY, column.astype(np.int64), {"long_name": "index of the segment"}),
    }


def row_dim(dataset: xr.Dataset) -> str:
    """The dimension of a lead field's rows."""
    return str(dataset.attrs["rows"] if ENTRY in dataset.dims else dataset["lead_field"].dims[0])


def matrix_of(dataset: xr.Dataset) -> "np.ndarray | sparse.csr_array":
    """The matrix of a lead field, shape (rows, segments); sparse where it is stored so."""
    values = np.asarray(dataset["lead_field"].values, dtype=float)
    if ENTRY not in dataset.dims:
        return values
    from scipy import sparse

    shape = (dataset.sizes[row_dim(dataset)], dataset.sizes["segment"])
    index = (dataset["row_index"].values, dataset["segment_index"].values)
    return sparse.coo_array((values, index), shape).tocsr()
