"""Where a cell is: at the origin when it is made, moved and turned with its 3-D points."""

import numpy as np
import pytest

import lfptools
from lfptools import Cell


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
