"""Axial currents against a dense solution of the network with every node, against NEURON's currents, and LFPy's."""

import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neuron import h

import lfptools
from lfptools import Cell, StimIntElectrode, Synapse
from lfptools.errors import CellError, GeometryError
from lfptools.geometry.axial import AxialTree
from lfptools.geometry.segments import Segments
from lfptools.io.geometry import geometry_dataset, segments_from_dataset

RA = 120.0


@dataclass(frozen=True)
class Branch:
    """A cylinder whose ``end`` (0 or 1) hangs at ``at`` on an earlier one (None: the root)."""

    length: float
    diameter: float
    nseg: int
    parent: int | None = None
    at: float = 1.0
    end: int = 0

    @property
    def half(self) -> float:
        """MΩ of half a segment: Ω·cm·µm/µm² is 10 kΩ."""
        return 0.01 * RA * (self.length / self.nseg / 2) / (np.pi * self.diameter**2 / 4)


@st.composite
def trees(draw) -> list[Branch]:
    branches = []
    for k in range(draw(st.integers(1, 7))):
        length, diameter = draw(st.floats(20, 300)), draw(st.floats(0.4, 8))
        size = {"length": length, "diameter": diameter, "nseg": draw(st.integers(1, 4))}
        if k == 0:
            branches.append(Branch(**size))
            continue
        where = st.one_of(st.sampled_from([0.0, 1.0, 0.5, 1 / 3]), st.floats(0.01, 0.99))
        branches.append(
            Branch(**size, parent=draw(st.integers(0, k - 1)), at=draw(where), end=draw(st.sampled_from([0, 1])))
        )
    return branches


