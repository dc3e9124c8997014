"""What is placed on a cell: LFPy's names for its synapses and electrodes."""

from lfptools.simulation.pointprocess import Placed, PointProcess, StimIntElectrode, Synapse


class Host:
    """For cells, which keep what is placed on them as ``placed``."""

    placed: list[Placed]

    @property
    def synapses(self) -> list[Synapse]:
        """Handles on the synapses, in the order they were made."""
        return [Synapse.on(self, placed) for placed in self.placed if placed.is_synapse]

    @property
    def synidx(self) -> list[int]:
        """Segments of the synapses."""
        return [placed.idx for placed in self.placed if placed.is_synapse]

    @property
    def pointprocesses(self) -> list[PointProcess]:
        """Handles on the electrodes, in the order they were made."""
        return [StimIntElectrode.on(self, placed) for placed in self.placed if not placed.is_synapse]

    @property
    def pointprocess_idx(self) -> list[int]:
        """Segments of the electrodes."""
        return [placed.idx for placed in self.placed if not placed.is_synapse]
