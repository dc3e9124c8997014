"""Models for every row of docs/engines.md, and a program that runs them by both engines.

``python engine_models.py run NAME …`` prints a line of JSON for each model: how far CoreNEURON's results are from
NEURON's, or why the run was refused. ``python engine_models.py unchecked NAME`` runs one whatever stands in its way:
CoreNEURON may end the process. ``$ENGINE_MODELS_LIBRARY`` is the library of the mod files.
"""

import json
import os
import sys
from collections.abc import Callable

import numpy as np
from neuron import h

import lfptools
from lfptools.errors import LfptoolsError
from lfptools.simulation import coreneuron, eligibility
from lfptools.simulation.mechanisms import load_mechanisms
from lfptools.simulation.run import Recording
from lfptools.simulation.sections import build_sections

# Row of the table to the function that builds its model on a cell.
SUPPORTED: dict[str, Callable] = {}
REFUSED: dict[str, Callable] = {}

END_uM = 13  # index of the last segment


def supported(row: str) -> Callable:
    return lambda build: SUPPORTED.setdefault(row, build)


def refused(row: str) -> Callable:
    return lambda build: REFUSED.setdefault(row, build)


def make_cell():
    """A soma and a dendrite with spikes of their own kind."""
    cell = lfptools.Cell(
        build_sections(
            {
                "soma": {"length_um": 20, "diameter_um": 20, "segments": 3},
                "dend": {"length_um": 300, "diameter_um": 2, "segments": 11, "parent": "soma"},
            }
        ),
        Ra=100.0, v_init=-65.0, tstop=20.0, dt=0.025, nsegs_method=None, celsius=16.0,
    )  # fmt: skip
    cell.insert("hh")
    return cell


def drive(cell, idx: int = 8, weight: float = 0.05, times: tuple = (2.0, 9.01)):
    synapse = lfptools.Synapse(cell, idx=idx, syntype="Exp2Syn", weight=weight, tau1=0.5, tau2=2.0, record_current=True)
    synapse.set_spike_times(times)
    return synapse


# Each function returns what must stay alive, and may set what simulate is given.


@supported("Exp2Syn, ExpSyn and their events")
def synapses(cell, given):
    drive(cell)
    lfptools.Synapse(cell, idx=3, syntype="ExpSyn", weight=0.02, tau=1.0).set_spike_times([1.0, 1.0, 5.0])


@supported("IClamp, SEClamp")
def clamps(cell, given):
    lfptools.StimIntElectrode(cell, 0, "IClamp", record_current=True, amp=0.3, delay=2.0, dur=5.0)
    levels = {"dur1": 3.0, "amp1": -65.0, "dur2": 5.0, "amp2": -20.0, "rs": 1.0}
    lfptools.StimIntElectrode(cell, 5, "SEClamp", record_current=True, **levels)


@supported("NetStim, regular or with noise")
def netstims(cell, given):
    for idx, noise in ((4, 0.0), (9, 1.0)):
        synapse = lfptools.Synapse(cell, idx=idx, syntype="ExpSyn", weight=0.02)
        synapse.set_spike_times_w_netstim(noise=noise, start=1.0, number=10, interval=2.0, seed=7)


@supported("recorded variables of mechanisms, ions and segments")
def recorded(cell, given):
    drive(cell)
    given["recording"] = Recording(
        vmem=True, icap=True, variables=("ina", "m_hh", "gnabar_hh", "ek", "cm"), sites={"h": ("h_hh", [0, END_uM])}
    )


@supported("celsius and GLOBALs of mechanisms")
def run_globals(cell, given):
    drive(cell)
    cell.celsius = 21.0
    cell.insert("gating")
    given["mechanism_globals"] = {"slope_gating": 3.0, "usetable_hh": 0.0}


@supported("second_order 0, 1 and 2")
def second_order(cell, given):
    drive(cell)
    given["second_order"] = 2


@supported("t_start before 0")
def before_zero(cell, given):
    cell.tstart = -5.0
    drive(cell, times=(-2.0, 3.0))


@supported("several cells at once, and other cells alive")
def several(cell, given):
    drive(cell)
    other, silent = make_cell(), make_cell()
    drive(other, idx=1)
    drive(silent, idx=2)
    given["cells"] = [cell, other]
    return other, silent


@supported("mod files with TABLE, derivimplicit, KINETIC, arrays")
def mod_blocks(cell, given):
    drive(cell)
    for name in ("gating", "scheme", "arrayleak"):
        cell.insert(name)


@supported("mod files with WATCH and net_send")
def watch(cell, given):
    drive(cell, weight=0.2)
    process = h.Watching(cell.segment(0))
    given["references"] = {"crossings": process._ref_crossings}
    return process


@supported("mod files with ELECTRODE_CURRENT")
def electrode(cell, given):
    lfptools.StimIntElectrode(cell, 0, "SineClamp", record_current=True, amplitude=0.2)


