"""Vertex lead fields: what is written is read, units are converted, a model on one is the model it was made from."""

import numpy as np
import pytest
import xarray as xr
from head_files import vertex_lead_field

from lfptools.errors import DatasetError, GeometryError
from lfptools.forward.infinite_dipole import InfiniteDipolePotential, InfiniteVolumeConductor
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.forward.meg_sphere import SphereDipoleMagneticField, SphericallySymmetricVolCondMEG
from lfptools.forward.vertex_lead_field import VertexLeadFieldSignal, VertexParameters
from lfptools.geometry.alignment import alignment
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import Segments
from lfptools.io.netcdf import open_dataset
from lfptools.io.vertex_lead_field import open_vertex_lead_field, write_vertex_lead_field

RNG = np.random.default_rng(4)
CELL = Segments.from_arrays(*RNG.uniform(-50, 50, (3, 6, 2)), np.full(6, 0.5))
SENSORS = Contacts.from_positions(*(9e4 * np.eye(3)), ids=["Fpz", "T7", "Cz"])
VERTICES = RNG.normal(size=(8, 3))
VERTICES *= 6e4 / np.linalg.norm(VERTICES, axis=1)[:, None]


def test_a_potential_at_vertices(tmp_path):
    conductor = InfiniteVolumeConductor(0.3)
    matrix = np.stack([conductor.get_transformation_matrix(SENSORS.positions - place) for place in VERTICES], axis=1)
    write_vertex_lead_field(tmp_path / "head.nc", matrix, VERTICES, SENSORS, units="mV nA-1 um-1")
    with open_dataset(tmp_path / "head.nc", "vertex_lead_field") as dataset:
        assert dataset["lead_field"].attrs["units"] == "mV nA-1 um-1"
    place, turn = VERTICES[3] + [500.0, 0, -900], [0.3, 1.0, -2.0]
    ours = VertexLeadFieldSignal(CELL, tmp_path / "head.nc", place, along_normal=False, rotation=turn)
    theirs = InfiniteDipolePotential(CELL, SENSORS.positions, VERTICES[3], rotation=turn)
    np.testing.assert_allclose(ours.get_transformation_matrix(), theirs.get_transformation_matrix(), rtol=1e-12)
    dataset = lead_field_dataset(ours)
    assert dataset.attrs["quantity"] == "potential" and dataset["contact_id"].values.tolist() == ["Fpz", "T7", "Cz"]
    assert '"file":"head.nc"' in dataset.attrs["parameters"]


def test_a_magnetic_field_along_the_normal(tmp_path):
    """Radial sensors, by T per A·m; a dipole along the normal of a sphere is silent, one across is not."""
    field = SphericallySymmetricVolCondMEG(SENSORS.positions).matrix(VERTICES)
    si = 4e-7 * np.pi * 1e-3 * 1e15 * np.einsum("si,vsij->svj", SENSORS.positions / 9e4, field)
    write_vertex_lead_field(tmp_path / "meg.nc", si, VERTICES, SENSORS, units="T A-1 m-1", normals=3 * VERTICES)
    pair = Segments.from_arrays(np.zeros((2, 2)), np.zeros((2, 2)), [[0, 0], [100.0, 100.0]], [1.0, 1.0])
    along, across = (
        VertexLeadFieldSignal(pair, tmp_path / "meg.nc", VERTICES[5], rotation=[angle, 0, 0])
        for angle in (0.0, np.pi / 2)
    )
    assert along.quantity == "magnetic_field" and along.matrix_quantity == "magnetic_lead_field"
    loudest = np.abs(across.get_transformation_matrix()).max()
    assert np.abs(along.get_transformation_matrix()).max() < 1e-12 * loudest
    model = SphereDipoleMagneticField(pair, SENSORS.positions, VERTICES[5], component="radial")
    turned = alignment([0, 0, 1], VERTICES[5]) @ [0, -1, 0]  # where +z turned by 90° about x goes
    expected = model.response(VERTICES[5]) @ turned * 100
    np.testing.assert_allclose(across.get_transformation_matrix()[:, 1], expected, rtol=1e-9)


