"""What is placed on a cell: LFPy's names for its synapses and electrodes."""

from lfptools.simulation.placing import Placed
from lfptools.simulation.pointprocess import PointProcess, StimIntElectrode, Synapse


class Host:
    """For cells, which keep what is placed on them as ``placed``."""

    placed: list[Placed]

    def set_synapse(
        self,
        idx: int,
        syntype: str,
        record_current: bool = False,
        record_potential: bool = False,
        weight: float | None = None,
        **kwargs,
    ) -> int:
        """Place a :class:`Synapse` and return its index in ``synapses``."""
        Synapse(self, idx, syntype, record_current, record_potential, weight, **kwargs)
        return len(self.synidx) - 1

    def set_point_process(
        self, idx: int, pptype: str, record_current: bool = False, record_potential: bool = False, **kwargs
    ) -> int:
        """Place a :class:`StimIntElectrode` and return its index in ``pointprocesses``."""
        StimIntElectrode(self, idx, pptype, record_current, record_potential, **kwargs)
        return len(self.pointprocess_idx) - 1

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
        return [StimIntElectrode.on(self, placed) for placed in self._electrodes()]

    @property
    def pointprocess_idx(self) -> list[int]:
        """Segments of the electrodes."""
        return [placed.idx for placed in self._electrodes()]

    def _electrodes(self) -> list[Placed]:
        return [placed for placed in self.placed if not (placed.is_synapse or placed.is_place)]
