"""Sensors, what they measure, labels, and everything that can be wrong with them."""

import numpy as np
import pytest
import xarray as xr

from lfptools.errors import CellError, GeometryError
from lfptools.forward.apply import apply_lead_field
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.forward.magnetic_field import MagneticFieldParameters
from lfptools.forward.meg_infinite import InfiniteDipoleMagneticField, InfiniteHomogeneousVolCondMEG
from lfptools.forward.meg_sphere import SphereDipoleMagneticField, SphericallySymmetricVolCondMEG
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import Segments
from lfptools.units import attrs

PAIR = Segments.from_arrays([[0, 0], [1e4, 1e4]], np.zeros((2, 2)), np.zeros((2, 2)), [1.0, 1.0])
"""Two points 10 mm apart: currents −I and I are a dipole of I · 10⁴ nA·µm along x."""
SENSORS = np.array([[0, 100e3, 50e3], [0, 0, 100e3]])
PLACE = [0, 0, 78e3]
BOTH = pytest.mark.parametrize("conductor", [InfiniteHomogeneousVolCondMEG, SphericallySymmetricVolCondMEG])


def test_three_rows_a_sensor():
    model = SphereDipoleMagneticField(PAIR, SENSORS, PLACE, ids=["left", "vertex"])
    assert model.row_coords["component_id"] == ["left:x", "left:y", "left:z", "vertex:x", "vertex:y", "vertex:z"]
    np.testing.assert_array_equal(model.row_coords["component_y"], [100e3] * 3 + [0.0] * 3)
    field = model.get_transformation_matrix() @ [-1e3, 1e3]
    np.testing.assert_allclose(field * 1e15, [0, 70.9543, -2.6074, 0, -805.785, 0], rtol=0, atol=5e-4)


def test_the_labelled_signal():
    model = SphereDipoleMagneticField(PAIR, SENSORS, PLACE)
    coords = {"t": ("t", [0.0, 1.0], attrs("t")), "segment_id": ("segment", list(PAIR.ids))}
    currents = [[-1e3, 0], [1e3, 0]]
    run = xr.Dataset({"membrane_current": (("segment", "t"), currents, attrs("membrane_current"))}, coords)
    lead_field = lead_field_dataset(model)
    assert lead_field["lead_field"].attrs["units"] == "T nA-1"
    signal = apply_lead_field(lead_field, run)["magnetic_field"]
    assert signal.attrs["units"] == "T" and signal.dims == ("component", "t")
    at = {str(name): float(value) for name, value in zip(signal["component_id"].values, signal[:, 0], strict=True)}
    assert at["1:y"] == pytest.approx(-805.785e-15, rel=1e-6)


def test_one_row_a_sensor():
    every = SphereDipoleMagneticField(PAIR, SENSORS, PLACE).get_transformation_matrix().reshape(2, 3, 2)
    normals = np.array([[0, 0, 2.0], [0, -3.0, 4.0]])
    model = SphereDipoleMagneticField(PAIR, SENSORS, PLACE, component="normal", normals=normals)
    assert model.row_dim == "contact" and model.row_coords["contact_normal_y"].tolist() == [0, -0.6]
    assert model.row_coords["contact_id"] == ["0", "1"]
    matrix = model.get_transformation_matrix()
    np.testing.assert_allclose(matrix, [every[0, 2], -0.6 * every[1, 1] + 0.8 * every[1, 2]], rtol=1e-12)
    radial = SphereDipoleMagneticField(PAIR, SENSORS, PLACE, component="radial").get_transformation_matrix()
    np.testing.assert_allclose(radial, [(2 * every[0, 1] + every[0, 2]) / np.sqrt(5), every[1, 2]], rtol=1e-12)


def test_parameters_of_a_study():
    contacts = SphereDipoleMagneticField(PAIR, SENSORS, PLACE, component="normal", normals=SENSORS).contacts
    p = MagneticFieldParameters(dipole_position_um=PLACE, component="normal", rotate_rad={"z": 0.5})
    model = SphereDipoleMagneticField.from_parameters(p, PAIR, contacts)
    assert model.parameters == p and model.contacts is contacts
    with pytest.raises(GeometryError, match="these contacts have none"):
        SphereDipoleMagneticField.from_parameters(p, PAIR, Contacts.from_positions(*SENSORS.T))
    with pytest.raises(CellError, match="'meg_sphere' computes a magnetic_field at contacts: it needs a probe"):
        SphereDipoleMagneticField.from_parameters(p, PAIR, None)
    with pytest.raises(ValueError, match="component"):
        MagneticFieldParameters(dipole_position_um=PLACE, component="x")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"component": "xy"}, "did you mean 'xyz'"), ({"component": "normal"}, "have none"),
        ({"normals": [[0, 0, 1], [0, 0, 0]]}, r"direction.*indices \[1\]"),
        ({"normals": [[0, 0, 1]] * 3}, "2 sensors need .*; got 3"),
        ({"component": "radial", "sensor_locations": [[1, 1, 1], [0, 0, 0]]}, r"origin.*indices \[1\]"),
        ({"ids": ["a", "a"]}, "repeated"),
    ],
)  # fmt: skip
def test_impossible_sensors(changes, message):
    arguments = {"cell": PAIR, "sensor_locations": SENSORS, "dipole_location": PLACE, **changes}
    with pytest.raises(ValueError, match=message):
        InfiniteDipoleMagneticField(**arguments)


