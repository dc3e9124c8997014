"""Synapses and electrodes on a cell.

The cell keeps a :class:`lfptools.simulation.placing.Placed` (the NEURON objects and what was recorded); a
:class:`Synapse` or :class:`StimIntElectrode` is the user's handle on it. Handles refer to the cell, never the other way
round, so that a cell is freed with its last reference.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from neuron import h

from lfptools.errors import CellError, LfptoolsWarning, unknown_name
from lfptools.simulation.placing import Placed, is_electrode, number, place, receives_events
from lfptools.simulation.recorded import Recorded

STANDS_FOR = ("electrode", "synapse")


class PointProcess:
    """A place on a cell, and NEURON's point process there: the base of :class:`Synapse` and :class:`StimIntElectrode`.

    Parameters
    ----------
    cell : Cell
        Where it sits.
    idx : int
        Index of the segment, 0 … ``cell.totnsegs`` − 1.
    record_current : bool
        Record its current ``i`` (nA) in every run; then ``.i`` has shape (samples,).
    record_potential : bool
        Record the membrane potential where it sits (mV); then ``.v`` has shape (samples,).
    pptype : str, optional
        Name of NEURON's point process; without it nothing is placed, and only the potential can be recorded.
    **kwargs
        Parameters of the point process, by NEURON's names.

    Raises
    ------
    CellError
        For an index out of range, a parameter or point process that does not exist.
    """

    i = Recorded("i", "record_current=True and cell.simulate()")
    v = Recorded("v", "record_potential=True and cell.simulate()")
    _is_synapse = False

    def __init__(
        self,
        cell,
        idx: int,
        record_current: bool = False,
        record_potential: bool = False,
        pptype: str | None = None,
        **kwargs,
    ):
        self.cell = cell
        self._placed = place(cell, idx, pptype, kwargs, record_current, record_potential, self._is_synapse)

    @classmethod
    def on(cls, cell, placed: Placed) -> "PointProcess":
        """A handle on what is already placed."""
        handle = cls.__new__(cls)
        handle.cell, handle._placed = cell, placed
        return handle

    @property
    def _results(self) -> dict[str, np.ndarray]:
        return self._placed.results

    @property
    def idx(self) -> int:
        """Index of the segment."""
        return self._placed.idx

    @property
    def name(self) -> str | None:
        """What it is called in datasets; None: its kind, number and segment, ``Exp2Syn[0] at dend[0](0.5)``."""
        return self._placed.name

    @name.setter
    def name(self, value: str | None) -> None:
        if value is not None and not (isinstance(value, str) and value.strip()):
            raise CellError(f"the name of a {type(self).__name__} is a text or None, got {value!r}")
        self._placed.name = value

    @property
    def hoc(self):
        """NEURON's own object, for parameters that change during a study."""
        return self._placed.hoc

    @property
    def kwargs(self) -> dict[str, object]:
        """The parameters that it was given."""
        return dict(self._placed.parameters)

    @property
    def record_current(self) -> bool:
        return self._placed.record_current

    @property
    def record_potential(self) -> bool:
        return self._placed.record_potential

    @property
    def x(self) -> float:
        """Where it sits: x of the segment's midpoint, µm."""
        return float(self.cell.x[self.idx].mean())

    @property
    def y(self) -> float:
        """Where it sits: y of the segment's midpoint, µm."""
        return float(self.cell.y[self.idx].mean())

    @property
    def z(self) -> float:
        """Where it sits: z of the segment's midpoint, µm."""
        return float(self.cell.z[self.idx].mean())

    def update_pos(self, cell) -> None:
        """For LFPy's scripts: ``x``, ``y`` and ``z`` follow the cell without it."""
        self._require(cell)

    def collect_current(self, cell) -> None:
        """For LFPy's scripts: ``.i`` is there after a run without it; raises if it was not recorded."""
        self._require(cell)
        _ = self.i

    def collect_potential(self, cell) -> None:
        """For LFPy's scripts: ``.v`` is there after a run without it; raises if it was not recorded."""
        self._require(cell)
        _ = self.v

    def _require(self, cell) -> None:
        if cell is not self.cell:
            raise CellError(f"this {type(self).__name__} sits on {self.cell.name}, not on the cell given")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PointProcess) and self._placed is other._placed

    def __hash__(self) -> int:
        return hash(id(self._placed))