def name_of(k: int) -> str:
    """Each name is part of the next but one."""
    return ("dend1" if k % 2 else "soma1") + "0" * (k // 2)


def segments_of(branches: list[Branch], seed: int = 0) -> Segments:
    """The branches as segments anywhere in space, with resistances of cylinders."""
    counts = [b.nseg for b in branches]
    section = np.repeat(np.arange(len(branches)), counts)
    n = section.size
    ends = np.random.default_rng(seed).normal(scale=100, size=(3, n, 2))
    resistance = []
    for b in branches:
        own = np.full(b.nseg, 2 * b.half)
        own[-1 if b.end else 0] = b.half
        resistance.append(own)
    return Segments(
        *ends, d=np.ones(n), area=np.ones(n), length=np.linalg.norm(np.diff(ends, axis=2)[..., 0], axis=0),
        section=section, section_x=np.concatenate([(np.arange(c) + 0.5) / c for c in counts]),
        section_names=tuple(name_of(k) for k in range(len(branches))),
        section_parent=np.array([-1 if b.parent is None else b.parent for b in branches]),
        section_parent_x=np.array([np.nan if b.parent is None else b.at for b in branches]),
        points=tuple(np.zeros((0, 4)) for _ in branches), section_reversed=np.array([b.end == 1 for b in branches]),
        axial_resistance=np.concatenate(resistance), far_resistance=np.array([b.half for b in branches]),
    )  # fmt: skip


class Network:
    """Every half segment a resistor between a centre and a border; borders that coincide are one node."""

    def __init__(self, branches: list[Branch]):
        self.branches, self.number = branches, {}
        first = np.cumsum([0] + [b.nseg for b in branches])
        self.centres = int(first[-1])
        for k, b in enumerate(branches):
            for j in range(b.nseg):
                self.number["centre", k, j] = int(first[k]) + j
        self.resistors = [
            (self.node("border", k, j + side), self.number["centre", k, j], b.half)
            for k, b in enumerate(branches)
            for j in range(b.nseg)
            for side in (0, 1)
        ]
        size = len(self.number)
        self.laplacian = np.zeros((size, size))
        for i, j, ohm in self.resistors:
            self.laplacian[[i, j], [i, j]] += 1 / ohm
            self.laplacian[[i, j], [j, i]] -= 1 / ohm

    def node(self, kind: str, k: int, j: int) -> int:
        b = self.branches[k]
        if kind == "border" and b.parent is not None and j == (b.nseg if b.end else 0):
            parent = self.branches[b.parent]
            if b.at in (0.0, 1.0):
                return self.node("border", b.parent, parent.nseg if b.at else 0)
            return self.node("centre", b.parent, int(b.at * parent.nseg))
        return self.number.setdefault((kind, k, j), len(self.number))

    def potentials(self, centres: np.ndarray) -> np.ndarray:
        """Of all nodes, from those of the centres: no current is lost in a node without membrane."""
        n = self.centres
        return np.concatenate((centres, np.linalg.solve(self.laplacian[n:, n:], -self.laplacian[n:, :n] @ centres)))

    def into(self, potentials: np.ndarray, k: int, j: int) -> float:
        """The current through the half of segment j of branch k that lies towards the root."""
        b, own = self.branches[k], self.number["centre", k, j]
        border = self.node("border", k, j + b.end)
        return (potentials[border] - potentials[own]) / b.half


@settings(max_examples=150, deadline=None)
@given(trees(), st.integers(0, 2**32 - 1))
def test_currents_are_those_of_the_network_with_every_node(branches, seed):
    network, tree = Network(branches), AxialTree.of(segments_of(branches))
    v = np.random.default_rng(seed).normal(size=network.centres)
    everywhere = network.potentials(v)
    delivered = -(network.laplacian @ everywhere)[: network.centres]
    scale = np.abs(network.laplacian).max()
    np.testing.assert_allclose(tree.membrane @ v, delivered, rtol=0, atol=1e-12 * scale)
    of = [(k, j) for k, b in enumerate(branches) for j in range(b.nseg)]
    wanted = [network.into(everywhere, *of[child]) for child in tree.child]
    np.testing.assert_allclose(tree.currents @ v, wanted, rtol=0, atol=1e-12 * scale)
    root = branches[0]
    assert tree.child.tolist() == [i for i, (k, j) in enumerate(of) if (k, j) != (0, root.nseg - 1 if root.end else 0)]


@settings(max_examples=60, deadline=None)
@given(trees(), st.integers(0, 2**32 - 1))
def test_nothing_is_lost_and_the_dipole_is_that_of_the_delivered_currents(branches, seed):
    segments = segments_of(branches, seed)
    tree = AxialTree.of(segments)
    matrix, scale = tree.membrane.toarray(), np.abs(tree.membrane).max() if len(segments) > 1 else 1.0
    np.testing.assert_allclose(matrix, matrix.T, rtol=0, atol=1e-14 * scale)
    for axis in (0, 1):
        np.testing.assert_allclose(matrix.sum(axis=axis), 0.0, atol=1e-14 * scale)
    assert np.linalg.eigvalsh(matrix).max() < 1e-12 * scale, "a network of resistors takes up power"
    v = np.random.default_rng(seed).normal(size=len(segments))
    vectors, positions = tree.elements()
    dipole = vectors @ np.repeat(tree.currents @ v, 2)
    np.testing.assert_allclose(dipole, segments.midpoints.T @ (matrix @ v), rtol=0, atol=1e-10 * scale)
    s = segments
    for which, (child, parent) in enumerate(zip(tree.child, tree.parent[tree.child], strict=True)):
        near = (s.end if branches[s.section[child]].end else s.start)[child]
        np.testing.assert_allclose(vectors[:, 2 * which], near - s.midpoints[parent])
        np.testing.assert_allclose(positions[2 * which + 1], (near + s.midpoints[child]) / 2)


def built(branches: list[Branch]) -> list:
    sections = [h.Section(name=name_of(k)) for k in range(len(branches))]
    for section, b in zip(sections, branches, strict=True):
        section.L, section.diam, section.nseg, section.Ra = b.length, b.diameter, b.nseg, RA
        section.insert("hh")
        if b.parent is not None:
            section.connect(sections[b.parent](b.at), b.end)
    return sections


def agree(cell, placed_current: np.ndarray, placed_at: int) -> None:
    """The tree's currents are NEURON's membrane currents minus the injected one, in every segment, to 1e-9."""
    tree = AxialTree.of(cell.segments)
    net = cell.imem.copy()
    net[placed_at] -= placed_current
    scale = np.abs(cell.imem).max()
    inside = cell.vmem + (cell.vext if cell.extracellular else 0.0)
    np.testing.assert_allclose(tree.membrane @ inside, net, rtol=0, atol=1e-9 * scale)
    axial, vectors, _ = cell.get_axial_currents_from_vmem()
    into = np.zeros_like(net)
    np.add.at(into, tree.child, axial[::2])
    np.subtract.at(into, tree.parent[tree.child], axial[::2])
    np.testing.assert_allclose(into, net, rtol=0, atol=1e-9 * scale)
    dipole = cell.segments.midpoints.T @ net
    np.testing.assert_allclose(vectors @ axial, dipole, rtol=0, atol=1e-9 * np.abs(dipole).max())
    multi, _ = cell.get_multi_current_dipole_moments()
    each = axial[:, None] * vectors.T[:, :, None]
    np.testing.assert_allclose(multi, each, rtol=0, atol=1e-9 * np.abs(each).max())
    np.testing.assert_allclose(multi.sum(axis=0), dipole, rtol=0, atol=1e-9 * np.abs(dipole).max())


@settings(max_examples=20, deadline=None)
@given(trees(), st.randoms(use_true_random=False))
def test_currents_are_neurons_for_any_tree(branches, random):
    """Attached at ends, between and reversed, siblings, names that begin alike, sections in any order."""
    sections = built(branches)
    order = list(range(len(branches)))
    random.shuffle(order)
    with Cell([sections[k] for k in order], nsegs_method=None, tstop=3, dt=0.05, v_init=-65) as cell:
        counts = [branches[k].nseg for k in order]
        expected = segments_of(branches)
        own = np.concatenate([np.flatnonzero(expected.section == k) for k in order])
        np.testing.assert_allclose(cell.get_axial_resistance(), expected.axial_resistance[own], rtol=1e-9)
        np.testing.assert_allclose(cell.segments.far_resistance, expected.far_resistance[order], rtol=1e-9)
        assert cell.totnsegs == sum(counts)
        electrode = StimIntElectrode(
            cell, idx=cell.totnsegs - 1, pptype="IClamp", amp=0.3, delay=0.5, dur=9, record_current=True
        )
        cell.simulate(rec_imem=True, rec_vmem=True)
        if cell.totnsegs > 1:
            agree(cell, electrode.i, cell.totnsegs - 1)
    del sections, cell, electrode


@pytest.mark.parametrize("mechanism", ["pas", "hh"])
def test_currents_are_neurons_in_a_reconstructed_cell(mechanism):
    """Children at the soma's middle, branch points of two and three, diameters that taper; passive and spiking."""
    with Cell("neuron:demo/pyramid.nrn", tstop=12, dt=2**-5, v_init=-65, custom_fun=[insert], custom_fun_args=[
        {"mechanism": mechanism}
    ]) as cell:  # fmt: skip
        synapse = Synapse(cell, idx=cell.get_closest_idx(y=800), syntype="ExpSyn", e=0, tau=2, weight=0.02)
        synapse.set_spike_times(np.array([2.0]))
        electrode = StimIntElectrode(cell, idx=0, pptype="IClamp", amp=1.5, delay=3, dur=4, record_current=True)
        cell.simulate(rec_imem=True, rec_vmem=True)
        assert (cell.somav.max() > 0) == (mechanism == "hh")
        agree(cell, electrode.i, 0)


def insert(cell, mechanism):
    for section in cell.allseclist:
        section.insert(mechanism)


@pytest.fixture(scope="module")
def passive_cell() -> Cell:
    """Closed: potentials and geometry are all that is needed."""
    with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=10) as cell:
        synapse = Synapse(cell, idx=cell.totnsegs - 1, syntype="ExpSyn", e=0, tau=1, weight=0.001)
        synapse.set_spike_times(np.array([2.0]))
        cell.simulate(rec_imem=True, rec_vmem=True)
    return cell


