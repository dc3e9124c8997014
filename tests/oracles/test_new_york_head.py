"""The New York head on small files of its layout: against LFPykit, and everything that can be wrong with the file."""

import tracemalloc

import h5py
import numpy as np
import pytest
from head_files import new_york_head

from lfptools.errors import CellError, DatasetError, GeometryError
from lfptools.forward.new_york_head import PLACES_MM, NewYorkHeadPotential, NYHeadModel
from lfptools.geometry.segments import Segments


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return new_york_head(tmp_path_factory.mktemp("head") / "sa_nyhead.mat")


@pytest.mark.peer
def test_against_lfpykit(file):
    from lfpykit.eegmegcalc import NYHeadModel as Peer

    ours, theirs = NYHeadModel(nyhead_file=file), Peer(nyhead_file=str(file))
    for name in ("cortex", "cortex_normals", "elecs", "lead_field", "lead_field_normal"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-12, atol=1e-12)
    assert {name: tuple(place) for name, place in theirs.dipole_pos_dict.items()} == PLACES_MM
    p = np.array([[0.3, 1.0], [-2.0, 0.0], [1.0, 0.5]])
    for vertex in (3, 20, 41):
        place = ours.cortex[:, vertex] + [0.03, -0.04, 0.05]
        ours.set_dipole_pos(dipole_pos=place)
        theirs.set_dipole_pos(dipole_pos=place)
        assert ours.vertex_idx == theirs.vertex_idx == vertex
        np.testing.assert_allclose(ours.get_transformation_matrix(), theirs.get_transformation_matrix(), rtol=1e-12)
        np.testing.assert_allclose(ours.find_closest_electrode(), theirs.find_closest_electrode(), rtol=1e-12)
        assert ours.return_closest_idx([10, 20, 30]) == theirs.return_closest_idx([10, 20, 30])
        for axis in ([0, 0, 1], [0, 2.0, 0], [1, -1, 0.5]):
            turned = [head.rotate_dipole_to_surface_normal(p=p, orig_ax_vec=axis) for head in (ours, theirs)]
            np.testing.assert_allclose(*turned, rtol=1e-9, atol=1e-12)


def test_one_volt_per_milliampere_metre(file):
    """V per mA·m is 10⁻⁹ mV per nA·µm; a dipole along the normal sees V_fem_normal."""
    head = NYHeadModel(file)
    head.set_dipole_pos(head.cortex[:, 7])
    normal = head.rotate_dipole_to_surface_normal([0, 0, 5.0])
    np.testing.assert_allclose(normal, 5.0 * head.cortex_normal_vec, rtol=1e-12)
    np.testing.assert_allclose(
        head.get_transformation_matrix() @ normal, 5e-9 * head.lead_field_normal[7], rtol=1e-10, atol=1e-22
    )


def test_a_cell_at_a_vertex(file):
    """A dipole along the cell's y axis, turned to z and then to the cortex' normal."""
    head = NYHeadModel(file)
    pair = Segments.from_arrays(np.zeros((2, 2)), [[0, 0], [100.0, 100.0]], np.zeros((2, 2)), [1.0, 1.0])
    place = 1e3 * head.cortex[:, 12]
    model = NewYorkHeadPotential(pair, file, place, rotation=[np.pi / 2, 0, 0])
    assert model.vertex == 12 and model.row_coords["contact_id"] == [f"E{i}" for i in range(7)]
    np.testing.assert_allclose(model.row_coords["contact_z"], 1e3 * head.elecs[2])
    eeg = model.get_transformation_matrix() @ [-0.5, 0.5]
    np.testing.assert_allclose(eeg, 50 * 1e-9 * head.lead_field_normal[12], rtol=1e-10)
    head.set_dipole_pos(head.cortex[:, 12])
    fixed = NewYorkHeadPotential(pair, file, place, along_normal=False).get_transformation_matrix() @ [-0.5, 0.5]
    np.testing.assert_allclose(fixed, head.get_transformation_matrix() @ [0, 50, 0], rtol=1e-12)


