"""Synapses and electrodes on a cell.

The cell keeps a :class:`Placed` (the NEURON objects and what was recorded); a :class:`Synapse` or
:class:`StimIntElectrode` is the user's handle on it. Handles refer to the cell, never the other way round, so that a
cell is freed with its last reference.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from neuron import h

from lfptools.errors import CellError, LfptoolsWarning, unknown_name
from lfptools.simulation.mechanisms import (
    point_process_parameters,
    point_processes,
    range_parameters,
    require_mechanism,
)
from lfptools.simulation.recorded import Recorded

_ELECTRODES = frozenset({"IClamp", "SEClamp", "VClamp"})
_PLACE = "place"
STANDS_FOR = ("electrode", "synapse")


@dataclass(eq=False)
class Placed:
    """A point process that a cell owns. Holds no reference to the cell."""

    hoc: object
    kind: str
    idx: int
    parameters: dict[str, object]
    record_current: bool
    record_potential: bool
    is_electrode: bool
    is_synapse: bool
    stands_for: str = "electrode"
    weight: float | None = None
    connection: object = None
    stimulus: object = None
    spike_times: np.ndarray = field(default_factory=lambda: np.zeros(0))
    results: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of_others(cls, hoc, idx: int) -> "Placed":
        """An electrode that somebody placed with NEURON itself on the segment of this index."""
        return cls(
            hoc=hoc, kind=hoc.hname().partition("[")[0], idx=idx, parameters={}, record_current=False,
            record_potential=False, is_electrode=True, is_synapse=False,
        )  # fmt: skip

    @property
    def is_place(self) -> bool:
        """Whether it is a mere place, with no point process of NEURON's."""
        return self.kind == _PLACE

    def events(self) -> list[tuple[object, float]]:
        """What the engine delivers in a run of this cell."""
        return [(self.connection, float(when)) for when in self.spike_times]

    def __getstate__(self) -> dict[str, object]:
        """Without NEURON's objects, which cannot be pickled."""
        return {**self.__dict__, "hoc": None, "connection": None, "stimulus": None}

    def release(self) -> None:
        """Let go of the NEURON objects, connections first: they must not outlive what they point to."""
        self.connection = self.stimulus = self.hoc = None


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
        weight = None if weight is None else _number("weight", weight)
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

    @property
    def stands_for(self) -> str:
        """What its current is counted as: ``"electrode"`` or ``"synapse"``."""
        return self._placed.stands_for


def place(
    cell, idx: int, kind: str | None, parameters: dict, record_current: bool, record_potential: bool, is_synapse: bool
) -> Placed:
    """Put a point process on a cell, which owns it from then on; everything is checked first."""
    segment = cell.segment(idx)
    if kind is None:
        if parameters or record_current:
            raise CellError(
                f"a PointProcess without pptype has no parameters {sorted(parameters)} and no current to record: give "
                "pptype, or use Synapse or StimIntElectrode"
            )
        hoc = None
    else:
        hoc = _made(segment, kind, parameters)
    placed = Placed(
        hoc=hoc, kind=kind or _PLACE, idx=int(np.ravel(idx)[0]), parameters=dict(parameters),
        record_current=bool(record_current), record_potential=bool(record_potential),
        is_electrode=kind is not None and is_electrode(kind), is_synapse=is_synapse,
    )  # fmt: skip
    cell.placed.append(placed)
    return placed


def _made(segment, kind: str, parameters: dict):
    """NEURON's point process with its parameters set."""
    require_mechanism(kind)
    if kind not in point_processes():
        raise CellError(f"{kind} is a density mechanism: it is inserted in sections, not placed on a segment")
    legal = point_process_parameters(kind)
    for name in parameters:
        if name not in legal:
            raise CellError(unknown_name(f"parameter of {kind}", name, legal))
    values = {name: _value(kind, name, value, legal[name]) for name, value in parameters.items()}
    hoc = getattr(h, kind)(segment)
    _refuse_what_neuron_clamps(hoc, kind, values)
    for name, value in values.items():
        if legal[name] == 1:
            setattr(hoc, name, value)
        else:
            for k, number in enumerate(value):
                getattr(hoc, name)[k] = number
    return hoc


def _refuse_what_neuron_clamps(hoc, kind: str, values: dict[str, float | list[float]]) -> None:
    """Exp2Syn sets tau1 to 0.9999 tau2 by itself where it is larger, and no time constant may be 0 or less."""
    if kind not in ("ExpSyn", "Exp2Syn"):
        return
    taus = {name: values.get(name, getattr(hoc, name)) for name in range_parameters(kind) if name.startswith("tau")}
    for name, value in taus.items():
        if not value > 0:
            raise CellError(f"{kind}.{name} must be > 0 ms, got {value:g}")
    if kind == "Exp2Syn" and taus["tau1"] > 0.9999 * taus["tau2"]:
        raise CellError(
            f"Exp2Syn rises faster than it decays: tau1 < tau2 is needed, got tau1 = {taus['tau1']:g} and "
            f"tau2 = {taus['tau2']:g} ms (NEURON would set tau1 to 0.9999 tau2)"
        )


def _value(kind: str, name: str, value: object, size: int) -> float | list[float]:
    """A parameter's value, one number or up to ``size`` of them."""
    if size == 1:
        return _number(f"{kind}.{name}", value)
    values = np.atleast_1d(np.asarray(value, dtype=float))
    if values.ndim != 1 or values.size > size or not np.isfinite(values).all():
        raise CellError(f"{kind}.{name} takes up to {size} finite numbers, got {value!r}")
    return values.tolist()


def _number(what: str, value: object) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise CellError(f"{what} must be a finite number, got {value!r}")
    return number


@cache
def receives_events(kind: str) -> bool:
    """Whether a NetCon can end at a point process of this kind."""
    catalogue = h.MechanismType(1)
    catalogue.select(kind)
    return bool(catalogue.is_netcon_target(int(catalogue.selected())))


@cache  # it reads the mod file's text, some milliseconds
def is_electrode(kind: str) -> bool:
    """Whether NEURON counts the point process's current as injected: its mod file says ELECTRODE_CURRENT."""
    if kind in _ELECTRODES:
        return True
    catalogue = h.MechanismType(1)
    catalogue.select(kind)
    return bool(re.search(r"^\s*[^:]*\bELECTRODE_CURRENT\b", catalogue.code() or "", re.MULTILINE))
