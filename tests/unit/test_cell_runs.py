"""Runs of cells: sample counts, repetition, isolation from everything else that is alive, conservation."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neuron import h

import lfptools
from lfptools import Cell, LineSourcePotential, StimIntElectrode, Synapse
from lfptools.errors import CellError, LfptoolsWarning, SimulationError
from lfptools.io.product import BLOCK

BALL_AND_STICKS = lfptools.example_morphology("ball_and_sticks")


def make_cell(**kwargs):
    return Cell(**{"morphology": BALL_AND_STICKS, "passive": True, "tstop": 20.0, **kwargs})


def add_synapse(cell, times=(2.0, 7.0), idx=0, **kwargs):
    synapse = Synapse(cell, idx=idx, syntype="Exp2Syn", weight=0.01, e=0, tau1=0.5, tau2=3.0, **kwargs)
    synapse.set_spike_times(np.array(times))
    return synapse


def test_results_are_labelled_and_under_lfpys_names():
    with make_cell() as cell:
        synapse = add_synapse(cell, record_current=True, record_potential=True)
        probe = LineSourcePotential(cell, x=[20.0, 20.0], y=[0.0, 0.0], z=[0.0, 100.0])
        data = cell.simulate(probes=[probe], rec_imem=True, rec_vmem=True)
        assert data["membrane_current"].dims == ("segment", "t")
        assert data["membrane_current"].attrs["units"] == "nA"
        np.testing.assert_array_equal(data["membrane_current"], cell.imem)
        np.testing.assert_array_equal(data["potential"], probe.data)
        np.testing.assert_array_equal(data["t"], cell.tvec)
        np.testing.assert_array_equal(data["synapse_current"][0], synapse.i)
        np.testing.assert_array_equal(synapse.v, cell.vmem[0])
        np.testing.assert_allclose(probe.data, probe.get_transformation_matrix() @ cell.imem, rtol=1e-12, atol=1e-18)
        assert list(data["segment_id"].values) == list(cell.segments.ids)


def test_a_second_run_gives_the_same_and_a_changed_cell_equals_a_fresh_one():
    with make_cell() as cell, make_cell() as fresh:
        first = add_synapse(cell, record_current=True)
        one, current = cell.simulate(rec_imem=True), first.i.copy()
        two = cell.simulate(rec_imem=True)
        assert one.identical(two)
        np.testing.assert_array_equal(first.i, current)
        add_synapse(cell, times=(4.0,), idx=cell.totnsegs - 1)
        add_synapse(fresh, record_current=True)
        add_synapse(fresh, times=(4.0,), idx=fresh.totnsegs - 1)
        assert cell.simulate(rec_imem=True).identical(fresh.simulate(rec_imem=True))


_ALONE = """
import json, sys, numpy as np, lfptools
cell = lfptools.Cell(lfptools.example_morphology("ball_and_sticks"), tstop=20.0, celsius=12.0)
cell.insert("hh")
synapse = lfptools.Synapse(cell, idx=3, syntype="Exp2Syn", weight=0.05, e=0)
synapse.set_spike_times(np.array([2.0]))
cell.simulate(rec_imem=True)
print(json.dumps([value.hex() for value in cell.imem.ravel()]))
"""


def test_other_cells_change_no_bit_of_a_fixed_step_run_and_their_events_are_not_delivered():
    alone = json.loads(
        subprocess.run([sys.executable, "-c", _ALONE], check=True, capture_output=True, text=True).stdout
    )
    with make_cell(celsius=33.0) as other, Cell(BALL_AND_STICKS, tstop=20.0, celsius=12.0) as cell:
        silent = add_synapse(other, record_current=True)
        random = Synapse(other, idx=1, syntype="Exp2Syn", weight=0.01)
        random.set_spike_times_w_netstim(interval=1.0)
        cell.insert("hh")
        synapse = Synapse(cell, idx=3, syntype="Exp2Syn", weight=0.05, e=0)
        synapse.set_spike_times(np.array([2.0]))
        heard = h.Vector().record(silent.hoc._ref_g)
        heard_random = h.Vector().record(random.hoc._ref_g)
        cell.simulate(rec_imem=True)
        assert [float.fromhex(value) for value in alone] == cell.imem.ravel().tolist()
        assert not heard.as_numpy().any() and not heard_random.as_numpy().any()
        with pytest.raises(CellError, match="record_current"):
            _ = silent.i
        other.simulate()
        assert heard_random.as_numpy().any()


def test_globals_belong_to_the_run():
    before = h.celsius, h.dt, h.secondorder, h.CVode().active(), h.CVode().atol()
    with make_cell(celsius=41.0, dt=0.125) as cell:
        cell.simulate()
        cell.simulate(variable_dt=True, atol=1e-5)
        with pytest.raises(SimulationError, match="tstop"):
            cell.tstop = 0.0
            cell.simulate()
    assert (h.celsius, h.dt, h.secondorder, h.CVode().active(), h.CVode().atol()) == before


def test_a_temperature_set_by_a_file_belongs_to_its_cell(tmp_path):
    (tmp_path / "warm.hoc").write_text(
        "create soma\nsoma { pt3dadd(0,0,0,9) pt3dadd(9,0,0,9) }\ncelsius = 34\ndt = 1\n"
    )
    before = h.celsius, h.dt
    with Cell(tmp_path / "warm.hoc") as warm, Cell(tmp_path / "warm.hoc", celsius=20.0) as given:
        assert (h.celsius, h.dt) == before
        assert (warm.celsius, given.celsius) == (34.0, 20.0)
        assert warm.simulate().attrs["celsius_degC"] == 34.0


@settings(max_examples=60, deadline=None)
@given(
    dt=st.sampled_from([0.1, 0.025, 0.05, 2**-4, 2**-5, 0.3, 0.01, 1 / 3]),
    steps=st.integers(1, 2 * BLOCK + 3),
    before=st.integers(0, 30),
)
def test_sample_count_is_exact_for_every_dt_and_tstop(dt, steps, before):
    tstop = steps * dt
    with make_cell(dt=dt, tstop=tstop, tstart=-before * dt, nsegs_method=None) as cell:
        data = cell.simulate()
    assert data.sizes["t"] == steps + 1
    assert data["t"].values[0] == 0.0
    np.testing.assert_allclose(data["t"].values[-1], tstop, rtol=1e-12)
    assert np.isfinite(data["soma_potential"]).all()


def test_chunks_are_bit_equal_to_one_psolve():
    with make_cell(tstop=3 * BLOCK * 2**-4 + 1.0) as cell:
        add_synapse(cell, times=(2.0, 100.0, 180.0))
        cell.simulate(rec_vmem=True)
        solver, parallel = h.CVode(), h.ParallelContext()
        solver.use_fast_imem(1)
        vectors = [h.Vector().record(segment._ref_v) for segment in cell.neuron_segments()]
        h.dt = cell.dt
        h.finitialize(cell.v_init)
        for connection, when in cell.placed[0].events():
            connection.event(when)
        parallel.set_maxstep(10)
        parallel.psolve(cell.tstop)
        np.testing.assert_array_equal(cell.vmem, np.array([vector.as_numpy() for vector in vectors]))
        solver.use_fast_imem(0)


def test_rounding_of_time_loses_no_step_of_a_long_run():
    with make_cell(dt=0.005, tstop=1200.0, nsegs_method=None) as cell:
        assert cell.simulate().sizes["t"] == 240_001


def test_time_before_zero_is_simulated_and_not_recorded():
    """A passive membrane off equilibrium has decayed by exp(-10 ms/tau) when recording starts; tau = 1 ms."""
    with make_cell(tstart=-2.0, tstop=5.0, v_init=-60.0, dt=2**-6, Ra=1e-3, nsegs_method=None) as cell:
        data = cell.simulate()
        assert data["t"].values[0] == 0.0
        np.testing.assert_allclose(cell.somav[0] + 70, 10 * (1 + 2**-6) ** -(2 * 64), rtol=1e-6)
        cell.simulate(variable_dt=True, atol=1e-6)
        assert cell.tvec[0] == 0.0 and cell.tvec[-1] == 5.0
        np.testing.assert_allclose(cell.somav[-1] + 70, 10 * np.exp(-7.0), rtol=0.1)
        cell.tstart = -2.0 - 2**-8
        with pytest.raises(SimulationError, match="whole number of steps"):
            cell.simulate()


def test_spike_times_before_zero_count_from_tstart():
    with make_cell(tstart=-5.0) as cell:
        synapse = add_synapse(cell, times=(-4.0,), record_current=True)
        cell.simulate()
        assert abs(synapse.i[0]) > 0
        with pytest.warns(LfptoolsWarning, match="1 spike times"):
            synapse.set_spike_times(np.array([-6.0, 1.0]))


def test_variable_step_ends_on_tstop_and_keeps_both_sides_of_an_event():
    with make_cell(tstop=30.0) as cell:
        add_synapse(cell, times=(5.0, 11.0))
        data = cell.simulate(variable_dt=True, rec_imem=True, atol=1e-4)
        t = data["t"].values
        assert t[0] == 0.0 and t[-1] == 30.0
        assert (np.diff(t) >= 0).all()
        assert set(t[1:][np.diff(t) == 0]) >= {5.0, 11.0}
        assert cell.imem.shape == (cell.totnsegs, t.size)
        assert np.abs(data["net_current"]).max() < 1e-9
        reference = cell.somav.copy()
        cell.dt = 2**-7
        cell.simulate()
        fixed = np.interp(t, cell.tvec, cell.somav)
        assert np.abs(fixed - reference).max() < 0.05 * np.ptp(reference)


def test_variable_step_says_when_other_cells_change_its_steps():
    with make_cell() as cell, make_cell() as other, pytest.warns(LfptoolsWarning, match=other.name):
        cell.simulate(variable_dt=True)


def test_it_is_logged_when_most_of_the_cost_is_other_cells(caplog):
    with make_cell(nsegs_method=None) as small:
        small.simulate()
        assert "belong to other cells" not in caplog.text
        with make_cell(nsegs_method="fixed_length", max_nsegs_length=10.0) as large:
            small.simulate()
            assert f"{large.totnsegs} of the {large.totnsegs + small.totnsegs} segments" in caplog.text


@pytest.mark.parametrize("v_init", [-70.0, -55.0])
@pytest.mark.parametrize(
    "electrode",
    [
        {"pptype": "IClamp", "amp": 0.5, "delay": 0.0, "dur": 5.0},
        {"pptype": "SEClamp", "amp1": -40.0, "dur1": 4.0, "rs": 1.0},
        None,
    ],
)
def test_currents_sum_to_what_electrodes_inject_at_every_step_from_the_first(v_init, electrode):
    with make_cell(v_init=v_init) as cell:
        cell.insert("hh", "soma")
        add_synapse(cell)
        if electrode:
            StimIntElectrode(cell, idx=0, **electrode)
        data = cell.simulate(rec_imem=True)
        assert np.abs(data["net_current"]).max() < 1e-9
        injected = data["electrode_current"].sum("electrode") if electrode else 0.0
        np.testing.assert_allclose(cell.imem.sum(axis=0), injected * np.ones(cell.tvec.size), atol=1e-9)
        if electrode:
            assert np.abs(injected).max() > 0.01


def test_passive_current_is_ohms_law_one_step_before_and_capacitive_current_the_rest():
    """NEURON evaluates conductances at the start of a step: what it records as i_pas belongs to the potential there."""
    with make_cell() as cell:
        StimIntElectrode(cell, idx=0, pptype="IClamp", amp=0.3, delay=2.0, dur=5.0)
        cell.simulate(rec_imem=True, rec_vmem=True, rec_ipas=True, rec_icap=True, rec_variables=["i_pas"])
        ohm = 1e-3 * (cell.vmem + 70.0) * cell.area[:, None] * 1e-2
        np.testing.assert_allclose(cell.ipas[:, 1:], ohm[:, :-1], atol=1e-12)
        np.testing.assert_allclose(cell.icap[:, 1:] + ohm[:, 1:], cell.imem[:, 1:], atol=1e-9)
        np.testing.assert_allclose(cell.rec_variables["i_pas"] * cell.area[:, None] * 1e-2, cell.ipas, rtol=1e-12)


def test_a_variable_that_some_segments_lack_is_nan_there_and_one_that_all_lack_is_an_error():
    with make_cell() as cell:
        cell.insert("hh", "soma")
        cell.simulate(rec_variables=["m_hh"])
        soma = cell.get_idx("soma")
        assert np.isfinite(cell.rec_variables["m_hh"][soma]).all()
        assert np.isnan(np.delete(cell.rec_variables["m_hh"], soma, axis=0)).all()
        with pytest.raises(SimulationError, match="m_hhh"):
            cell.simulate(rec_variables=["m_hhh"])


def test_several_cells_run_together_as_they_do_alone():
    with make_cell() as one, make_cell() as two:
        two.set_pos(100.0, 0.0, 0.0)
        add_synapse(one)
        add_synapse(two, times=(9.0,))
        probes = [LineSourcePotential(cell, x=[0.0], y=[30.0], z=[0.0]) for cell in (one, two)]
        together = lfptools.simulate([one, two], probes)
        for cell, probe, data in zip((one, two), probes, together, strict=True):
            np.testing.assert_array_equal(cell.simulate(probes=[probe])["potential"], data["potential"])
        two.dt = 0.1
        with pytest.raises(CellError, match="agree on dt"):
            lfptools.simulate([one, two])


def test_an_unstable_model_is_an_error_with_place_and_time():
    with (
        make_cell(passive_parameters={"g_pas": 1e-3, "e_pas": 1e308}) as cell,
        pytest.raises(SimulationError, match="t = "),
    ):
        cell.simulate()


def test_a_file_holds_what_memory_holds(tmp_path):
    with make_cell() as cell:
        add_synapse(cell)
        memory = cell.simulate(rec_imem=True)
        probe = LineSourcePotential(cell, x=[20.0], y=[0.0], z=[0.0])
        kept = cell.simulate(probes=[probe], rec_imem=True, to_file=True, file_name=tmp_path / "both.nc")
        assert kept.drop_vars("potential").drop_dims("contact").identical(memory)
        np.testing.assert_array_equal(cell.imem, memory["membrane_current"])
        probe.data = None
        file = cell.simulate(
            probes=[probe], rec_imem=True, to_memory=False, to_file=True, file_name=tmp_path / "run.nc"
        )
        assert probe.data is None
        for name in kept.data_vars:
            np.testing.assert_array_equal(file[name], kept[name])
        assert (tmp_path / "run.nc").read_bytes() == (tmp_path / "both.nc").read_bytes()
        for wrong in ({"to_file": True}, {"file_name": "x.nc"}, {"to_memory": False}):
            with pytest.raises(CellError, match="to_file=True and file_name"):
                cell.simulate(**wrong)


def test_memory_does_not_grow_with_time_times_segments():
    import tracemalloc

    def peak(tstop):
        cell.tstop = tstop
        tracemalloc.start()
        cell.simulate(probes=[LineSourcePotential(cell, x=[50.0], y=[0.0], z=[0.0])])
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    with make_cell(max_nsegs_length=2.0, nsegs_method="fixed_length") as cell:
        peak(10.0)
        short, long = peak(2 * BLOCK * 2**-4), peak(20 * BLOCK * 2**-4)
        # Four traces of 18 chunks more, and not segments times chunks.
        assert long - short < 10 * 18 * BLOCK * 8 < 18 * BLOCK * 8 * cell.totnsegs / 10
