"""A cell's dipole moment, turned and put into a volume conductor."""

import warnings

import numpy as np
import pytest
import xarray as xr

from lfptools.config.registry import load
from lfptools.errors import CellError, GeometryError, LfptoolsWarning
from lfptools.forward.apply import apply_lead_field
from lfptools.forward.dipole import CurrentDipoleMoment
from lfptools.forward.infinite_dipole import (
    InfiniteDipoleParameters,
    InfiniteDipolePotential,
    InfiniteVolumeConductor,
)
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.forward.registry import MODELS
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import Segments, rotation_matrix
from lfptools.geometry.surfaces import Surfaces
from lfptools.units import attrs

SEGMENTS = Segments.from_arrays(*np.random.default_rng(2).uniform(-50, 50, (3, 6, 2)), np.full(6, 0.5))
CURRENTS = np.random.default_rng(9).normal(size=(6, 30))
BALANCED = CURRENTS - CURRENTS.mean(axis=0)
CONTACTS = np.array([[500.0, 0, 0], [0, 700, 100], [300, 300, -900]])


def run(currents: np.ndarray) -> xr.Dataset:
    coords = {"t": ("t", np.arange(currents.shape[1]) / 16, attrs("t")), "segment_id": ("segment", list(SEGMENTS.ids))}
    return xr.Dataset({"membrane_current": (("segment", "t"), currents, attrs("membrane_current"))}, coords)


def test_it_is_the_conductor_times_the_rotated_moment():
    model = InfiniteDipolePotential(SEGMENTS, CONTACTS, [10, 20, 30], 0.4, rotation=[0.3, -1.0, 2.0])
    moment = CurrentDipoleMoment(SEGMENTS).get_transformation_matrix()
    potential = InfiniteVolumeConductor(0.4).get_transformation_matrix(CONTACTS - [10, 20, 30])
    expected = potential @ rotation_matrix(x=0.3, y=-1.0, z=2.0) @ moment
    np.testing.assert_allclose(model.get_transformation_matrix(), expected, rtol=1e-12)


def test_turning_the_dipole_is_turning_the_cell():
    turned = SEGMENTS.rotated(rotation_matrix(x=0.5, z=1.5))
    ours = InfiniteDipolePotential(SEGMENTS, CONTACTS, [0, 0, 0], rotation=[0.5, 0, 1.5]).get_transformation_matrix()
    np.testing.assert_allclose(
        ours, InfiniteDipolePotential(turned, CONTACTS, [0, 0, 0]).get_transformation_matrix(), rtol=1e-11
    )


def test_where_the_cell_stands_matters_only_with_a_monopole():
    here, there = (
        InfiniteDipolePotential(s, CONTACTS, [0, 0, 5]).get_transformation_matrix() @ BALANCED
        for s in (SEGMENTS, SEGMENTS.moved(100, -300, 20))
    )
    np.testing.assert_allclose(here, there, rtol=0, atol=1e-12 * np.abs(here).max())
    dataset = lead_field_dataset(InfiniteDipolePotential(SEGMENTS, CONTACTS, [0, 0, 5]))
    assert dataset.attrs["depends_on_origin"] == 1
    with pytest.warns(LfptoolsWarning, match="potential of model 'infinite_dipole'.*origin"):
        apply_lead_field(dataset, run(CURRENTS))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        apply_lead_field(dataset, run(BALANCED))


def test_values_assigned_later_are_checked_too():
    model = InfiniteDipolePotential(SEGMENTS, CONTACTS, [0, 0, 0])
    for name, wrong in (("dipole_location", [1, 2]), ("rotation", [0, 0, np.nan])):
        setattr(model, name, wrong)
        with pytest.raises(GeometryError, match=f"{name} must be three finite numbers"):
            model.get_transformation_matrix()
        setattr(model, name, np.zeros(3))


def test_impossible_placements():
    for wrong in ([1, 2], [0, 0, np.inf], "xyz", None):
        with pytest.raises(GeometryError, match="dipole_location must be three"):
            InfiniteDipolePotential(SEGMENTS, CONTACTS, wrong)
    with pytest.raises(GeometryError, match=r"indices \[1\]"):
        InfiniteDipolePotential(SEGMENTS, [[1, 1, 1], [2, 2, 2]], [2, 2, 2]).get_transformation_matrix()
    with pytest.raises(CellError, match="'infinite_dipole' computes a potential at contacts: it needs a probe"):
        InfiniteDipolePotential.from_parameters(InfiniteDipoleParameters(dipole_position_um=(0, 0, 0)), SEGMENTS, None)
    with pytest.raises(ValueError, match="dipole_position_um"):
        InfiniteDipoleParameters()


def test_long_cells_have_the_bits_of_short_ones():
    """A column does not depend on how many others there are (a BLAS product's would)."""
    rng = np.random.default_rng(0)
    ends = [rng.uniform(-50, 50, (999, 2)) for _ in range(3)]
    long = Segments.from_arrays(*ends, np.ones(999))
    short = Segments.from_arrays(*(a[3:20] for a in ends), np.ones(17))
    place = {"r_electrodes": CONTACTS, "dipole_location": [1, 2, 3], "rotation": [1, 2, 3]}
    matrix = InfiniteDipolePotential(long, **place).get_transformation_matrix()
    assert np.array_equal(InfiniteDipolePotential(short, **place).get_transformation_matrix(), matrix[:, 3:20])


CIRCLES = Contacts(
    *np.array([[0.0, 50e3, 0], [0, 0, 60e3], [90e3, 0, 0]]), ids=("a", "b", "c"), shanks=("s", "s", "t"),
    surfaces=Surfaces.make(("point", "circle", "circle"), [0, 0, 1], 3, radius=[0, 5, 5]),
)  # fmt: skip


@pytest.mark.parametrize("name", ["infinite_dipole", "spheres", "one_sphere"])
def test_labels_of_contacts_are_kept_and_surfaces_taken_as_points(name):
    cls = load(MODELS[name])
    p = cls.Parameters(**({} if name == "one_sphere" else {"dipole_position_um": (0, 0, 10)}))
    model = cls.from_parameters(p, SEGMENTS, CIRCLES)
    assert {"contact_shank", "contact_radius", "contact_normal_z"} <= set(model.row_coords)
    points = Contacts(CIRCLES.x, CIRCLES.y, CIRCLES.z, CIRCLES.ids)
    with pytest.warns(LfptoolsWarning, match=f"{name}' takes contacts as points; 2 of 3 have a surface .the first 'b'"):
        matrix = model.get_transformation_matrix()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(model.get_transformation_matrix(), matrix)
        assert np.array_equal(cls.from_parameters(p, SEGMENTS, points).get_transformation_matrix(), matrix)
        model.contacts = Contacts(CIRCLES.x[:1], CIRCLES.y[:1], CIRCLES.z[:1], ("a",))
        assert np.array_equal(model.get_transformation_matrix(), matrix[:1])
