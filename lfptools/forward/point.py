"""Extracellular potential of point sources."""

import numpy as np

from lfptools.forward.model import PotentialModel
from lfptools.geometry.cell_geometry import CellGeometry


class PointSourcePotential(PotentialModel):
    """Potential at contacts, each segment a point current source at its middle.

    .. math:: \\phi = \\frac{1}{4 \\pi \\sigma} \\sum_i \\frac{I_i}{\\max(|x - m_i|, \\rho_i)}

    in an infinite, homogeneous, isotropic and ohmic medium.

    Parameters
    ----------
    cell : object or None
        Anything with x, y, z (n, 2) and d (n,) in µm; may be given later (attribute ``cell``).
    x, y, z : array_like
        Shape (contacts,), µm.
    sigma : float
        Conductivity in S/m.
    minimum_distance : float, optional
        ρ in µm; half of each segment's diameter if not given.
    ids : sequence of str, optional
        Names of the contacts; "0", "1", … if not given.
    name : str, optional
        What the signal is called in results; its quantity if not given.

    Raises
    ------
    GeometryError
        For contacts of unequal number, at NaN, or none.
    ValueError, TypeError
        For a conductivity or distance that is not one finite positive number.

    References
    ----------
    Lindén et al. (2014), Front Neuroinform 7:41, https://doi.org/10.3389/fninf.2013.00041
    """

    model = "point"

    def _matrix(self, positions: np.ndarray, geometry: CellGeometry, minimum: np.ndarray) -> tuple[np.ndarray, int]:
        from lfptools.kernels import point

        return point.matrix(positions, 0.5 * geometry.start + 0.5 * geometry.end, minimum, float(self.sigma))