def test_a_file_of_another_tool(tmp_path):
    """Single precision, other units, labels as characters: the same numbers."""
    path = vertex_lead_field(tmp_path / "ours.nc", "uV nA-1 m-1")
    with open_dataset(path) as dataset:
        ours = dataset.load()
    other = xr.Dataset({"lead_field": (ours["lead_field"].dims, 1e9 * ours["lead_field"].values.astype("f4"))})
    other["lead_field"].attrs["units"] = "V mA-1 m-1"
    for name in (f"{dim}_{axis}" for dim in ("contact", "vertex") for axis in "xyz"):
        other[name] = ours[name].dims, 1e-6 * ours[name].values.astype("f4"), {"units": "m"}
    other["contact_id"] = "contact", ours["contact_id"].values.astype("S")
    other["component_id"] = "component", np.array(["x", "y", "z"])
    other.to_netcdf(tmp_path / "other.nc")
    a, b = open_vertex_lead_field(path), open_vertex_lead_field(tmp_path / "other.nc")
    assert a.sensors.ids == b.sensors.ids and a.quantity == b.quantity == "potential"
    assert a.normals is not None and a.sensors.surfaces is not None and b.normals is None
    np.testing.assert_allclose(np.linalg.norm(a.normals, axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(a.positions, b.positions, rtol=1e-6)
    np.testing.assert_allclose(a.at(4), b.at(4), rtol=1e-6)
    with pytest.raises(DatasetError, match=r"other.nc holds no vertex_normal_x"):
        VertexLeadFieldSignal(None, tmp_path / "other.nc", b.positions[0])


def broken(tmp_path, change) -> str:
    with xr.open_dataset(vertex_lead_field(tmp_path / "whole.nc")) as dataset:
        changed = change(dataset.load())
    changed.to_netcdf(tmp_path / "broken.nc")
    return str(tmp_path / "broken.nc")


def with_units(name, units):
    return lambda dataset: dataset.assign({name: dataset[name].assign_attrs(units=units)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.drop_vars("contact_id"), "it has no contact_id.*docs/vertex-lead-fields.md"),
        (lambda d: d.transpose("vertex", "contact", "component"), "must have dimensions"),
        (lambda d: d.isel(component=[1, 0, 2]), r"component_id must be x, y, z, got \['y'"),
        (with_units("lead_field", "T m-1 A-1 m-1"), "per current dipole moment.*got 'T m-1 A-1 m-1'"),
        (with_units("lead_field", "furlong"), "such as 'V A-1 m-1'"),
        (with_units("vertex_y", "s"), "vertex_y must have units of a length"),
        (lambda d: d.drop_vars("vertex_normal_y"), "has vertex_normal_x, vertex_normal_z, and not the rest"),
        (lambda d: d.assign_coords(vertex_normal_x=d["vertex_normal_x"] * np.nan), "is no direction at indices"),
        (lambda d: d.assign_coords(vertex_z=d["vertex_z"] * np.nan), "NaN or infinite at indices"),
        (lambda d: d.assign_coords(contact_id=("contact", ["a"] * 4)), "broken.nc: contact ids must differ"),
        (lambda d: d.assign_coords(contact_id=("contact", np.arange(4.0))), "contact_id must be text"),
        (lambda d: d.assign_coords(vertex_x=("contact", np.arange(4.0))), "must have the dimension vertex"),
    ],
)
def test_broken_files(tmp_path, change, message):
    with pytest.raises(DatasetError, match=message):
        open_vertex_lead_field(broken(tmp_path, change))


def test_no_file(tmp_path):
    with pytest.raises(DatasetError, match=r"no vertex lead field .*nowhere.nc"):
        open_vertex_lead_field(tmp_path / "nowhere.nc")
    (tmp_path / "text.nc").write_text("no NetCDF")
    with pytest.raises(DatasetError, match="truncated, or no NetCDF"):
        open_vertex_lead_field(tmp_path / "text.nc")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lead_field": np.ones((3, 8))}, "needs lead_field"), ({"positions": VERTICES[:4]}, r"got \(3, 8, 3\) and"),
        ({"units": "V"}, "per current dipole moment"), ({"length_units": "ms"}, "must be a length"),
        ({"normals": np.zeros((8, 3))}, "normals must be directions"), ({"normals": [[0, 0, 1]]}, "normals must be"),
        ({"lead_field": np.full((3, 8, 3), np.nan)}, "expected finite numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_written(tmp_path, changes, message):
    given = {"lead_field": np.ones((3, 8, 3)), "positions": VERTICES, "sensors": SENSORS, "units": "V A-1 m-1"}
    with pytest.raises(DatasetError, match=message):
        write_vertex_lead_field(tmp_path / "head.nc", **{**given, **changes})
    assert not list(tmp_path.iterdir())


def test_vertices_too_far_and_impossible_numbers(tmp_path):
    path = vertex_lead_field(tmp_path / "head.nc")
    with pytest.raises(GeometryError, match=r"head.nc: the vertex nearest to \[0.0, 0.0, 0.0\] µm is 60000 µm away"):
        VertexLeadFieldSignal(None, path, [0, 0, 0])
    with pytest.raises(ValueError, match="farthest must be"):
        VertexLeadFieldSignal(None, path, [0, 0, 0], farthest=-1)
    with pytest.raises(TypeError, match="along_normal must be"):
        VertexLeadFieldSignal(None, path, [0, 0, 0], along_normal="yes")
    with pytest.raises(ValueError, match="file"):
        VertexParameters(dipole_position_um=(0, 0, 0), file="")


def test_alignment():
    for start, end in [*RNG.normal(size=(50, 2, 3)), ([0, 0, 2.0], [0, 0, 5.0]), ([1.0, 2, 3], [1.0, 2, 3])]:
        turn = alignment(start, end)
        np.testing.assert_allclose(turn @ start / np.linalg.norm(start), end / np.linalg.norm(end), atol=1e-12)
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-14)
        assert np.linalg.det(turn) == pytest.approx(1.0)
        across = np.cross(start, end)
        np.testing.assert_allclose(turn @ across, across, atol=1e-12)
    np.testing.assert_allclose(alignment([0, 0, 1], [0, 0, -3]), np.diag([-1.0, 1, -1]), atol=1e-15)
    for wrong in ([0, 0, 0], [0, 0, np.nan], [1, 2]):
        with pytest.raises(GeometryError, match="a direction must be three finite numbers"):
            alignment([0, 0, 1], wrong)
