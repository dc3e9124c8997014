"""Instances of hoc templates as cells: many, beside each other, filled with morphologies, and as LFPy has them."""

import subprocess
import sys

import numpy as np
import pytest
from neuron import h

import lfptools
from lfptools import Cell, StimIntElectrode, Synapse, TemplateCell
from lfptools.errors import CellError, LfptoolsWarning, MorphologyError

# Its length is an argument, forall means its own sections, and it holds a reference to itself.
STICK = """
begintemplate {name}
public soma, dend, all, me, length
objref this, all, me
create soma[1], dend[1], spare[1]
proc init() {{
  length = 100
  if (numarg() > 0) length = $1
  me = this
  all = new SectionList()
  soma[0] {{ L = 20 diam = 20 all.append() }}
  dend[0] {{ L = length diam = 2 all.append() }}
  connect dend[0](0), soma[0](1)
  forall Ra = 120
}}
endtemplate {name}
"""
EMPTY = """
begintemplate {name}
public soma, dend, apic, axon, all, somatic, basal, apical, axonal
objref all, somatic, basal, apical, axonal
create soma[1], dend[1], apic[1], axon[1]
proc init() {{
  forall delete_section()
  all = new SectionList()
  somatic = new SectionList()
  basal = new SectionList()
  apical = new SectionList()
  axonal = new SectionList()
}}
endtemplate {name}
"""
APPENDING = """
create soma[1], dend[3]
access soma[0]
soma[0] { L = 30 diam = 20 all.append() somatic.append() }
for i = 0, 2 dend[i] { L = 100 + i diam = 2 all.append() if (i < 2) basal.append() else apical.append() }
for i = 0, 2 connect dend[i](0), soma[0](1)
"""


@pytest.fixture(autouse=True)
def nothing_left():
    before = len(list(h.allsec()))
    yield
    assert len(list(h.allsec())) == before


@pytest.fixture
def template(tmp_path, request):
    """Writes a template under a name of its own, since none can be defined again: file and name."""

    def write(text, suffix="", folder="."):
        name = "".join(c for c in request.node.name if c.isalnum()) + suffix
        (tmp_path / folder).mkdir(exist_ok=True)
        path = tmp_path / folder / f"{name}.hoc"
        path.write_text(text.format(name=name))
        return path, name

    return write


def test_instances_with_arguments_live_beside_each_other_and_end_one_by_one(template):
    file, name = template(STICK)
    cells = [TemplateCell(file, name, arguments, passive=True, tstop=5.0) for arguments in (None, 300.0, [500])]
    assert [cell.allsecnames for cell in cells] == [["soma[0]", "dend[0]"]] * 3
    assert [cell.length.sum() for cell in cells] == pytest.approx([120, 320, 520])
    assert cells[1].template.length == 300 and cells[1].sections[1].Ra == 120
    Synapse(cells[1], idx=2, syntype="ExpSyn", weight=0.01).set_spike_times([1.0])
    alone = cells[1].simulate(rec_imem=True)
    assert np.abs(alone["membrane_current"]).max() > 0.001
    assert len(list(h.allsec())) == 6, "sections that are no part of the cell have gone"
    cells[0].close()
    cells[2].close()
    assert cells[0].template is None and cells[0].name == name
    assert cells[1].simulate(rec_imem=True).identical(alone)
    cells[1].close()


def test_a_template_is_used_many_times_from_the_same_file_and_from_a_copy(template):
    file, name = template(STICK)
    copy = file.with_name("copy.hoc")
    copy.write_text("// the same, with another comment\n" + file.read_text())
    for path in (file, copy) * 25:
        with TemplateCell(path, name, passive=True) as cell:
            assert cell.allsecnames == ["soma[0]", "dend[0]"]


def test_a_template_of_the_same_name_and_another_text_is_refused_and_names_both_files(template):
    file, name = template(STICK)
    other = file.with_name("other.hoc")
    other.write_text(file.read_text().replace("diam = 2 ", "diam = 3 "))
    TemplateCell(file, name).close()
    with pytest.raises(MorphologyError, match=rf"other.hoc: it defines the template {name}, which .*{file.name}"):
        TemplateCell(other, name)


