"""Matrix products whose bits depend on the numbers alone.

BLAS sums in another order for another number of columns or threads. So products are taken in blocks of one constant
length, the last one padded with zeros, by one thread: a lead field applied while NEURON runs and one applied to stored
currents give the same bits.
"""

import functools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from scipy import sparse

BLOCK: Final = 1024
"""Samples per block, everywhere."""


@functools.cache
def _controller() -> ThreadpoolController:
    # Looking for the loaded libraries takes milliseconds, setting their threads microseconds.
    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """BLAS uses one thread inside; what it used before is restored. About 10 µs, nesting included."""
    with _controller().limit(limits=1, user_api="blas"):
        yield


_SCRATCH = threading.local()


def _padded(rows: int) -> np.ndarray:
    """Room for one block, kept by its thread: fresh memory costs more than the product of a few contacts."""
    if getattr(_SCRATCH, "block", None) is None or _SCRATCH.block.shape[0] != rows:
        _SCRATCH.block = np.empty((rows, BLOCK))
    return _SCRATCH.block


def blocked_product(matrix: "np.ndarray | sparse.csr_array", block: np.ndarray) -> np.ndarray:
    """``matrix @ block``, in column blocks of :data:`BLOCK` samples by one BLAS thread.

    Parameters
    ----------
    matrix : numpy.ndarray or scipy.sparse.csr_array
        Shape (rows, segments).
    block : numpy.ndarray
        Shape (segments, samples). For bits that do not depend on how a longer array was cut, pieces must begin at
        multiples of :data:`BLOCK`, as those of :class:`BlockAccumulator` and :func:`lfptools.io.stream.iter_blocks` do.

    Returns
    -------
    numpy.ndarray
        Shape (rows, samples), float64.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    sparse = not isinstance(matrix, np.ndarray)
    if not sparse:
        matrix = np.ascontiguousarray(matrix, dtype=np.float64)
    block = np.asarray(block, dtype=np.float64)
    if matrix.ndim != 2 or block.ndim != 2 or matrix.shape[1] != block.shape[0]:
        raise ValueError(
            f"expected matrix (rows, segments) and block (segments, samples), got {matrix.shape} and {block.shape}"
        )
    if sparse:  # adds up a row's entries in their order, whatever the other columns: no blocks needed
        return matrix @ np.ascontiguousarray(block)
    samples = block.shape[1]
    product = np.empty((matrix.shape[0], samples))
    with one_blas_thread():
        for start in range(0, samples, BLOCK):
            piece = block[:, start : start + BLOCK]
            length = piece.shape[1]
            if length == BLOCK:
                product[:, start : start + BLOCK] = matrix @ np.ascontiguousarray(piece)
            else:
                padded = _padded(block.shape[0])
                padded[:, :length] = piece
                padded[:, length:] = 0.0
                product[:, start:] = (matrix @ padded)[:, :length]
    return product


class BlockAccumulator:
    """Cuts pieces of any length into blocks of :data:`BLOCK` samples, in order.

    Examples
    --------
    >>> accumulator = BlockAccumulator()
    >>> blocks = accumulator.push({"v": np.zeros((3, 1500))})
    >>> [block["v"].shape for block in [*blocks, *accumulator.flush()]]
    [(3, 1024), (3, 476)]
    """

    def __init__(self, block: int = BLOCK):
        self._block = block
        self._buffers: dict[str, np.ndarray] = {}
        self._filled = 0
        self._rows: dict[str, tuple[int, ...]] | None = None

    def push(self, rows: Mapping[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
        """Take a piece: arrays (..., k) of one length k; return the blocks that are complete now.

        Returned arrays are not used again here.

        Raises
        ------
        ValueError
            If the arrays differ in length, or names or leading shapes differ from the pieces before.
        """
        arrays = {name: np.asarray(values) for name, values in rows.items()}
        lengths = {name: values.shape[-1] if values.ndim else -1 for name, values in arrays.items()}
        if len(set(lengths.values())) != 1 or -1 in lengths.values():
            raise ValueError(f"a piece needs arrays of one length along their last axis, got {lengths}")
        leading = {name: values.shape[:-1] for name, values in arrays.items()}
        if self._rows is not None and leading != self._rows:
            raise ValueError(f"pieces must have the same rows: expected {self._rows}, got {leading}")
        self._rows = leading
        complete = []
        taken, length = 0, next(iter(lengths.values()))
        while taken < length:
            if not self._buffers:
                self._buffers = {
                    name: np.empty((*values.shape[:-1], self._block), values.dtype) for name, values in arrays.items()
                }
            now = min(self._block - self._filled, length - taken)
            for name, values in arrays.items():
                self._buffers[name][..., self._filled : self._filled + now] = values[..., taken : taken + now]
            taken, self._filled = taken + now, self._filled + now
            if self._filled == self._block:
                complete.append(self._take())
        return complete

    def flush(self) -> list[dict[str, np.ndarray]]:
        """The last, shorter block (an empty list if nothing is left)."""
        if not self._filled:
            return []
        filled = self._filled
        return [{name: values[..., :filled].copy() for name, values in self._take().items()}]

    def _take(self) -> dict[str, np.ndarray]:
        taken, self._buffers, self._filled = self._buffers, {}, 0
        return taken
