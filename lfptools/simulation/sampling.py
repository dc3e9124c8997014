"""Rows of a model that somebody else runs: recorded by NEURON from an initialisation on, or read from now on.

Both hand on blocks of 1024 samples, from events inside the run.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from neuron import coreneuron, h

from lfptools.errors import SimulationError
from lfptools.io.product import BLOCK, BlockAccumulator
from lfptools.simulation.recorder import Recorder
from lfptools.simulation.state import cvode, parallel_context

_EMPTY_EVERY_MS = 25.0  # with the variable step, whose samples cannot be counted beforehand
_SOON = 1e-3  # of a step: an event then comes at the end of the next one; one at t itself may never come

Rows = dict[str, np.ndarray]


def refuse_threads() -> None:
    """Raise SimulationError where samples could not be taken: several threads, CoreNEURON."""
    threads = int(parallel_context().nthread())
    if threads > 1:
        raise SimulationError(f"a probe needs one thread, and NEURON has {threads}: pc.nthread(1)")
    if coreneuron.enable:
        raise SimulationError(
            "CoreNEURON runs where a probe cannot look: use NEURON, or lfptools.simulate(…, engine='coreneuron')"
        )


class Sampling(ABC):
    """Hands on rows, block by block, as long as it is open."""

    def __init__(self, emit: Callable[[Rows], None], failed: Callable[[BaseException], None]):
        self._emit, self._failed, self._open = emit, failed, True

    def _event(self) -> None:
        """What NEURON calls; it goes on calling for a while after the end."""
        if not self._open:
            return
        try:
            self._at(h.t)
        except BaseException as error:
            self._failed(error)
            raise

    @abstractmethod
    def _at(self, t: float) -> None:
        """At the end of a step, at a time asked for by :meth:`_next`."""

    @abstractmethod
    def finish(self) -> None:
        """Hand on what is left."""

    def close(self) -> None:
        """Take no more samples, and let go of everything: NEURON keeps an event that waits, and this with it."""
        self.__dict__.clear()
        self._open = False

    def _next(self, t: float) -> None:
        cvode().event(t, self._event)


class FromInitialisation(Sampling):
    """Recorded by NEURON itself; made at the very beginning of ``finitialize``, so that its first sample is the first.

    Parameters
    ----------
    references : mapping of str to sequence
        Variable name to NEURON references, one a row.
    emit : callable
        Gets rows of up to 1024 samples, times among them as ``t`` (1, samples).
    failed : callable
        Gets what is raised inside the run.
    """

    def __init__(self, references: Mapping[str, Sequence], emit: Callable, failed: Callable):
        super().__init__(emit, failed)
        self._recorder = Recorder({**references, "t": [h._ref_t]})
        self._pieces = BlockAccumulator()

    def begin(self) -> None:
        """At the end of ``finitialize``."""
        self._next(h.t + self._interval())

    def _interval(self) -> float:
        return _EMPTY_EVERY_MS if cvode().active() else BLOCK * h.dt

    def _at(self, t: float) -> None:
        self._empty()
        self._next(t + self._interval())

    def _empty(self) -> None:
        for piece in self._pieces.push(self._recorder.drain()):
            self._emit(piece)

    def finish(self) -> None:
        self._empty()
        for piece in self._pieces.flush():
            self._emit(piece)

    def close(self) -> None:
        if self._open:
            self._recorder.close()
        super().close()


class FromNow(Sampling):
    """Read at the end of each fixed step, for NEURON records from an initialisation on alone."""

    def __init__(self, references: Mapping[str, Sequence], emit: Callable, failed: Callable):
        super().__init__(emit, failed)
        self._names = {name: len(rows) for name, rows in references.items()}
        flat = [reference for rows in references.values() for reference in rows] + [h._ref_t]
        self._pointers, self._vector = h.PtrVector(len(flat)), h.Vector(len(flat))
        for k, reference in enumerate(flat):
            self._pointers.pset(k, reference)
        self._now = np.asarray(self._vector)
        self._block, self._filled = np.empty((BLOCK, len(flat))), 0

    def begin(self, membrane_currents: np.ndarray | None) -> None:
        """Take the present state, with membrane currents that NEURON may not have computed."""
        self._sample()
        if membrane_currents is not None:
            self._block[0, self._columns("membrane_current")] = membrane_currents
        self._next(h.t + _SOON * h.dt)

    def _at(self, t: float) -> None:
        if cvode().active():
            raise SimulationError(
                "the variable step was switched on inside the probe's 'with': call h.finitialize() there, after it"
            )
        self._sample()
        self._next(t + _SOON * h.dt)

    def _sample(self) -> None:
        if self._filled == BLOCK:
            self._emit(self._rows(self._block))
            self._filled = 0
        self._pointers.gather(self._vector)
        self._block[self._filled] = self._now
        self._filled += 1

    def _columns(self, name: str) -> slice:
        before = list(self._names).index(name)
        start = sum(list(self._names.values())[:before])
        return slice(start, start + self._names[name])

    def _rows(self, block: np.ndarray) -> Rows:
        """(rows, samples) of each variable."""
        rows = {name: np.ascontiguousarray(block[:, self._columns(name)].T) for name in self._names}
        return {**rows, "t": block[:, -1:].T}

    def finish(self) -> None:
        if self._filled:
            self._emit(self._rows(self._block[: self._filled]))
        self._filled = 0