def test_without_electrodes_the_matrix_gives_membrane_currents(passive_cell):
    cell = passive_cell
    matrix = cell.get_transformation_matrix_vmem_to_imem()
    assert isinstance(matrix, np.ndarray)
    scale = np.abs(cell.imem).max()
    np.testing.assert_allclose(matrix @ cell.vmem, cell.imem, rtol=0, atol=1e-9 * scale)
    sparse = cell.get_transformation_matrix_vmem_to_imem(sparse=True)
    assert np.array_equal(sparse.toarray(), matrix) and sparse.nnz < matrix.size / 2


def test_timepoints_are_columns_of_the_whole(passive_cell):
    cell = passive_cell
    everything, *_ = cell.get_axial_currents_from_vmem()
    some, *_ = cell.get_axial_currents_from_vmem(timepoints=[40, 41, 160])
    np.testing.assert_allclose(some, everything[:, [40, 41, 160]], rtol=1e-12, atol=1e-15)
    dipoles, at = cell.get_multi_current_dipole_moments(timepoints=np.array([40]))
    assert dipoles.shape == (2 * (cell.totnsegs - 1), 3, 1) and at.shape == (2 * (cell.totnsegs - 1), 3)
    for wrong, message in (([161], r"0 … 160, got \[161\]"), ([-1], r"got \[-1\]"), ([0.5], "integers")):
        with pytest.raises(CellError, match=message):
            cell.get_axial_currents_from_vmem(timepoints=wrong)