@supported("ARTIFICIAL_CELL from mod files")
def artificial(cell, given):
    process = drive(cell, times=())
    ticking = h.Ticking()
    connection = h.NetCon(ticking, process.hoc)
    connection.delay, connection.weight[0] = 0.0, 0.05
    return ticking, connection


@supported("POINTER to a potential, or to a variable of a mechanism or point process")
def pointers(cell, given):
    process = drive(cell)
    found = []
    for reference in (cell.segment(END_uM)._ref_v, cell.segment(2).hh._ref_m, process.hoc._ref_g):
        coupled = h.Coupled(cell.segment(0))
        coupled._ref_other = reference
        found.append(coupled)
    return found


@supported("RANDOM in mod files")
def random_in_mod(cell, given):
    cell.insert("noisy", "dend")
    for k, segment in enumerate(cell.neuron_segments()[3:]):
        segment.noisy.stream.set_ids(1, 2, k)
        segment.noisy.stream.set_seq(0)


@supported("threshold NetCons with a gid, and what they record and reach")
def gids(cell, given):
    drive(cell, weight=0.2)
    parallel, soma, times = h.ParallelContext(), cell.sections[0], h.Vector()
    parallel.set_gid2node(3, 0)
    watching = h.NetCon(soma(0.5)._ref_v, None, sec=soma)
    parallel.cell(3, watching)
    watching.record(times)
    target = lfptools.Synapse(cell, idx=END_uM, syntype="ExpSyn", weight=0.05, record_current=True)
    connection = parallel.gid_connect(3, target.hoc)
    connection.delay, connection.weight[0] = 1.0, 0.05
    given["vectors"] = {"spikes": times}
    return watching, connection, times


@supported("gap junctions by ParallelContext.source_var and target_var")
def gap_junction(cell, given):
    drive(cell)
    parallel = h.ParallelContext()
    process = lfptools.StimIntElectrode(cell, 0, "SineClamp").hoc
    parallel.source_var(cell.sections[1](0.9)._ref_v, 5, sec=cell.sections[1])
    parallel.target_var(process, process._ref_frequency, 5)
    parallel.setup_transfer()
    return process


@supported("events from an FInitializeHandler")
def initialize_handler(cell, given):
    process = h.ExpSyn(cell.segment(6))
    connection = h.NetCon(None, process)
    connection.delay, connection.weight[0] = 0.0, 0.03
    return process, connection, h.FInitializeHandler(lambda: connection.event(3.0))


@supported("NetCon.active(False)")
def inactive(cell, given):
    drive(cell)
    drive(cell, idx=2, weight=0.5)
    cell.placed[1].connection.active(False)


@refused("variable step")
def variable_step(cell, given):
    given["variable_step"] = lfptools.VariableStep()


@refused("extracellular")
def extracellular(cell, given):
    cell.sections[1].insert("extracellular")


@refused("VClamp")
def vclamp(cell, given):
    lfptools.StimIntElectrode(cell, 0, "VClamp", dur=[3.0], amp=[-65.0])


@refused("AlphaSynapse, APCount, IntFire1, IntFire2, IntFire4")
def lacking(cell, given):
    return h.AlphaSynapse(cell.segment(0)), h.APCount(cell.segment(1)), h.IntFire1(), h.IntFire2(), h.IntFire4()


@refused("another cell's VClamp")
def others_vclamp(cell, given):
    other = make_cell()
    vclamp(other, given)
    return other


@refused("threshold NetCons without a gid")
def no_gid(cell, given):
    soma = cell.sections[0]
    return h.NetCon(soma(0.5)._ref_v, None, sec=soma)


@refused("NetCons that watch something else than a potential")
def watches_a_state(cell, given):
    soma = cell.sections[0]
    return h.NetCon(soma(0.5).hh._ref_m, None, sec=soma)


@refused("NetCons from another process with a delay below two steps")
def short_delay(cell, given):
    process = drive(cell)
    connection = h.ParallelContext().gid_connect(99, process.hoc)
    connection.delay = 0.04
    return connection


@refused("recorded events of artificial cells without a gid")
def artificial_recorded(cell, given):
    stimulus, times = h.NetStim(), h.Vector()
    stimulus.start = 1.0
    connection = h.NetCon(stimulus, None)
    connection.record(times)
    given["vectors"] = {"times": times}
    return stimulus, connection, times


@refused("LinearMechanism")
def linear_mechanism(cell, given):
    c, g, y, b = h.Matrix(1, 1, 2), h.Matrix(1, 1, 2), h.Vector(1), h.Vector(1)
    g.setval(0, 0, 1e-3)
    where, x = h.SectionList([cell.sections[0]]), h.Vector([0.5])
    return h.LinearMechanism(c, g, y, b, where, x), c, g, y, b, where, x


@refused("Vector.play")
def played(cell, given):
    clamp, times, values = h.IClamp(cell.segment(0)), h.Vector([0.0, 5.0, 20.0]), h.Vector([0.0, 0.1, 0.0])
    clamp.dur = 1e9
    values.play(clamp._ref_amp, times)
    return clamp, times, values


