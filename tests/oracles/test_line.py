"""The line source against quadrature of the point source, closed forms in 60 digits, limits and Laplace's equation."""

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import quad

from lfptools.forward.line import LineSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry

SIGMA = 0.3
THIN = 1e-10


def along_z(length: float, d: float = 2 * THIN) -> CellGeometry:
    return CellGeometry([[0.0, 0.0]], [[0.0, 0.0]], [[0.0, length]], [d])


def between(p0: np.ndarray, p1: np.ndarray, d: float = 2 * THIN) -> CellGeometry:
    return CellGeometry(*(np.column_stack((np.atleast_2d(p0)[:, k], np.atleast_2d(p1)[:, k])) for k in range(3)),
                        np.full(len(np.atleast_2d(p0)), d))  # fmt: skip


def potential(cell: CellGeometry, *contacts: tuple[float, float, float], **options: object) -> np.ndarray:
    """µV per nA."""
    x, y, z = np.array(contacts, dtype=float).T
    return 1e3 * LineSourcePotential(cell, x, y, z, SIGMA, **options).get_transformation_matrix()


def exact(h: mp.mpf, r: mp.mpf, length: mp.mpf) -> mp.mpf:
    """µV per nA; h the axial distance from the start, r from the axis; Holt & Koch's integral in 60 digits."""
    with mp.workdps(60):
        h, r, length = mp.mpf(h), mp.mpf(r), mp.mpf(length)
        if r == 0:
            h = h if h > length else length - h  # on the axis beyond an end
            bracket = mp.log(h / (h - length))
        else:
            bracket = mp.asinh(h / r) - mp.asinh((h - length) / r)
        return 1000 * bracket / (4 * mp.pi * mp.mpf(SIGMA) * length)


@pytest.mark.parametrize(
    ("h", "r", "expected"), [(50, 10, 12.267866), (0, 10, 7.953033), (-50, 10, 2.890965), (150, 50, 2.485663)]
)
def test_published_table(h, r, expected):
    assert potential(along_z(100.0), (r, 0, h))[0, 0] == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(("r", "bracket"), [(1e-3, 23.678176), (1e-5, 32.888516), (1e-7, 42.098857)])
def test_beside_the_segment(r, bracket):
    got = potential(along_z(140.0), (r, 0, 80))[0, 0]
    assert got * 4 * np.pi * SIGMA * 140.0 / 1e3 == pytest.approx(bracket, abs=5e-7)
    assert got == pytest.approx(float(exact(80, r, 140)), rel=1e-13)


@pytest.mark.parametrize("r", [1e-7, 1e-5, 2.0**-20, 1e-3, 0.1, 1.0, 30.0, 1e3, 1e6])
@pytest.mark.parametrize("h", [-1e5, -140.0, -1.0, -(2.0**-30), 0.0, 2.0**-30, 1.0, 70.0, 139.75, 140.0, 140.5, 1e4])
def test_closed_form_to_twelve_digits(h, r):
    assert potential(along_z(140.0), (0, r, h))[0, 0] == pytest.approx(float(exact(h, r, 140)), rel=1e-12)


@pytest.mark.parametrize("beyond", [2.0**-30, 1e-7, 1e-3, 1.0, 50.0, 1e4])
def test_on_the_axis_beyond_the_end(beyond):
    before, after = potential(along_z(128.0), (0, 0, -beyond), (0, 0, 128.0 + beyond), clamp="segment")[:, 0]
    assert before == pytest.approx(float(exact(-beyond, 0, 128)), rel=1e-12)
    # the contact's own position is rounded: compare with the truth there
    assert after == pytest.approx(float(exact(mp.mpf(128.0 + beyond), 0, 128)), rel=1e-12)


def test_oblique_segment_in_exact_numbers():
    # direction (3, 4, 0)/5; the contact lies 5·2^-24 µm beside the middle
    k = 2.0**-24
    got = potential(between([[0, 0, 0]], [[30, 40, 0]]), (15 - 4 * k, 20 + 3 * k, 0))[0, 0]
    assert got == pytest.approx(float(exact(25, 5 * k, 50)), rel=1e-13)


