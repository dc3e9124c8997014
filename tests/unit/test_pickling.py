"""Cells are stored, sent and copied without NEURON's objects: geometry, what was placed, results."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from neuron import h

import lfptools
from lfptools import Cell, LineSourcePotential, StimIntElectrode, Synapse
from lfptools.errors import CellError

BALL_AND_STICKS = lfptools.example_morphology("ball_and_sticks")


@pytest.fixture
def ran():
    with Cell(BALL_AND_STICKS, passive=True, tstop=5.0) as cell:
        cell.set_pos(10.0, 20.0, 30.0)
        Synapse(cell, 3, "ExpSyn", weight=0.01, record_current=True).set_spike_times([1.0])
        StimIntElectrode(cell, 0, "IClamp", amp=0.1, dur=2.0, record_potential=True)
        cell.simulate(rec_imem=True, rec_vmem=True)
        yield cell


def assert_same(stored, cell):
    for name in ("x", "y", "z", "d", "area", "imem", "vmem", "somav", "tvec"):
        np.testing.assert_array_equal(getattr(stored, name), getattr(cell, name), err_msg=name)
    assert stored.allsecnames == cell.allsecnames and stored.morphology == cell.morphology
    assert (stored.get_idx("dend[1]") == cell.get_idx("dend[1]")).all()
    np.testing.assert_array_equal(stored.synapses[0].i, cell.synapses[0].i)
    np.testing.assert_array_equal(stored.pointprocesses[0].v, cell.pointprocesses[0].v)
    assert stored.synapses[0].kwargs == cell.synapses[0].kwargs
    assert stored.synapses[0].x == cell.synapses[0].x


def test_a_pickled_cell_comes_back_and_the_cell_itself_goes_on(ran):
    before = len(list(h.allsec()))
    stored = pickle.loads(pickle.dumps(ran))
    assert len(list(h.allsec())) == before
    assert_same(stored, ran)
    probe = LineSourcePotential(stored, x=[50.0], y=[0.0], z=[0.0])
    own = LineSourcePotential(ran, x=[50.0], y=[0.0], z=[0.0])
    np.testing.assert_array_equal(probe.get_transformation_matrix(), own.get_transformation_matrix())
    for call in (stored.simulate, lambda: stored.segment(0), lambda: Synapse(stored, 0, "ExpSyn")):
        with pytest.raises(CellError, match=r"was pickled or copied, without its sections"):
            call()
    stored.close()
    first = ran.imem.copy()
    ran.simulate(rec_imem=True, rec_vmem=True)
    np.testing.assert_array_equal(ran.imem, first)
    assert_same(copy.deepcopy(ran), ran)


def test_handles_and_probes_are_pickled_with_their_cell(ran):
    handle, cell = pickle.loads(pickle.dumps((ran.synapses[0], ran)))
    assert handle.cell is cell and handle == cell.synapses[0]
    probe = LineSourcePotential(ran, x=[50.0], y=[0.0], z=[0.0])
    ran.simulate(probes=[probe])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(probe)).data, probe.data)


def test_cellpickler_writes_a_file_that_another_process_reads(ran, tmp_path):
    path = tmp_path / "cell.pickle"
    ran.cellpickler(path)
    code = f"""
import lfptools
from neuron import h
cell = lfptools.tools.load({str(path)!r})
print(cell.imem.shape, cell.synapses[0].i.max() == 0, len(list(h.allsec())), cell.name)
"""
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.split("\n")[0] == f"({ran.totnsegs}, 81) True 0 ball_and_sticks.hoc"
    assert_same(lfptools.tools.load(path), ran)
    assert_same(pickle.loads(ran.cellpickler(None, pickler=pickle.dumps)), ran)
    assert list(tmp_path.iterdir()) == [path]


def test_a_stripped_cell_keeps_what_it_has_and_pickles():
    before = len(list(h.allsec()))
    cell = Cell(BALL_AND_STICKS, passive=True, tstop=5.0)
    synapse = Synapse(cell, 3, "ExpSyn", weight=0.01, record_current=True)
    synapse.set_spike_times([1.0])
    cell.simulate(rec_vmem=True)
    cell.strip_hoc_objects()
    assert len(list(h.allsec())) == before
    assert synapse.hoc is None and np.abs(synapse.i).max() > 0
    assert cell.synidx == [3] and cell.synapses == [synapse]
    assert np.ptp(pickle.loads(pickle.dumps(cell)).vmem) > 0
    with pytest.raises(CellError, match="is closed"):
        cell.simulate()


def test_cells_of_sections_and_of_templates_pickle(tmp_path):
    section = h.Section(name="lone")
    with Cell([section], tstop=2.0) as cell:
        cell.simulate(rec_vmem=True)
        stored = pickle.loads(pickle.dumps(cell))
        assert stored.allsecnames == ["lone"] and stored.morphology == "cell of 1 sections"
    file = tmp_path / "pickled.hoc"
    file.write_text(
        "begintemplate Pickled\npublic soma, all\ncreate soma[1]\nobjref all\n"
        "proc init() { all = new SectionList() soma[0] all.append() }\nendtemplate Pickled\n"
    )
    with lfptools.TemplateCell(file, "Pickled") as cell:
        stored = pickle.loads(pickle.dumps(cell))
        assert stored.template is None and stored.allsecnames == ["soma[0]"] and cell.template is not None
