"""EEG by the lead field of the New York head."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import h5py
import numpy as np

from lfptools.errors import CellError, GeometryError, unknown_name
from lfptools.forward.from_dipole import triple
from lfptools.forward.multi_dipole import moment
from lfptools.forward.vertex_lead_field import DipoleAtVertex
from lfptools.geometry.alignment import alignment
from lfptools.io.new_york_head import head_file, open_new_york_head

_MM: Final = 1000.0  # µm
FARTHEST_MM: Final = 2.0
PLACES_MM: Final = {
    "calcarine_sulcus": (5.0, -86.0, 2.0),
    "motorsensory_cortex": (18.0, 8.0, 71.0),
    "occipital_lobe": (-24.7, -103.3, -1.46),
    "parietal_lobe": (54.0, -48.0, 55.9),
}
"""Places on the cortex by the names that LFPykit has for them."""


class NYHeadModel:
    """EEG of a current dipole in the New York head: the lead field of the nearest vertex of its cortex.

    Positions are in mm, in MNI coordinates. The file is read where it is needed: a vertex takes milliseconds.

    Parameters
    ----------
    nyhead_file : path, optional
        The file ``sa_nyhead.mat``; by default in the working directory. It is never downloaded.

    Attributes
    ----------
    dipole_pos_dict : dict
        Places that :meth:`set_dipole_pos` knows by name.
    head_file : str
        Path of the file.
    vertex_idx : int or None
        Number of the vertex at which the dipole sits; None before :meth:`set_dipole_pos`.
    dipole_pos, cortex_normal_vec : numpy.ndarray or None
        Shape (3,): that vertex, and the unit vector out of the cortex there.

    Raises
    ------
    DatasetError
        If there is no such file (the message says what it is and where it comes from), or it is another one.

    References
    ----------
    Huang, Parra & Haufe (2016), NeuroImage 140:150, https://doi.org/10.1016/j.neuroimage.2015.12.019
    Næss et al. (2021), NeuroImage 225:117467, https://doi.org/10.1016/j.neuroimage.2020.117467
    """

    def __init__(self, nyhead_file: Path | str | None = None):
        self.dipole_pos_dict = {name: np.array(place) for name, place in PLACES_MM.items()}
        self.head_file = str(head_file(nyhead_file))
        self._head = open_new_york_head(self.head_file)
        self.vertex_idx: int | None = None
        self.dipole_pos: np.ndarray | None = None
        self.cortex_normal_vec: np.ndarray | None = None

    @property
    def cortex(self) -> np.ndarray:
        """Shape (3, vertices), mm."""
        return self._head.positions.T / _MM

    @property
    def cortex_normals(self) -> np.ndarray:
        """Shape (3, vertices): unit vectors out of the cortex."""
        return self._head.normals.T

    @property
    def elecs(self) -> np.ndarray:
        """Shape (6, electrodes): positions in mm, and normals."""
        sensors = self._head.sensors
        return np.vstack((sensors.positions.T / _MM, sensors.surfaces.normal.T))

    @property
    def electrode_names(self) -> list[str]:
        """Names of the electrodes, in the order of the rows."""
        return list(self._head.sensors.ids)

    @property
    def lead_field(self) -> np.ndarray:
        """Shape (3, vertices, electrodes), as it is in the file: V per mA·m. All of it is read, some 400 MB."""
        return self._whole("V_fem")

    @property
    def lead_field_normal(self) -> np.ndarray:
        """Shape (vertices, electrodes), of dipoles along the normals, as it is in the file. All of it is read."""
        return self._whole("V_fem_normal")

    def _whole(self, name: str) -> np.ndarray:
        with h5py.File(self.head_file, "r") as file:
            return file[f"sa/cortex75K/{name}"][:]

    def set_dipole_pos(self, dipole_pos: Sequence[float] | str | None = None) -> None:
        """Put the dipole at the vertex nearest to a place.

        Parameters
        ----------
        dipole_pos : array_like or str, optional
            Shape (3,), mm, or a name of ``dipole_pos_dict``; ``"motorsensory_cortex"`` if not given.

        Raises
        ------
        GeometryError
            For an unknown name, anything else than three finite numbers, or a place farther than 2 mm from the cortex.
        """
        asked = "motorsensory_cortex" if dipole_pos is None else dipole_pos
        if isinstance(asked, str):
            if asked not in self.dipole_pos_dict:
                raise GeometryError(unknown_name("place on the cortex", asked, self.dipole_pos_dict))
            asked = self.dipole_pos_dict[asked]
        place = triple("dipole_pos", asked)
        vertex, distance = self._head.nearest(place * _MM)
        if distance > FARTHEST_MM * _MM:
            raise GeometryError(
                f"the cortex is {distance / _MM:.6g} mm away from dipole_pos {place.tolist()} (its nearest vertex is "
                f"{(self._head.positions[vertex] / _MM).round(3).tolist()}); it may be {FARTHEST_MM:g} mm away"
            )
        self.vertex_idx = vertex
        self.dipole_pos = self._head.positions[vertex] / _MM
        self.cortex_normal_vec = self._head.normals[vertex]

    def return_closest_idx(self, pos: Sequence[float]) -> int:
        """Number of the vertex nearest to a place (3,) in mm, however far it is."""
        return self._head.nearest(triple("pos", pos) * _MM)[0]

    def find_closest_electrode(self) -> tuple[float, int]:
        """Distance in mm from the dipole to the nearest electrode, and its number.

        Raises
        ------
        CellError
            Before :meth:`set_dipole_pos`.
        """
        distance = np.sqrt(((self._head.sensors.positions - self._head.positions[self._vertex()]) ** 2).sum(axis=1))
        nearest = int(distance.argmin())
        return float(distance[nearest]) / _MM, nearest

    def get_transformation_matrix(self) -> np.ndarray:
        """EEG per unit dipole moment at the dipole's vertex.

        Returns
        -------
        numpy.ndarray
            Shape (electrodes, 3), mV per nA·µm.

        Raises
        ------
        CellError
            Before :meth:`set_dipole_pos`.
        """
        return self._head.at(self._vertex())

    def rotate_dipole_to_surface_normal(
        self, p: np.ndarray, orig_ax_vec: Sequence[float] = (0.0, 0.0, 1.0)
    ) -> np.ndarray:
        """Turn a dipole moment by the smallest rotation that takes the cell's depth axis to the cortical normal.

        Parameters
        ----------
        p : array_like
            Shape (3, times) or (3,), nA·µm.
        orig_ax_vec : array_like
            Shape (3,): the axis in the cell's coordinates that is to point out of the cortex.

        Returns
        -------
        numpy.ndarray
            Shape of ``p``.

        Raises
        ------
        CellError
            Before :meth:`set_dipole_pos`.
        GeometryError, ValueError
            For an axis that is no direction, a moment of another shape or with NaN.
        """
        self._vertex()
        turn, found = alignment(orig_ax_vec, self.cortex_normal_vec), moment(p)
        return np.einsum("ij,j...->i...", turn, found)

    def _vertex(self) -> int:
        if self.vertex_idx is None:
            raise CellError("where the dipole sits is not known: call set_dipole_pos first")
        return self.vertex_idx


class NewYorkHeadPotential(DipoleAtVertex):
    """EEG of a cell's current dipole moment in the New York head.

    Parameters and errors are those of :class:`~lfptools.forward.vertex_lead_field.DipoleAtVertex`; positions are in µm,
    in MNI coordinates. The rows are the head's electrodes.

    References
    ----------
    Huang, Parra & Haufe (2016), NeuroImage 140:150, https://doi.org/10.1016/j.neuroimage.2015.12.019
    """

    model = "new_york_head"
    opener = staticmethod(open_new_york_head)