def test_quadrature_of_point_sources():
    rng = np.random.default_rng(0)
    for _ in range(40):
        p0, p1, contact = rng.uniform(-100, 100, (3, 3))
        mean, _ = quad(lambda t, a=p0, b=p1, c=contact: 1 / np.linalg.norm(c - a - t * (b - a)), 0, 1,
                       epsabs=0, epsrel=1e-12, limit=500)  # fmt: skip
        assert potential(between(p0, p1), contact)[0, 0] == pytest.approx(1e3 * mean / (4 * np.pi * SIGMA), rel=1e-10)


def test_far_field_is_the_point_source_and_then_its_quadrupole():
    for r in (1e3, 1e4, 1e5):
        got = potential(along_z(10.0), (r, 0, 5.0))[0, 0] * 4 * np.pi * SIGMA * r / 1e3
        assert got - 1 == pytest.approx(-(10.0**2) / 24 / r**2, rel=0.01, abs=1e-15)


@pytest.mark.parametrize("length", [0.0, 1e-300, 1e-160, 1e-100, 1e-30, 1e-9, 1e-6])
def test_short_segments_become_point_sources(length):
    got = potential(along_z(length), (3, 4, 12), (0, 0, -7.0), clamp="segment")[:, 0]
    np.testing.assert_allclose(got, 1e3 / (4 * np.pi * SIGMA * np.array([13.0, 7.0])), rtol=1e-6 if length else 1e-15)
    if length < 1e-9:
        np.testing.assert_allclose(got, 1e3 / (4 * np.pi * SIGMA * np.array([13.0, 7.0])), rtol=1e-9)


def test_splitting_a_segment_changes_nothing():
    rng = np.random.default_rng(3)
    p0, p1 = rng.uniform(-100, 100, (2, 3))
    contacts = rng.uniform(-120, 120, (20, 3))
    knots = np.sort(np.r_[0, rng.uniform(0, 1, 6), 1])
    points = p0 + knots[:, None] * (p1 - p0)
    parts = potential(between(points[:-1], points[1:]), *contacts)
    whole = potential(between(p0, p1), *contacts)[:, 0]
    np.testing.assert_allclose(parts @ np.diff(knots), whole, rtol=1e-12)


def test_laplacian_vanishes_outside_the_segment():
    rng = np.random.default_rng(4)
    cell = between(rng.uniform(-50, 50, 3), rng.uniform(-50, 50, 3))
    step = 0.5
    for contact in rng.uniform(60, 120, (20, 3)):
        ring = [contact + s * step * e for e in np.eye(3) for s in (-1, 1)]
        values = potential(cell, contact, *ring)[:, 0]
        second = np.array([values[1 + 2 * k] + values[2 + 2 * k] - 2 * values[0] for k in range(3)])
        assert abs(second.sum()) < 1e-3 * np.abs(second).sum()


def test_flux_through_a_closed_surface_is_the_current():
    # Gauss: −σ ∮ ∂φ/∂n dA = I, on a sphere about the segment
    nodes, weights = np.polynomial.legendre.leggauss(40)
    angle = 2 * np.pi * np.arange(80) / 80
    c, a = (v.ravel() for v in np.meshgrid(nodes, angle, indexing="ij"))
    normal = np.column_stack((np.sqrt(1 - c**2) * np.cos(a), np.sqrt(1 - c**2) * np.sin(a), c))
    cell = between([[-20.0, 5, 3]], [[15.0, -8, 10]])
    radius, h = 60.0, 1e-3
    outer, inner = (potential(cell, *(normal * (radius + s * h)))[:, 0] for s in (1, -1))
    flux = -SIGMA * ((outer - inner) / (2 * h) * np.repeat(weights, 80)).sum() * 2 * np.pi / 80 * radius**2
    assert flux / 1e3 == pytest.approx(1.0, rel=1e-6)


def test_minimum_distance_from_the_axis_as_published():
    cell = along_z(100.0, d=10.0)
    with pytest.warns(UserWarning, match="4 of 5"):
        got = potential(cell, (0, 0, 50), (3, 0, 50), (5, 0, 50), (0, 0, 105), (0, 2, 130))[:, 0]
    for value, h in zip(got, (50, 50, 50, 105, 130), strict=True):
        assert value == pytest.approx(float(exact(h, 5, 100)), rel=1e-12)


