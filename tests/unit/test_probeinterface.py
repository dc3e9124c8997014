"""Contacts to and from probeinterface: objects, files, studies."""

import json
import os
import socket
from pathlib import Path

import numpy as np
import probeinterface as pi
import pytest
from study_files import TINY, changed, write
from test_probes import EXAMPLES, contacts

from lfptools.cli import main
from lfptools.errors import ConfigError, GeometryError
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.quadrature import quadrature
from lfptools.geometry.segments import Segments
from lfptools.io.geometry import geometry_dataset
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.io.probeinterface import (
    contacts_from_probe,
    neuropixels,
    neuropixels_parts,
    probe_from_contacts,
    read_probeinterface,
    write_probeinterface,
)
from lfptools.provenance.files import file_hash
from lfptools.report.methods import experiment_paragraphs
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.sizes import summary
from lfptools.study.sources import source
from lfptools.study.stages.lead_field import lead_field

ROOT = Path(__file__).parents[2]
TURNED = ", rotate_rad: {x: 0.3, y: -1.2, z: 2}, position_um: {x: 10, y: -20, z: 30}}"


def assert_alike(a: Contacts, b: Contacts) -> None:
    assert a.ids == b.ids and a.shanks == b.shanks and a.surfaces.shape == b.surfaces.shape
    np.testing.assert_allclose(a.positions, b.positions, atol=1e-9)
    for name in ("normal", "tangent", "radius", "width", "height", "angle"):
        np.testing.assert_allclose(getattr(a.surfaces, name), getattr(b.surfaces, name), atol=1e-12, err_msg=name)


@pytest.mark.parametrize("kind", ["laminar", "mea", "ring", "lead", "scalp", "probeinterface"])
def test_files_bring_back_what_was_written(kind, tmp_path):
    made = contacts(kind, EXAMPLES[kind][:-1] + TURNED)
    write_probeinterface(made, tmp_path / "probe.json", name="mine")
    assert_alike(read_probeinterface(tmp_path / "probe.json"), made)
    jsonschema = pytest.importorskip("jsonschema")
    schema = Path(pi.__file__).parent / "schema/probe.json.schema"
    jsonschema.validate(json.loads((tmp_path / "probe.json").read_text()), json.loads(schema.read_text()))


def test_what_probeinterface_draws_is_what_is_averaged_over():
    """The corners that probeinterface itself computes are those of our rectangles."""
    made = contacts("laminar", EXAMPLES["laminar"][:-1] + ", shape: rect, width_um: 8, height_um: 12" + TURNED)
    corners = np.array(probe_from_contacts(made).get_contact_vertices())
    points, weights = quadrature(made.surfaces, made.positions, 4)
    np.testing.assert_allclose(corners.mean(axis=1), (weights[..., None] * points).sum(axis=1), atol=1e-9)
    inner = made.positions[:, None] + (corners - made.positions[:, None]) / np.sqrt(3)  # Gauss's 2 × 2 points
    for a, b in zip(inner, points, strict=True):
        np.testing.assert_allclose(a[np.lexsort(a.T.round(6))], b[np.lexsort(b.T.round(6))], atol=1e-9)


def test_a_flat_probe_stands_upright_in_micrometres():
    probe = pi.Probe(ndim=2, si_units="mm")
    probe.set_contacts(
        [[0.1, 0.2], [0.3, 0.4]],
        shapes=["square", "rect"],
        shape_params=[{"width": 0.01}, {"width": 0.01, "height": 0.02}],
    )
    made = contacts_from_probe(probe, "xz")
    np.testing.assert_allclose(made.positions, [[100, 0, 200], [300, 0, 400]])
    assert made.surfaces.normal.tolist() == [[0, -1, 0]] * 2
    np.testing.assert_allclose(made.surfaces.height, [10, 20])
    np.testing.assert_allclose(contacts_from_probe(probe.to_3d("xz")).surfaces.normal, made.surfaces.normal)
    np.testing.assert_allclose(contacts_from_probe(probe, "xy").positions, [[100, 200, 0], [300, 400, 0]])


