"""What a run yields is kept once, however many pieces it comes in."""

import tracemalloc

import numpy as np
import pytest

from lfptools.simulation.outputs import InMemory, NetCurrent, Output, projected, recorded

PIECES, LENGTH, ROWS = 300, 512, 4


@pytest.mark.parametrize("known", [True, False])
def test_memory_grows_with_the_result_alone(known):
    """Neither quadratically with the number of pieces, nor beyond the pieces and their concatenation."""
    sink = InMemory([recorded("v", "membrane_potential", "segment")], samples=PIECES * LENGTH if known else None)
    tracemalloc.start()
    rows = np.empty((ROWS, LENGTH))
    for k in range(PIECES):
        rows[:] = np.arange(k * LENGTH, (k + 1) * LENGTH)
        sink.append(rows[0].copy(), {"v": rows})
    values = sink["v"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(values, np.tile(np.arange(PIECES * LENGTH, dtype=float), (ROWS, 1)))
    np.testing.assert_array_equal(sink["t"], values[0])
    assert peak < 2.5 * values.nbytes


def test_net_current_is_what_membranes_lose_beyond_what_electrodes_inject():
    net = NetCurrent([0])
    rows = {"membrane_current": np.array([[1.0, 2.0], [-1.0, -1.5]]), "electrode_current": np.array([[0.0, 0.5]])}
    np.testing.assert_array_equal(net.compute(rows), [0.0, 0.0])
    assert net.worst_nA <= 0.0
    rows["electrode_current"] = np.array([[0.25, 0.5]])
    net.compute(rows)
    assert net.worst_nA == pytest.approx(0.25, rel=1e-8)


def test_projection_and_single_traces():
    matrix = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.0]])
    currents = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(
        projected("p", "potential", "contact", matrix).compute({"membrane_current": currents}), matrix @ currents
    )
    single = recorded("soma_potential", "soma_potential", None)
    assert single.dims == ("t",) and single.compute({"soma_potential": currents[:1]}).shape == (3,)
    assert Output("x", lambda rows: rows["x"], "contact").dims == ("contact", "t")
