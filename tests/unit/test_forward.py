import inspect
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from lfptools.errors import CellError, GeometryError, LfptoolsWarning
from lfptools.forward.dipole import CurrentDipoleMoment
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.forward.line import LineSourceParameters, LineSourcePotential
from lfptools.forward.point import PointSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.contacts import Contacts

CELL = CellGeometry(x=[[0, 0], [0, 10]], y=[[0, 0], [0, 0]], z=[[-5, 5], [5, 30]], d=[10.0, 1.0])


@pytest.mark.parametrize("model", [PointSourcePotential, LineSourcePotential])
def test_positional_arguments_are_those_of_published_scripts(model):
    positional = [p.name for p in inspect.signature(model).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == ["cell", "x", "y", "z", "sigma"]
    assert inspect.signature(model).parameters["sigma"].default == 0.3
    assert model(CELL, np.array([50.0]), np.array([0.0]), np.array([0.0]), 0.5).sigma == 0.5


def test_contacts_may_be_lists_numbers_or_arrays_and_are_copies():
    x = np.array([50.0, 60.0])
    model = LineSourcePotential(cell=CELL, x=x, y=[0, 0], z=(1, 2))
    assert model.get_transformation_matrix().shape == (2, 2)
    assert LineSourcePotential(CELL, 50, 0, 0).get_transformation_matrix().shape == (1, 2)
    x[:] = np.nan
    model.get_transformation_matrix()


@pytest.mark.parametrize("model", [PointSourcePotential, LineSourcePotential])
def test_shanks_are_labels_of_the_signal(model):
    contacts = Contacts(*np.array([[50.0, 60], [0, 0], [0, 1]]), ids=("a", "b"), shanks=("s", "t"))
    made = model.from_parameters(model.Parameters(), CELL, contacts)
    assert lead_field_dataset(made)["contact_shank"].values.tolist() == ["s", "t"]
    made.x, made.y, made.z = (np.array([90.0, 100.0, 110.0]) for _ in range(3))  # other contacts have no shank
    assert "contact_shank" not in lead_field_dataset(made).coords


def test_clamped_pairs_are_counted_and_warned_about_once():
    model = LineSourcePotential(CELL, [0.0, 100.0, 0.2], [0.0] * 3, [0.0, 0.0, 2.0], name="probe A")
    assert model.clamped_pairs is None
    with pytest.warns(LfptoolsWarning, match="probe A: 2 of 6 contact-segment pairs are nearer than half the diameter"):
        model.get_transformation_matrix()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.get_transformation_matrix()
        assert model.clamped_pairs == 2
        model.x, model.z = np.array([90.0, 100.0, 110.0]), np.zeros(3)
        model.get_transformation_matrix()
    assert model.clamped_pairs == 0


def test_values_assigned_later_are_checked_too():
    model = PointSourcePotential(CELL, [50.0], [0.0], [0.0])
    model.sigma = -0.3
    with pytest.raises(ValueError, match=r"sigma must be a finite number > 0 S/m, got -0.3"):
        model.get_transformation_matrix()
    model.sigma, model.x = 0.3, np.array([np.nan])
    with pytest.raises(GeometryError, match=r"indices \[0\]"):
        model.get_transformation_matrix()


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_minimum_distances(value):
    with pytest.raises(ValueError, match="minimum_distance must be a finite number > 0 µm"):
        PointSourcePotential(CELL, [1.0], [0.0], [0.0], minimum_distance=value)


@pytest.mark.parametrize("value", [True, "0.3", None, [0.3], 0.3 + 0j])
def test_a_conductivity_is_one_number(value):
    with pytest.raises(TypeError, match="sigma must be one number in S/m"):
        PointSourcePotential(CELL, [1.0], [0.0], [0.0], value)


def test_misspelt_clamp_and_missing_probe():
    with pytest.raises(ValueError, match="did you mean 'segment'"):
        LineSourcePotential(CELL, [1.0], [0.0], [0.0], clamp="segmnt")
    with pytest.raises(CellError, match="needs a probe"):
        LineSourcePotential.from_parameters(LineSourceParameters(), CELL, None)


def test_parameters_reach_the_model():
    contacts = Contacts.from_positions([50.0], [0.0], [0.0], ["tip"])
    p = LineSourceParameters(conductivity_S_per_m=0.4, minimum_distance_um=2.0, clamp="segment")
    model = LineSourcePotential.from_parameters(p, CELL, contacts)
    assert (model.sigma, model.minimum_distance, model.clamp, model.ids) == (0.4, 2.0, "segment", ("tip",))
    assert model.parameters == p


def test_units_are_millivolt_per_nanoampere():
    """1 nA at 100 µm in 0.3 S/m gives 2.65 µV, and the matrix is in mV/nA."""
    cell = CellGeometry([[0, 0]], [[0, 0]], [[0, 0]], [1.0])
    for model in (PointSourcePotential, LineSourcePotential):
        assert model(cell, [100.0], [0.0], [0.0]).get_transformation_matrix()[0, 0] == pytest.approx(
            2.652582e-3, rel=1e-6
        )


def test_no_cell_at_all():
    with pytest.raises(CellError, match="has no cell yet"):
        CurrentDipoleMoment(None).get_transformation_matrix()
    with pytest.raises(GeometryError, match="int has no x, y, z, d"):
        CurrentDipoleMoment(3).get_transformation_matrix()


def test_cell_geometry():
    one = CellGeometry(x=[0, 3], y=[0, 4], z=[0, 0], d=[2.0])  # one segment, as a vector of its two ends
    assert one.totnsegs == 1 and one.length[0] == 5.0 and one.area[0] == pytest.approx(np.pi * 10)
    assert CELL.totnsegs == 2
    ragged = SimpleNamespace(x=[[0, 1], [0]], y=[[0, 0]] * 2, z=[[0, 0]] * 2, d=[1, 1])
    with pytest.raises(GeometryError, match="x must be an array of numbers"):
        CellGeometry.of(ragged)
