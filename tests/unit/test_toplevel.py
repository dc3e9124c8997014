"""Files that build at NEURON's top level: complete each time, nothing left there, nobody else's sections touched."""

import gc
import warnings
from pathlib import Path

import pytest
from neuron import h

from lfptools.errors import LfptoolsWarning, MorphologyError
from lfptools.simulation.section_geometry import segments_of
from lfptools.simulation.sections import load_sections

DATA = Path(__file__).parents[1] / "data" / "morphologies"


@pytest.fixture(autouse=True)
def no_section_left():
    gc.collect()
    gc.disable()
    before = len(list(h.allsec()))
    yield
    assert len(list(h.allsec())) == before
    gc.enable()


def test_a_file_that_loads_others_is_whole_in_every_load():
    first, second = load_sections(DATA / "decorated.hoc"), load_sections(DATA / "decorated.hoc")
    assert first.names == second.names == ("soma", "dend[0]", "dend[1]")
    one, two = segments_of(first), segments_of(second)
    for name in ("x", "y", "z", "d", "area", "length"):
        assert (getattr(one, name) == getattr(two, name)).all()
    assert [s.g_pas for s in first.sections[2]] == [s.g_pas for s in second.sections[2]]


def test_files_of_one_name_in_two_folders_are_two_files(tmp_path):
    for folder, length in (("a", 11), ("b", 77)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "cell.hoc").write_text('load_file("shape.hoc")\n')
        (tmp_path / folder / "shape.hoc").write_text(f"create soma\nsoma.L = {length}\n")
    assert [load_sections(tmp_path / folder / "cell.hoc").sections[0].L for folder in "ab"] == [11, 77]


def test_everything_of_the_membrane_comes_along():
    tree = load_sections(DATA / "decorated.hoc")
    soma, dend = tree.sections[0], tree.sections[2]
    for segment in soma:
        assert (segment.ena, segment.ek) == (45, -80)
        assert list(segment.xg) == [1e3, 2e4]
        assert segment.xraxial[1] == 5e6
        assert segment.e_extracellular == 2
    assert h.ion_style("na_ion", sec=soma) == 9
    assert dend.Ra == 200
    for segment in dend:
        assert segment.g_pas == pytest.approx(1e-4 * (2 + segment.x))
        assert segment.cm == pytest.approx(1 + segment.x)
        assert segment.diam == pytest.approx(3 - segment.x)


def test_order_attachment_and_direction_are_the_files():
    tree = load_sections(DATA / "shuffled.hoc")
    assert tree.names == ("tip", *(f"branch[{k}]" for k in range(3)), "soma", "axon[0]", "axon[1]")
    parents = {
        name: (tree.names[tree.sections.index(section.parentseg().sec)], section.parentseg().x, section.orientation())
        for name, section in zip(tree.names, tree.sections, strict=True)
        if section.parentseg()
    }
    assert parents == {
        "tip": ("branch[1]", 0.5, 1),
        "branch[0]": ("soma", 0, 0),
        "branch[1]": ("soma", 0.5, 0),
        "branch[2]": ("soma", 1, 0),
        "axon[0]": ("soma", 0, 0),
        "axon[1]": ("axon[0]", 1, 0),
    }
    tip = segments_of(tree).points[0]
    assert tip[:, :3].tolist() == [[150, 0, 160], [120, 40, 100], [95, 0, 15]]


def test_sections_without_points_stay_without():
    tree = load_sections(DATA / "decorated.hoc")
    segments = segments_of(tree)
    assert [section.n3d() for section in tree.sections] == [0, 0, 0]
    assert segments.end[2] == pytest.approx(segments.start[3])


@pytest.mark.parametrize(
    ("name", "file"), [("branch", "shuffled.hoc"), ("soma", "decorated.hoc"), ("dend_5", "types.swc")]
)
def test_a_users_section_of_a_name_that_the_file_uses(name, file):
    h(f"create {name}")
    mine = next(section for section in h.allsec() if section.name() == name)
    mine.L = 41
    with pytest.raises(MorphologyError, match=name):
        load_sections(DATA / file)
    assert mine.L == 41
    h.delete_section(sec=mine)
    load_sections(DATA / file)


