"""Sections that a file's cell is given besides its own: where they stand, what they are made of, what is refused."""

import numpy as np
import pydantic
import pytest

from lfptools import Cell, StimIntElectrode
from lfptools.errors import CellError
from lfptools.geometry.examples import example_morphology
from lfptools.report.methods import cell_sentences
from lfptools.study.cell import Cell as CellConfig
from lfptools.study.stages.neuron_cell import make_cell

BALL_AND_STICKS = example_morphology("ball_and_sticks")
STUB = {"length_um": 60, "diameter_um": 1.5, "parent": "soma[0]", "parent_x": 0.5, "direction": (3, 0, 0)}


def ends(cell, name):
    """Start and end of a section, µm."""
    own = cell.segments.section == cell.segments.section_names.index(name)
    return cell.segments.start[own][0], cell.segments.end[own][-1]


def test_a_cylinder_begins_at_its_parents_surface_and_goes_its_way():
    more = {
        "axon": {"length_um": 100, "diameter_um": 1, "parent": "ais", "segments": 4},  # on in its parent's direction
        "ais": STUB,
        "tail": {**STUB, "parent_x": 0, "direction": [0, 0, -2]},
    }
    with Cell(BALL_AND_STICKS, add_sections=more) as cell, Cell(BALL_AND_STICKS) as plain:
        names = cell.segments.section_names
        assert names == (*plain.segments.section_names, "axon", "ais", "tail")
        np.testing.assert_allclose(ends(cell, "ais"), [[12.5, 0, 0], [72.5, 0, 0]], atol=1e-5)
        np.testing.assert_allclose(ends(cell, "axon"), [[72.5, 0, 0], [172.5, 0, 0]], atol=1e-5)
        np.testing.assert_allclose(ends(cell, "tail"), [[0, 0, -12.5], [0, 0, -72.5]], atol=1e-5)
        parents = cell.segments.section_parent[-3:]
        assert [names[parent] for parent in parents] == ["ais", "soma[0]", "soma[0]"]
        assert cell.segments.section_parent_x[-3:].tolist() == [1.0, 0.5, 0.0]
        n = plain.totnsegs
        for field in ("x", "y", "z", "d", "length", "area"):  # the file's own sections are as they were
            np.testing.assert_array_equal(getattr(cell.segments, field)[:n], getattr(plain.segments, field))
        cell.set_rotation(y=np.pi / 2)  # +x to -z
        np.testing.assert_allclose(ends(cell, "ais"), [[0, 0, -12.5], [0, 0, -72.5]], atol=1e-5)


def test_segments_ra_cm_and_leak(tmp_path):
    code = tmp_path / "code.py"
    code.write_text("from neuron import h\nfor section in h.allsec():\n    section.Ra, section.cm = 61, 1.5\n")
    more = {"long": {**STUB, "length_um": 900}, "own": {**STUB, "length_um": 900, "segments": 2}}
    rule = {"nsegs_method": "fixed_length", "max_nsegs_length": 100.0}
    with Cell(BALL_AND_STICKS, custom_code=[code], add_sections=more, passive=True, **rule) as cell:
        long, own = cell.sections[-2:]
        assert (long.nseg, own.nseg) == (10, 2)
        assert {(section.Ra, section.cm) for section in (long, own)} == {(61, 1.5)}  # their parent's
        assert all(segment.g_pas == 0.001 for section in (long, own) for segment in section)
        assert (long.L, long.diam) == pytest.approx((900, 1.5), rel=1e-6)
    with Cell(BALL_AND_STICKS, Ra=123, cm=0.7, add_sections=more) as cell:
        assert {(section.Ra, section.cm) for section in cell.sections} == {(123, 0.7)}


