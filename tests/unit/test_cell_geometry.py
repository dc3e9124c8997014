"""Where a cell is: at the origin when it is made, moved and turned with its 3-D points."""

import subprocess
import sys

import numpy as np
import pytest

import lfptools
from lfptools import Cell, Segments
from lfptools.errors import GeometryError


@pytest.fixture
def cell(tmp_path):
    (tmp_path / "shifted.hoc").write_text(
        """create soma[1], dend[1]
        soma[0] { pt3dadd(100, 200, 285, 30) pt3dadd(100, 200, 315, 30) }
        dend[0] { pt3dadd(100, 200, 315, 4) pt3dadd(110, 200, 600, 4) }
        connect dend[0](0), soma[0](1)
        """
    )
    with Cell(tmp_path / "shifted.hoc", passive=True) as made:
        yield made


def test_the_soma_is_at_the_origin_and_the_file_can_be_gone_back_to(cell):
    np.testing.assert_allclose(cell.somapos, 0.0, atol=1e-12)
    np.testing.assert_allclose(cell.segments.points[0][:, :3], [[0, 0, -15], [0, 0, 15]])
    cell.set_pos(*cell.somapos_in_file)
    np.testing.assert_allclose(cell.segments.points[1], [[100, 200, 315, 4], [110, 200, 600, 4]])
    np.testing.assert_allclose(cell.z[-1, 1], 600.0)


@pytest.mark.parametrize(("turn", "goes_to"), [({"x": np.pi / 2}, 1), ({"y": np.pi / 2}, 0), ({"z": np.pi / 2}, 2)])
def test_rotation_is_right_handed_about_the_soma_and_turns_points_and_segments_together(cell, turn, goes_to):
    """The dendrite points along +z: about x it turns to -y, about y to +x, about z it stays."""
    cell.set_pos(1.0, 2.0, 3.0)
    cell.set_rotation(**turn)
    np.testing.assert_allclose(cell.somapos, [1.0, 2.0, 3.0], atol=1e-9)
    tip = np.array([cell.x[-1, 1], cell.y[-1, 1], cell.z[-1, 1]])
    np.testing.assert_allclose(cell.segments.points[1][-1, :3], tip, atol=1e-9)
    along = tip - cell.somapos
    assert np.argmax(np.abs(along)) == goes_to
    np.testing.assert_allclose(along[goes_to], -300.0 if goes_to == 1 else 300.0, atol=1e-9)


def test_rotations_keep_lengths_and_apply_in_the_order_given(cell):
    before = cell.segments
    cell.set_rotation(x=0.3, y=-1.1, z=2.0, rotation_order="zxy")
    np.testing.assert_allclose(
        np.linalg.norm(cell.segments.end - cell.segments.start, axis=1),
        np.linalg.norm(before.end - before.start, axis=1),
        rtol=1e-12,
    )
    cell.set_rotation(y=1.1)
    cell.set_rotation(x=-0.3)
    cell.set_rotation(z=-2.0)
    np.testing.assert_allclose(cell.segments.midpoints, before.midpoints, atol=1e-9)


def on_points(cell) -> None:
    """Segments lie on the lines through the 3-D points, wherever the cell has gone."""
    for section, points in enumerate(cell.segments.points):
        own = np.flatnonzero(cell.segments.section == section)
        along = np.concatenate(([0], np.cumsum(np.linalg.norm(np.diff(points[:, :3], axis=0), axis=1))))
        borders = np.linspace(0, along[-1], own.size + 1)
        line = np.column_stack([np.interp(borders, along, points[:, k]) for k in range(3)])
        np.testing.assert_allclose(cell.segments.start[own], line[:-1], atol=2e-6 * along[-1])
        np.testing.assert_allclose(cell.segments.end[own], line[1:], atol=2e-6 * along[-1])


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_mirror_images_are_taken_once_of_segments_and_points_about_the_soma(cell, axis):
    cell.set_pos(1.0, 2.0, 3.0)
    cell.set_rotation(x=0.4, y=1.0)
    before, k = cell.segments, "xyz".index(axis)
    cell.chiral_morphology(axis)
    np.testing.assert_allclose(cell.somapos, [1.0, 2.0, 3.0], atol=1e-9)
    wanted = before.midpoints.copy()
    wanted[:, k] = 2 * cell.somapos[k] - wanted[:, k]
    np.testing.assert_allclose(cell.segments.midpoints, wanted, atol=1e-9)
    on_points(cell)
    np.testing.assert_array_equal(cell.length, before.length)
    cell.set_pos(-7.0, 0.0, 5.0)
    np.testing.assert_allclose(cell.segments.midpoints - cell.somapos, wanted - [1, 2, 3], atol=1e-9)
    cell.chiral_morphology(axis)
    np.testing.assert_allclose(cell.segments.midpoints - cell.somapos, before.midpoints - [1, 2, 3], atol=1e-9)
    np.testing.assert_allclose(cell.z3d[1], before.points[1][:, 2] + 2.0, atol=1e-9)