def test_what_the_clamp_from_the_axis_costs_beyond_the_end():
    with pytest.warns(UserWarning, match="1 of 1"):
        got = potential(along_z(20.0, d=10.0), (0, 0, 25))[0, 0]
    assert got / float(exact(25, 0, 20)) - 1 == pytest.approx(-0.11, abs=0.005)


def test_minimum_distance_from_the_segment():
    cell = along_z(100.0, d=10.0)
    with pytest.warns(UserWarning, match="2 of 5"):
        got = potential(cell, (0, 0, 50), (3, 0, 50), (5, 0, 50), (0, 0, 105), (0, 2, 130), clamp="segment")[:, 0]
    expected = [exact(50, 5, 100), exact(50, 5, 100), exact(50, 5, 100), exact(105, 0, 100), exact(130, 2, 100)]
    np.testing.assert_allclose(got, [float(v) for v in expected], rtol=1e-12)


def test_potential_is_continuous_where_the_minimum_distance_begins():
    cell = along_z(100.0, d=10.0)
    angle = np.linspace(0, np.pi / 2, 7)
    edge = np.column_stack((5 * np.cos(angle), 0 * angle, 100 + 5 * np.sin(angle)))
    inside, outside = (edge + s * np.column_stack((np.cos(angle), 0 * angle, np.sin(angle))) * 1e-9 for s in (-1, 1))
    with pytest.warns(UserWarning, match="7 of 14"):
        values = potential(cell, *inside, *outside, clamp="segment")[:, 0]
    np.testing.assert_allclose(values[:7], values[7:], rtol=1e-8)


@pytest.mark.parametrize("sigma", [SIGMA, np.diag([0.2, 0.3, 0.45])])
def test_weighted_points_and_points_without_minimum_distance(sigma):
    """The kernel's sums over points of a contact are sums of single contacts; where unbounded, nothing is moved."""
    from lfptools.kernels import line, point

    rng = np.random.default_rng(6)
    start, end = rng.uniform(-40, 40, (2, 150, 3))
    points, weights = rng.uniform(-45, 45, (12, 5, 3)), rng.normal(size=(12, 5))
    points[:, 1] = 0.4 * start[:12] + 0.6 * end[:12] + rng.normal(scale=0.5, size=(12, 3))
    weights[::3, 4] = 0.0
    least, bounded = np.full(150, 2.0), (rng.uniform(size=(12, 5)) < 0.5).astype(float)
    for matrix in (
        lambda at, reach, w=None, b=None: line.matrix(at, start, end, reach, sigma, False, w, b),
        lambda at, reach, w=None, b=None: point.matrix(at, start, reach, sigma, w, b),
    ):
        got, moved = matrix(points, least, weights, bounded)
        far, near = (np.empty((12, 5, 150)) for _ in range(2))
        expected_moves = np.zeros((12, 150), dtype=bool)
        for k in range(5):
            far[:, k] = matrix(points[:, k], np.full(150, 1e-12))[0]
            near[:, k] = matrix(points[:, k], least)[0]
            expected_moves |= (near[:, k] < 0.999999999 * far[:, k]) & (bounded[:, k] * weights[:, k] != 0)[:, None]
        each = np.where(bounded[:, :, None] == 1, near, far)
        np.testing.assert_allclose(got, (weights[:, :, None] * each).sum(axis=1), rtol=1e-11, atol=1e-14)
        assert moved == np.count_nonzero(expected_moves)


@pytest.mark.peer
def test_against_lfpykit():
    import lfpykit

    rng = np.random.default_rng(5)
    start = rng.uniform(-300, 300, (200, 3))
    end = start + rng.normal(scale=20, size=(200, 3))
    arrays = [np.column_stack((start[:, k], end[:, k])) for k in range(3)]
    d = rng.uniform(0.5, 20, 200)
    contacts = rng.uniform(-350, 350, (3, 100))
    contacts[:, :20] = (0.3 * start + 0.7 * end)[:20].T + 0.01  # clamped
    theirs = lfpykit.LineSourcePotential(lfpykit.CellGeometry(*arrays, d), *contacts, sigma=0.27)
    ours = LineSourcePotential(CellGeometry(*arrays, d), *contacts, sigma=0.27)
    with pytest.warns(UserWarning, match="nearer"):
        np.testing.assert_allclose(ours.get_transformation_matrix(), theirs.get_transformation_matrix(), rtol=1e-9)