@refused("Vector.record at an interval or at given times")
def recorded_at_interval(cell, given):
    vector = h.Vector()
    vector.record(cell.segment(0)._ref_v, 0.5)
    given["vectors"] = {"vector": vector}
    return vector


@refused("CVode.event")
def solver_event(cell, given):
    held = [cell.segment(0)]  # an event that is never delivered would keep the section beyond its cell
    handler = h.FInitializeHandler(lambda: h.CVode().event(5.0, lambda: setattr(held[0], "v", 0.0)))
    return handler, Undo(held.clear)


@refused("POINTER to anything else")
def pointer_elsewhere(cell, given):
    coupled = h.Coupled(cell.segment(0))
    coupled._ref_other = cell.segment(3)._ref_diam
    return coupled


@refused("POINTER to a membrane current")
def pointer_to_current(cell, given):
    h.CVode().use_fast_imem(1)
    coupled = h.Coupled(cell.segment(0))
    coupled._ref_other = cell.segment(3)._ref_i_membrane_
    return coupled, Undo(lambda: h.CVode().use_fast_imem(0))


@refused("recorded numbers that belong to no mechanism (diam)")
def recorded_diameter(cell, given):
    given["recording"] = Recording(sites={"width": ("diam", [0])})


@refused("nrn_netrec_state_adjust")
def state_adjust(cell, given):
    drive(cell)
    h.nrn_netrec_state_adjust = 1
    return Undo(lambda: setattr(h, "nrn_netrec_state_adjust", 0))


@refused("GLOBALs that change between runs of one process")
def changed_global(cell, given):
    lfptools.simulate([cell], engine="coreneuron")
    given["mechanism_globals"] = {"usetable_hh": 0.0}


@refused("Random.play")
def random_play(cell, given):
    clamp, random = h.IClamp(cell.segment(0)), h.Random()
    clamp.dur = 1e9
    random.Random123(1, 2, 3)
    random.normal(0.0, 0.1)
    random.play(clamp._ref_amp)
    return clamp, random


@refused("CVode.extra_scatter_gather")
def scatter(cell, given):
    segment = cell.segment(0)

    def change() -> None:
        segment.v += 0.001

    h.CVode().extra_scatter_gather(0, change)
    return Undo(lambda: h.CVode().extra_scatter_gather_remove(change))


@refused("nonvint blocks")
def nonvint(cell, given):
    from neuron import nonvint_block_supervisor as supervisor

    def current(rhs) -> None:
        rhs[1] -= 0.01

    methods = [None] * 11
    methods[2] = current
    supervisor.register(methods)
    return Undo(lambda: supervisor.unregister(methods))


@refused("neuron.rxd")
def rxd(cell, given):
    from neuron import rxd

    region = rxd.Region([cell.sections[0]], nrn_region="i")
    return rxd.Species(region, name="na", charge=1, initial=10.0), region


class Undo:
    """Calls something when nobody holds it any longer."""

    def __init__(self, call: Callable[[], None]):
        self._call = call

    def __del__(self) -> None:
        self._call()


def run(name: str) -> dict[str, object]:
    """The largest difference between the engines, relative to each variable's largest value; or the refusal."""
    build = {**SUPPORTED, **REFUSED}[name]
    cell, given, results = make_cell(), {}, []
    alive = build(cell, given)
    cells = given.pop("cells", [cell])
    vectors = given.pop("vectors", {})
    for key, reference in given.pop("references", {}).items():
        vectors[key] = h.Vector().record(reference)
    recording = given.pop("recording", None) or Recording(imem=True)
    try:
        for engine in ("neuron", "coreneuron"):
            datasets = lfptools.simulate(cells, recording=recording, engine=engine, **given)
            values = {f"{k} {key}": one.values for k, data in enumerate(datasets) for key, one in data.items()}
            results.append({**values, **{key: np.array(vector) for key, vector in vectors.items()}})
    except LfptoolsError as error:
        return {"refused": str(error)}
    finally:
        del alive
        h.ParallelContext().gid_clear()
        for one in cells:
            one.close()
    return {"difference": max(_difference(key, *(result[key] for result in results)) for key in results[0])}


def _difference(key: str, expected: np.ndarray, got: np.ndarray) -> float:
    if expected.shape != got.shape or not np.array_equal(np.isnan(expected), np.isnan(got)):
        return np.inf
    # Currents are measured against what flows in these models: their sum, and they at rest, are zero but for rounding.
    largest = np.nanmax(np.abs(expected), initial=0.1 if "current" in key else 1e-30)
    return float(np.nanmax(np.abs(expected - got), initial=0.0) / largest)


def main(how: str, *names: str) -> None:
    load_mechanisms(os.environ["ENGINE_MODELS_LIBRARY"])
    if how == "unchecked":
        eligibility.obstacles = lambda *given: []
        eligibility.queued = lambda: []
        coreneuron._compare_first_steps = lambda settings: None
    for name in names:
        print(json.dumps({"name": name, **run(name)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
