"""A study's cell is that of a hoc model: checked before anything runs, captured once, keyed by its whole folder."""

import shutil

import pytest
from hoc_models import DATA
from study_files import changed, write

from lfptools.errors import ConfigError
from lfptools.report.methods import experiment_paragraphs
from lfptools.study.inspection import inspect
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.stages.build import build
from lfptools.study.stages.capture import capture
from lfptools.study.stages.neuron_cell import make_cell

STUDY = """\
study: stars
question: Is a cell of a model a cell of a study?
cell:
  hoc_model:
    file: stars/main.hoc
    root: Star[1].soma
    accept: [other_trees, point_processes]
run: {t_stop_ms: 5, dt_ms: 0.025}
inputs:
  epsp: {synapse: ExpSyn, at: {section: "arm[4]", fraction: 0.9}, weight_uS: 0.001, tau_ms: 1, e_mV: 0, times_ms: [1]}
signals: {dipole: {model: dipole}}
sweep: {inputs.epsp.weight_uS: [0.001, 0.002]}
"""


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(DATA / "stars", tmp_path / "stars")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("stars/main.hoc", "stars/mian.hoc", r"study\.yaml:4: cell\.hoc_model: there is no file 'stars/mian\.hoc'"),
        ("stars/main.hoc", "stars", r"study\.yaml:4: cell\.hoc_model: the file of a hoc model is needed"),
        ("    root:", "    folder: other\n    root:", r"study\.yaml:4: cell\.hoc_model: the model's folder must hold"),
        (
            "[other_trees,",
            "[other_tree,",
            r"study\.yaml:7: cell\.hoc_model\.accept\[0\]: expected .*, got 'other_tree'",
        ),
        ("    root:", "    rot:", r"study\.yaml:6: cell\.hoc_model\.rot: unknown key 'rot'; did you mean 'root'\?"),
        ("run: {", "  nseg: {rule: lambda100}\nrun: {", r"a hoc model has its own segments, without 'nseg'"),
        ("run: {", "  morphology: a.swc\nrun: {", r"exactly one of 'morphology' .*, 'sections' .* and 'hoc_model'"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_before_anything_runs(folder, old, new, said):
    (folder / "other").mkdir()
    with pytest.raises(ConfigError, match=said):
        load_study(write(folder, changed(STUDY, old, new)))


def _captured(folder):
    plan = Plan(load_study(folder / "study.yaml"))
    (member,) = plan.members["capture"].values()
    return plan, member


def test_cases_share_one_capture_and_everything_is_made_of_it(folder):
    write(folder, STUDY)
    plan, member = _captured(folder)
    assert [one.inputs["cell_type"] for one in plan.members["build"].values()] == [member]
    assert [one.inputs["cell_type"] for one in plan.members["simulate"].values()] == [member, member]
    assert plan.cases_of(member) == [case.id for case in plan.study.cases]
    assert set(plan.file_hashes()) == {"hoc_model"}
    assert plan.paths_of(plan.study.cases[0])["cell_type"] == plan.path(member)


def test_the_whole_folder_decides_and_where_it_lies_does_not(folder):
    write(folder, STUDY)
    first = _captured(folder)[1].key
    shutil.copytree(folder, folder / "elsewhere")
    assert _captured(folder / "elsewhere")[1].key == first
    for made in ("x86_64/special", ".git/HEAD", "__pycache__/a.pyc"):
        (folder / "stars" / made).parent.mkdir()
        (folder / "stars" / made).write_text("made")
    assert _captured(folder)[1].key == first, "what compilers and version control leave has no part in it"
    (folder / "stars" / "values.dat").write_text("1 2 3\n")
    assert _captured(folder)[1].key != first, "a file of data has"


def test_check_loads_the_model_and_looks_up_names(folder):
    found = inspect(load_study(write(folder, changed(STUDY, '"arm[4]"', '"arm[5]"'))))
    assert set(found.segments.values()) == {16}
    assert [line.partition(": ")[2] for line in found.problems] == [
        "inputs.epsp.at.section: unknown section 'arm[5]'; did you mean 'arm[4]'? "
        "Legal: arm[0], arm[1], arm[2], arm[3], arm[4], soma."
    ]
    study = load_study(write(folder, changed(STUDY, "[other_trees, point_processes]", "[other_trees]")))
    (line,) = inspect(study).problems
    assert f"study.yaml:4: cell.hoc_model: {folder}/stars/main.hoc: copies of the cell would be without:" in line
    assert "point_processes" in line


def test_the_stages_make_the_cell_with_what_the_model_sets(folder):
    study = load_study(write(folder, STUDY))
    plan = Plan(study)
    _, member = _captured(folder)
    path, geometry = folder / "cell.nc", folder / "geometry.nc"
    capture(member.config, {}, member.files, path, None)
    (built,) = plan.members["build"].values()
    build(built.config, {"cell_type": path}, built.files, geometry, None)
    (one, _) = plan.members["simulate"].values()
    for run, v_init in ((one.config["run"], -61.0), ({**one.config["run"], "v_init_mV": -50.0}, -50.0)):
        with make_cell(one.config["cell"], one.files, run, path) as cell:
            assert (cell.v_init, cell.celsius, cell.totnsegs) == (v_init, 6.3, 16)
    paragraphs = " ".join(experiment_paragraphs(dict(study.cases[0].config), []))
    assert "The cell is that of the hoc model main.hoc, its tree with Star[1].soma." in paragraphs
    assert "It is without its other trees and point processes." in paragraphs
    assert "at the model's own initial potential and temperature" in paragraphs
    assert "Segments: as the model has them." in paragraphs
