"""Synapses and electrodes: what is wrong in a call is named."""

import numpy as np
import pytest

import lfptools
from lfptools import Cell, PointProcess, StimIntElectrode, Synapse
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


def test_the_cells_own_methods_place_what_the_classes_place():
    with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=10.0) as host:
        assert host.set_synapse(idx=3, syntype="ExpSyn", weight=0.01, e=0.0, record_current=True) == 0
        assert host.set_synapse(idx=0, syntype="ExpSyn", weight=0.01) == 1
        assert host.set_point_process(idx=2, pptype="IClamp", amp=0.1, dur=5.0, delay=1.0, record_current=True) == 0
        assert (host.synidx, host.pointprocess_idx) == ([3, 0], [2])
        host.synapses[0].set_spike_times(np.array([1.0]))
        host.simulate()
        assert np.abs(host.synapses[0].i).max() > 0
        assert host.pointprocesses[0].i.max() == 0.1


def test_a_point_process_alone_is_a_place_and_with_a_type_any_process():
    with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=5.0) as host:
        place = PointProcess(host, idx=4, record_potential=True)
        alpha = PointProcess(host, 5, record_current=True, pptype="AlphaSynapse", gmax=0.01, onset=1.0)
        host.simulate(rec_vmem=True)
        np.testing.assert_array_equal(place.v, host.vmem[4])
        assert np.abs(alpha.i).max() > 0
        alpha.collect_current(host)
        host.set_pos(z=50.0)
        place.update_pos(host)
        assert (place.x, place.y, place.z) == tuple(host.segments.midpoints[4])
        with pytest.raises(CellError, match="pptype"):
            PointProcess(host, idx=4, record_current=True)
        with pytest.raises(CellError, match=r"\['tau'\]"):
            PointProcess(host, idx=4, tau=1.0)
        with pytest.raises(CellError, match="not been recorded"):
            place.collect_current(host)


def test_what_is_placed_may_have_a_name_in_the_results():
    with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=5.0) as host:
        one, other = (Synapse(host, idx, "ExpSyn", weight=0.01, record_current=True) for idx in (1, 2))
        at = [host.segments.ids[idx] for idx in (1, 2)]
        assert host.simulate()["synapse_id"].values.tolist() == [f"ExpSyn[0] at {at[0]}", f"ExpSyn[1] at {at[1]}"]
        one.name = "distal"
        result = host.simulate()
        assert result["synapse_id"].values.tolist() == ["distal", f"ExpSyn[1] at {at[1]}"]
        assert result["synapse_at"].values.tolist() == at
        assert host.synapses[0].name == "distal" and other.name is None
        other.name = "distal"
        with pytest.raises(CellError, match="two synapses that are recorded are called 'distal'"):
            host.simulate()
        with pytest.raises(CellError, match="a text or None, got ' '"):
            other.name = " "


def test_a_class_of_ones_own_is_a_synapse_like_ours():
    class Fast(Synapse):
        def __init__(self, cell, idx):
            super().__init__(cell, idx, "ExpSyn", weight=0.02, tau=0.5, record_current=True)

    with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=5.0) as host:
        fast = Fast(host, 1)
        fast.set_spike_times([1.0])
        host.simulate()
        assert np.abs(fast.i).max() > 0 and host.synapses == [fast]


def test_a_custom_function_cannot_place_on_segments_that_it_then_divides_anew():
    def place(cell):
        Synapse(cell, idx=2, syntype="ExpSyn", weight=0.01)

    def thin(cell, Ra):
        for section in cell.sections:
            section.Ra = Ra

    def thinner(cell):
        for section in cell.sections:
            section.Ra *= 20

    ball = lfptools.example_morphology("ball_and_sticks")
    with pytest.raises(CellError, match=r"placed 1 point processes .* segments instead of"):
        Cell(ball, custom_fun=[place, thin], custom_fun_args=[{}, {"Ra": 3000.0}])
    with pytest.raises(CellError, match="each time it is called"):
        Cell(ball, custom_fun=[thinner])
    with Cell(ball, Ra=3000.0, custom_fun=[thin, place], custom_fun_args=[{"Ra": 3000.0}, {}]) as cell:
        assert cell.synidx == [2] and cell.synapses[0].hoc.get_segment() == cell.segment(2)
    with Cell(ball, custom_fun=[thin], custom_fun_args=[{"Ra": 3000.0}]) as cell:
        assert cell.totnsegs == len(cell.neuron_segments())
