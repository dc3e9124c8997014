"""One run of NEURON: blocks of recorded rows are handed to sinks chunk by chunk, so memory does not grow with time.

The engine knows no Cell. A :class:`Block` is any set of references into a NEURON model; several blocks run together.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

import numpy as np
from neuron import h

from lfptools.errors import LfptoolsError, SimulationError
from lfptools.io.product import BLOCK, BlockAccumulator
from lfptools.simulation.recorder import Recorder
from lfptools.simulation.state import RunSettings, parallel_context, run_state

log = logging.getLogger(__name__)

_REPORT_EVERY_S = 5.0


class Sink(Protocol):
    """What takes a block's rows, in order of time, in pieces of constant length (the last one shorter)."""

    def append(self, t: np.ndarray, rows: Mapping[str, np.ndarray]) -> None:
        """``t`` (k,) in ms; each of ``rows`` (n, k). The rows are valid during the call: who keeps them copies them."""
        ...


@dataclass(frozen=True)
class Block:
    """Rows to record together, and who gets them.

    Parameters
    ----------
    name : str
        For messages.
    references : mapping of str to sequence
        Variable name to NEURON references, one a row.
    sinks : sequence of Sink
        Each gets all rows of the block.
    """

    name: str
    references: Mapping[str, Sequence]
    sinks: Sequence[Sink]


def segment_references(segments: Iterable, variable: str) -> list:
    """NEURON references to one variable of every segment.

    ``i_membrane_`` needs nothing inserted, and exists inside :func:`lfptools.simulation.state.membrane_currents`.

    Raises
    ------
    SimulationError
        If a segment has no such variable; names both.
    """
    segments = list(segments)
    try:
        return list(map(attrgetter(f"_ref_{variable}"), segments))
    except AttributeError as error:
        lacking = next(segment for segment in segments if not hasattr(segment, f"_ref_{variable}"))
        raise SimulationError(f"segment {lacking} has no variable {variable!r} to record") from error


def run(blocks: Sequence[Block], settings: RunSettings, events: Iterable[tuple] = ()) -> None:
    """Integrate everything alive in NEURON from ``t_start`` to ``t_stop`` and feed the blocks' sinks.

    Parameters
    ----------
    blocks : sequence of Block
        What is recorded.
    settings : RunSettings
        Time, step, temperature, globals; they hold for this run only.
    events : iterable of (NetCon, float)
        Events to deliver, at these times in ms.

    Raises
    ------
    SimulationError
        If NEURON fails, or a recorded value is not finite (names block, variable and time).
    """
    with run_state(settings) as solver:
        recorders: list[Recorder] = []
        try:
            with _stepping(blocks, settings) as step_to:
                recorders += [Recorder({**block.references, "t": [h._ref_t]}) for block in blocks]
                _initialise(settings, events)
                if settings.t_start < 0:
                    _run_up_to_zero(recorders, settings, solver)
                if settings.variable_step is None:
                    _fixed_step(blocks, recorders, settings, step_to)
                else:
                    _variable_step(blocks, recorders, settings, solver)
        except LfptoolsError:
            raise
        except RuntimeError as error:
            raise SimulationError(f"NEURON stopped at t = {h.t:g} ms: {error}") from error
        finally:
            for recorder in recorders:
                recorder.close()


def _initialise(settings: RunSettings, events: Iterable[tuple]) -> None:
    h.finitialize(settings.v_init)
    if settings.t_start < 0:
        h.t = settings.t_start
    for connection, when in events:
        connection.event(when)


@contextmanager
def _stepping(blocks: Sequence[Block], settings: RunSettings) -> Iterator[Callable[[int, int], None]]:
    """What takes fixed steps: from so many samples to so many."""
    if settings.engine == "coreneuron":
        from lfptools.simulation import coreneuron

        references = {f"{name} of {block.name}": rows for block in blocks for name, rows in block.references.items()}
        with coreneuron.prepared(settings, references) as take:
            yield lambda before, after: take(after - before)
        return
    parallel = parallel_context()
    # To between two steps: rounding has moved NEURON's t after some 1e5 of them, and it counts whole steps.
    yield lambda before, after: parallel.psolve((after - 0.5) * settings.dt)


def _run_up_to_zero(recorders: Sequence[Recorder], settings: RunSettings, solver) -> None:
    """Fixed steps up to 0, of which the last one is recorded; then the variable-step solver may take over.

    CVODE cannot start at t < 0, and ``psolve`` to a border next to its start does not always step there.
    """
    solver.active(0)
    h.dt = settings.dt  # initialising the variable step may have left its own there
    h.fcurrent()
    for step in range(settings.steps_before_zero):
        if step % BLOCK == 0 or step == settings.steps_before_zero - 1:
            for recorder in recorders:
                recorder.drain()
        h.fadvance()
    h.t = 0.0
    if settings.variable_step is not None:
        for recorder in recorders:
            recorder.drain()
        solver.active(1)
        solver.re_init()


