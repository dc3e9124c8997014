"""The currents inside a cell, from the membrane potentials of its last run: LFPy's names for them."""

from collections.abc import Sequence

import numpy as np

from lfptools.errors import CellError
from lfptools.geometry.segments import Segments


class AxialCurrents:
    """For classes that keep :class:`Segments` as ``_segments`` and what a run recorded as ``_results``.

    The potential inside drives axial currents: ``vmem``, and where the run has it ``vmem + vext``.
    """

    _segments: Segments
    _results: dict[str, object]
    vmem: np.ndarray

    def get_axial_resistance(self) -> np.ndarray:
        """Shape (totnsegs,), MΩ: NEURON's resistances from each segment's centre to the node that it hangs on.

        That is the centre of the segment before, or in the first segment of a section the place where the section
        hangs. Taken when the cell was made and, where Ra has been changed since, at its last run.
        """
        return self._segments.axial_resistance.copy()

    def get_transformation_matrix_vmem_to_imem(self, sparse: bool = False):
        """The matrix that makes membrane currents (nA) of membrane potentials (mV): ``M @ cell.vmem``, in µS.

        A segment with an electrode gets its membrane current minus what the electrode injects. Beside ``extracellular``
        it is the potential inside that counts: ``M @ (cell.vmem + cell.vext)``. The matrix is symmetric,
        and its rows and columns sum to zero, see :attr:`lfptools.geometry.axial.AxialTree.membrane`.

        Parameters
        ----------
        sparse : bool
            Return a ``scipy.sparse.csr_array`` instead of a numpy array.

        Returns
        -------
        numpy.ndarray or scipy.sparse.csr_array
            Shape (totnsegs, totnsegs), µS.
        """
        matrix = self._axial_tree().membrane
        return matrix if sparse else matrix.toarray()

    def get_axial_currents_from_vmem(
        self, timepoints: Sequence[int] | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Currents along the dendrites, each on two straight pieces: parent's middle to near end to segment's middle.

        Parameters
        ----------
        timepoints : sequence of int, optional
            Samples of the last run; all if not given.

        Returns
        -------
        i_axial : numpy.ndarray
            Shape (2 m, timepoints), nA, for the m segments that hang on another one (all but the first of a root), in
            order: the current from its parent into each, twice, once for each piece.
        d_vectors : numpy.ndarray
            Shape (3, 2 m), µm: the pieces, in the direction of the current.
        pos_vectors : numpy.ndarray
            Shape (2 m, 3), µm: their middles.

        Raises
        ------
        CellError
            For samples that the run has not, or if it did not record ``vmem``.
        """
        tree = self._axial_tree()
        vectors, positions = tree.elements()
        currents = tree.currents @ self._potentials(timepoints)
        twice = np.empty((currents.shape[0], 2, currents.shape[1]))
        twice[:] = currents[:, None, :]  # several times as fast as numpy.repeat
        return twice.reshape(-1, currents.shape[1]), vectors, positions

    def get_multi_current_dipole_moments(
        self, timepoints: Sequence[int] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """One current dipole for each piece of :meth:`get_axial_currents_from_vmem`.

        Without electrodes their sum is the dipole moment of the membrane currents (Hagen et al. 2018, Front Neuroinform
        12:92, https://doi.org/10.3389/fninf.2018.00092).

        Parameters
        ----------
        timepoints : sequence of int, optional
            Samples of the last run; all if not given.

        Returns
        -------
        multi_dipoles : numpy.ndarray
            Shape (2 m, 3, timepoints), nA·µm.
        pos_axial : numpy.ndarray
            Shape (2 m, 3), µm: middles of the pieces.

        Raises
        ------
        CellError
            For samples that the run has not, or if it did not record ``vmem``.
        """
        tree = self._axial_tree()
        _, positions = tree.elements()
        moments = tree.dipoles @ self._potentials(timepoints)
        return moments.reshape(-1, 3, moments.shape[1]), positions

    def _axial_tree(self):
        from lfptools.geometry.axial import AxialTree

        return AxialTree.of(self._segments)

    def _potentials(self, timepoints: Sequence[int] | None) -> np.ndarray:
        vmem, vext = self.vmem, self._results.get("vext")
        if timepoints is None:
            return vmem if vext is None else vmem + vext
        chosen = np.atleast_1d(np.asarray(timepoints))
        if chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iu"):
            raise CellError(f"timepoints must be a sequence of integers, got {timepoints!r}")
        bad = chosen[(chosen < 0) | (chosen >= vmem.shape[1])]
        if bad.size:
            raise CellError(f"timepoints must lie in 0 … {vmem.shape[1] - 1}, got {bad[:10].tolist()}")
        chosen = chosen.astype(np.int64)
        return vmem[:, chosen] if vext is None else vmem[:, chosen] + vext[:, chosen]
