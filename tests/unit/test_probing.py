"""Any NEURON model: cells of sections that exist, and signals of runs that are not ours."""

import gc
import subprocess
import sys
import tracemalloc
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from neuron import coreneuron, h

import lfptools
from lfptools import Cell, CurrentDipoleMoment, LineSourcePotential, PointSourcePotential, Synapse
from lfptools.errors import CellError, LfptoolsWarning, SimulationError
from lfptools.io.product import BLOCK
from lfptools.schema.kinds import check
from lfptools.simulation.existing import sections_in

h.load_file("stdrun.hoc")


def deliver(connection):
    connection.event(3.0)


class Neuron:
    """A model as somebody might have written it: active soma, dendrites, a synapse, clamps."""

    def __init__(self, x=0.0):
        self.soma = h.Section(name="soma", cell=self)
        self.dend = [h.Section(name=f"dend[{k}]", cell=self) for k in range(2)]
        self.all = [self.soma, *self.dend]
        for section, z, length, diameter in zip(self.all, (0, 20, -200), (20, 300, 200), (20, 2, 1.5), strict=True):
            section.pt3dadd(x, 0, z, diameter)
            section.pt3dadd(x, 0, z + length, diameter)
            section.Ra, section.nseg = 120.0, 1 if section is self.soma else 9
            section.insert("hh" if section is self.soma else "pas")
        self.dend[0].connect(self.soma(1))
        self.dend[1].connect(self.soma(0))
        self.synapse = h.ExpSyn(self.dend[0](0.8))
        self.input = h.NetCon(None, self.synapse)
        self.input.weight[0], self.input.delay = 0.02, 0
        self.clamp = h.IClamp(self.soma(0.5))
        self.clamp.amp, self.clamp.delay, self.clamp.dur = 0.3, 8.0, 1.0
        self.initialised = h.FInitializeHandler(partial(deliver, self.input))

    def __repr__(self):
        return "model"


@pytest.fixture(autouse=True, scope="module")
def nothing_left():
    gc.collect()
    before = len(list(h.allsec()))
    yield
    gc.collect()
    assert len(list(h.allsec())) == before


@pytest.fixture
def model():
    h.dt, h.celsius = 0.025, 6.3
    return Neuron()


def electrode(n=2, model=PointSourcePotential):
    return model(None, x=np.full(n, 30.0), y=np.zeros(n), z=np.linspace(0, 100, n), sigma=0.3)


def recorded(sections, run):
    """What NEURON's own vectors hold after a run that was initialised in it."""
    h.CVode().use_fast_imem(1)
    segments = [segment for section in sections for segment in section]
    vectors = [h.Vector().record(segment._ref_i_membrane_) for segment in segments]
    t = h.Vector().record(h._ref_t)
    run()
    values = np.array(t), np.array([np.array(vector) for vector in vectors])
    h.CVode().use_fast_imem(0)
    return values


def initialise_and(run):
    def initialised():
        h.finitialize(-65)
        run()

    return initialised


def to_20():
    h.continuerun(20)


def psolve_to_20():
    h.ParallelContext().set_maxstep(1)
    h.ParallelContext().psolve(20)


def steps_to_20():
    for _ in range(800):
        h.fadvance()


@pytest.mark.parametrize("run", [to_20, psolve_to_20, steps_to_20])
def test_signals_are_those_of_the_currents_that_neuron_records(model, run):
    t, currents = recorded(model.all, initialise_and(run))
    probe = electrode()
    with lfptools.probe(model, [probe], rec_imem=True) as probed:
        initialise_and(run)()
    data = probed.dataset
    check(data, "run")
    np.testing.assert_array_equal(data["membrane_current"], currents)
    np.testing.assert_allclose(data["t"], t, rtol=1e-12)
    own = PointSourcePotential(probed.geometry, x=probe.x, y=probe.y, z=probe.z, sigma=0.3)
    matrix = own.get_transformation_matrix()
    np.testing.assert_allclose(data["potential"], matrix @ currents, rtol=1e-12, atol=1e-18)
    np.testing.assert_array_equal(probe.data, data["potential"])
    assert np.abs(data["net_current"]).max() < 1e-9 and np.abs(data["electrode_current"]).max() == 0.3
    assert list(data["section"].values[[0, 1, -1]]) == ["soma", "dend[0]", "dend[1]"]
    assert data.attrs["kind"] == "run" and data.attrs["dt_ms"] == 0.025 and data["t"].values[-1] == 20.0