def test_a_turned_lead_keeps_its_mantle():
    """What probeinterface turns and moves, mantles included, comes back turned and moved."""
    made = contacts("lead", "{lead: boston_DB2202}")
    probe = probe_from_contacts(made)
    probe.rotate(90, center=[0, 0, 0], axis="yz")
    probe.move([1, 2, 3])
    turn = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    assert_alike(contacts_from_probe(probe), made.rotated(turn).moved(1, 2, 3))


def test_both_sides_of_a_probe():
    probe = pi.Probe(ndim=2)
    probe.set_contacts([[0, 0], [0, 0]], contact_sides=["front", "back"])
    assert contacts_from_probe(probe, "xz").surfaces.normal.tolist() == [[0, -1, 0], [0, 1, 0]]


def test_neuropixels_are_the_tables_of_the_manufacturer():
    assert {"NP1000", "NP2003", "NP2014"} <= set(neuropixels_parts())
    four = neuropixels("NP2014")
    assert len(four) == 4 * 1280 and four.shanks[1280] == "1" and four.ids[1280] == "s1e0"
    np.testing.assert_allclose(four.positions[1280] - four.positions[0], [250, 0, 0])


def test_nothing_is_downloaded(monkeypatch):
    def refuse(*args, **keywords):
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    for text in ("{generator: tetrode}", "{generator: multi_columns}", "{neuropixels: PRB_1_4_0480_1, first: 10}"):
        assert len(contacts("probeinterface", text)) >= 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no readable JSON"),
        ('{"specification": "other"}', "not a file of probeinterface"),
        ('{"specification": "probeinterface", "probes": [{"ndim": 2}]}', "damaged .KeyError"),
    ],
)
def test_files_that_are_none(content, message, tmp_path):
    (tmp_path / "probe.json").write_text(content)
    with pytest.raises(GeometryError, match=f"probe.json: .*{message}"):
        read_probeinterface(tmp_path / "probe.json")


def test_files_with_several_probes(tmp_path):
    pi.write_probeinterface(tmp_path / "two.json", pi.generate_dummy_probe_group())
    both = read_probeinterface(tmp_path / "two.json", plane="xz")
    first, second = (read_probeinterface(tmp_path / "two.json", k, "xz") for k in range(2))
    assert both.ids == tuple(f"{k}:{name}" for k, one in enumerate((first, second)) for name in one.ids)
    np.testing.assert_allclose(both.positions, np.concatenate((first.positions, second.positions)))
    assert {name[0] for name in both.shanks} == {"0", "1"}
    with pytest.raises(GeometryError, match=r"two.json: holds the probes 0 to 1, got probe 2"):
        read_probeinterface(tmp_path / "two.json", 2)


def test_what_cannot_be_a_probe():
    with pytest.raises(GeometryError, match="several contacts at one place: a, b"):
        probe_from_contacts(Contacts(np.zeros(2), np.zeros(2), np.zeros(2), ("a", "b")))
    with pytest.raises(GeometryError, match="has no contacts"):
        contacts_from_probe(pi.Probe())
    skew = pi.Probe(ndim=3)
    skew.set_contacts([[0, 0, 0]], plane_axes=[[[1, 0, 0], [1, 1, 0]]])
    with pytest.raises(GeometryError, match=r"right angles to each other: indices \[0\]"):
        contacts_from_probe(skew)
    with pytest.raises(GeometryError, match="unknown plane 'zx'"):
        contacts_from_probe(pi.generate_tetrode(), "zx")


# --- in a study -------------------------------------------------------------------------------------------------------

STUDY = changed(
    TINY.replace("model: line", "model: electrode"),
    "{kind: points, points_um: [[10, 50, 0], [50, 50, 0]]}",
    "{kind: probeinterface, file: probe.json}",
)


def member(folder: Path, text: str = STUDY):
    study = load_study(write(folder, text), ROOT)
    plan = Plan(study, folder / "results")
    return plan.of_case[study.cases[0].id]["lead_field"]["lfp"], study


