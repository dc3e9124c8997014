"""The magnetic field in an infinite conductor against quadrature, Maxwell's equations, limits and LFPykit."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import quad

from lfptools.errors import GeometryError
from lfptools.forward.meg_infinite import InfiniteHomogeneousVolCondMEG
from lfptools.kernels import meg_infinite

RNG = np.random.default_rng(3)
STEPS = np.array([-2.0, -1.0, 1.0, 2.0])
WEIGHTS = np.array([1.0, -8.0, 8.0, -1.0]) / 12.0  # of the derivative by four points


def jacobian(field, at: np.ndarray, step: float) -> np.ndarray:
    """d field_i / d x_j by central differences of fourth order."""
    places = at + step * STEPS[:, None, None] * np.eye(3)
    values = field(places.reshape(-1, 3)).reshape(4, 3, 3)
    return np.einsum("s,sji->ij", WEIGHTS, values) / step


def biot_savart(sensor, start, end) -> list[float]:
    def integrand(fraction: float, axis: int) -> float:
        away = sensor - (start + fraction * (end - start))
        return float(np.cross(end - start, away)[axis] / (4 * np.pi * np.linalg.norm(away) ** 3))

    along = float(np.clip((sensor - start) @ (end - start) / ((end - start) @ (end - start)), 1e-3, 1 - 1e-3))
    return [quad(integrand, 0, 1, args=(k,), points=[along], epsrel=1e-12, epsabs=0, limit=400)[0] for k in range(3)]


def test_a_dipole_by_hand():
    """10⁷ nA·µm along x, 10 cm above: H = p/(4π r²) along −y."""
    model = InfiniteHomogeneousVolCondMEG([[0, 0, 1e5]])
    field = model.calculate_B([[1e7], [0], [0]], [0, 0, 0])
    np.testing.assert_allclose(field, [[[0], [-1e-7 * 1e-8 / 0.1**2], [0]]], rtol=1e-14)  # SI: 10 nA·m, 0.1 m, in T


@pytest.mark.parametrize("offset", [30.0, 1.0, 1e-2])
def test_elements_against_quadrature(offset):
    start, end = np.array([1.0, 2, 3]), np.array([14.0, -12, 7])
    across = np.cross(end - start, [1.0, 0, 0])
    across *= offset / np.linalg.norm(across)
    sensors = [start + f * (end - start) + across for f in (-0.4, 0.0, 0.3, 1.0, 1.7)]
    ours = meg_infinite.elements(np.array(sensors), start[None], end[None])[:, 0]
    expected = np.array([biot_savart(sensor, start, end) for sensor in sensors])
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max())


def test_beside_a_long_wire():
    """1/(2π r), also where r is 10⁻⁹ of the length; nothing on its prolongation."""
    r = 10.0 ** np.arange(-6, 1)
    sensors = np.column_stack((np.zeros((7, 2)), r))
    wire = np.array([[-1e3, 0, 0]]), np.array([[1e3, 0, 0]])
    np.testing.assert_allclose(meg_infinite.elements(sensors, *wire)[:, 0, 1], -1 / (2 * np.pi * r), rtol=1e-6)
    assert not meg_infinite.elements(np.array([[1500.0, 0, 0], [-1e3 - 1e-9, 0, 0]]), *wire).any()


def test_short_and_distant_elements_are_dipoles():
    start = RNG.uniform(-1, 1, (40, 3))
    end = start + RNG.normal(scale=0.1, size=(40, 3))
    sensors = RNG.uniform(-1, 1, (5, 3)) + np.array([0, 0, 1e4])
    dipoles = meg_infinite.field(sensors, 0.5 * (start + end), end - start)
    np.testing.assert_allclose(meg_infinite.elements(sensors, start, end), dipoles, rtol=1e-8, atol=1e-22)
    zero = meg_infinite.elements(sensors, start, start)
    assert zero.shape == (5, 40, 3) and not zero.any()


def test_parts_add_up_to_the_whole():
    borders = np.linspace([-3.0, 1, 2], [9.0, 4, -5], 8)
    sensors = RNG.uniform(-10, 10, (6, 3))
    whole = meg_infinite.elements(sensors, borders[:1], borders[-1:])[:, 0]
    np.testing.assert_allclose(meg_infinite.elements(sensors, borders[:-1], borders[1:]).sum(axis=1), whole, rtol=1e-12)


def test_a_closed_loop_far_away_is_a_magnetic_dipole():
    """A square of side a in the plane z = 0: H = m (3 ẑ·r̂ r̂ − ẑ)/(4π r³) with m = a², without divergence and curl."""
    corners = np.array([[1.0, 1, 0], [-1, 1, 0], [-1, -1, 0], [1, -1, 0]])
    loop = corners, np.roll(corners, -1, axis=0)
    at = np.array([200.0, -300, 450])
    r = np.linalg.norm(at)
    expected = 4.0 * (3 * at[2] / r * at / r - [0, 0, 1]) / (4 * np.pi * r**3)
    np.testing.assert_allclose(meg_infinite.elements(at[None], *loop).sum(axis=1)[0], expected, rtol=1e-4)
    slope = jacobian(lambda places: meg_infinite.elements(places, *loop).sum(axis=1), np.array([1.0, 2, 3]), 1e-3)
    assert abs(np.trace(slope)) < 1e-9 * np.abs(slope).max()
    assert np.abs(slope - slope.T).max() < 1e-9 * np.abs(slope).max()


def test_no_divergence():
    """An open current has a curl (the volume currents it drives); no magnetic field has a divergence."""
    at, p = np.array([[200.0, -100, 400]]), np.array([[3.0, -1, 2]])
    for field in (
        lambda places: meg_infinite.field(places, at, p)[:, 0],
        lambda places: meg_infinite.elements(places, at, at + p)[:, 0],
    ):
        slope = jacobian(field, np.array([900.0, 500, -300]), 1.0)
        assert abs(np.trace(slope)) < 1e-9 * np.abs(slope).max()


def test_the_far_field_of_axial_currents_is_that_of_their_dipole():
    """Σ over elements = P × R/(4πR³); the difference falls as 1/R once the dipole is at the elements' middle."""
    middle, chord = RNG.uniform(-200, 200, (60, 3)), RNG.normal(scale=10, size=(60, 3))
    currents = RNG.normal(size=(60, 4))
    cell = SimpleNamespace(get_axial_currents_from_vmem=lambda: (currents, chord.T, middle))
    moment, errors = chord.T @ currents, []
    for r in (1e4, 1e5, 1e6):
        model = InfiniteHomogeneousVolCondMEG([[0, 0, r], [r, 0, 0]])
        expected = model.calculate_H(moment, middle.mean(axis=0))
        ours = model.calculate_H_from_iaxial(cell)
        assert ours.shape == expected.shape == (2, 3, 4)
        errors.append(np.abs(ours - expected).max() / np.abs(expected).max())
    assert errors[1] < 0.02 and errors[2] < 0.002 and 7 < errors[1] / errors[2] < 13