def test_current_flows_into_an_added_cable_as_cable_theory_says(tmp_path):
    """G = g·A + G_inf·tanh(L/λ) of a soma with a sealed cable (Rall 1959)."""
    file = tmp_path / "ball.hoc"
    file.write_text("create soma\nsoma { pt3dadd(-10, 0, 0, 20) pt3dadd(10, 0, 0, 20) }\n")
    cable = {"length_um": 800, "diameter_um": 2, "parent": "soma", "direction": [1, 0, 0], "segments": 161}
    passive = {"passive": True, "passive_parameters": {"g_pas": 1e-4, "e_pas": -70}}
    with Cell(file, Ra=150, add_sections={"cable": cable}, tstop=200.0, **passive) as cell:
        StimIntElectrode(cell, 0, "IClamp", amp=0.01, delay=0, dur=200)
        cell.simulate()
        resistance = (cell.somav[-1] + 70) / 0.01  # MΩ
    length = np.sqrt(2e-4 / (4 * 1e-4 * 150))  # λ in cm
    infinite = np.pi / 2 * np.sqrt(1e-4 / 150) * 2e-4**1.5  # S
    conductance = 1e-4 * np.pi * 20e-4**2 + infinite * np.tanh(0.08 / length)
    assert resistance == pytest.approx(1e-6 / conductance, rel=2e-3)


def test_sections_without_points_stay_where_they_were(tmp_path):
    file = tmp_path / "bare.hoc"
    file.write_text(
        "create soma, dend\nsoma { L = 20 diam = 20 }\ndend { L = 50 diam = 2 }\nconnect dend(0), soma(0.5)\n"
    )
    with Cell(file) as plain, Cell(file, add_sections={"axon": {**STUB, "parent": "soma"}}) as cell:
        np.testing.assert_array_equal(cell.segments.start[: plain.totnsegs], plain.segments.start)
        np.testing.assert_allclose(ends(cell, "axon"), [[10, 0, 0], [70, 0, 0]], atol=1e-5)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("dend[1]", {}, r"'dend\[1\]' is to be added, and the file has a section of this name"),
        ("axon", {"parent": "soma"}, r"section 'axon': unknown parent 'soma'; did you mean 'soma\[0\]'"),
        ("axon", {"parent": None}, "section 'axon': its parent is needed"),
        ("axon", {"parent": "axon"}, "hang on each other"),
        ("axon", {"direction": None}, "section 'axon': its direction is needed"),
        ("axon", {"direction": [0, 0, 0]}, "section 'axon': direction must be three finite numbers, not all 0"),
        ("axon", {"direction": "down"}, "section 'axon': direction must be"),
        ("axon", {"lenght_um": 3}, "section 'axon': unknown key 'lenght_um'"),
        ("axon", {"diameter_um": -1}, "section 'axon': diameter_um must be a number > 0"),
        ("axon", {"parent_x": 2}, "section 'axon': parent_x"),
    ],
)
def test_what_cannot_be_added_is_named(name, change, message):
    with pytest.raises(CellError, match=message):
        Cell(BALL_AND_STICKS, add_sections={name: {**STUB, **change}})


def test_they_belong_to_files():
    with Cell(BALL_AND_STICKS) as made, pytest.raises(CellError, match="belongs to a morphology file"):
        Cell(made.sections, add_sections={"axon": STUB})


def test_a_study_adds_them_before_the_cell_is_turned():
    given = {
        "morphology": "lfptools:ball_and_sticks",
        "add_sections": {"axon": {**STUB, "direction": [0, 1, 0]}},
        "rotate_rad": {"x": np.pi / 2},  # +y to +z
        "membrane": [{"mechanism": "pas", "sections": ["axon"], "parameters": {"g_pas": 0.25}}],
    }
    config = CellConfig(**given).model_dump(mode="json", exclude_none=True)
    with make_cell(config, {"morphology": BALL_AND_STICKS}) as cell:
        np.testing.assert_allclose(ends(cell, "axon"), [[0, 0, 12.5], [0, 0, 72.5]], atol=1e-5)
        assert cell.sections[-1](0.5).g_pas == 0.25
    said = "axon (60 µm long, 1.5 µm thick, on soma[0] at 0.5 of its length, in the file's direction [0, 1, 0])"
    assert f"It was given {said}." in cell_sentences(config)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sections": {"soma": {"length_um": 1, "diameter_um": 1}}, "add_sections": {"axon": STUB}}, "belongs to"),
        ({"morphology": "a.swc", "add_sections": {"axon": {**STUB, "direction": None}}}, "'axon' needs a direction"),
        ({"morphology": "a.swc", "add_sections": {"axon": {**STUB, "direction": [0, 0, 0]}}}, "must not be"),
        ({"morphology": "a.swc", "add_sections": {"axon": {**STUB, "parent_x": 1.5}}}, "parent_x"),
    ],
)
def test_what_a_study_cannot_add_is_refused_before_anything_runs(given, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        CellConfig(**given)