class Synapse(PointProcess):
    """A synapse on a segment of a cell.

    Parameters
    ----------
    cell : Cell
        Where it sits.
    idx : int
        Index of the segment.
    syntype : str
        Name of NEURON's point process (``"Exp2Syn"``, ``"ExpSyn"``, one from a mod file).
    record_current, record_potential : bool
        Record ``.i`` (nA) and ``.v`` (mV).
    weight : float, optional
        Weight of its connection (µS for NEURON's own synapses); needed before spike times can be set.
    **kwargs
        Parameters of the point process, by NEURON's names (``tau1``, ``tau2``, ``e``).

    Raises
    ------
    CellError
        For an index out of range, a parameter or point process that does not exist.
    """

    _is_synapse = True

    def __init__(
        self,
        cell,
        idx: int,
        syntype: str,
        record_current: bool = False,
        record_potential: bool = False,
        weight: float | None = None,
        **kwargs,
    ):
        weight = None if weight is None else number("weight", weight)
        super().__init__(cell, idx, record_current, record_potential, syntype, **kwargs)
        self._placed.weight = weight

    @property
    def syntype(self) -> str:
        """Name of NEURON's point process."""
        return self._placed.kind

    @property
    def weight(self) -> float | None:
        """Weight of the connection."""
        return self._placed.weight

    def set_spike_times(self, sptimes: Sequence[float] | np.ndarray = ()) -> None:
        """Deliver events at these times (ms) in every run from now on; replaces earlier ones.

        Raises
        ------
        CellError
            For NaN, more than one dimension, or a synapse without a weight.
        """
        times = np.asarray(sptimes, dtype=float)
        if times.ndim != 1 or not np.isfinite(times).all():
            raise CellError(f"spike times must be a vector of finite times in ms, got {sptimes!r}")
        early = times < self.cell.tstart
        if early.any():
            warnings.warn(
                f"{early.sum()} spike times of a {self.syntype} lie before tstart = {self.cell.tstart:g} ms "
                "and are not delivered",
                LfptoolsWarning,
                stacklevel=2,
            )
        self._connect(None)
        self._placed.spike_times = np.sort(times[~early])

    def set_spike_times_w_netstim(
        self, noise: float = 1.0, start: float = 0.0, number: float = 1e3, interval: float = 10.0, seed: float = 1234.0
    ) -> None:
        """Deliver the events of a NetStim: ``number`` of them from ``start`` (ms) at a mean ``interval`` (ms).

        ``noise`` from 0 (regular) to 1 (Poisson). Each synapse draws from a stream of its own
        (Random123 by ``seed``, segment and rank), the same in every run.
        """
        stimulus = h.NetStim()
        stimulus.noise, stimulus.start, stimulus.number, stimulus.interval = noise, start, number, interval
        stimulus.noiseFromRandom123(int(seed), self.idx, len(self.cell.placed))
        self._connect(stimulus)
        self._placed.spike_times = np.zeros(0)

    def _connect(self, stimulus) -> None:
        self.cell.require_open()
        placed = self._placed
        # Asked beforehand: a NetCon that fails leaves the process in a state that crashes when it is freed.
        if not receives_events(placed.kind):
            raise CellError(f"{placed.kind} cannot receive spikes: it has no NET_RECEIVE block")
        if placed.weight is None:
            raise CellError(f"a {placed.kind} needs weight=… before it can receive spikes; it was made without")
        connection = h.NetCon(stimulus, placed.hoc)
        connection.weight[0] = placed.weight
        connection.delay = 0
        placed.connection, placed.stimulus = connection, stimulus


class StimIntElectrode(PointProcess):
    """An intracellular electrode on a segment of a cell.

    Its current comes into the cell through the pipette and leaves it through the membrane, for a ground far away: the
    membrane currents sum to it, and in all signals the cell appears as a monopole while it injects. That is what a
    physical electrode does. One that stands for synapses is another thing: their current comes through the membrane
    where they are. With ``stands_for="synapse"`` the current that it injects is counted as an inward membrane current
    of its segment; membrane currents, and signals, then sum to zero.

    Parameters
    ----------
    cell : Cell
        Where it sits.
    idx : int
        Index of the segment.
    pptype : str
        ``"IClamp"``, ``"SEClamp"``, ``"VClamp"`` or a point process from a mod file.
    record_current, record_potential : bool
        Record ``.i`` (nA) and ``.v`` (mV).
    stands_for : {"electrode", "synapse"}
        What its current is: a physical electrode's, or a stand-in for synaptic currents.
    **kwargs
        Parameters by NEURON's names (``amp``, ``dur``, ``delay``; vectors such as VClamp's ``amp`` as sequences).

    Raises
    ------
    CellError
        For an index out of range, a parameter or point process that does not exist.
    """

    def __init__(
        self,
        cell,
        idx: int,
        pptype: str = "SEClamp",
        record_current: bool = False,
        record_potential: bool = False,
        stands_for: str = "electrode",
        **kwargs,
    ):
        if stands_for not in STANDS_FOR:
            raise CellError(unknown_name("stands_for", stands_for, STANDS_FOR))
        if stands_for == "synapse" and not is_electrode(pptype):
            raise CellError(f"{pptype} injects no electrode's current that could stand for a synapse's")
        super().__init__(cell, idx, record_current, record_potential, pptype, **kwargs)
        self._placed.stands_for = stands_for

    @property
    def pptype(self) -> str:
        """Name of NEURON's point process."""
        return self._placed.kind

    def play(self, current: Sequence[float] | np.ndarray, dt: float, keep: bool = True) -> None:
        """Inject these currents in every run from now on: each for ``dt`` ms, the first from t = 0, then nothing.

        With fixed steps of ``dt`` a value holds for one step. It takes the place of IClamp's own pulse.

        Parameters
        ----------
        current : array_like
            Shape (n,), nA.
        dt : float
            How long each holds, ms.
        keep : bool
            Whether the current is part of the run's results (``electrode_current``).

        Raises
        ------
        CellError
            If this is no IClamp, the currents are no vector of finite numbers, or ``dt`` is not > 0.
        """
        values = np.asarray(current, dtype=float)
        if self.pptype != "IClamp":
            raise CellError(f"currents are played into an IClamp, this is a {self.pptype}")
        if values.ndim != 1 or not values.size or not np.isfinite(values).all():
            raise CellError(f"play needs a vector of finite currents in nA, got shape {values.shape}")
        if not dt > 0:
            raise CellError(f"play needs dt > 0 ms, got {dt!r}")
        self.cell.require_open()
        placed = self._placed
        placed.hoc.delay, placed.hoc.dur, placed.hoc.amp = 0.0, 1e12, 0.0
        placed.played, placed.kept = h.Vector(np.append(values, 0.0)), keep
        placed.played.play(placed.hoc._ref_amp, dt)

    @property
    def stands_for(self) -> str:
        """What its current is counted as: ``"electrode"`` or ``"synapse"``."""
        return self._placed.stands_for
