"""Recording by NEURON itself: one ``Vector.record`` a row, emptied into arrays between chunks of the run."""

from collections.abc import Mapping, Sequence

import numpy as np
from neuron import h


class Recorder:
    """Rows of a run's variables, recorded in C while NEURON integrates.

    Parameters
    ----------
    references : mapping of str to sequence
        Variable name to NEURON references (``seg._ref_v``), one a row.
    samples : int
        How many samples are expected before each :meth:`drain`; room is made for them once.
    """

    def __init__(self, references: Mapping[str, Sequence], samples: int):
        self._rows = {name: _Rows(refs, samples) for name, refs in references.items()}

    def drain(self) -> dict[str, np.ndarray]:
        """Move what was recorded since the last call into arrays (rows, samples), and start afresh.

        The arrays are filled again by the next call: who keeps them copies them.
        """
        return {name: rows.drain() for name, rows in self._rows.items()}


class _Rows:
    """The vectors of one variable."""

    def __init__(self, references: Sequence, samples: int):
        self._samples = samples
        self._vectors = [self._record(reference) for reference in references]
        self._views: list[np.ndarray] = []
        self._full = np.empty((len(self._vectors), samples))

    def _record(self, reference):
        vector = h.Vector()
        vector.buffer_size(self._samples + 1)
        vector.record(reference)
        return vector

    def drain(self) -> np.ndarray:
        count = len(self._vectors[0]) if self._vectors else 0
        if count == self._samples:
            self._take_full()
            taken = self._full
        else:
            taken = self._full[:, :count] if count < self._samples else np.empty((len(self._vectors), count))
            for row, vector in zip(taken, self._vectors, strict=True):
                row[:] = vector  # by its array interface: NEURON 9.0's as_numpy() leaks 400 bytes a call
        for vector in self._vectors:
            vector.resize(0)
        return taken

    def _take_full(self) -> None:
        """All rows in one call. A vector's memory stays where it is unless it outgrows its buffer."""
        first = np.asarray(self._vectors[0])
        if not self._views or self._views[0].ctypes.data != first.ctypes.data:
            self._views = [np.asarray(vector) for vector in self._vectors]
        np.concatenate(self._views, out=self._full.reshape(-1))
