"""What a run yields, variable by variable, and where it goes: into memory or, block by block, into a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lfptools.io.product import blocked_product
from lfptools.units import attrs as unit_attrs

Rows = Mapping[str, np.ndarray]


@dataclass
class Output:
    """One variable of a run.

    Parameters
    ----------
    name : str
        Name in the dataset.
    compute : callable
        Recorded rows of a chunk to values (k,) or, with ``row_dim``, (n, k).
    row_dim : str, optional
        Dimension of the rows; None for a single trace.
    attrs : mapping
        Units, long name and what else the variable carries.
    """

    name: str
    compute: Callable[[Rows], np.ndarray]
    row_dim: str | None = None
    attrs: Mapping[str, object] = field(default_factory=dict)

    @property
    def dims(self) -> tuple[str, ...]:
        return ("t",) if self.row_dim is None else (self.row_dim, "t")


def recorded(name: str, quantity: str, row_dim: str | None, source: str | None = None, **more) -> Output:
    """Recorded rows as they are (the first one alone without a row dimension)."""
    source = source or name
    compute = (lambda rows: rows[source][0]) if row_dim is None else (lambda rows: rows[source])
    return Output(name, compute, row_dim, unit_attrs(quantity, **more))


def projected(name: str, quantity: str, row_dim: str, matrix: np.ndarray, **more) -> Output:
    """A lead field (rows, segments) applied to the membrane currents while the run goes on."""
    return Output(
        name, lambda rows: blocked_product(matrix, rows["membrane_current"]), row_dim, unit_attrs(quantity, **more)
    )


class NetCurrent(Output):
    """Sum of membrane currents minus what physical electrodes inject: 0 at every step of a sound run.

    ``worst_nA`` is the largest deviation, beyond a billionth of the injected current, that has been seen, and
    ``monopole_nA`` the largest sum of membrane currents.

    Parameters
    ----------
    injecting : array_like of int
        Which rows of ``electrode_current`` are currents of physical electrodes.
    """

    def __init__(self, injecting: Sequence[int]):
        super().__init__("net_current", self._net, None, unit_attrs("net_current"))
        self._injecting = np.asarray(injecting, dtype=np.int64)
        self.worst_nA = self.monopole_nA = 0.0

    def _net(self, rows: Rows) -> np.ndarray:
        net = rows["membrane_current"].sum(axis=0)
        self.monopole_nA = max(self.monopole_nA, float(np.abs(net).max(initial=0.0)))
        allowed = 0.0
        if self._injecting.size:
            injected = rows["electrode_current"][self._injecting]
            net -= injected.sum(axis=0)
            allowed = 1e-9 * np.abs(injected).max()
        self.worst_nA = max(self.worst_nA, float(np.abs(net).max(initial=0.0) - allowed))
        return net


class StandIns:
    """Counts currents of electrodes that stand for synapses as membrane currents, before a sink gets them.

    What such an electrode injects then comes through the membrane where it sits, and currents sum to zero.

    Parameters
    ----------
    sink : Sink
        What gets the corrected rows.
    rows : array_like of int
        Rows of ``electrode_current`` that stand for synapses.
    segments : array_like of int
        Where each sits.
    """

    def __init__(self, sink, rows: Sequence[int], segments: Sequence[int]):
        self._sink, self._rows, self._segments = sink, rows, segments

    def append(self, t: np.ndarray, rows: Rows) -> None:
        currents = rows["membrane_current"].copy()
        np.subtract.at(currents, self._segments, rows["electrode_current"][self._rows])
        self._sink.append(t, {**rows, "membrane_current": currents})


class InMemory:
    """Keeps outputs as arrays.

    Parameters
    ----------
    outputs : sequence of Output
        What is computed of each chunk and kept.
    samples : int, optional
        How many there will be, where that is known: arrays are then made once.
    """

    def __init__(self, outputs: Sequence[Output], samples: int | None = None):
        self._outputs = [Output("t", lambda given: given["t"]), *outputs]
        self._samples, self._filled = samples, 0
        self._arrays: dict[str, np.ndarray] = {}
        self._pieces: dict[str, list[np.ndarray]] = {output.name: [] for output in self._outputs}

    def append(self, t: np.ndarray, rows: Rows) -> None:
        for output in self._outputs:
            values = output.compute({**rows, "t": t})
            if self._samples is None:
                self._pieces[output.name].append(np.array(values))
                continue
            if output.name not in self._arrays:
                self._arrays[output.name] = np.empty((*values.shape[:-1], self._samples))
            self._arrays[output.name][..., self._filled : self._filled + t.size] = values
        self._filled += t.size

    def __getitem__(self, name: str) -> np.ndarray:
        """Shape (samples,) or (rows, samples)."""
        if name not in self._arrays:
            self._arrays[name] = np.concatenate(self._pieces.pop(name), axis=-1)
        return self._arrays[name]


class InFile:
    """Hands outputs to a streaming writer.

    Parameters
    ----------
    outputs : sequence of Output
        What is written.
    writer : lfptools.io.stream.RunWriter
        Open for appending, with these variables.
    """

    def __init__(self, outputs: Sequence[Output], writer):
        self._outputs, self._writer = outputs, writer

    def append(self, t: np.ndarray, rows: Rows) -> None:
        self._writer.append({output.name: output.compute(rows) for output in self._outputs}, t=t)
