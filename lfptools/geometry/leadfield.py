"""What a forward model must be for a simulation to apply it while it runs."""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse


@runtime_checkable
class LeadField(Protocol):
    """A linear map from the membrane currents of segments to a signal: ``signal(t) = M @ currents(t)``.

    ``quantity`` is a name of :data:`lfptools.units.QUANTITIES`, ``row_dim`` the name of the dimension of the rows
    (``"contact"``, ``"component"``, ``"bin"``), ``row_coords`` their labels: variable name to array or list, one entry
    a row. A matrix with several leading dimensions has its rows in C order. A model may also have ``get_row_matrix()``:
    the same with one row a row, full or sparse.
    """

    quantity: str
    row_dim: str

    @property
    def row_coords(self) -> dict[str, object]: ...

    def get_transformation_matrix(self) -> np.ndarray:
        """Shape (rows, segments), or (…, segments)."""
        ...


def row_matrix(model: LeadField) -> "np.ndarray | sparse.csr_array":
    """A model's matrix with one row a row of its signal: C-contiguous float64, or sparse where the model has it so."""
    if hasattr(model, "get_row_matrix"):
        return model.get_row_matrix()
    matrix = np.asarray(model.get_transformation_matrix(), dtype=float)
    return np.ascontiguousarray(matrix.reshape(-1, matrix.shape[-1]) if matrix.ndim > 1 else matrix)
