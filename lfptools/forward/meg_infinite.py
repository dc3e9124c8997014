"""Magnetic field in an infinite homogeneous volume conductor."""

import numpy as np

from lfptools.errors import GeometryError
from lfptools.forward.magnetic_field import VACUUM, DipoleMagneticField, MagneticField


class InfiniteHomogeneousVolCondMEG(MagneticField):
    """Magnetic field of current dipoles, or of axial currents, in an infinite homogeneous conductor.

    .. math:: H = \\frac{P \\times R}{4 \\pi R^3}

    with R from the dipole to the sensor. Volume currents make no field, whatever the conductivity; induction and
    magnetisation are neglected. Axial currents are straight elements, integrated exactly (Biot–Savart).

    Parameters
    ----------
    sensor_locations : array_like
        Shape (sensors, 3), µm.
    mu : float
        Permeability in T·m/A; that of vacuum by default.

    Raises
    ------
    GeometryError
        For sensor locations of another shape, none, or at NaN; names the indices.
    ValueError, TypeError
        For a permeability that is not one finite positive number.

    References
    ----------
    Nunez & Srinivasan (2006), Electric Fields of the Brain, Oxford University Press,
    https://doi.org/10.1093/acprof:oso/9780195050387.001.0001
    Blagoev et al. (2007), NeuroImage 37:137, https://doi.org/10.1016/j.neuroimage.2007.04.033
    """

    def __init__(self, sensor_locations: np.ndarray, mu: float = VACUUM):
        super().__init__(sensor_locations, mu)

    @property
    def sensor_locations(self) -> np.ndarray:
        """Shape (sensors, 3), µm."""
        return self._sensors

    def get_transformation_matrix(self, dipole_location: np.ndarray) -> np.ndarray:
        """H at each sensor per unit dipole moment.

        Parameters
        ----------
        dipole_location : array_like
            Shape (3,), µm.

        Returns
        -------
        numpy.ndarray
            Shape (sensors, 3, 3), nA/µm per nA·µm.

        Raises
        ------
        GeometryError
            If the location is not three finite numbers, or that of a sensor.
        """
        return self._at(dipole_location)

    def calculate_H(self, current_dipole_moment: np.ndarray, dipole_location: np.ndarray) -> np.ndarray:
        """H of a current dipole.

        Parameters
        ----------
        current_dipole_moment : array_like
            Shape (3, times) or (3,), nA·µm.
        dipole_location : array_like
            Shape (3,), µm.

        Returns
        -------
        numpy.ndarray
            Shape (sensors, 3, times) or (sensors, 3), nA/µm.

        Raises
        ------
        GeometryError
            As :meth:`get_transformation_matrix`, and for a dipole moment of another shape or with NaN (ValueError).
        """
        return self._H(current_dipole_moment, dipole_location)

    def calculate_B(self, p: np.ndarray, r_p: np.ndarray) -> np.ndarray:
        """B = μ H of a current dipole.

        Parameters
        ----------
        p : array_like
            Shape (3, times) or (3,), nA·µm.
        r_p : array_like
            Shape (3,), µm.

        Returns
        -------
        numpy.ndarray
            Shape (sensors, 3, times) or (sensors, 3), T.

        Raises
        ------
        GeometryError
            As :meth:`calculate_H`.
        """
        return self._B(p, r_p)

    def _field(self, positions: np.ndarray, moments: np.ndarray) -> np.ndarray:
        from lfptools.kernels import meg_infinite

        return meg_infinite.field(self._sensors, positions, moments)

    def _elements(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        from lfptools.kernels import meg_infinite

        matrix = meg_infinite.elements(self._sensors, start, end)
        bad = np.argwhere(~np.isfinite(matrix).all(axis=2))
        if bad.size:
            sensor, element = bad[0].tolist()
            raise GeometryError(f"sensor {sensor} lies on axial element {element}, where the field is infinite")
        return matrix

    def check_sources(self, positions: np.ndarray, what: str) -> None:
        for sensor, location in enumerate(self._sensors):
            same = np.flatnonzero((positions == location).all(axis=1))
            if same.size:
                raise GeometryError(
                    f"{what} at a sensor, where the field is infinite: indices {same[:10].tolist()} at sensor {sensor}"
                )

    def _check_elements(self, start: np.ndarray, end: np.ndarray) -> None:
        """Beside its end an element's field is as finite as beside its middle: the matrix itself is checked."""


class InfiniteDipoleMagneticField(DipoleMagneticField):
    """Magnetic field of a cell's current dipole moment in an infinite homogeneous conductor.

    Parameters and errors are those of :class:`~lfptools.forward.magnetic_field.DipoleMagneticField`, the formula that
    of :class:`InfiniteHomogeneousVolCondMEG`.

    References
    ----------
    Nunez & Srinivasan (2006), Electric Fields of the Brain, Oxford University Press,
    https://doi.org/10.1093/acprof:oso/9780195050387.001.0001
    """

    model = "meg_infinite"
    conductor = InfiniteHomogeneousVolCondMEG
