"""Cells coexist, are freed with their last reference, and never take the interpreter with them."""

import gc
import subprocess
import sys

import numpy as np
import pytest
from neuron import h

import lfptools
from lfptools import Cell, StimIntElectrode, Synapse
from lfptools.errors import CellError

BALL_AND_STICKS = lfptools.example_morphology("ball_and_sticks")


def sections_alive():
    return sum(1 for _ in h.allsec())


@pytest.fixture(autouse=True)
def no_garbage_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_two_cells_of_one_file_coexist():
    before = sections_alive()
    with Cell(BALL_AND_STICKS, passive=True) as one:
        alone = one.simulate(rec_imem=True)
        with Cell(BALL_AND_STICKS, passive=True) as two:
            assert sections_alive() - before == len(one.allsecnames) + len(two.allsecnames)
            assert one.simulate(rec_imem=True).identical(alone)
    assert sections_alive() == before


def test_the_last_reference_frees_a_cell_without_the_garbage_collector():
    before = sections_alive()
    cell = Cell(BALL_AND_STICKS, passive=True, tstop=5.0)
    synapse = Synapse(cell, idx=0, syntype="ExpSyn", weight=0.01, record_current=True)
    synapse.set_spike_times(np.array([1.0]))
    StimIntElectrode(cell, idx=0, pptype="IClamp", amp=0.1, dur=1.0)
    probe = lfptools.LineSourcePotential(cell, x=[20.0], y=[0.0], z=[0.0])
    cell.simulate(probes=[probe])
    cell.simulate(variable_dt=True)
    del cell, probe
    assert sections_alive() > before, "a synapse's handle keeps its cell"
    del synapse
    assert sections_alive() == before


def test_a_synapse_without_a_handle_stays_on_its_cell():
    with Cell(BALL_AND_STICKS, passive=True, tstop=5.0) as cell:
        Synapse(cell, idx=0, syntype="ExpSyn", weight=0.01, record_current=True).set_spike_times(np.array([1.0]))
        cell.simulate()
        assert np.abs(cell.synapses[0].i).max() > 0
        assert cell.synapses[0] == cell.synapses[0]
        assert cell.synidx == [0]


def test_a_closed_cell_says_so_and_keeps_its_results():
    cell = Cell(BALL_AND_STICKS, passive=True, tstop=5.0)
    cell.simulate()
    cell.close()
    cell.close()
    assert cell.somav.size == 81
    for call in (cell.simulate, lambda: Synapse(cell, idx=0, syntype="ExpSyn"), lambda: cell.segment(0)):
        with pytest.raises(CellError, match="closed"):
            call()


def test_a_handle_of_a_closed_cell_says_so():
    """NEURON aborts the process on a NetCon to nothing."""
    cell = Cell(BALL_AND_STICKS, passive=True)
    synapse = Synapse(cell, idx=0, syntype="ExpSyn", weight=0.01)
    cell.close()
    for call in (lambda: synapse.set_spike_times([1.0]), synapse.set_spike_times_w_netstim):
        with pytest.raises(CellError, match="closed"):
            call()


@pytest.mark.parametrize("morphology", ["ball_and_sticks", "branched.swc", "branched.asc", "branched.xml"])
def test_a_cell_alive_at_exit_says_nothing(morphology):
    code = f"""
import lfptools
cell = lfptools.Cell(lfptools.example_morphology("{morphology}"), passive=True)
other = lfptools.Cell(lfptools.example_morphology("{morphology}"), passive=True)
synapse = lfptools.Synapse(cell, idx=0, syntype="ExpSyn", weight=0.01)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


_TWICE = """
import numpy as np, lfptools
for keep in (True, False):
    for _ in range(5):
        cell = lfptools.Cell(lfptools.example_morphology("ball_and_sticks"), passive=True)
        synapse = lfptools.Synapse(cell, idx=0, syntype="Exp2Syn", weight=0.01, record_current=True)
        synapse.set_spike_times(np.array([1.0, 2.0]))
        electrode = lfptools.StimIntElectrode(cell, idx=0, pptype="IClamp", amp=0.1, dur=1.0)
        if not keep:
            cell.close()
cell = lfptools.Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=5.0)
cell.simulate()
print("alive")
"""


def test_built_twice_without_simulating_does_not_crash_the_interpreter():
    done = subprocess.run([sys.executable, "-c", _TWICE], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, ["alive"]), done.stderr