def test_only_the_vertex_that_is_asked_for_is_read(tmp_path):
    """A lead field of the real size, 412 MB of zeros that take no room on the disk."""
    path, vertices, electrodes = tmp_path / "large.mat", 74382, 231
    names = [f"E{i}" for i in range(electrodes)]
    new_york_head(path, vertices, electrodes, **{"cortex75K/V_fem": None, "cortex75K/V_fem_normal": None})
    with h5py.File(path, "r+") as file:
        chunks = {"chunks": (1, 1024, 16), "dtype": "f8"}
        matrix = file["sa/cortex75K"].create_dataset("V_fem", (3, vertices, electrodes), **chunks)
        matrix[:, 5000, 100] = [1, 2, 3]
        file["sa/cortex75K"].create_dataset("V_fem_normal", (vertices, electrodes), chunks=(1024, 16), dtype="f8")
    tracemalloc.start()
    head = NYHeadModel(path)
    head.set_dipole_pos(head.cortex[:, 5000])
    row = head.get_transformation_matrix()[100]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(row, [1e-9, 2e-9, 3e-9])
    assert head.electrode_names == names and peak < 20e6


def test_a_file_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match=rf"{tmp_path}/sa_nyhead.mat.*Huang, Parra & Haufe 2016.*not downloaded"):
        NYHeadModel()
    with pytest.raises(DatasetError, match=rf"{tmp_path}/elsewhere.mat"):
        NewYorkHeadPotential(None, "elsewhere.mat", [0, 0, 0])
    new_york_head(tmp_path / "sa_nyhead.mat")
    assert NYHeadModel().cortex.shape == (3, 50)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cortex75K/V_fem": None}, "it lacks sa/cortex75K/V_fem, lead field"),
        ({"clab_electrodes": None}, "it lacks sa/clab_electrodes, names"),
        ({"cortex75K/V_fem": np.zeros((7, 50, 3))}, r"V_fem \(7, 50, 3\) instead of \(3, 50, 7\)"),
        ({"locs_3D": np.ones((3, 7))}, r"locs_3D \(3, 7\) instead of \(6, 7\)"),
        ({"clab_electrodes": ["A", "B"]}, "instead of 7 references to text"),
        ({"clab_electrodes": ["A"] * 7}, "electrodes: contact ids must differ"),
        ({"cortex75K/normals": np.zeros((3, 50))}, r"without position or normal: indices \[0, 1"),
    ],
)
def test_another_file(tmp_path, changes, message):
    with pytest.raises(DatasetError, match=message):
        NYHeadModel(new_york_head(tmp_path / "other.mat", **changes))


def test_no_hdf5_and_nan(tmp_path):
    (tmp_path / "text.mat").write_text("MATLAB 5.0 MAT-file")
    with pytest.raises(DatasetError, match=r"text.mat is truncated, or no MATLAB 7.3"):
        NYHeadModel(tmp_path / "text.mat")
    matrix = np.ones((3, 50, 7))
    matrix[1, 4, 2] = np.nan
    head = NYHeadModel(new_york_head(tmp_path / "nan.mat", **{"cortex75K/V_fem": matrix}))
    head.set_dipole_pos(head.cortex[:, 3])
    head.get_transformation_matrix()
    head.set_dipole_pos(head.cortex[:, 4])
    with pytest.raises(DatasetError, match="vertex 4 is not finite at E2"):
        head.get_transformation_matrix()


def test_places_where_no_dipole_can_be(file):
    head = NYHeadModel(file)
    for call in (head.get_transformation_matrix, head.find_closest_electrode):
        with pytest.raises(CellError, match="set_dipole_pos first"):
            call()
    with pytest.raises(CellError, match="set_dipole_pos first"):
        head.rotate_dipole_to_surface_normal([0, 0, 1])
    with pytest.raises(GeometryError, match="did you mean 'parietal_lobe'"):
        head.set_dipole_pos("parietal")
    with pytest.raises(GeometryError, match="may be 2 mm away"):
        head.set_dipole_pos()
    for place in ([1, 2], [0, 0, np.nan], [[0, 0, 60]]):
        with pytest.raises(GeometryError, match="dipole_pos must be three finite"):
            head.set_dipole_pos(place)
    with pytest.raises(GeometryError, match="may be 2000 µm away"):
        NewYorkHeadPotential(None, file, [0, 0, 0])
    head.set_dipole_pos(head.cortex[:, 0])
    with pytest.raises(GeometryError, match="direction"):
        head.rotate_dipole_to_surface_normal([0, 0, 1], [0, 0, 0])
    with pytest.raises(ValueError, match="p must"):
        head.rotate_dipole_to_surface_normal([[0, 0, 1]])