def test_distortion_takes_points_along_and_composes_with_moves(cell):
    """z by 0.75 and x, y by 1 + 0.25 · 0.4: then moved and turned, which changes no distance."""
    cell.set_pos(10.0, 20.0, 30.0)
    before = cell.segments
    cell.distort_geometry(factor=0.25, axis="z", nu=0.4)
    scale = np.array([1.1, 1.1, 0.75])
    wanted = (before.midpoints - [10, 20, 30]) * scale
    np.testing.assert_allclose(cell.segments.midpoints - cell.somapos, wanted, atol=1e-9)
    on_points(cell)
    np.testing.assert_allclose(cell.somapos, [10.0, 20.0, 30.0], atol=1e-9)
    cell.set_pos(0.0, 0.0, 0.0)
    cell.set_rotation(z=np.pi / 2)
    np.testing.assert_allclose(cell.segments.midpoints, wanted[:, [1, 0, 2]] * [-1, 1, 1], atol=1e-9)
    on_points(cell)
    for name in ("d", "area"):
        np.testing.assert_array_equal(getattr(cell, name), getattr(before, name))
    np.testing.assert_array_equal(cell.get_axial_resistance(), before.axial_resistance)
    chord = np.linalg.norm(cell.segments.end - cell.segments.start, axis=1)
    np.testing.assert_allclose(cell.length, chord, rtol=1e-5)


def test_lengths_of_distorted_bends_are_those_along_the_points():
    points = np.array([[0, 0, 0, 2], [6, 0, 0, 2], [6, 0, 8, 2.0]])
    bent = Segments(
        x=np.array([[0.0, 6.0], [6.0, 6.0]]), y=np.zeros((2, 2)), z=np.array([[0.0, 1.0], [1.0, 8.0]]), d=np.ones(2),
        area=np.ones(2), length=np.full(2, 7.0), section=np.zeros(2, int), section_x=np.array([0.25, 0.75]),
        section_names=("bent",), section_parent=np.array([-1]), section_parent_x=np.array([np.nan]), points=(points,),
    )  # fmt: skip
    np.testing.assert_allclose(bent.distorted(0.5, "z").length, [6 + 0.5, 3.5])
    np.testing.assert_allclose(bent.distorted(-0.5, "x").length, [9 + 1, 7])
    np.testing.assert_allclose(bent.distorted(0.5, "z", nu=-1.0).length, 3.5)


def test_distortion_changes_potentials_and_no_run(cell):
    cell.tstop = 5.0
    lfptools.Synapse(cell, idx=1, syntype="ExpSyn", weight=0.01, tau=1, e=0).set_spike_times(np.array([1.0]))
    cell.simulate(rec_imem=True)
    before = cell.imem
    cell.distort_geometry(0.3)
    cell.simulate(rec_imem=True)
    np.testing.assert_array_equal(cell.imem, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"factor": 1.0}, "factor must lie between -1 and 1"),
        ({"factor": np.nan}, "factor"),
        ({"axis": "w"}, "axis must be 'x', 'y' or 'z', got 'w'"),
        ({"factor": 0.5, "nu": -2.0}, "nu = -2.0"),
    ],
)
def test_impossible_distortions_leave_the_cell_alone(cell, arguments, message):
    before = cell.segments
    with pytest.raises(GeometryError, match=message):
        cell.distort_geometry(**arguments)
    with pytest.raises(GeometryError, match="axis must be"):
        cell.chiral_morphology("xy")
    assert cell.segments is before


