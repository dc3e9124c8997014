import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from lfptools.io.product import BLOCK, BlockAccumulator, blocked_product

SAMPLES = 3 * BLOCK + 77


def operands():
    rng = np.random.default_rng(0)
    return rng.normal(size=(37, 211)), rng.normal(size=(211, SAMPLES))


def test_is_the_matrix_product():
    matrix, currents = operands()
    np.testing.assert_allclose(blocked_product(matrix, currents), matrix @ currents, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("length", [1, 5, 1023, 1024, 1025, 2048])
def test_bits_do_not_depend_on_the_length(length):
    matrix, currents = operands()
    whole = blocked_product(matrix, currents)
    assert np.array_equal(blocked_product(matrix, currents[:, :length]), whole[:, :length])


@pytest.mark.parametrize("seed", range(5))
def test_bits_do_not_depend_on_how_pieces_were_cut(seed):
    matrix, currents = operands()
    cuts = np.sort(np.random.default_rng(seed).integers(0, SAMPLES + 1, 12))
    accumulator, products = BlockAccumulator(), []
    for piece in np.split(currents, cuts, axis=1):
        products += [blocked_product(matrix, block["i"]) for block in accumulator.push({"i": piece})]
    products += [blocked_product(matrix, block["i"]) for block in accumulator.flush()]
    assert [p.shape[1] for p in products] == [BLOCK] * 3 + [77]
    assert np.array_equal(np.concatenate(products, axis=1), blocked_product(matrix, currents))


def test_bits_do_not_depend_on_the_memory_layout():
    matrix, currents = operands()
    expected = blocked_product(matrix, currents)
    assert np.array_equal(blocked_product(np.asfortranarray(matrix), np.asfortranarray(currents)), expected)


CHILD = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from test_product import operands
from lfptools.io.product import blocked_product
print(hashlib.sha256(blocked_product(*operands()).tobytes()).hexdigest())
"""


def test_bits_do_not_depend_on_the_number_of_threads():
    here = os.path.dirname(__file__)
    hashes = {hashlib.sha256(blocked_product(*operands()).tobytes()).hexdigest()}
    for threads in ("1", "2"):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        done = subprocess.run([sys.executable, "-c", CHILD, here], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        hashes.add(done.stdout.strip())
    assert len(hashes) == 1


def test_threads_are_restored():
    from threadpoolctl import threadpool_info

    before = [(one["filepath"], one["num_threads"]) for one in threadpool_info()]
    blocked_product(*operands())
    assert [(one["filepath"], one["num_threads"]) for one in threadpool_info()] == before


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\) and \(4, 5\)"):
        blocked_product(np.ones((2, 3)), np.ones((4, 5)))


def test_accumulator_keeps_several_variables_in_step():
    accumulator = BlockAccumulator()
    count = np.arange(2500.0)
    blocks = []
    for piece in np.split(count, [1, 1, 900, 2400]):
        blocks += accumulator.push({"t": piece[None], "v": np.stack([piece, -piece]), "net": 2 * piece})
    blocks += accumulator.flush()
    assert [block["t"].shape for block in blocks] == [(1, 1024), (1, 1024), (1, 452)]
    assert np.array_equal(np.concatenate([block["v"] for block in blocks], axis=1), [count, -count])
    assert np.array_equal(np.concatenate([block["net"] for block in blocks]), 2 * count)
    assert accumulator.flush() == []


def test_accumulator_does_not_write_to_what_it_gave_away():
    accumulator = BlockAccumulator()
    (first,) = accumulator.push({"v": np.ones((1, BLOCK))})
    accumulator.push({"v": np.zeros((1, BLOCK))})
    assert (first["v"] == 1).all()


@pytest.mark.parametrize(
    "piece", [{"a": np.ones((2, 3)), "b": np.ones((2, 4))}, {"a": np.ones((3, 4))}, {"c": np.ones((2, 4))}]
)
def test_accumulator_refuses_pieces_out_of_step(piece):
    accumulator = BlockAccumulator()
    accumulator.push({"a": np.ones((2, 4))})
    with pytest.raises(ValueError, match="piece"):
        accumulator.push(piece)