def test_the_file_of_a_studys_probe_decides_by_its_content(tmp_path, tmp_path_factory):
    write_probeinterface(contacts("tetrode", EXAMPLES["tetrode"]).moved(30), tmp_path / "probe.json")
    before, study = member(tmp_path)
    assert before.files == {"probe file": tmp_path / "probe.json"}
    assert before.config["files"] == {"probe file probe.json": file_hash(tmp_path / "probe.json")}
    said = " ".join(experiment_paragraphs(study.cases[0].config, []))
    assert "probeinterface of contacts (file probe.json, plane xz)" in said and str(tmp_path) not in said
    assert "signals stores" in summary(study)
    assert "probeinterface" in source("lead_field", [before.config])["versions"]

    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (tmp_path / "probe.json").rename(elsewhere / "probe.json")
    assert member(tmp_path, changed(STUDY, "file: probe.json", f"file: {elsewhere}/probe.json"))[0].key == before.key
    (elsewhere / "mine.yaml").write_text("kind: probeinterface\nfile: probe.json\n")  # beside the probe's own file
    name = os.path.relpath(elsewhere / "mine.yaml", tmp_path)
    assert member(tmp_path, changed(STUDY, "{kind: probeinterface, file: probe.json}", name))[0].key == before.key
    write_probeinterface(contacts("tetrode", EXAMPLES["tetrode"]).moved(31), tmp_path / "probe.json")
    assert member(tmp_path)[0].key != before.key


def test_the_stage_reads_it(tmp_path):
    made = contacts("tetrode", EXAMPLES["tetrode"]).moved(30)
    write_probeinterface(made, tmp_path / "probe.json")
    found, _ = member(tmp_path)
    segments = Segments.from_arrays(np.zeros((2, 2)), np.zeros((2, 2)), [[0, 50.0], [50.0, 150.0]], [1.0, 1.0])
    write_dataset(geometry_dataset(segments), tmp_path / "geometry.nc", "geometry")
    lead_field(found.config, {"geometry": tmp_path / "geometry.nc"}, found.files, tmp_path / "out.nc", None)
    with open_dataset(tmp_path / "out.nc", "lead_field") as dataset:
        np.testing.assert_allclose(dataset["contact_x"].values, made.x)


def test_the_command_writes_a_studys_probe(tmp_path, capsys):
    text = changed(TINY, "points_um: [[10, 50, 0], [50, 50, 0]]", "points_um: [[10, 50, 0], [50, 50, 0]], ids: [a, b]")
    study, out = str(write(tmp_path, text)), tmp_path / "row.json"
    assert main(["probe", study, "row", str(out)]) == 0
    assert read_probeinterface(out).ids == ("a", "b") and read_probeinterface(out).x.tolist() == [10, 50]
    assert main(["probe", study, "rwo", str(out)]) == 1 and "did you mean 'row'" in capsys.readouterr().err
    write(tmp_path, changed(text, "sweep: {", "sweep: {probes.row.position_um: [{x: 0}, {x: 5}], "))
    assert main(["probe", study, "row", str(out)]) == 1 and "cases differ" in capsys.readouterr().err
    assert main(["probe", study, "row", str(out), "--case", "5, 0.001"]) == 0
    assert read_probeinterface(out).x.tolist() == [15, 55]


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("file: prob.json", r"probes.row.file: there is no file 'prob.json'; looked for"),
        ("file: study.yaml", r"probes.row: .*study.yaml: no readable JSON"),
        ("neuropixels: NP9", r"probes.row: unknown Neuropixels part number 'NP9'"),
    ],
)
def test_what_is_wrong_is_told_at_the_probe_and_once(new, message, tmp_path):
    with pytest.raises(ConfigError, match=message) as error:
        load_study(write(tmp_path, changed(STUDY, "file: probe.json", new)), ROOT)
    assert str(error.value).count("probes.row") == 1 and "signals.lfp" not in str(error.value)