def _fixed_step(
    blocks: Sequence[Block], recorders: Sequence[Recorder], settings: RunSettings, step_to: Callable[[int, int], None]
) -> None:
    parallel_context().set_maxstep(10)
    progress = _Progress(settings.t_stop)
    for first in range(0, settings.samples, BLOCK):
        after = min(first + BLOCK, settings.samples)
        if after > 1:
            step_to(max(first, 1), after)
        t = np.arange(first, after) * settings.dt
        for block, recorder in zip(blocks, recorders, strict=True):
            rows = recorder.drain(last=after == settings.samples)
            stepped = rows.pop("t")[0]
            if stepped.size != t.size:
                raise SimulationError(
                    f"{block.name}: NEURON made {stepped.size} steps of dt = {h.dt:g} ms up to {t[-1]:g} ms, where "
                    f"{t.size} of {settings.dt:g} ms were asked for; was dt or t changed during the run?"
                )
            deliver(block, t, rows)
        progress.report(t[-1])


def _variable_step(blocks: Sequence[Block], recorders: Sequence[Recorder], settings: RunSettings, solver) -> None:
    """One ``psolve`` (its steps depend on where it stops), emptied by events; pieces are cut to constant length."""
    emptying = _Emptying(blocks, recorders, settings, solver)
    parallel = parallel_context()
    parallel.set_maxstep(10)
    solver.event(min(emptying.interval, settings.t_stop), emptying)
    try:
        parallel.psolve(settings.t_stop)
    except RuntimeError:
        if emptying.failure is not None:
            raise emptying.failure from None  # NEURON wraps what a callback raises
        raise
    emptying.finish()


class _Emptying:
    """Hands on what a variable-step run has recorded, from inside the run."""

    def __init__(self, blocks: Sequence[Block], recorders: Sequence[Recorder], settings: RunSettings, solver):
        self._blocks, self._recorders, self._solver = blocks, recorders, solver
        self._t_stop, self._reached = settings.t_stop, 0.0
        self._pieces = [BlockAccumulator() for _ in blocks]
        self._progress = _Progress(settings.t_stop)
        self.interval = max(BLOCK * settings.dt, settings.t_stop / 1000)
        self.failure: BaseException | None = None

    def __call__(self) -> None:
        """An event of the solver's."""
        try:
            self._empty()
        except BaseException as error:
            self.failure = error
            raise
        self._progress.report(h.t)
        if h.t + self.interval < self._t_stop:
            self._solver.event(h.t + self.interval, self)

    def finish(self) -> None:
        """What is left. A solver that gives up returns as if it had arrived: the last time tells."""
        self._empty()
        if self._reached < self._t_stop * (1 - 1e-9):
            raise SimulationError(
                f"the variable-step solver gave up at t = {self._reached:g} of {self._t_stop:g} ms: something alive in "
                f"NEURON cannot be integrated (of {', '.join(block.name for block in self._blocks)}, or another cell "
                "or section of this process); try another atol or a fixed step, and look at parameters that are NaN"
            )
        for block, accumulator in zip(self._blocks, self._pieces, strict=True):
            for piece in accumulator.flush():
                deliver(block, piece.pop("t")[0], piece)

    def _empty(self) -> None:
        for block, recorder, accumulator in zip(self._blocks, self._recorders, self._pieces, strict=True):
            rows = recorder.drain()
            if rows["t"].size:
                self._reached = float(rows["t"][0, -1])
            for piece in accumulator.push(rows):
                deliver(block, piece.pop("t")[0], piece)


def deliver(block: Block, t: np.ndarray, rows: dict[str, np.ndarray]) -> None:
    """Give a block's sinks their rows; a SimulationError names what is not finite."""
    for name, values in rows.items():
        # What is not finite once stays so: the last sample tells of the whole chunk.
        if not np.isfinite(values[:, -1]).all():
            row, sample = np.argwhere(~np.isfinite(values))[0]
            raise SimulationError(
                f"{block.name}: {name} of row {row} is {values[row, sample]} at t = {t[sample]:g} ms; "
                "the model is unstable: try a smaller dt, and look at its parameters"
            )
    for sink in block.sinks:
        sink.append(t, rows)


class _Progress:
    """Says how far a long run is, at most every few seconds."""

    def __init__(self, t_stop: float):
        self._t_stop, self._begun = t_stop, time.monotonic()
        self._next = self._begun + _REPORT_EVERY_S

    def report(self, t: float) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _REPORT_EVERY_S
            left = (now - self._begun) * (self._t_stop - t) / max(t, 1e-12)
            log.info("%.1f of %g ms simulated, about %.0f s left", t, self._t_stop, left)
