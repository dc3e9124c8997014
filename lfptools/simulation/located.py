"""Where a cell's segments are: LFPy's names for what follows from the geometry."""

from collections.abc import Sequence

import numpy as np

from lfptools.geometry.segments import Segments, rotation_matrix


class Located:
    """For classes that keep :class:`Segments` as ``_segments``."""

    _segments: Segments

    @property
    def segments(self) -> Segments:
        """Geometry of the segments, in the order of ``imem``."""
        return self._segments

    @property
    def allsecnames(self) -> list[str]:
        """Names of the sections, in order."""
        return list(self._segments.section_names)

    @property
    def nsomasec(self) -> int:
        """How many sections have ``soma`` in their name."""
        return len(self._soma_sections())

    def _soma_sections(self) -> list[int]:
        return [k for k, name in enumerate(self._segments.section_names) if "soma" in name.lower()]

    @property
    def somaidx(self) -> np.ndarray:
        """Indices of the soma's segments; of the first segment where no section is called soma."""
        among = np.isin(self._segments.section, self._soma_sections())
        return np.flatnonzero(among) if among.any() else np.array([0])

    @property
    def somapos(self) -> np.ndarray:
        """Shape (3,), µm: mean of the soma segments' midpoints."""
        return self._segments.midpoints[self.somaidx].mean(axis=0)

    @property
    def totnsegs(self) -> int:
        """Number of segments."""
        return len(self._segments)

    @property
    def x(self) -> np.ndarray:
        """Shape (totnsegs, 2), µm: start and end."""
        return self._segments.x

    @property
    def y(self) -> np.ndarray:
        """Shape (totnsegs, 2), µm: start and end."""
        return self._segments.y

    @property
    def z(self) -> np.ndarray:
        """Shape (totnsegs, 2), µm: start and end."""
        return self._segments.z

    @property
    def d(self) -> np.ndarray:
        """Shape (totnsegs,), µm: diameters."""
        return self._segments.d

    @property
    def area(self) -> np.ndarray:
        """Shape (totnsegs,), µm²: membrane areas."""
        return self._segments.area

    @property
    def length(self) -> np.ndarray:
        """Shape (totnsegs,), µm: lengths along the section."""
        return self._segments.length

    def set_pos(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> None:
        """Move the cell so that ``somapos`` is (x, y, z), µm; 3-D points move along."""
        self._segments = self._segments.moved(*(np.array([x, y, z], dtype=float) - self.somapos))

    def set_rotation(
        self, x: float | None = None, y: float | None = None, z: float | None = None, rotation_order: str = "xyz"
    ) -> None:
        """Rotate the cell about the soma, right-handed about fixed axes, in radians, in the order given.

        ``set_rotation(x=pi/2)`` takes +y to +z. 3-D points turn along.
        """
        matrix = rotation_matrix(x or 0.0, y or 0.0, z or 0.0, rotation_order)
        self._segments = self._segments.rotated(matrix, centre=self.somapos)

    def get_idx(
        self, section: str | Sequence[str] = "allsec", z_min: float = -np.inf, z_max: float = np.inf
    ) -> np.ndarray:
        """Indices of segments by part of the section's name and by z, see :meth:`Segments.find`."""
        return self._segments.find(section, z_min, z_max)

    def get_closest_idx(
        self, x: float = 0.0, y: float = 0.0, z: float = 0.0, section: str | Sequence[str] = "allsec"
    ) -> int:
        """Index of the segment closest to (x, y, z), µm."""
        return self._segments.closest(x, y, z, section)
