"""Where a cell's segments are: LFPy's names for what follows from the geometry."""

from collections.abc import Mapping, Sequence

import numpy as np

from lfptools.geometry import kinship, outlines, random_indices
from lfptools.geometry.polyline import arc
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

    @property
    def x3d(self) -> list[np.ndarray]:
        """Per section the x of its 3-D points, µm."""
        return [points[:, 0] for points in self._segments.points]

    @property
    def y3d(self) -> list[np.ndarray]:
        """Per section the y of its 3-D points, µm."""
        return [points[:, 1] for points in self._segments.points]

    @property
    def z3d(self) -> list[np.ndarray]:
        """Per section the z of its 3-D points, µm."""
        return [points[:, 2] for points in self._segments.points]

    @property
    def diam3d(self) -> list[np.ndarray]:
        """Per section the diameters at its 3-D points, µm."""
        return [points[:, 3] for points in self._segments.points]

    @property
    def arc3d(self) -> list[np.ndarray]:
        """Per section the distances of its 3-D points from the first, along the section, µm."""
        return [arc(points) for points in self._segments.points]

    # --- moving it ----------------------------------------------------------------------------------------------------

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

    def chiral_morphology(self, axis: str = "x") -> None:
        """Mirror the cell across ``axis`` in the plane through the soma's middle; 3-D points are mirrored along."""
        self._segments = self._segments.mirrored(axis, self.somapos)

    def distort_geometry(self, factor: float = 0.0, axis: str = "z", nu: float = 0.0) -> None:
        """Compress the cell along ``axis`` by ``factor`` about the soma, with Poisson's ratio ``nu`` across it.

        Positions and 3-D points change, what the cable equation is solved with does not:
        see :meth:`Segments.distorted`.
        """
        self._segments = self._segments.distorted(factor, axis, nu, self.somapos)

    # --- finding segments ---------------------------------------------------------------------------------------------

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

    def get_idx_name(self, idx: int | Sequence[int] = (0,)) -> np.ndarray:
        """Index, section name and position in the section, (k, 3) objects; (3,) for a single index."""
        return kinship.names_of(self._segments, idx)

    def get_idx_children(self, parent: str = "soma[0]") -> np.ndarray:
        """Indices of the segments of all sections that hang on the section of exactly this name."""
        return kinship.children_idx(self._segments, parent)

    def get_idx_parent_children(self, parent: str = "soma[0]") -> np.ndarray:
        """Indices of the segments of the section of exactly this name, and of all sections that hang on it."""
        return kinship.parent_children_idx(self._segments, parent)

    def get_dict_of_children_idx(self) -> dict[str, list[int]]:
        """For each section, the first segment of each section that hangs on it."""
        return kinship.children_of_sections(self._segments)

    def get_dict_parent_connections(self) -> dict[str, float]:
        """For each section, the normalised position on its parent where it hangs; 0 for a root."""
        return kinship.parent_connections(self._segments)

    def get_intersegment_vector(self, idx0: int = 0, idx1: int = 0) -> list[float]:
        """x, y, z from the middle of segment ``idx0`` to that of ``idx1``, µm."""
        return kinship.vector_between(self._segments, idx0, idx1).tolist()

    def get_intersegment_distance(self, idx0: int = 0, idx1: int = 0) -> float:
        """Distance between the middles of two segments, µm."""
        return float(np.linalg.norm(kinship.vector_between(self._segments, idx0, idx1)))

    # --- choosing segments at random ----------------------------------------------------------------------------------

    def get_rand_prob_area_norm(
        self, section: str | Sequence[str] = "allsec", z_min: float = -np.inf, z_max: float = np.inf
    ) -> np.ndarray:
        """Membrane areas of the segments that :meth:`get_idx` finds, divided by their sum."""
        return self.get_rand_prob_area_norm_from_idx(self.get_idx(section, z_min, z_max))

    def get_rand_prob_area_norm_from_idx(self, idx: Sequence[int] = (0,)) -> np.ndarray:
        """Membrane areas of segments divided by their sum."""
        return random_indices.area_probability(self._segments, idx)

    def get_rand_idx_area_norm(
        self,
        section: str | Sequence[str] = "allsec",
        nidx: int = 1,
        z_min: float = -np.inf,
        z_max: float = np.inf,
        rng: np.random.Generator | None = None,
        seed: int | None = None,
    ) -> np.ndarray:
        """``nidx`` segments drawn in proportion to membrane area, see :func:`random_indices.by_area`."""
        return random_indices.by_area(self._segments, section, nidx, z_min, z_max, rng, seed)

    def get_rand_idx_area_and_distribution_norm(
        self,
        section: str | Sequence[str] = "allsec",
        nidx: int = 1,
        z_min: float = -np.inf,
        z_max: float = np.inf,
        fun: object = "norm",
        funargs: Mapping[str, float] | Sequence[Mapping[str, float]] | None = None,
        funweights: float | Sequence[float] | None = None,
        rng: np.random.Generator | None = None,
        seed: int | None = None,
    ) -> np.ndarray:
        """``nidx`` segments drawn by membrane area and densities over depth, which are methods ``pdf`` or names of
        ``scipy.stats``; see :func:`random_indices.by_area_and_depth`."""
        return random_indices.by_area_and_depth(
            self._segments, section, nidx, z_min, z_max, fun, funargs, funweights, rng, seed
        )

    # --- drawing it ---------------------------------------------------------------------------------------------------

    def get_pt3d_polygons(self, projection: Sequence[str] = ("x", "z")) -> list[outlines.Outline]:
        """One outline a section along its 3-D points, in a plane, see :func:`outlines.section_outlines`."""
        return outlines.section_outlines(self._segments, projection)

    def get_idx_polygons(self, projection: Sequence[str] = ("x", "z")) -> list[outlines.Outline]:
        """One rectangle a segment, in a plane, see :func:`outlines.segment_outlines`."""
        return outlines.segment_outlines(self._segments, projection)