def test_vmem_that_was_not_recorded_is_told():
    with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=1) as cell:
        cell.simulate()
        with pytest.raises(CellError, match="rec_vmem=True"):
            cell.get_axial_currents_from_vmem()


@pytest.mark.parametrize("layer", [{}, {"xg": 1e-3, "xraxial": 50.0}], ids=["grounded", "sheathed"])
def test_beside_extracellular_the_potential_inside_drives_currents(layer):
    """Currents are NEURON's while a potential is played around the cell, and with current between sheath and cell."""
    with Cell(
        lfptools.example_morphology("ball_and_sticks"), passive=True, extracellular=True, tstop=5, dt=0.05
    ) as cell:
        for section in cell.allseclist:
            for segment in section:
                for name, value in layer.items():
                    getattr(segment, name)[0] = value
        field = np.random.default_rng(0).normal(scale=20, size=(cell.totnsegs, 4))
        cell.insert_v_ext(field, np.array([0, 1, 2, 5.0]))
        cell.simulate(rec_imem=True, rec_vmem=True)
        agree(cell, 0.0, 0)
        some, *_ = cell.get_axial_currents_from_vmem(timepoints=[0, 50])
        np.testing.assert_array_equal(some, cell.get_axial_currents_from_vmem()[0][:, [0, 50]])


def test_applied_to_potentials_outside_it_gives_the_currents_that_act_as_these_do():
    """A field held around a spiking cell: by ``extracellular``, and by the injected currents, each on a fresh cell."""
    leak = {"g_pas": 3e-5, "e_pas": -65.0}
    made = {"passive": True, "passive_parameters": leak, "tstop": 8, "dt": 0.05, "v_init": -65}
    file = lfptools.example_morphology("ball_and_sticks")
    with Cell(file, extracellular=True, **made) as cell:
        cell.insert("hh", "soma")
        outside = 0.1 * cell.z.mean(axis=1) + np.random.default_rng(1).normal(scale=2, size=cell.totnsegs)
        cell.insert_v_ext(np.column_stack((outside, outside)), np.array([0.0, 8.0]))
        cell.simulate(rec_vmem=True)
        wanted = cell.vmem
    with Cell(file, **made) as cell:
        cell.insert("hh", "soma")
        currents = AxialTree.of(cell.segments).membrane @ outside
        assert currents.sum() == pytest.approx(0.0, abs=1e-12 * np.abs(currents).max())
        for idx, amp in enumerate(currents):
            StimIntElectrode(cell, idx=idx, pptype="IClamp", amp=amp, delay=0, dur=9)
        cell.simulate(rec_vmem=True)
        assert wanted[0].max() > 0, "it spikes"
        np.testing.assert_allclose(cell.vmem, wanted, rtol=0, atol=1e-5)


def test_with_the_variable_step_currents_agree_too():
    with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=10) as cell:
        Synapse(cell, idx=3, syntype="ExpSyn", e=0, tau=1, weight=0.001).set_spike_times(np.array([2.0]))
        cell.simulate(rec_imem=True, rec_vmem=True, variable_dt=True)
        agree(cell, 0.0, 0)


