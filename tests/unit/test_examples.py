"""The scripts in examples/ run as a reader runs them, and give what they say."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lfptools import open_dataset

EXAMPLES = Path(__file__).parents[2] / "examples"


SCRIPTS = sorted(path for path in EXAMPLES.glob("*.py") if path.stem != "pictures")  # which is long: run once, below


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_runs(script, tmp_path):
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "an example shows what it found"


def test_currents_from_elsewhere(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import currents_from_elsewhere as example

    cell, currents = example.cable()
    injected = np.where((t := np.arange(example.STEPS) * example.DT_MS) >= 5, example.INPUT_NA, 0.0) * (t < 10)
    np.testing.assert_allclose(currents.sum(axis=0), injected, atol=1e-12)
    assert cell.totnsegs == example.N
    signal = example.main(tmp_path / "signal.nc")
    with open_dataset(tmp_path / "signal.nc", "signal") as stored:
        np.testing.assert_array_equal(stored["potential"].values, signal["potential"].values)
        assert stored["potential"].attrs["units"] == "mV" and stored.attrs["model"] == "line"


def test_head_on_vertices(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import head_on_vertices as example

    from_file, exact = example.main(str(tmp_path / "head.nc"))
    np.testing.assert_allclose(from_file, exact, rtol=0, atol=1e-10 * np.abs(exact).max())
    with open_dataset(tmp_path / "head.nc", "vertex_lead_field") as stored:
        assert dict(stored.sizes) == {"contact": 64, "vertex": 500, "component": 3}


PROBED = """
import numpy as np
import probe_a_running_model as example

whole, third = example.main()
assert whole.sizes["t"] == third.sizes["t"] == 2401 and whole["t"].values[-1] == example.T_STOP_MS
assert np.abs(whole["net_current"]).max() < 1e-9
troughs = whole["potential"].isel(contact=1).values
spikes = np.flatnonzero((troughs[1:-1] < troughs[:-2]) & (troughs[1:-1] < troughs[2:]) & (troughs[1:-1] < -4e-4))
assert spikes.size >= example.N_CELLS, "each cell of the ring fires, one after the other"
"""


def test_probe_a_running_model():
    """In a process of its own: the model's run is NEURON's own, and runs everything that is alive."""
    done = subprocess.run([sys.executable, "-c", PROBED], cwd=EXAMPLES, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_pictures(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import pictures as example

    found = example.main(tmp_path)
    assert (found["spikes"]["spike_count"] == 1).all(), "every segment fires once"
    np.testing.assert_array_equal(found["latency"]["value"], found["spikes"]["peak_time"].isel(spike=0))
    along = np.corrcoef(found["latency"]["path_length"], found["latency"]["value"])[0, 1]
    assert along > 0.9, "the spike runs from the soma to the tips"
