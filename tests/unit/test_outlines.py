"""Outlines in a plane: as wide as the diameter, whatever the plane, and closed around what they stand for."""

import numpy as np
import pytest

import lfptools
from lfptools import Cell
from lfptools.errors import GeometryError
from lfptools.geometry.outlines import section_outlines, segment_outlines
from lfptools.geometry.segments import Segments


def area(outline) -> float:
    """By the shoelace formula."""
    a, b = outline
    return 0.5 * abs(np.dot(a, np.roll(b, -1)) - np.dot(b, np.roll(a, -1)))


def straight(end, d=2.0) -> Segments:
    x, y, z = ([[0.0, value]] for value in end)
    return Segments.from_arrays(x, y, z, [d])


@pytest.mark.parametrize(("projection", "length"), [(("x", "z"), 5.0), ("xy", 3.0), (["y", "z"], 4.0), ("zx", 5.0)])
@pytest.mark.parametrize("outlines", [section_outlines, segment_outlines])
def test_a_cylinder_is_a_rectangle_of_its_diameter(outlines, projection, length):
    (outline,) = outlines(straight((3.0, 0.0, 4.0)), projection)
    assert area(outline) == pytest.approx(2 * length)
    center = {"x": 1.5, "y": 0.0, "z": 2.0}
    assert [part.mean() for part in outline] == pytest.approx([center[axis] for axis in projection])


@pytest.mark.parametrize("outlines", [section_outlines, segment_outlines])
def test_what_points_at_the_viewer_has_no_area_and_no_nan(outlines):
    (outline,) = outlines(straight((0.0, 9.0, 0.0)))
    assert np.isfinite(outline).all() and area(outline) == 0.0
    assert np.ptp(outline) == pytest.approx(2.0)


def test_bends_and_tapers_are_followed():
    """A right-angled bend in the plane: at the bend the width is laid off between the two directions."""
    points = np.array([[0, 0, 0, 2], [10, 0, 0, 2], [10, 0, 10, 4.0]])
    segments = straight((10.0, 0.0, 10.0))
    object.__setattr__(segments, "points", (points,))
    x, z = section_outlines(segments)[0]
    assert x == pytest.approx([0, 10 + 0.5**0.5, 12, 8, 10 - 0.5**0.5, 0])
    assert z == pytest.approx([-1, -(0.5**0.5), 10, 10, 0.5**0.5, 1])


def test_a_section_that_turns_back_keeps_its_width():
    points = np.array([[0, 0, 0, 2], [10, 0, 0, 2], [0, 0, 0, 2.0]])
    segments = straight((1.0, 0.0, 0.0))
    object.__setattr__(segments, "points", (points,))
    x, z = section_outlines(segments)[0]
    assert x == pytest.approx([0, 10, 0, 0, 10, 0]) and np.abs(z) == pytest.approx(1.0)


def test_every_section_and_every_segment_of_a_cell_has_one():
    with Cell("neuron:demo/pyramid.nrn", passive=True) as cell:
        sections, segments = cell.get_pt3d_polygons(), cell.get_idx_polygons()
        assert len(sections) == len(cell.allsecnames) and len(segments) == cell.totnsegs
        assert [x.size for x, _ in sections] == [2 * len(points) for points in cell.x3d]
        chord = np.hypot(*(np.diff(ends)[:, 0] for ends in (cell.x, cell.z)))
        np.testing.assert_allclose([area(outline) for outline in segments], chord * cell.d, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("projection", [("x", "w"), ("x",), ("x", "x"), "xyz"])
def test_planes_that_are_none(projection):
    with Cell(lfptools.example_morphology("ball_and_sticks")) as cell:
        for outlines in (cell.get_pt3d_polygons, cell.get_idx_polygons):
            with pytest.raises(GeometryError, match="projection must be two different ones of 'x', 'y', 'z'"):
                outlines(projection)
