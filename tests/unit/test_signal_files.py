"""Files that a study's signals name: found, checked, part of the key by their content, never by where they lie."""

import os
from pathlib import Path

import numpy as np
import pytest
from head_files import CORTEX_MM, new_york_head, vertex_lead_field
from study_files import changed, write

from lfptools.config.parameters import names_file
from lfptools.errors import ConfigError
from lfptools.geometry.segments import Segments
from lfptools.io.geometry import geometry_dataset
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.io.vertex_lead_field import open_vertex_lead_field
from lfptools.provenance import remembered
from lfptools.provenance.files import file_hash
from lfptools.report.methods import experiment_paragraphs
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.sizes import summary
from lfptools.study.stages.lead_field import lead_field

ROOT = Path(__file__).parents[2]
STUDY = f"""
study: head
question: What does a dipole do on the scalp?
cell:
  sections: {{stick: {{length_um: 100, diameter_um: 1, segments: 11}}}}
run: {{currents: [{{at: {{section: stick, fraction: 0}}, nA: 1.0}}, {{at: {{section: stick, fraction: 1}}, nA: -1.0}}]}}
probes: {{helmet: {{kind: points, points_um: [[0, 0, 1.0e5], [0, 1.0e5, 0]]}}}}
signals:
  eeg: {{model: vertex_lead_field, file: head.nc, dipole_position_um: [0, 0, {CORTEX_MM * 1e3}], farthest_um: 1.0e5}}
  meg: {{model: meg_sphere, probe: helmet, dipole_position_um: [0, 0, 78000]}}
"""


@pytest.fixture
def folder(tmp_path):
    vertex_lead_field(tmp_path / "head.nc")
    return tmp_path


def members(folder: Path, text: str = STUDY) -> dict:
    study = load_study(write(folder, text), ROOT)
    plan = Plan(study, folder / "results")
    return plan.of_case[study.cases[0].id] | {"plan": plan, "study": study}


def test_its_content_decides_and_its_place_does_not(folder, tmp_path_factory):
    before = members(folder)
    eeg = before["lead_field"]["eeg"]
    assert eeg.files == {"file": folder / "head.nc"} and eeg.config["parameters"]["file"] == "head.nc"
    known = file_hash(folder / "head.nc")
    assert eeg.config["files"] == {"file head.nc": known}
    assert eeg.config["file_bytes"] == {"file": os.path.getsize(folder / "head.nc")}
    assert before["signal"]["eeg"].config["files"]["file head.nc"] == known
    assert before["plan"].file_hashes() == {"file head.nc": known}
    assert "files" not in before["signal"]["meg"].config["parameters"] and not before["lead_field"]["meg"].files

    elsewhere = tmp_path_factory.mktemp("elsewhere") / "head.nc"
    (folder / "head.nc").rename(elsewhere)
    moved = members(folder, changed(STUDY, "file: head.nc", f"file: {elsewhere}"))
    assert moved["lead_field"]["eeg"].key == eeg.key and moved["study"].cases[0].id == before["study"].cases[0].id
    vertex_lead_field(folder / "head.nc", "uV nA-1 m-1")
    other = members(folder)
    assert other["lead_field"]["eeg"].key != eeg.key and other["simulate"].key == before["simulate"].key
    assert other["lead_field"]["meg"].key == before["lead_field"]["meg"].key


def test_the_stage_reads_it_and_its_result_names_no_folder(folder):
    eeg = members(folder)["lead_field"]["eeg"]
    segments = Segments.from_arrays(np.zeros((2, 2)), np.zeros((2, 2)), [[0, 50.0], [50.0, 150.0]], [1.0, 1.0])
    write_dataset(geometry_dataset(segments), folder / "geometry.nc", "geometry")
    lead_field(eeg.config, {"geometry": folder / "geometry.nc"}, eeg.files, folder / "out.nc", None)
    with open_dataset(folder / "out.nc", "lead_field") as found:
        head = open_vertex_lead_field(folder / "head.nc")
        vertex, _ = head.nearest([0, 0, CORTEX_MM * 1e3])
        np.testing.assert_allclose(
            found["lead_field"].values[:, 1], 100 * head.at(vertex) @ head.normal(vertex), rtol=1e-10
        )
        assert found["contact_id"].values.tolist() == ["S0", "S1", "S2", "S3"]
    assert str(folder).encode() not in (folder / "out.nc").read_bytes()


