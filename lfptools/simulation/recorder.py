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
        if count > self._samples:  # more than there was room for: the vectors have moved
            self._views = []
            taken = np.empty((len(self._vectors), count))
            for row, vector in zip(taken, self._vectors, strict=True):
                row[:] = vector
        else:
            taken = self._full.reshape(-1)[: len(self._vectors) * count].reshape(len(self._vectors), count)
            if count:
                np.concatenate([view[:count] for view in self._current_views(count)], out=taken.reshape(-1))
        for vector in self._vectors:
            vector.resize(0)
        return taken

    def _current_views(self, count: int) -> list[np.ndarray]:
        """The vectors' memory as arrays, which stays where it is unless a vector outgrows its buffer.

        Taken by their array interface: NEURON 9.0's ``as_numpy()`` leaks 400 bytes a call.
        """
        first = np.asarray(self._vectors[0])
        if not self._views or self._views[0].ctypes.data != first.ctypes.data or self._views[0].size < count:
            self._views = [np.asarray(vector) for vector in self._vectors]
        return self._views
