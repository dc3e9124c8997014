"""What a forward model must be for a simulation to apply it while it runs."""

from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class LeadField(Protocol):
    """A linear map from the membrane currents of segments to a signal: ``signal(t) = M @ currents(t)``.

    ``quantity`` is a name of :data:`lfptools.units.QUANTITIES`, ``row_dim`` the name of the dimension of the rows
    (``"contact"``, ``"component"``), ``row_coords`` their labels: variable name to array or list, one entry a row.
    """

    quantity: str
    row_dim: str

    @property
    def row_coords(self) -> dict[str, object]: ...

    def get_transformation_matrix(self) -> np.ndarray:
        """Shape (rows, segments)."""
        ...
