"""What is NEURON's for the whole process belongs to a cell's runs, and what cannot is told."""

import numpy as np
import pytest
from neuron import h

import lfptools
from lfptools import Cell, LineSourcePotential, Synapse
from lfptools.errors import CellError, LfptoolsWarning, SimulationError
from lfptools.simulation import engine
from lfptools.simulation.state import RunSettings, VariableStep, membrane_currents

BALL_AND_STICKS = lfptools.example_morphology("ball_and_sticks")


@pytest.fixture
def coarse(tmp_path):
    """A file that sets GLOBALs of mechanisms, as archives do."""
    path = tmp_path / "coarse.hoc"
    path.write_text("usetable_hh = 0\nnai0_na_ion = 17\nforall { insert hh }\n")
    return path


def test_globals_that_a_cells_code_sets_hold_for_its_runs_alone(coarse):
    before = h.usetable_hh, h.nai0_na_ion
    with Cell(BALL_AND_STICKS, custom_code=[coarse], tstop=5.0) as cell, Cell(BALL_AND_STICKS, tstop=5.0) as plain:
        assert (h.usetable_hh, h.nai0_na_ion) == before
        assert cell.mechanism_globals == {"usetable_hh": 0.0, "nai0_na_ion": 17.0}
        plain.insert("hh")
        table, none = plain.simulate()["soma_potential"], cell.simulate()["soma_potential"]
        assert (h.usetable_hh, h.nai0_na_ion) == before
        assert not np.array_equal(table, none)
        with pytest.raises(CellError, match="agree on mechanism_globals"):
            lfptools.simulate([cell, plain])

    def by_function(cell):
        h.usetable_hh = 0
        cell.insert("hh")

    with Cell(BALL_AND_STICKS, custom_fun=[by_function], tstop=5.0) as other:
        assert h.usetable_hh == before[0]
        np.testing.assert_array_equal(other.simulate()["soma_potential"], none)


def test_membrane_current_bookkeeping_is_off_after_a_run():
    h.CVode().use_fast_imem(0)
    with Cell(BALL_AND_STICKS, passive=True, tstop=1.0) as cell:
        cell.simulate()
        assert not h.CVode().use_fast_imem()


def test_threads_of_the_process_are_put_back():
    parallel = h.ParallelContext()
    parallel.nthread(2)
    try:
        with Cell(BALL_AND_STICKS, passive=True, tstop=1.0) as cell:
            cell.simulate()
        assert parallel.nthread() == 2
    finally:
        parallel.nthread(1)


def test_extracellular_elsewhere_is_told_and_crank_nicolson_beside_it_refused():
    with Cell(BALL_AND_STICKS, passive=True, tstop=1.0) as cell:
        lone = h.Section(name="lone")
        lone.insert("extracellular")
        with pytest.warns(LfptoolsWarning, match="extracellular.*lone"):
            cell.simulate()
        with pytest.raises(SimulationError, match="secondorder"):
            lfptools.simulate([cell], second_order=2)
        del lone


@pytest.mark.parametrize("broken_is_own", [True, False])
def test_a_variable_step_run_that_is_given_up_is_an_error(tmp_path, broken_is_own):
    with Cell(BALL_AND_STICKS, tstop=50.0) as cell, Cell(BALL_AND_STICKS, tstop=50.0) as other:
        for one in (cell, other):
            one.insert("hh")
        broken = cell if broken_is_own else other
        for segment in broken.sections[0]:
            segment.gnabar_hh = np.nan
        with pytest.warns(LfptoolsWarning), pytest.raises(SimulationError, match=r"gave up|nan"):
            cell.simulate(variable_dt=True)
        with pytest.warns(LfptoolsWarning), pytest.raises(SimulationError, match=r"gave up|nan"):
            cell.simulate(variable_dt=True, to_file=True, file_name=tmp_path / "run.nc")
        assert not list(tmp_path.iterdir())


def test_an_error_while_a_variable_step_run_is_emptied_comes_out_as_it_is():
    with Cell(BALL_AND_STICKS, passive=True, tstop=50.0) as cell:

        class Sink:
            def append(self, t, rows):
                raise OSError("disk full")

        synapse = Synapse(cell, idx=0, syntype="ExpSyn", weight=0.01)
        settings = RunSettings(t_stop=5000.0, dt=0.001, variable_step=VariableStep(1e-9))
        with membrane_currents():
            references = {"v": [cell.segment(0)._ref_v]}
            block = engine.Block("cell", references, [Sink()])
            synapse.set_spike_times(np.arange(0.0, 50.0, 0.1))
            with pytest.raises(OSError, match="disk full"):
                engine.run([block], settings, cell.placed[0].events())


def test_a_changed_division_is_told_before_the_run():
    with Cell(BALL_AND_STICKS, passive=True, tstop=1.0) as cell:
        cell.sections[1].nseg += 2
        with pytest.raises(CellError, match="segments"):
            cell.simulate()


def test_a_cell_given_twice_is_refused_and_a_stop_between_steps_is_told():
    with Cell(BALL_AND_STICKS, passive=True, tstop=1.0, dt=0.3) as cell:
        with pytest.raises(CellError, match="twice"):
            lfptools.simulate([cell, cell])
        probe = LineSourcePotential(cell, x=[30.0], y=[0.0], z=[0.0])
        with pytest.warns(LfptoolsWarning, match="ends at 0.9 ms"):
            cell.simulate(probes=[probe])


def test_extracellular_leaves_no_trace_once_its_cell_is_closed():
    """NEURON would go on with that cell's matrix method, whose last bits depend on where sections lie in memory."""

    def run(cell):
        for idx in (3, 9):
            Synapse(cell, idx=idx, syntype="ExpSyn", e=0, tau=1, weight=0.001).set_spike_times(np.array([2.0]))
        return cell.simulate(rec_imem=True)

    with Cell(BALL_AND_STICKS, passive=True, tstop=5.0) as cell:
        before = run(cell)
    with Cell(BALL_AND_STICKS, passive=True, extracellular=True, tstop=5.0) as other:
        other.simulate()
    with Cell(BALL_AND_STICKS, passive=True, tstop=5.0) as cell, Cell(BALL_AND_STICKS, passive=True, tstop=5.0) as twin:
        assert run(cell).identical(before) and run(twin).identical(before)