def test_sources_where_the_field_is_infinite():
    model = InfiniteHomogeneousVolCondMEG([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(GeometryError, match=r"indices \[0\] at sensor 1"):
        model.get_transformation_matrix([4, 5, 6])
    for chord in ([2.0, 0, 0], [0.0, -4, 0]):
        with pytest.raises(GeometryError, match="sensor 0 lies on axial element 1"):
            model.axial_matrix(np.transpose([[0, 0, 1], chord]), [[9.0, 9, 9], [1, 2, 3]])


@pytest.mark.peer
def test_against_lfpykit():
    """H to 1e-12. Its calculate_B multiplies H in nA/µm by µ in T·m/A, which gives mT."""
    from lfpykit.eegmegcalc import InfiniteHomogeneousVolCondMEG as Peer

    sensors, place, p = RNG.normal(size=(5, 3)) * 1e4, RNG.normal(size=3) * 1e3, RNG.normal(size=(3, 4))
    ours, theirs = InfiniteHomogeneousVolCondMEG(sensors), Peer(sensors)
    atol = 1e-12 * np.abs(ours.get_transformation_matrix(place)).max()
    np.testing.assert_allclose(
        ours.get_transformation_matrix(place), theirs.get_transformation_matrix(place), rtol=1e-12, atol=atol
    )
    named = {"current_dipole_moment": p, "dipole_location": place}
    np.testing.assert_allclose(ours.calculate_H(**named), theirs.calculate_H(**named), rtol=1e-12, atol=atol)
    np.testing.assert_allclose(
        ours.calculate_B(p=p, r_p=place), 1e-3 * theirs.calculate_B(p=p, r_p=place), rtol=1e-12, atol=1e-30
    )


@pytest.mark.peer
def test_against_lfpy_far_from_short_elements():
    """LFPy takes a dipole at the middle of each element; they differ by (length/distance)²."""
    import LFPy

    middle, chord, currents = RNG.normal(size=(6, 3)), RNG.normal(scale=0.01, size=(3, 6)), RNG.normal(size=(6, 2))
    cell = SimpleNamespace(get_axial_currents_from_vmem=lambda: (currents, chord, middle))
    sensors = np.array([[0.0, 0, 1e3], [2e3, 0, 0]])
    theirs = LFPy.InfiniteHomogeneousVolCondMEG(sensors).calculate_H_from_iaxial(cell)
    ours = InfiniteHomogeneousVolCondMEG(sensors).calculate_H_from_iaxial(cell)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * np.abs(theirs).max())
