"""Synapses and electrodes: what is wrong in a call is named."""

import numpy as np
import pytest

import lfptools
from lfptools import Cell, StimIntElectrode, Synapse
from lfptools.errors import CellError, GeometryError, LfptoolsWarning, MechanismError


@pytest.fixture(scope="module")
def cell():
    with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=10.0) as made:
        yield made


@pytest.mark.parametrize(
    ("kwargs", "error", "culprit"),
    [
        ({"idx": -1}, CellError, "-1"),
        ({"idx": 10_000}, CellError, "10000"),
        ({"idx": 0.5}, CellError, "0.5"),
        ({"idx": True}, CellError, "True"),
        ({"syntype": "Exp3Syn"}, MechanismError, "Exp3Syn.*Exp2Syn"),
        ({"syntype": "pas"}, CellError, "pas"),
        ({"tau3": 1.0}, CellError, "tau3.*tau"),
        ({"tau1": np.nan}, CellError, "tau1"),
        ({"tau1": "fast"}, CellError, "fast"),
        ({"weight": np.inf}, CellError, "weight"),
        ({"tau1": 20.0, "tau2": 2.0}, CellError, "tau1 < tau2"),
        ({"tau1": 0.0}, CellError, "tau1 must be > 0"),
    ],
)
def test_a_wrong_synapse_is_refused_and_leaves_nothing_behind(cell, kwargs, error, culprit):
    before = len(cell.placed)
    with pytest.raises(error, match=culprit):
        Synapse(cell, **{"idx": 0, "syntype": "Exp2Syn", "weight": 0.1, **kwargs})
    assert len(cell.placed) == before


@pytest.mark.parametrize("times", [[1.0, np.nan], [[1.0, 2.0]]])
def test_wrong_spike_times_are_refused(cell, times):
    synapse = Synapse(cell, idx=0, syntype="Exp2Syn", weight=0.0)
    with pytest.raises(CellError, match="spike times"):
        synapse.set_spike_times(np.array(times))


def test_spikes_outside_the_run_are_told(cell):
    synapse = Synapse(cell, idx=0, syntype="Exp2Syn", weight=0.0)
    synapse.set_spike_times(np.array([1.0, 11.0, 12.0]))
    with pytest.warns(LfptoolsWarning, match="2 spike times lie after tstop"):
        cell.simulate()
    synapse.set_spike_times(())


def test_spikes_need_a_weight(cell):
    with pytest.raises(CellError, match="weight"):
        Synapse(cell, idx=0, syntype="Exp2Syn").set_spike_times(np.array([1.0]))


def test_a_process_without_net_receive_cannot_get_spikes(cell):
    with pytest.raises(CellError, match="NET_RECEIVE"):
        Synapse(cell, idx=0, syntype="AlphaSynapse", weight=0.1).set_spike_times(np.array([1.0]))


def test_vector_parameters_are_set_element_by_element(cell):
    clamp = StimIntElectrode(cell, idx=0, pptype="VClamp", amp=[-60.0, -50.0], dur=[1.0, 0.0])
    assert [clamp.hoc.amp[k] for k in range(2)] == [-60.0, -50.0]
    with pytest.raises(CellError, match="amp takes up to 3"):
        StimIntElectrode(cell, idx=0, pptype="VClamp", amp=[1.0, 2.0, 3.0, 4.0])


def test_unknown_sections_variables_and_keywords_are_named(cell):
    with pytest.raises(GeometryError, match="dent"):
        cell.get_idx("dent")
    with pytest.raises(TypeError, match="nseg_method"):
        Cell(lfptools.example_morphology("ball_and_sticks"), nseg_method="lambda_f")
    with pytest.raises(CellError, match="g_pass"):
        Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, passive_parameters={"g_pass": 1e-3})
    with pytest.raises(CellError, match="gnabar"):
        cell.insert("hh", "soma", gnabarr_hh=0.1)


def test_a_netstims_train_is_the_same_in_every_run_and_differs_between_synapses(cell):
    trains = []
    for seed in (1, 1, 2):
        synapse = Synapse(cell, idx=1, syntype="ExpSyn", weight=1e-5, record_current=True)
        synapse.set_spike_times_w_netstim(interval=1.0, seed=seed)
        cell.simulate()
        first = synapse.i.copy()
        cell.simulate()
        np.testing.assert_array_equal(first, synapse.i)
        trains.append(first)
    assert not np.array_equal(trains[0], trains[1]) and not np.array_equal(trains[0], trains[2])
