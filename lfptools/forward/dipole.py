"""Current dipole moment."""

import numpy as np

from lfptools.config.parameters import Parameters
from lfptools.forward.model import ForwardModel
from lfptools.geometry.contacts import Contacts


class DipoleParameters(Parameters):
    """The current dipole moment has no parameters."""


class CurrentDipoleMoment(ForwardModel):
    """Current dipole moment of a cell, each segment a point current at its middle.

    .. math:: P = \\sum_i m_i I_i

    It does not depend on the origin of the coordinates only where the membrane currents sum to zero.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    name : str, optional
        What the signal is called in results; its quantity if not given.

    References
    ----------
    Lindén et al. (2010), J Comput Neurosci 29:423, https://doi.org/10.1007/s10827-010-0245-4
    """

    model = "dipole"
    Parameters = DipoleParameters
    needs_contacts = False
    quantity = "current_dipole_moment"
    matrix_quantity = "dipole_lead_field"
    row_dim = "component"
    depends_on_origin = True

    def __init__(self, cell: object | None, *, name: str | None = None):
        super().__init__(cell, name)

    @classmethod
    def from_parameters(
        cls, p: DipoleParameters, segments: object, contacts: Contacts | None = None
    ) -> "CurrentDipoleMoment":
        return cls(segments)

    @property
    def parameters(self) -> DipoleParameters:
        return DipoleParameters()

    @property
    def row_coords(self) -> dict[str, object]:
        return {"component_id": ["x", "y", "z"]}

    def get_transformation_matrix(self) -> np.ndarray:
        """Dipole moment per unit membrane current of each segment: the segments' middles.

        Returns
        -------
        numpy.ndarray
            Shape (3, segments), µm.

        Raises
        ------
        CellError
            If no cell has been given.
        GeometryError
            If segments have impossible positions.
        """
        from lfptools.kernels import dipole

        geometry = self.geometry()
        self.clamped_pairs = 0
        return dipole.matrix(geometry.start, geometry.end)
