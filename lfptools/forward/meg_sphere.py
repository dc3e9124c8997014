"""Magnetic field outside a spherically symmetric volume conductor."""

import numpy as np

from lfptools.errors import GeometryError
from lfptools.forward.magnetic_field import VACUUM, DipoleMagneticField, MagneticField


class SphericallySymmetricVolCondMEG(MagneticField):
    """Magnetic field of current dipoles, or of axial currents, outside a conductor whose layers are spheres.

    .. math:: H = \\frac{F\\, P \\times r_p - (P \\times r_p \\cdot r) \\nabla F}{4 \\pi F^2}, \\quad
        F = a (r a + r^2 - r_p \\cdot r), \\quad
        \\nabla F = \\left(\\frac{a^2}{r} + \\frac{a \\cdot r}{a} + 2a + 2r\\right) r
        - \\left(a + 2r + \\frac{a \\cdot r}{a}\\right) r_p

    with a from the dipole at r_p to the sensor at r, and the spheres' centre at the origin. How many layers there are
    and how they conduct does not matter; a dipole along its own radius makes no field. Sensors are outside the
    conductor, so farther from the centre than every source. Axial currents are integrated along straight elements
    by Gauss–Legendre quadrature, to rounding where a sensor is farther than two lengths of the element.

    Parameters
    ----------
    r : array_like
        Shape (sensors, 3), µm from the spheres' centre.
    mu : float
        Permeability in T·m/A; that of vacuum by default.

    Raises
    ------
    GeometryError
        For sensor locations of another shape, none, at NaN, or at the centre; names the indices.
    ValueError, TypeError
        For a permeability that is not one finite positive number.

    References
    ----------
    Sarvas (1987), Phys Med Biol 32:11, https://doi.org/10.1088/0031-9155/32/1/004
    Hämäläinen et al. (1993), Rev Mod Phys 65:413, eq. 34, https://doi.org/10.1103/RevModPhys.65.413
    """

    def __init__(self, r: np.ndarray, mu: float = VACUUM):
        super().__init__(r, mu)
        self._radii = np.sqrt((self._sensors**2).sum(axis=1))
        bad = np.flatnonzero(self._radii == 0.0)
        if bad.size:
            raise GeometryError(f"sensors at the spheres' centre, and so not outside: indices {bad[:10].tolist()}")

    @property
    def r(self) -> np.ndarray:
        """Shape (sensors, 3), µm from the spheres' centre."""
        return self._sensors

    def get_transformation_matrix(self, r_p: np.ndarray) -> np.ndarray:
        """H at each sensor per unit dipole moment.

        Parameters
        ----------
        r_p : array_like
            Shape (3,), µm from the spheres' centre.

        Returns
        -------
        numpy.ndarray
            Shape (sensors, 3, 3), nA/µm per nA·µm.

        Raises
        ------
        GeometryError
            If the location is not three finite numbers, or as far from the centre as a sensor; names the sensors.
        """
        return self._at(r_p)

    def calculate_H(self, p: np.ndarray, r_p: np.ndarray) -> np.ndarray:
        """H of a current dipole.

        Parameters
        ----------
        p : array_like
            Shape (3, times) or (3,), nA·µm.
        r_p : array_like
            Shape (3,), µm from the spheres' centre.

        Returns
        -------
        numpy.ndarray
            Shape (sensors, 3, times) or (sensors, 3), nA/µm.

        Raises
        ------
        GeometryError
            As :meth:`get_transformation_matrix`, and for a dipole moment of another shape or with NaN (ValueError).
        """
        return self._H(p, r_p)

    def calculate_B(self, p: np.ndarray, r_p: np.ndarray) -> np.ndarray:
        """B = μ H of a current dipole, in T; parameters, shape and errors as :meth:`calculate_H`."""
        return self._B(p, r_p)

    def _field(self, positions: np.ndarray, moments: np.ndarray) -> np.ndarray:
        from lfptools.kernels import meg_sphere

        return meg_sphere.field(self._sensors, positions, moments)

    def _elements(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        from lfptools.kernels import meg_sphere

        return meg_sphere.elements(self._sensors, start, end)

    def check_sources(self, positions: np.ndarray, what: str) -> None:
        radii = np.sqrt((positions**2).sum(axis=1))
        nearest = int(self._radii.argmin())
        bad = np.flatnonzero(radii >= self._radii[nearest])
        if bad.size:
            inside = np.flatnonzero(self._radii <= radii[bad[0]])
            raise GeometryError(
                f"{what} must be nearer to the spheres' centre than every sensor: indices {bad[:10].tolist()}, the "
                f"first at {radii[bad[0]]:.9g} µm, farther than the sensors of indices {inside[:10].tolist()} (the "
                f"nearest at {self._radii[nearest]:.9g} µm)"
            )


class SphereDipoleMagneticField(DipoleMagneticField):
    """Magnetic field of a cell's current dipole moment outside a conductor whose layers are spheres.

    Parameters and errors are those of :class:`~lfptools.forward.magnetic_field.DipoleMagneticField`, the formula that
    of :class:`SphericallySymmetricVolCondMEG`: positions are in µm from the spheres' centre, and every sensor is
    farther from it than the dipole.

    References
    ----------
    Sarvas (1987), Phys Med Biol 32:11, https://doi.org/10.1088/0031-9155/32/1/004
    """

    model = "meg_sphere"
    conductor = SphericallySymmetricVolCondMEG