def test_a_template_that_somebody_else_defined_is_told(template):
    file, name = template(STICK)
    h.xopen(str(file))
    with pytest.warns(LfptoolsWarning, match=f"a template {name} exists"), TemplateCell(file, name):
        pass


def test_files_that_load_others_of_one_name_in_two_folders(template):
    for folder in "ab":
        file, name = template(STICK, folder, folder)
        (file.parent / "shared.hoc").write_text(file.read_text())
        file.write_text(f'load_file("shared.hoc")\nx_{name} = 1\n')
        for _ in range(2):
            with TemplateCell(file, name) as cell:
                assert cell.totnsegs > 1
    above = file.parent.parent / "a" / "above.hoc"
    above.write_text('xopen("../b/shared.hoc")\n')
    with TemplateCell(above, name) as one, TemplateCell([above], name) as two:
        assert one.allsecnames == two.allsecnames


def test_an_empty_template_takes_what_a_hoc_file_makes_and_appends(template, tmp_path):
    file, name = template(EMPTY)
    (tmp_path / "appending.hoc").write_text(APPENDING)
    cells = [TemplateCell(file, name, morphology=tmp_path / "appending.hoc", passive=True) for _ in range(5)]
    for cell in cells:
        assert cell.allsecnames == ["soma[0]", "dend[0]", "dend[1]", "dend[2]"]
        assert [section.name().partition(".")[2] for section in cell.template.basal] == ["dend[0]", "dend[1]"]
        assert len(list(cell.template.apical)) == 1 and len(list(cell.template.all)) == 4
        assert cell.template.dend[2] == cell.sections[3] and cell.sections[3].parentseg().sec == cell.template.soma[0]
    assert not h.name_declared("all") or h.all is None
    for cell in cells[::-1]:
        cell.close()


@pytest.mark.parametrize("morphology", ["branched.swc", "branched.asc", "ball_and_sticks"])
def test_an_empty_template_takes_any_morphology_and_is_the_same_cell(template, morphology):
    file, name = template(EMPTY)
    source = lfptools.example_morphology(morphology)
    with TemplateCell(file, name, morphology=source, passive=True) as filled, Cell(source, passive=True) as plain:
        assert filled.allsecnames == plain.allsecnames
        for what in ("x", "y", "z", "d", "area"):
            np.testing.assert_array_equal(getattr(filled, what), getattr(plain, what))
        assert len(list(filled.template.all)) == len(filled.sections)
        assert {s.name().partition(".")[2][:4] for s in filled.template.basal} == {"dend"}
        assert filled.simulate(rec_vmem=True)["membrane_potential"].equals(
            plain.simulate(rec_vmem=True).membrane_potential
        )


def test_custom_code_sees_the_final_segments(template, tmp_path):
    file, name = template(STICK)
    (tmp_path / "code.hoc").write_text("forall { Ra = 2000 insert pas for (x, 0) g_pas(x) = x * 1e-4 }\n")
    bystander = h.Section(name="bystander")
    with TemplateCell(file, name, 800.0, custom_code=[tmp_path / "code.hoc"]) as cell:
        dend = cell.sections[1]
        assert dend.nseg > 10
        assert [segment.g_pas for segment in dend] == pytest.approx([segment.x * 1e-4 for segment in dend])
        assert bystander.Ra == 35.4 and not bystander.has_membrane("pas")
    h.delete_section(sec=bystander)


def test_a_hoc_file_with_a_template_of_its_own_makes_any_number_of_cells(template):
    file, name = template(STICK + "objref first, second\nfirst = new {name}()\n")
    cells = [Cell(file) for _ in range(3)]
    with TemplateCell(file, name) as beside:
        assert {tuple(cell.allsecnames) for cell in cells} == {("soma[0]", "dend[0]", "spare[0]")}
        assert beside.allsecnames == ["soma[0]", "dend[0]"]
    file.write_text(file.read_text() + f"second = new {name}(50)\n")
    with Cell(file) as pair:
        assert pair.allsecnames[3:] == [f"{name}[1].soma[0]", f"{name}[1].dend[0]", f"{name}[1].spare[0]"]
    for cell in cells:
        cell.close()


