"""What RecMEAElectrode accepts, refuses and tells; squeezing; that a cell stays as it is."""

import inspect
import warnings
from types import SimpleNamespace

import numpy as np
import pydantic
import pytest

import lfptools
from lfptools.errors import GeometryError, LfptoolsWarning
from lfptools.forward.electrode import RecExtElectrode
from lfptools.forward.slice import RecMEAElectrode, SliceParameters
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.segments import Segments

X = np.array([[0.0, 30.0], [30, 60], [60, 60]])
Y = np.array([[0.0, 5.0], [5, 5], [5, 40]])
Z = np.array([[100.0, 160.0], [160, 200], [200, 250]])
CELL = CellGeometry(X, Y, Z, [2.0, 1.0, 1.0])
CONTACTS = {"x": [10.0, 100.0], "y": [0.0, 50.0], "z": [0.0, 0.0]}


def matrix(cell=CELL, **options) -> np.ndarray:
    return RecMEAElectrode(cell, **{**CONTACTS, **options}).get_transformation_matrix()


def test_keywords_are_those_of_published_scripts():
    assert lfptools.RecMEAElectrode is RecMEAElectrode
    given = inspect.signature(RecMEAElectrode).parameters
    assert list(given)[:10] == ["cell", "sigma_T", "sigma_S", "sigma_G", "h", "z_shift", "steps", "probe", "x", "y"]
    defaults = {"sigma_T": 0.3, "sigma_S": 1.5, "sigma_G": 0.0, "h": 300.0, "z_shift": 0.0, "method": "linesource"}
    assert {name: given[name].default for name in defaults} == defaults


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sigma_T": 0.0}, ValueError, "sigma_T must be a finite number > 0 S/m"),
        ({"sigma_S": -1.0}, ValueError, "sigma_S must be"), ({"sigma_G": float("nan")}, ValueError, "sigma_G must be"),
        ({"sigma_S": "1.5"}, TypeError, "sigma_S must be one number"), ({"sigma_G": True}, TypeError, "sigma_G"),
        ({"h": 0}, ValueError, "h must be"), ({"z_shift": np.inf}, ValueError, "z_shift must be one finite"),
        ({"sigma_S": 0.0}, ValueError, r"no current leaves the slice.*W_S W_G = 1.*does not converge"),
        ({"sigma_S": 1e-7}, ValueError, "hardly any current leaves.*after 20000 orders.*larger tolerance"),
        ({"steps": 0}, ValueError, "steps must be a whole number >= 1"), ({"steps": 2.5}, ValueError, "steps must be"),
        ({"method": "linesources"}, ValueError, "did you mean 'linesource'"), ({"clamp": "axes"}, ValueError, "'axis'"),
        ({"squeeze_cell_factor": 1.0}, ValueError, "between -1 and 1"), ({"tolerance": 0.0}, ValueError, "tolerance"),
        ({"minimum_distance": -1}, ValueError, "minimum_distance"), ({"sigma": 0.3}, TypeError, "unexpected keyword"),
        ({"N": [0, 0, 1]}, GeometryError, "N without r"), ({"rootinds": [0]}, ValueError, "for the method 'root_as"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        RecMEAElectrode(CELL, **{**CONTACTS, **options})


def test_parameters_refuse_a_slice_that_no_current_leaves():
    with pytest.raises(pydantic.ValidationError, match="saline_S_per_m and conductivity_glass_S_per_m are both 0"):
        SliceParameters(conductivity_saline_S_per_m=0)
    assert SliceParameters(conductivity_saline_S_per_m=0, conductivity_glass_S_per_m=1).conductivity_saline_S_per_m == 0


def test_values_assigned_later_are_checked_too():
    model = RecMEAElectrode(CELL, **CONTACTS)
    model.sigma_T = 0.6
    assert (model.get_transformation_matrix() < matrix()).all()
    model.sigma_S = -1.0
    with pytest.raises(ValueError, match="sigma_S must be"):
        model.get_transformation_matrix()


def test_a_cell_that_reaches_out_is_an_error_with_its_segments():
    with pytest.raises(GeometryError, match=r"0 <= z <= 220 µm; it reaches from 100 to 250 µm, with 1 of 3 .* \[2\]"):
        matrix(h=220.0)
    with pytest.raises(GeometryError, match=r"150 <= z <= 450 .* indices \[0\]\. Move, rotate or squeeze"):
        matrix(z_shift=150.0)
    assert np.isfinite(matrix(h=250.0 - 1e-7)).all()  # rotated coordinates are not exact


def test_the_slice_may_be_anywhere():
    moved = CellGeometry(X, Y, Z - 500, CELL.d)
    np.testing.assert_allclose(matrix(moved, z_shift=-500.0, z=[-500.0, -500.0]), matrix(), rtol=1e-12)
    assert np.array_equal(moved.z, Z - 500)


def test_squeezing_happens_once_and_leaves_the_cell_alone():
    model = RecMEAElectrode(CELL, **CONTACTS, h=220.0, squeeze_cell_factor=0.5)
    first, again = model.get_transformation_matrix(), model.get_transformation_matrix()
    by_hand = CellGeometry(X, Y, 130 + 0.5 * (Z - 130), CELL.d)  # about the middle of the first segment
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(first, matrix(by_hand, h=220.0), rtol=1e-13)
    np.testing.assert_array_equal(CELL.z, Z)
    np.testing.assert_allclose(model.placed_geometry().z, by_hand.z, rtol=1e-15)
    np.testing.assert_array_equal(model.geometry().z, Z)
    wider = model.distort_cell_geometry("z", nu=0.5)
    np.testing.assert_allclose((wider.x, wider.z), (15 + 1.25 * (X - 15), by_hand.z), rtol=1e-15)
    with pytest.raises(ValueError, match="no squeeze_cell_factor"):
        RecMEAElectrode(CELL, **CONTACTS).distort_cell_geometry()


def test_a_squeezed_cell_of_its_own_is_the_same():
    segments = Segments.from_arrays(X, Y, Z, CELL.d).distorted(0.5, "z", centre=(0, 0, 130))
    np.testing.assert_allclose(matrix(segments, h=220.0), matrix(h=220.0, squeeze_cell_factor=0.5), rtol=1e-13)
    np.testing.assert_allclose(segments.points[0][:, 2], segments.z[0])
    plain = CELL.distorted(0.2, "x", nu=0.5, centre=(10, 20, 30))
    np.testing.assert_allclose(plain.x, 10 + 0.8 * (X - 10))
    np.testing.assert_allclose(plain.y, 20 + 1.1 * (Y - 20))
    assert np.array_equal(plain.d, CELL.d)


def test_a_fixed_number_of_orders_is_honoured_and_its_error_told_once():
    model = RecMEAElectrode(CELL, **CONTACTS, steps=5)
    full = RecMEAElectrode(CELL, **CONTACTS, tolerance=1e-13).get_transformation_matrix()
    with pytest.warns(LfptoolsWarning, match=r"5 orders of images leave out what may add up to \d.*right to 1e-09"):
        short = model.get_transformation_matrix()
    off = np.abs(short - full).max()
    assert 0 < off < model.truncation_error < 50 * off
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.get_transformation_matrix()
        RecMEAElectrode(CELL, **CONTACTS, steps=200).get_transformation_matrix()
    assert RecMEAElectrode(CELL, **CONTACTS, tolerance=1e-6).truncation_error < 1e-6 / (4 * np.pi * 0.3 * 300)


def test_contacts_on_a_face_are_the_limit_from_both_sides():
    for z in (0.0, 300.0):
        below, on, above = (matrix(z=[z + e, z + e]) for e in (-1e-6, 0.0, 1e-6))
        np.testing.assert_allclose(below, on, rtol=1e-6)
        np.testing.assert_allclose(above, on, rtol=1e-6)


def test_contacts_have_surfaces():
    """A disc on the glass below tissue without end: twice its mean in the infinite medium; less under saline."""
    disc = {"N": [0, 0, 1], "r": 30.0, "n": 60}
    infinite = RecExtElectrode(CELL, 0.3, **CONTACTS, **disc).get_transformation_matrix()
    np.testing.assert_allclose(matrix(sigma_S=0.3, **disc), 2 * infinite, rtol=1e-12)
    assert (matrix(**disc) < 2 * infinite).all() and not np.allclose(matrix(**disc), matrix(), rtol=1e-3)
    square = {**disc, "contact_shape": "square"}
    assert not np.allclose(matrix(**square), matrix(**disc), rtol=1e-4)


def test_the_mean_over_a_disc_on_its_axis():
    """Closed form over tissue without end on glass: 2 I/(2πσa²)(√(z² + a²) − z)."""
    at = CellGeometry([[0, 0]], [[0, 0]], [[100, 100]], [1.0])
    got = matrix(at, x=[0.0], y=[0.0], z=[0.0], sigma_S=0.3, N=[0, 0, 1], r=50.0, n=200)[0, 0]
    assert got == pytest.approx(2 / (2 * np.pi * 0.3 * 50**2) * (np.hypot(100, 50) - 100), rel=1e-12)


def test_all_segments_of_the_soma_are_points():
    cell = SimpleNamespace(x=X, y=Y, z=Z, d=CELL.d, somaidx=np.array([0, 1]))
    mixed, line, point = (matrix(cell, method=m) for m in ("root_as_point", "linesource", "pointsource"))
    np.testing.assert_allclose(mixed[:, :2], point[:, :2], rtol=1e-12)
    np.testing.assert_array_equal(mixed[:, 2], line[:, 2])
    np.testing.assert_array_equal(matrix(cell, method="root_as_point", rootinds=[0])[:, 1:], line[:, 1:])