def test_it_is_told_in_the_report_and_in_sizes(folder):
    study = members(folder, changed(STUDY, "file: head.nc", f"file: {folder}/head.nc"))["study"]
    said = " ".join(experiment_paragraphs(study.cases[0].config, []))
    assert "file head.nc" in said and str(folder) not in said
    assert "keep: signals stores 96 bytes" in summary(study)  # 4 electrodes, 2 × 3 components, 2 of each run


def test_signals_while_a_cell_runs_name_the_file_too(folder):
    text = changed(STUDY, STUDY[STUDY.index("run:") : STUDY.index("probes:")], "run: {t_stop_ms: 1, keep: signals}\n")
    made = members(folder, text)
    assert "file head.nc" in made["simulate"].config["files"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("file: head.nc", "file: hed.nc", r"signals.eeg.file: there is no file 'hed.nc'; looked for .*/hed.nc"),
        ("file: head.nc", "file: study.yaml", r"signals.eeg: .*study.yaml is truncated, or no NetCDF file"),
        ("model: vertex_lead_field, file: head.nc", "model: new_york_head, file: head.nc", "is not the New York head"),
        (", farthest_um: 1.0e5", "", "signals.eeg: .*head.nc: the vertex nearest to .* may be 2000 µm away"),
        ("78000]", "100000]", "signals.meg: .*nearer to the spheres' centre than every sensor"),
        ("78000]", "78000], component: normal", "signals.meg: component 'normal'.*these contacts have none"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(folder, old, new, message):
    with pytest.raises(ConfigError, match=message):
        load_study(write(folder, changed(STUDY, old, new)), ROOT)


def test_the_new_york_head_in_a_study(folder):
    new_york_head(folder / "sa_nyhead.mat")
    made = members(folder, changed(STUDY, "vertex_lead_field, file: head.nc", "new_york_head, file: sa_nyhead.mat"))
    assert list(made["lead_field"]["eeg"].config["files"]) == ["file sa_nyhead.mat"]


def test_keys_that_name_files():
    assert names_file("file") and names_file("field_file") and not names_file("profile") and not names_file("files")


def test_hashes_of_large_files_are_remembered_while_they_are_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("LFPTOOLS_CACHE", str(tmp_path / "cache"))
    file, computed = tmp_path / "large", []

    def compute(path: Path) -> str:
        computed.append(path)
        return path.read_text()

    def ask() -> tuple[str, int]:
        return remembered.remembered(file, compute), len(computed)

    file.write_text("first")
    assert [ask(), ask()] == [("first", 1), ("first", 2)]  # changed just now: another change might not show
    os.utime(file, ns=(1, 1))
    assert [ask(), ask()] == [("first", 3), ("first", 3)]
    file.write_text("second")
    os.utime(file, ns=(2, 2))
    assert [ask(), ask()] == [("second", 4), ("second", 4)]
    next((tmp_path / "cache/hashes").iterdir()).write_text("{")
    assert ask() == ("second", 5)
    monkeypatch.setenv("LFPTOOLS_CACHE", str(file))  # no folder: nothing is remembered, and nothing fails
    assert ask() == ("second", 6)
    monkeypatch.setattr("lfptools.provenance.files.LARGE", 1)
    assert file_hash(file) == "16367aacb67a4a017c8da8ab95682ccb390863780f7114dda0a0e0c55644c7c4"