def test_point_processes_that_a_template_holds_count_as_electrodes(template):
    text = STICK.replace("objref this,", "objref clamp, this,").replace(
        "  forall Ra", "  soma[0] clamp = new IClamp(0.5)\n  clamp.amp = 0.2\n  clamp.dur = 1e9\n  forall Ra"
    )
    file, name = template(text)
    with TemplateCell(file, name, passive=True, tstop=5.0) as cell:
        StimIntElectrode(cell, 1, "IClamp", amp=0.1, dur=100.0)
        data = cell.simulate(rec_imem=True)
        assert np.abs(data["net_current"]).max() < 1e-9
        np.testing.assert_allclose(data["membrane_current"].sum("segment")[1:], 0.3, atol=1e-9)


def test_what_cannot_be_a_template_cell_is_named_and_the_process_goes_on(template, tmp_path):
    stick, name = template(STICK)
    empty, without = template(EMPTY, "empty")
    broken, bad = template(STICK.replace("  forall", "  no_such_procedure()\n  forall"), "broken")
    syntax, _ = template(STICK.replace("proc init", "proc init(("), "syntax")
    (tmp_path / "cilia.hoc").write_text("create cilium[2]\n")
    for call, error, culprit in (
        (lambda: TemplateCell(stick, "Stik"), CellError, f"unknown template 'Stik'.*Legal: {name}"),
        (lambda: TemplateCell([], name), CellError, "at least one templatefile"),
        (lambda: TemplateCell(tmp_path / "none.hoc", name), MorphologyError, "templatefile 'none.hoc'"),
        (lambda: TemplateCell(empty, without), CellError, "give a morphology"),
        (
            lambda: TemplateCell(empty, without, morphology=tmp_path / "cilia.hoc"),
            MorphologyError,
            r"create cilium\[1\]",
        ),
        (lambda: TemplateCell(broken, bad), MorphologyError, "no_such_procedure"),
        (lambda: TemplateCell(syntax, "x"), MorphologyError, "syntax error"),
        (lambda: TemplateCell(stick, name, pasive=True), TypeError, "pasive"),
    ):
        with pytest.raises(error, match=culprit):
            call()
    with TemplateCell(stick, name) as cell:
        assert cell.totnsegs > 1


PEER = """
import sys, numpy as np, {package} as LFPy, os
cell = LFPy.TemplateCell(templatefile={template!r}, templatename={name!r}, templateargs={arguments!r},
                         morphology={morphology!r}, passive=True, tstop=30., v_init=-70., nsegs_method="lambda_f")
synapse = LFPy.Synapse(cell, idx=cell.totnsegs - 1, syntype="ExpSyn", weight=.01, e=0., tau=2.)
synapse.set_spike_times(np.array([5.]))
cell.simulate(rec_imem=True, rec_vmem=True)
np.savez(sys.argv[1], imem=cell.imem, vmem=cell.vmem, x=cell.x, area=cell.area)
"""


@pytest.mark.peer
@pytest.mark.parametrize(
    ("text", "arguments", "morphology"),
    [(STICK, [250], "stick"), (EMPTY, None, "branched.swc")],
)
def test_a_template_cell_is_lfpys(template, tmp_path, text, arguments, morphology):
    file, name = template(text)
    path = file if morphology == "stick" else lfptools.example_morphology(morphology)
    results = []
    for package in ("lfptools", "LFPy"):
        out = tmp_path / f"{package}.npz"
        code = PEER.format(package=package, template=str(file), name=name, arguments=arguments, morphology=str(path))
        subprocess.run([sys.executable, "-c", code, str(out)], check=True, capture_output=True)
        results.append(np.load(out))
    own, peer = results
    for what in ("imem", "vmem", "area"):
        scale = np.abs(peer[what]).max()
        np.testing.assert_allclose(own[what], peer[what], atol=1e-9 * scale, rtol=0, err_msg=what)
