"""Recording by NEURON itself: one ``Vector.record`` a row, emptied into arrays between chunks of the run."""

from collections.abc import Mapping, Sequence

import numpy as np
from neuron import h

from lfptools.io.product import BLOCK

# Not a power of two apart: at every step all vectors are written, and would compete for the same lines of the cache.
_ROOM = BLOCK + 24
_POOLED = 4096  # vectors kept for the next run: 32 MiB at most


class Recorder:
    """Rows of a run's variables, recorded in C while NEURON integrates.

    Parameters
    ----------
    references : mapping of str to sequence
        Variable name to NEURON references (``seg._ref_v``), one a row.
    """

    def __init__(self, references: Mapping[str, Sequence]):
        self._rows = {name: _Rows(refs) for name, refs in references.items()}

    def drain(self, last: bool = False) -> dict[str, np.ndarray]:
        """Move what was recorded since the last call into arrays (rows, samples); unless it is the last, start afresh.

        Up to BLOCK samples are taken in one call a variable. The arrays are filled again by the next call: who keeps
        them copies them.
        """
        return {name: rows.drain(last) for name, rows in self._rows.items()}

    def close(self) -> None:
        """Stop recording."""
        for rows in self._rows.values():
            rows.close()


class _Buffer:
    """A vector with room for a block, and its memory as an array.

    The memory stays where it is unless the vector outgrows it. The array is taken by the array interface: NEURON 9.0's
    ``as_numpy()`` leaks 400 bytes a call.
    """

    __slots__ = ("memory", "vector")

    def __init__(self) -> None:
        self.vector = h.Vector(_ROOM)
        self.memory = np.asarray(self.vector)
        self.vector.resize(0)


class _Pool:
    """Vectors and the largest array of the last run, for the next: new memory costs as much as some hundred steps."""

    def __init__(self) -> None:
        self._buffers: list[_Buffer] = []
        self._array = np.empty(0)

    def take(self, rows: int) -> tuple[list[_Buffer], np.ndarray]:
        """Vectors for some rows, and room for a block of them."""
        buffers = [self._buffers.pop() if self._buffers else _Buffer() for _ in range(rows)]
        array, size = self._array, rows * BLOCK
        if not size <= array.size <= 2 * size:
            return buffers, np.empty(size)
        self._array = np.empty(0)
        return buffers, array

    def give_back(self, buffers: list[_Buffer], array: np.ndarray) -> None:
        """Keep what was taken, as far as there is room."""
        self._buffers += buffers[: max(0, _POOLED - len(self._buffers))]
        if self._array.size < array.size <= _POOLED * BLOCK:
            self._array = array


_POOL = _Pool()


class _Rows:
    """The vectors of one variable."""

    def __init__(self, references: Sequence):
        self._buffers, self._taken = _POOL.take(len(references))
        self._outgrown = False
        for buffer, reference in zip(self._buffers, references, strict=True):
            buffer.vector.record(reference)

    def drain(self, last: bool) -> np.ndarray:
        rows = len(self._buffers)
        count = len(self._buffers[0].vector) if rows else 0
        self._outgrown |= count > _ROOM
        if count <= BLOCK and not self._outgrown:
            taken = self._taken[: rows * count]
            if taken.size:
                np.concatenate([buffer.memory[:count] for buffer in self._buffers], out=taken)
            taken = taken.reshape(rows, count)
        else:
            taken = np.empty((rows, count))
            for row, buffer in zip(taken, self._buffers, strict=True):
                row[:] = buffer.vector
        if not last:
            for buffer in self._buffers:
                buffer.vector.resize(0)
        return taken

    def close(self) -> None:
        for buffer in self._buffers:
            buffer.vector.play_remove()  # the next run's finitialize empties it
        if not self._outgrown:
            _POOL.give_back(self._buffers, self._taken)
        self._buffers = []
