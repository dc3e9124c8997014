"""Cells built, run, changed, run together, pickled, dropped and built again in any order; run in a process of its own.

``python cell_lives.py examples steps``. After each step there are as many sections in NEURON as living cells have, and
a run of a cell gives what a fresh cell with the same history gives, to the bit.
"""

import pickle
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from neuron import h

import lfptools
from lfptools import Cell, LineSourcePotential, StimIntElectrode, Synapse, TemplateCell
from lfptools.simulation.sections import build_sections

TEMPLATE = Path(tempfile.mkdtemp()) / "lives.hoc"
TEMPLATE.write_text(
    "begintemplate Lives\npublic soma, dend, all\ncreate soma[1], dend[2]\nobjref this, me, all\n"
    "proc init() { local i\n  me = this\n  all = new SectionList()\n"
    "  soma[0] { L = 20 diam = 20 insert hh all.append() }\n"
    "  for i = 0, 1 dend[i] { L = 100 + 50 * i diam = 2 all.append() }\n"
    "  for i = 0, 1 connect dend[i](0), soma[0](1)\n}\nendtemplate Lives\n"
)
INLINE = {
    "soma": {"length_um": 20.0, "diameter_um": 20.0},
    "dend": {"length_um": 300.0, "diameter_um": 2.0, "segments": 5, "parent": "soma"},
}
RUN = {"passive": True, "tstop": 3.0, "dt": 0.05, "celsius": 10.0}


def build(kind):
    if kind == "template":
        return TemplateCell(TEMPLATE, "Lives", **RUN)
    if kind == "inline":
        return Cell(build_sections(INLINE), **RUN)
    return Cell(lfptools.example_morphology(kind), nsegs_method=None, **RUN)


KINDS = st.sampled_from(["ball_and_sticks", "branched.swc", "branched.asc", "branched.xml", "template", "inline"])


def synapse(cell, where, when):
    placed = Synapse(cell, where % cell.totnsegs, "Exp2Syn", weight=0.01, tau1=0.3, tau2=2.0, record_current=True)
    placed.set_spike_times([when, when + 0.5])


def random_synapse(cell, where, when):
    Synapse(cell, where % cell.totnsegs, "ExpSyn", weight=0.005).set_spike_times_w_netstim(interval=0.5, start=when)


def electrode(cell, where, when):
    kinds = [
        {"pptype": "IClamp", "amp": 0.1, "delay": when, "dur": 1.0},
        {"pptype": "SEClamp", "amp1": -60.0, "dur1": when},
    ]
    StimIntElectrode(cell, where % cell.totnsegs, **kinds[where % 2])


def channel(cell, where, when):
    cell.insert("hh", cell.allsecnames[where % len(cell.allsecnames)], gnabar_hh=0.1 + 0.01 * when)


def parameter(cell, where, when):
    if cell.placed:
        placed = cell.placed[where % len(cell.placed)]
        if placed.kind == "Exp2Syn":
            placed.hoc.tau2 = 2.0 + when
    cell.sections[where % len(cell.sections)].Ra = 80.0 + 10 * when


def turn(cell, where, when):
    cell.set_rotation(x=when, z=where)


CHANGES = st.sampled_from([synapse, random_synapse, electrode, channel, parameter, turn])


def run(cell, **kwargs):
    probe = LineSourcePotential(cell, x=[60.0], y=[10.0], z=[5.0])
    return cell.simulate(probes=[probe], rec_imem=True, rec_vmem=True, **kwargs)


class Lives(RuleBasedStateMachine):
    """Cells and what has been done to each."""

    @initialize()
    def begin(self):
        self.cells, self.handles, self.histories = [], [], []

    @rule(kind=KINDS)
    def is_built(self, kind):
        self.cells.append(build(kind))
        self.histories.append([kind])

    def some(self, which):
        k = which % len(self.cells)
        return self.cells[k], self.histories[k]

    @precondition(lambda self: self.cells)
    @rule(which=st.integers(0, 99), change=CHANGES, where=st.integers(0, 99), when=st.sampled_from([0.1, 0.5, 1.7]))
    def is_changed(self, which, change, where, when):
        cell, history = self.some(which)
        change(cell, where, when)
        history.append((change, where, when))

    @precondition(lambda self: self.cells)
    @rule(which=st.integers(0, 99))
    def runs_as_a_fresh_one(self, which):
        cell, (kind, *changes) = self.some(which)
        own = run(cell)
        assert run(cell).identical(own), "again"
        with build(kind) as fresh:
            for change, where, when in changes:
                change(fresh, where, when)
            assert run(fresh).identical(own)

    @precondition(lambda self: self.cells)
    @rule(which=st.integers(0, 99))
    def runs_with_the_variable_step(self, which):
        cell, _ = self.some(which)
        assert np.isfinite(run(cell, variable_dt=True, atol=1e-3)["potential"]).all()

    @precondition(lambda self: len(self.cells) > 1)
    @rule(which=st.integers(0, 99))
    def two_run_together(self, which):
        (one, _), (two, _) = self.some(which), self.some(which + 1)
        alone = [run(cell)["potential"] for cell in (one, two)]
        probes = [LineSourcePotential(cell, x=[60.0], y=[10.0], z=[5.0]) for cell in (one, two)]
        for data, right in zip(lfptools.simulate([one, two], probes), alone, strict=True):
            assert data["potential"].equals(right)

    @precondition(lambda self: self.cells)
    @rule(which=st.integers(0, 99))
    def is_pickled(self, which):
        cell, _ = self.some(which)
        assert (pickle.loads(pickle.dumps(cell)).x == cell.x).all()

    @precondition(lambda self: self.cells)
    @rule(which=st.integers(0, 99), how=st.sampled_from(["closed", "dropped", "dropped beside a handle"]))
    def ends(self, which, how):
        k = which % len(self.cells)
        cell = self.cells.pop(k)
        self.histories.pop(k)
        if how == "closed":
            cell.close()
        elif how != "dropped" and cell.synapses:
            self.handles.append(cell.synapses[0])

    @precondition(lambda self: self.handles)
    @rule()
    def handles_go(self):
        self.handles.clear()

    @invariant()
    def there_are_the_sections_of_living_cells(self):
        living = {id(cell): cell for cell in [*self.cells, *(handle.cell for handle in self.handles)]}
        assert sum(1 for _ in h.allsec()) == sum(len(cell.allsecnames) for cell in living.values())

    def teardown(self):
        self.cells, self.handles = [], []


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    examples, steps = map(int, sys.argv[1:])
    checks = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Lives, settings=checks)
    print("done", sum(1 for _ in h.allsec()))