@BOTH
@pytest.mark.parametrize("sensors", [[1.0, 2, 3], [[1.0, 2]], np.zeros((0, 3)), "abc", [[1, 2, "x"]]])
def test_sensor_locations_of_another_shape(conductor, sensors):
    with pytest.raises(GeometryError, match=r"sensor locations must (have|be)"):
        conductor(sensors)


@BOTH
def test_what_else_can_be_wrong(conductor):
    with pytest.raises(GeometryError, match=r"indices \[1\]"):
        conductor([[1, 2, 3], [np.nan, 0, 0]])
    for mu, error in ((0, ValueError), (-1e-6, ValueError), (np.inf, ValueError), ("vacuum", TypeError)):
        with pytest.raises(error, match="mu must be"):
            conductor(SENSORS, mu=mu)
    model = conductor(SENSORS)
    for place in ([1, 2], [[0, 0, 1]], [0, 0, np.nan], "up"):
        with pytest.raises(GeometryError, match="location must be three"):
            model.get_transformation_matrix(place)
    for moment in ([[1, 2]], 5.0, np.ones((4, 3)), [1, 2, np.nan]):
        with pytest.raises(ValueError, match="p must"):
            model.calculate_B(moment, PLACE)
    with pytest.raises(GeometryError, match=r"pos_vectors .*3 and 2|3 and 2"):
        model.axial_matrix(np.ones((3, 3)), np.ones((2, 3)))
    with pytest.raises(TypeError, match="get_axial_currents_from_vmem"):
        model.calculate_H_from_iaxial(PAIR)
    with pytest.raises(TypeError):
        model.calculate_H(moment=[1, 2, 3], place=PLACE)


@BOTH
def test_b_is_mu_h_in_tesla(conductor):
    """nA/µm = 10⁻³ A/m; vacuum by default."""
    h, p = conductor(SENSORS).calculate_H([1.0, 2, 3], PLACE), [1.0, 2, 3]
    np.testing.assert_allclose(conductor(SENSORS).calculate_B(p, PLACE), 4e-10 * np.pi * h, rtol=1e-15)
    np.testing.assert_allclose(conductor(SENSORS, mu=2.0).calculate_B(p, PLACE), 2e-3 * h, rtol=1e-15)


@BOTH
def test_many_places_at_once(conductor):
    places = np.random.default_rng(0).normal(scale=1e4, size=(5, 3))
    model = conductor(SENSORS)
    several = model.matrix(places)
    assert several.shape == (5, 2, 3, 3)
    for place, matrix in zip(places, several, strict=True):
        np.testing.assert_array_equal(model.get_transformation_matrix(place), matrix)


def test_the_axial_currents_of_a_cell():
    """Far away, their field is that of the dipole moment of the membrane currents."""
    from lfptools import Cell, CurrentDipoleMoment, Synapse, example_morphology

    with Cell(example_morphology("ball_and_sticks"), passive=True, tstop=5, dt=0.1) as cell:
        synapse = Synapse(cell, idx=cell.get_closest_idx(z=200), syntype="ExpSyn", weight=0.005, tau=1.0, e=0.0)
        synapse.set_spike_times(np.array([1.0]))
        cell.simulate(rec_imem=True, rec_vmem=True)
        moment = CurrentDipoleMoment(cell).get_transformation_matrix() @ cell.imem
        centre = np.array([a.mean() for a in (cell.x, cell.y, cell.z)])
        cell.set_pos(0, 0, 77e3)
        assert np.abs(moment).max() > 1
        for conductor, tolerance in ((InfiniteHomogeneousVolCondMEG, 0.02), (SphericallySymmetricVolCondMEG, 0.02)):
            model = conductor([[3e4, 5e4, 9e4], [0, 9e4, 5e4]])
            expected = model.calculate_H(moment, centre + np.array([0, 0, 77e3]))
            field = model.calculate_H_from_iaxial(cell)
            assert field.shape == expected.shape == (2, 3, cell.tvec.size)
            np.testing.assert_allclose(field, expected, rtol=0, atol=tolerance * np.abs(expected).max())