def test_resistances_are_those_that_the_run_had():
    with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=10) as cell:
        before = cell.get_axial_resistance()
        Synapse(cell, idx=3, syntype="ExpSyn", e=0, tau=1, weight=0.001).set_spike_times(np.array([2.0]))
        for section in cell.allseclist:
            section.Ra *= 2
        cell.simulate(rec_imem=True, rec_vmem=True)
        np.testing.assert_allclose(cell.get_axial_resistance(), 2 * before, rtol=1e-12)
        agree(cell, 0.0, 0)


def test_stored_geometry_has_the_tree(passive_cell):
    segments = passive_cell.segments
    again = segments_from_dataset(geometry_dataset(segments))
    assert np.array_equal(AxialTree.of(again).membrane.toarray(), AxialTree.of(segments).membrane.toarray())


def test_what_makes_no_tree_is_named():
    branches = [Branch(50, 2, 2), Branch(50, 1, 1, parent=0), Branch(50, 1, 1, parent=1)]
    segments = segments_of(branches)
    with pytest.raises(GeometryError, match=r"hang on themselves: \['dend1', 'soma10'\]"):
        AxialTree.of(replace(segments, section_parent=np.array([-1, 2, 1])))
    with pytest.raises(GeometryError, match="'nothing'"):
        AxialTree.of(
            replace(
                segments, section_names=(*segments.section_names, "nothing"), section_parent=np.array([-1, 0, 1, 0]),
                section_parent_x=np.ones(4), points=(*segments.points, np.zeros((0, 4))),
                section_reversed=np.zeros(4, bool), far_resistance=np.ones(4),
            )
        )  # fmt: skip
    for value in (0.0, np.nan, np.inf):
        wrong = segments.axial_resistance.copy()
        wrong[1] = value
        with pytest.raises(GeometryError, match=r"segments \[1\]"):
            _ = AxialTree.of(replace(segments, axial_resistance=wrong)).currents
    with pytest.raises(GeometryError, match=r"far ends.*dend1"):
        _ = AxialTree.of(replace(segments, far_resistance=np.array([1.0, np.nan, 1.0]))).membrane


def test_segments_that_hang_on_nothing_have_no_currents():
    tree = AxialTree.of(Segments.from_arrays([[0, 1], [2, 3]], [[0, 0]] * 2, [[0, 0]] * 2, [1, 1]))
    assert tree.currents.shape == (0, 2) and tree.elements()[0].shape == (3, 0) and not tree.membrane.nnz


SCRIPT = """
import sys
import numpy as np
import {package} as LFPy
cell = LFPy.Cell(sys.argv[1], passive=True, tstop=20, nsegs_method="fixed_length", max_nsegs_length=100)
synapse = LFPy.Synapse(cell=cell, idx=cell.totnsegs - 3, syntype="ExpSyn", weight=0.002, e=0, tau=2.)
synapse.set_spike_times(np.array([4.]))
cell.simulate(rec_vmem=True, rec_imem=True)
i, d, pos = cell.get_axial_currents_from_vmem(timepoints=np.array([70, 90, 200]))
dipoles, at = cell.get_multi_current_dipole_moments()
np.savez(sys.argv[2], i=i, d=d, pos=pos, dipoles=dipoles, at=at, M=cell.get_transformation_matrix_vmem_to_imem(),
         ri=cell.get_axial_resistance())
"""


@pytest.mark.peer
@pytest.mark.parametrize("name", ["ball_and_sticks.hoc", "branched.swc"])
def test_currents_are_lfpys(tmp_path, name):
    """Divided so that LFPy is right: children between the ends of a parent hang at the centre of a segment."""
    file = str(lfptools.example_morphology(name))
    for package in ("lfptools", "LFPy"):
        code = SCRIPT.format(package=package)
        subprocess.run([sys.executable, "-c", code, file, tmp_path / f"{package}.npz"], check=True, capture_output=True)
    own, peer = np.load(tmp_path / "lfptools.npz"), np.load(tmp_path / "LFPy.npz")
    for key in peer:
        scale = np.abs(peer[key]).max()
        np.testing.assert_allclose(own[key], peer[key], rtol=0, atol=1e-9 * scale, err_msg=key)