def test_a_users_section_of_another_name_lives_on():
    h("create stump")
    load_sections(DATA / "types.swc")
    assert [section.name() for section in h.allsec()] == ["stump"]
    h.delete_section(sec=h.stump)


def test_a_file_that_deletes_all_sections_does_not_get_at_others(tmp_path):
    file = tmp_path / "clean.hoc"
    file.write_text("forall delete_section()\ncreate soma\n")
    assert load_sections(file).names == ("soma",)
    mine = h.Section(name="mine")
    with pytest.raises(MorphologyError, match="deletes all sections"):
        load_sections(file)
    assert mine.L == 100


def test_forall_leaves_other_cells_membrane_diameters_and_point_processes(tmp_path):
    file = tmp_path / "all.hoc"
    file.write_text("create soma\nforall { nseg = 1 Ra = 44 cm = 3 diam = 9 insert pas g_pas = 1 }\n")
    mine = h.Section(name="mine")
    mine.nseg, mine.Ra = 5, 150
    mine.insert("hh")
    for segment in mine:
        segment.diam, segment.gnabar_hh = 1 + segment.x, segment.x
    synapse = h.ExpSyn(mine(0.9))
    tree = load_sections(file)
    assert (tree.sections[0].Ra, tree.sections[0].g_pas) == (44, 1)
    assert (mine.nseg, mine.Ra, mine.has_membrane("pas")) == (5, 150, False)
    for segment in mine:
        assert segment.cm == 1
        assert segment.diam == pytest.approx(1 + segment.x)
        assert segment.gnabar_hh == pytest.approx(segment.x)
    assert synapse.get_segment().x == pytest.approx(0.9)


def test_the_message_names_the_included_file_and_its_line(tmp_path):
    (tmp_path / "cell.hoc").write_text('load_file("inner.hoc")\n')
    (tmp_path / "inner.hoc").write_text("create soma\nsoma { L = 10\n diam = }\n")
    with pytest.raises(MorphologyError, match="syntax error") as caught:
        load_sections(tmp_path / "cell.hoc")
    assert (caught.value.path.name, caught.value.line) == ("inner.hoc", 3)


def test_a_file_that_is_not_there_is_not_passed_over(tmp_path):
    (tmp_path / "cell.hoc").write_text('create soma\nload_file("channels.hoc")\n')
    with pytest.raises(MorphologyError, match=r"channels\.hoc"):
        load_sections(tmp_path / "cell.hoc")


@pytest.mark.parametrize("file", ["types.swc", "stack.asc", "shuffled.hoc"])
def test_nothing_is_printed(capfd, file):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_sections(DATA / file)
    assert capfd.readouterr() == ("", "")


def test_names_of_imported_types():
    assert load_sections(DATA / "types.swc").names == ("dend_0[0]", "soma[0]", "dend[0]", "dend_5[0]", "dend_7[0]")


def test_branches_that_neuron_leaves_out_are_told(tmp_path):
    file = tmp_path / "flat.swc"
    file.write_text("1 1 0 0 0 5 -1\n2 3 9 0 0 1 1\n3 3 9 0 0 1 2\n")
    with pytest.warns(LfptoolsWarning, match=r"ending at line 2 with 0 length"):
        assert load_sections(file).names == ("soma[0]",)


def test_sections_whose_points_coincide_are_refused(tmp_path):
    file = tmp_path / "flat.hoc"
    file.write_text("create dend\ndend { pt3dadd(1, 2, 3, 4) pt3dadd(1, 2, 3, 4) }\n")
    with pytest.raises(MorphologyError, match="dend has no length"):
        load_sections(file)


def test_the_tree_holds_the_last_reference():
    tree = load_sections(DATA / "shuffled.hoc")
    assert len(list(h.allsec())) == 7
    del tree
    assert not list(h.allsec())
