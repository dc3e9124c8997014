"""Which segments hang on which, by exact names and checked indices; against NEURON's own tree and LFPy."""

import subprocess
import sys

import numpy as np
import pytest

import lfptools
from lfptools import Cell
from lfptools.errors import GeometryError


@pytest.fixture(scope="module")
def cell():
    with Cell(
        lfptools.example_morphology("ball_and_sticks"), passive=True, nsegs_method="fixed_length", max_nsegs_length=100
    ) as made:
        yield made


def test_names_of_segments(cell):
    table = cell.get_idx_name(np.array([0, 2]))
    assert table.shape == (2, 3) and table.tolist() == [[0, "soma[0]", 0.5], [2, "dend[0]", 0.5]]
    assert cell.get_idx_name(2).tolist() == [2, "dend[0]", 0.5]
    assert cell.get_idx_name().tolist() == [[0, "soma[0]", 0.5]]
    assert cell.get_idx_name([]).shape == (0, 3)


@pytest.mark.parametrize("wrong", [-1, 18, [0, 99], 0.5, "soma", [True]])
def test_indices_that_no_segment_has_are_named(cell, wrong):
    with pytest.raises(GeometryError, match="segment indices must"):
        cell.get_idx_name(wrong)
    with pytest.raises(GeometryError, match="segment indices must"):
        cell.get_rand_prob_area_norm_from_idx(wrong)


def test_children_are_neurons(cell):
    for section in cell.allseclist:
        of = {child.name() for child in section.children()}
        found = {name for _, name, _ in cell.get_idx_name(cell.get_idx_children(section.name()))}
        assert found == of
        own = cell.get_idx_name(cell.get_idx_parent_children(section.name()))
        assert {name for _, name, _ in own} == of | {section.name()}
        first = cell.get_dict_of_children_idx()[section.name()]
        assert {cell.segment(idx).sec.name() for idx in first} == of
        assert all(cell.segment(idx) == cell.segment(idx).sec(1e-9) for idx in first)
        assert cell.get_dict_parent_connections()[section.name()] == (
            section.parentseg().x if section.parentseg() else 0.0
        )


def test_a_part_of_a_name_is_no_section(cell):
    for look_up in (cell.get_idx_children, cell.get_idx_parent_children):
        with pytest.raises(GeometryError, match=r"unknown section 'dend'; did you mean 'dend\["):
            look_up("dend")


def test_names_that_begin_alike_and_reversed_sections(tmp_path):
    (tmp_path / "alike.hoc").write_text(
        "create soma, dend1, dend10, back\nsoma { L=20 diam=20 }\ndend1 { L=90 nseg=3 }\ndend10 { L=60 nseg=2 }\n"
        "back { L=60 nseg=2 }\nconnect dend1(0), soma(1)\nconnect dend10(0), dend1(1)\nconnect back(1), dend1(0.5)\n"
    )
    with Cell(tmp_path / "alike.hoc", nsegs_method=None) as cell:
        assert cell.get_idx_children("dend1").tolist() == [4, 5, 6, 7]
        assert cell.get_idx_children("dend10").tolist() == []
        assert cell.get_dict_of_children_idx() == {"soma": [1], "dend1": [4, 7], "dend10": [], "back": []}


def test_from_one_segment_to_another(cell):
    middle = cell.segments.midpoints
    assert cell.get_intersegment_vector(3, 11) == (middle[11] - middle[3]).tolist()
    assert cell.get_intersegment_distance(3, 11) == pytest.approx(np.sqrt(((middle[11] - middle[3]) ** 2).sum()))
    assert cell.get_intersegment_distance() == 0.0
    with pytest.raises(GeometryError, match=r"0 … 17, got \[18\]"):
        cell.get_intersegment_distance(0, 18)


SCRIPT = """
import sys, pickle
import numpy as np
import {package} as LFPy
cell = LFPy.Cell(sys.argv[1], passive=True, nsegs_method="fixed_length", max_nsegs_length=12, pt3d=True)
names = cell.allsecnames
out = dict(
    names=names, somaidx=np.asarray(cell.somaidx), somapos=cell.somapos, nsoma=cell.nsomasec, n=cell.totnsegs,
    idx_name=cell.get_idx_name(np.arange(cell.totnsegs)).tolist(), one=list(cell.get_idx_name(3)),
    children={{name: list(cell.get_idx_children(name)) for name in names}},
    family={{name: list(cell.get_idx_parent_children(name)) for name in names}},
    first={{name: sorted(idx) for name, idx in cell.get_dict_of_children_idx().items()}},
    at=cell.get_dict_parent_connections(), vector=cell.get_intersegment_vector(1, 7),
    distance=cell.get_intersegment_distance(1, 7), prob=cell.get_rand_prob_area_norm("dend", 10, 200),
    prob_idx=cell.get_rand_prob_area_norm_from_idx(np.array([1, 5, 6])), closest=cell.get_closest_idx(3, 4, 100),
    in_list=cell.get_idx(["soma", "dend[1]"]), in_z=cell.get_idx("dend", 50, 150), xz=cell.get_pt3d_polygons(),
    zy=cell.get_pt3d_polygons(projection=("z", "y")), seg_xz=cell.get_idx_polygons(),
    seg_xy=cell.get_idx_polygons(("x", "y")),
    **{{name: getattr(cell, name) for name in ("x3d", "y3d", "z3d", "diam3d", "arc3d")}},
)
pickle.dump(out, open(sys.argv[2], "wb"))
"""


def flat(value) -> np.ndarray:
    if isinstance(value, dict):
        return np.concatenate([[], *(np.ravel(value[key]) for key in sorted(value))])
    return np.concatenate([np.ravel(part) for part in value]) if isinstance(value, list | tuple) else np.ravel(value)


@pytest.mark.peer
@pytest.mark.parametrize("name", ["ball_and_sticks.hoc", "branched.swc"])
def test_look_ups_and_outlines_are_lfpys(tmp_path, name):
    import pickle

    file, got = str(lfptools.example_morphology(name)), {}
    for package in ("lfptools", "LFPy"):
        path = tmp_path / f"{package}.pickle"
        subprocess.run(
            [sys.executable, "-c", SCRIPT.format(package=package), file, path], check=True, capture_output=True
        )
        got[package] = pickle.loads(path.read_bytes())
    own, peer = got["lfptools"], got["LFPy"]
    for key in peer:
        if key in ("names", "idx_name", "one"):
            assert own[key] == peer[key], key
        else:
            np.testing.assert_allclose(flat(own[key]), flat(peer[key]), rtol=0, atol=1e-9 * 1e3, err_msg=key)
