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
        How many samples will be recorded before each :meth:`drain`, at most; room is made for them once.
    """

    def __init__(self, references: Mapping[str, Sequence], samples: int):
        self._vectors = {name: [self._record(ref, samples) for ref in refs] for name, refs in references.items()}

    @staticmethod
    def _record(reference, samples: int):
        vector = h.Vector()
        vector.buffer_size(samples + 1)
        vector.record(reference)
        return vector

    def drain(self) -> dict[str, np.ndarray]:
        """Move what was recorded since the last call into arrays (rows, samples), and start afresh."""
        return {name: self._take(vectors) for name, vectors in self._vectors.items()}

    @staticmethod
    def _take(vectors: list) -> np.ndarray:
        taken = np.empty((len(vectors), len(vectors[0]) if vectors else 0))
        for row, vector in zip(taken, vectors, strict=True):
            row[:] = vector  # by its array interface: NEURON 9.0's as_numpy() leaks 400 bytes a call
            vector.resize(0)
        return taken