@pytest.mark.parametrize("run", [to_20, psolve_to_20, steps_to_20])
def test_a_run_that_was_initialised_before_gives_the_same_and_its_first_sample_is_right(model, run):
    with lfptools.probe(model, [electrode()], rec_imem=True, rec_vmem=True) as inside:
        initialise_and(run)()
    own = h.Vector().record(model.soma(0.5)._ref_v)
    h.finitialize(-65)
    with lfptools.probe(model, [electrode()], rec_imem=True, rec_vmem=True) as before:
        run()
    xr.testing.assert_identical(inside.dataset.isel(t=slice(1, None)), before.dataset.isel(t=slice(1, None)))
    xr.testing.assert_allclose(inside.dataset.isel(t=0), before.dataset.isel(t=0), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(own, inside.dataset["membrane_potential"][0])


def test_the_model_runs_to_the_bit_as_without_a_probe(model):
    own = h.Vector().record(model.soma(0.5)._ref_v)
    initialise_and(to_20)()
    alone = np.array(own)
    with lfptools.probe(model, [electrode()]):
        initialise_and(to_20)()
    np.testing.assert_array_equal(own, alone)
    assert not h.CVode().use_fast_imem()
    assert [section.nseg for section in model.all] == [1, 9, 9] and not model.soma.has_membrane("extracellular")
    initialise_and(to_20)()
    np.testing.assert_array_equal(own, alone)


def test_a_probe_may_begin_in_the_middle_and_only_the_last_initialisation_counts(model):
    with lfptools.probe(model, rec_imem=True) as whole:
        initialise_and(to_20)()
    h.finitialize(-65)
    h.continuerun(7)
    with lfptools.probe(model, rec_imem=True) as later:
        h.continuerun(20)
    half = whole.dataset.isel(t=slice(280, None))
    np.testing.assert_allclose(later.dataset["t"], half["t"], rtol=1e-9)
    np.testing.assert_allclose(later.dataset["membrane_current"], half["membrane_current"], rtol=1e-9, atol=1e-12)
    with lfptools.probe(model, rec_imem=True) as again:
        for stop in (3, 12):
            h.finitialize(-60)
            h.continuerun(stop)
        initialise_and(to_20)()
    assert again.dataset.identical(whole.dataset)


def test_blocks_leave_no_seam_and_memory_does_not_grow_with_currents(model):
    """Several blocks; with the products taken in the same blocks as everywhere, the signals are the same to the bit."""
    h.dt = 0.005
    stop = 2.5 * BLOCK * h.dt

    def run():
        h.finitialize(-65)
        h.ParallelContext().set_maxstep(1)
        h.ParallelContext().psolve(stop)

    t, currents = recorded(model.all, run)
    for early in (True, False):
        probe = electrode(3, LineSourcePotential)
        if not early:
            h.finitialize(-65)
        with lfptools.probe(model, [probe]) as probed:
            if early:
                h.finitialize(-65)
            h.ParallelContext().set_maxstep(1)
            h.ParallelContext().psolve(stop)
        assert "membrane_current" not in probed.dataset and probed.dataset.sizes["t"] == t.size
        own = LineSourcePotential(probed.geometry, x=probe.x, y=probe.y, z=probe.z, sigma=0.3)
        from lfptools.io.product import blocked_product

        whole = blocked_product(own.get_transformation_matrix(), currents)
        np.testing.assert_array_equal(probe.data[:, 1:], whole[:, 1:])
        np.testing.assert_allclose(probe.data[:, 0], whole[:, 0], rtol=1e-9, atol=1e-15)


def test_the_variable_step_is_probed_too():
    """In a process of its own: the solver takes its steps from every section that is alive, other tests' too."""
    code = "import test_probing as own; own.h.dt, own.h.celsius = 0.025, 6.3; own.with_variable_steps(own.Neuron())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


def with_variable_steps(model):
    solver = h.CVode()
    try:
        solver.active(1)
        solver.atol(1e-5)
        with lfptools.probe(model, [electrode()], rec_imem=True) as probed:
            h.finitialize(-65)
            h.continuerun(60)
        data = probed.dataset
        assert data.attrs["variable_dt"] == 1 and data["t"].values[0] == 0.0 and data.sizes["t"] > 100
        assert np.abs(data["net_current"]).max() < 1e-9
        h.finitialize(-65)
        with pytest.raises(SimulationError, match="finitialize"), lfptools.probe(model):
            h.continuerun(20)
    finally:
        solver.active(0)
    h.dt = 0.025
    with lfptools.probe(model, [electrode()]) as fixed:
        h.finitialize(-65)
        h.continuerun(60)
    slow = np.interp(fixed.dataset["t"], data["t"], data["potential"][0])
    before_spike = fixed.dataset["t"].values < 8
    difference = np.abs(slow - fixed.dataset["potential"][0])[before_spike].max()
    assert difference < 0.1 * np.ptp(slow[before_spike])


def test_several_cells_at_once_add_up():
    cells = {"left": Neuron(-50.0), "right": Neuron(50.0)}
    cells["right"].clamp.delay = 12.0
    probes = [electrode() for _ in range(3)]
    with (
        lfptools.probe(cells, [probes[0]]) as both,
        lfptools.probe(cells["left"], [probes[1]]),
        lfptools.probe(cells["right"], [probes[2]]),
    ):
        initialise_and(to_20)()
    np.testing.assert_allclose(probes[0].data, probes[1].data + probes[2].data, rtol=1e-12, atol=1e-18)
    assert list(both.geometry.allsecnames[::3]) == ["left.soma", "right.soma"]
    assert both.geometry.x[[0, -1], 0].tolist() == [-50.0, 50.0], "cells stay where they are"
    with lfptools.probe(list(cells.values()), [electrode()]) as listed:
        initialise_and(to_20)()
    np.testing.assert_array_equal(listed.dataset["potential"], both.dataset["potential"])
    assert listed.geometry.allsecnames[::3] == ["model.soma", "model.soma#2"]


def test_extracellular_and_clamps_do_not_disturb_it(model):
    model.soma.insert("extracellular")
    clamp = h.SEClamp(model.dend[1](0.5))
    clamp.dur1, clamp.amp1, clamp.rs = 15.0, -40.0, 20.0
    with lfptools.probe(model, rec_imem=True) as inside:
        initialise_and(to_20)()
    h.finitialize(-65)
    with lfptools.probe(model, rec_imem=True) as before:
        to_20()
    np.testing.assert_allclose(
        before.dataset["membrane_current"], inside.dataset["membrane_current"], rtol=1e-9, atol=1e-9
    )
    assert max(np.abs(one.dataset["net_current"]).max() for one in (inside, before)) < 1e-9
    assert inside.dataset.sizes["electrode"] == 2


def test_where_sections_hang_on_others_it_is_told(model):
    told = pytest.warns(LfptoolsWarning, match=r"hang together with 1 that are not probed \(model.soma\)")
    with told, lfptools.probe(model.dend, rec_imem=True) as probed:
        initialise_and(to_20)()
    with lfptools.probe(model, rec_imem=True) as whole:
        initialise_and(to_20)()
    np.testing.assert_array_equal(probed.dataset["membrane_current"], whole.dataset["membrane_current"][1:])
    h.finitialize(-65)
    with pytest.warns(LfptoolsWarning, match="not probed"), lfptools.probe(model.dend[1:], rec_imem=True) as late:
        to_20()
    np.testing.assert_allclose(
        late.dataset["membrane_current"], whole.dataset["membrane_current"][10:], rtol=1e-9, atol=1e-12
    )


def test_cells_on_top_of_each_other_are_told():
    cells = [h.Section(name="one"), h.Section(name="two")]
    with pytest.warns(LfptoolsWarning, match="2 probed cells have no 3-D points"), lfptools.probe(cells):
        initialise_and(to_20)()


def test_what_the_model_does_to_the_bookkeeping_of_currents_does_not_matter(model):
    """NetPyNE switches it off in each of its runs."""
    with lfptools.probe(model, rec_imem=True) as right:
        initialise_and(to_20)()
    with lfptools.probe(model, rec_imem=True) as probed:
        h.CVode().use_fast_imem(0)
        initialise_and(to_20)()
    assert probed.dataset.identical(right.dataset)


def test_memory_holds_signals_and_not_currents(model):
    def peak(stop):
        probe = electrode(1)
        tracemalloc.start()
        with lfptools.probe(model, [probe]):
            h.finitialize(-65)
            h.continuerun(stop)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    for section in model.dend:
        section.nseg = 201
    peak(30)
    short, long = peak(2 * BLOCK * 0.025), peak(10 * BLOCK * 0.025)
    assert long - short < 8 * BLOCK * 8 * 12 < 8 * BLOCK * 8 * 400 / 10, "a few traces of 8 blocks, not 400 segments"


def test_what_cannot_be_probed_is_told(model, monkeypatch):
    with pytest.raises(SimulationError, match="nothing ran"), lfptools.probe(model):
        pass
    with pytest.raises(CellError, match="'soma' is no NEURON section"):
        lfptools.probe("soma")
    with pytest.raises(CellError, match="predictors"):
        lfptools.probe(model, [model])
    wrong = PointSourcePotential(Cell([h.Section(name="lone")]), x=[1.0], y=[0.0], z=[0.0])
    with pytest.raises(CellError, match="made for another cell"), lfptools.probe(model, [wrong]):
        pass
    with pytest.raises(SimulationError, match="2") as threads:
        h.ParallelContext().nthread(2)
        try:
            with lfptools.probe(model):
                pass
        finally:
            h.ParallelContext().nthread(1)
    assert "one thread" in str(threads.value)
    monkeypatch.setattr(coreneuron, "_enable", True)
    with pytest.raises(SimulationError, match="CoreNEURON"), lfptools.probe(model):
        pass
    monkeypatch.undo()
    with pytest.raises(CellError, match="19 segments and have 21 now"), lfptools.probe(model):
        model.dend[0].nseg = 11
        initialise_and(to_20)()
    model.dend[0].nseg = 9
    model.dend[1].e_pas = np.inf
    with pytest.raises(SimulationError, match="probed sections: membrane_current of row"), lfptools.probe(model):
        initialise_and(to_20)()
    model.dend[1].e_pas = -70
    with pytest.raises(ZeroDivisionError), lfptools.probe(model):
        raise ZeroDivisionError
    with lfptools.probe(model) as probed:
        initialise_and(to_20)()
        with pytest.raises(SimulationError, match="after its 'with'"):
            _ = probed.dataset
    with pytest.raises(SimulationError, match="used once"), probed:
        pass
    assert not h.CVode().use_fast_imem()


# --- cells of sections that exist -------------------------------------------------------------------------------------


def test_a_cell_of_sections_that_exist_builds_and_touches_nothing(model):
    gc.collect()
    other = h.Section(name="bystander")
    alone = h.Vector().record(model.soma(0.5)._ref_v)
    before = [(s.nseg, s.Ra, s.x3d(1), s.z3d(1)) for s in model.all], len(list(h.allsec()))
    with Cell(model, tstop=20.0, dt=0.025, v_init=-65.0) as cell:
        assert cell.sections == model.all and cell.totnsegs == 19
        synapse = Synapse(cell, idx=3, syntype="ExpSyn", weight=0.01, record_current=True)
        synapse.set_spike_times([1.0])
        data = cell.simulate(rec_imem=True, probes=[CurrentDipoleMoment(cell)])
        assert np.abs(data["net_current"]).max() < 1e-9 and np.abs(synapse.i).max() > 0
        assert data["electrode_current"].max() == 0.3, "the model's own clamp"
    assert ([(s.nseg, s.Ra, s.x3d(1), s.z3d(1)) for s in model.all], len(list(h.allsec()))) == before
    assert model.soma.hoc_internal_name() and not other.has_membrane("pas")
    initialise_and(to_20)()
    with Cell(model, nsegs_method="fixed_length", max_nsegs_length=10.0) as cell:
        assert cell.totnsegs > 50, "a rule that was asked for holds"
    assert alone.size() == 801


def test_a_cell_and_the_models_own_run_agree(model):
    model.initialised = None
    with lfptools.probe(model, [electrode()], rec_imem=True) as probed:
        initialise_and(to_20)()
    with Cell(model, tstop=20.0, dt=0.025, v_init=-65.0, celsius=6.3) as cell:
        data = cell.simulate(rec_imem=True)
        np.testing.assert_array_equal(data["membrane_current"], probed.dataset["membrane_current"])


def test_sections_that_their_owner_deletes_are_told():
    made = Neuron()
    made.initialised = None
    cell = Cell(made.all)
    for section in made.all:
        h.delete_section(sec=section)
    with pytest.raises(CellError, match="made elsewhere, and some of them have been deleted"):
        cell.simulate()
    cell.close()


def test_sections_are_found_in_whatever_holds_them(model, tmp_path):
    sections = model.all
    holders = {
        "SectionList": h.SectionList(sections),
        "generator": (section for section in sections),
        "NetPyNE's secs": {f"s{k}": {"hObj": section, "geom": {}} for k, section in enumerate(sections)},
        "NetPyNE's cell": SimpleNamespace(secs={f"s{k}": {"hObj": section} for k, section in enumerate(sections)}),
        "BMTK's cell": SimpleNamespace(hobj=model, node_id=3),
        "LFPy's cell": SimpleNamespace(allseclist=h.SectionList(sections), somalist=None),
        "nested": [[sections[0]], (sections[1], sections[2])],
    }
    for name, holder in holders.items():
        assert sections_in(holder) == sections, name
    assert sections_in(sections[0]) == [sections[0]]
    file = tmp_path / "held.hoc"
    file.write_text(
        "begintemplate Held\npublic soma, dend, all\ncreate soma, dend\nobjref all\n"
        "proc init() { connect dend(0), soma(1) all = new SectionList() soma all.append() dend all.append() }\n"
        "endtemplate Held\n"
    )
    h.xopen(str(file))
    one, two = h.Held(), h.Held()
    assert [section.name() for section in sections_in([one, two])] == [
        f"{instance}.{name}" for instance in (one, two) for name in ("soma", "dend")
    ]
    with Cell(two) as cell, Cell([one, two]) as pair:
        assert cell.allsecnames == ["soma", "dend"]
        assert pair.allsecnames == [f"Held[{k}].{name}" for k in range(2) for name in ("soma", "dend")]
    for wrong, culprit in (
        (3, "3 is no NEURON section"),
        ([], "holds no"),
        (object(), "holds no NEURON sections"),
        ([sections[0], sections[0]], "given twice"),
        ([None], "None is no"),
    ):
        with pytest.raises(CellError, match=culprit):
            sections_in(wrong)


@pytest.mark.peer
def test_lfpys_own_cell_can_be_probed():
    code = f"""
import numpy as np, LFPy, lfptools
cell = LFPy.Cell(morphology={str(lfptools.example_morphology("ball_and_sticks"))!r}, passive=True, tstop=20.)
synapse = LFPy.Synapse(cell, idx=5, syntype="ExpSyn", weight=.01, e=0.)
synapse.set_spike_times(np.array([3.]))
contacts = dict(x=np.array([20.]), y=np.array([0.]), z=np.array([0.]))
own, ours = LFPy.PointSourcePotential(cell, **contacts), lfptools.PointSourcePotential(None, **contacts)
with lfptools.probe(cell, [ours]) as probed:
    cell.set_pos(*probed.geometry.somapos)  # where its 3-D points are
    cell.simulate(probes=[own])
np.testing.assert_allclose(ours.data[:, 1:], own.data[:, 1:], rtol=1e-6)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