def test_three_dimensional_points_are_kept_without_being_asked_for(cell):
    np.testing.assert_allclose(cell.x3d[1], [0, 10])
    np.testing.assert_allclose(cell.z3d[1], [15, 300])
    np.testing.assert_allclose(cell.diam3d[1], [4, 4])
    np.testing.assert_allclose(cell.arc3d[1], [0, np.hypot(10, 285)])
    assert [len(cell.y3d), len(cell.arc3d[0])] == [2, 2]


PEER = """
import sys
import numpy as np
import {package} as LFPy
cell = LFPy.Cell(sys.argv[1], passive=True, nsegs_method="fixed_length", max_nsegs_length=60)
cell.set_pos(1., 2., 3.)
cell.set_rotation(x=0.3, z=-1.)
out = {{}}
changes = dict(mirror=(cell.chiral_morphology, "y"), squeeze=(cell.distort_geometry, 0.2, "z", 0.3),
               stretch=(cell.distort_geometry, -0.1, "x", 0.))
for name, (change, *arguments) in changes.items():
    change(*arguments)
    out |= {{f"{{name}} {{axis}}": getattr(cell, axis) for axis in ("x", "y", "z", "d", "area", "somapos")}}
np.savez(sys.argv[2], **out)
"""


@pytest.mark.peer
def test_mirror_images_and_distortions_are_lfpys(tmp_path):
    """Of the segments; LFPy leaves its 3-D points behind, and with ``pt3d=True`` undoes them at the next set_pos."""
    file = str(lfptools.example_morphology("ball_and_sticks"))
    for package in ("lfptools", "LFPy"):
        code = PEER.format(package=package)
        subprocess.run([sys.executable, "-c", code, file, tmp_path / f"{package}.npz"], check=True, capture_output=True)
    own, peer = np.load(tmp_path / "lfptools.npz"), np.load(tmp_path / "LFPy.npz")
    for key in peer:
        np.testing.assert_allclose(own[key], peer[key], rtol=1e-9, atol=1e-6, err_msg=key)


def test_indices_by_name_and_place():
    with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True) as cell:
        assert set(cell.get_idx("dend[1]")) < set(cell.get_idx("dend")) < set(cell.get_idx())
        assert (cell.segments.midpoints[cell.get_idx(z_min=300.0), 2] > 300.0).all()
        assert cell.get_closest_idx(z=1000.0) == cell.get_idx("dend[3]")[-1]
        assert list(cell.somaidx) == list(cell.get_idx("soma"))
        assert [section.name() for section in cell.somalist] == ["soma[0]"]
        assert [section.name() for section in cell.allseclist] == cell.allsecnames


def test_names_that_begin_alike_are_kept_apart(tmp_path):
    """The user's look-up is by part of a name; inside, sections are themselves."""
    lines = ["create soma, dend1, dend10, dend100", "soma { pt3dadd(0,0,0,9) pt3dadd(9,0,0,9) }"]
    for k, (name, parent) in enumerate((("dend1", "soma"), ("dend10", "dend1"), ("dend100", "soma"))):
        lines += [
            f"{name} {{ pt3dadd(9,{k},0,1) pt3dadd({20 + k},{k},0,1) }}",
            f"connect {name}(0), {parent}({0.5 if k == 2 else 1})",
        ]
    (tmp_path / "alike.hoc").write_text("\n".join(lines))
    with Cell(tmp_path / "alike.hoc", passive=True) as cell:
        assert cell.allsecnames == ["soma", "dend1", "dend10", "dend100"]
        assert len(cell.get_idx("dend1")) == 3
        for index, name in enumerate(cell.allsecnames):
            assert cell.segments.section[cell.segments.at(name, 0.5)] == index
            assert cell.segment(cell.segments.at(name, 0.5)).sec.name() == name
        assert list(cell.segments.section_parent) == [-1, 0, 1, 0]
        np.testing.assert_allclose(cell.segments.section_parent_x[1:], [1.0, 1.0, 0.5])
