"""Means over contact surfaces: exactness on polynomials, closed forms, adaptive integration, random points."""

from itertools import product

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.special import gamma

from lfptools.errors import GeometryError
from lfptools.geometry.quadrature import disc_rule, mantle_rule, quadrature, rectangle_rule
from lfptools.geometry.surfaces import Surfaces


def mean_over_disc(i: int, j: int) -> float:
    """Of x^i y^j over the unit disc."""
    if i % 2 or j % 2:
        return 0.0
    return 2 * gamma((i + 1) / 2) * gamma((j + 1) / 2) / gamma((i + j) / 2 + 2) / (2 * np.pi)


@pytest.mark.parametrize(
    ("n", "points", "degree"), [(1, 1, 1), (4, 4, 3), (7, 7, 5), (16, 16, 7), (20, 19, 8), (50, 43, 13), (200, 196, 27)]
)
def test_disc_rule_is_exact_up_to_its_degree(n, points, degree):
    p, w = disc_rule(n)
    assert len(w) == points and (w > 0).all() and (np.linalg.norm(p, axis=1) < 1).all()
    for i, j in product(range(degree + 1), repeat=2):
        if i + j <= degree:
            assert (w * p[:, 0] ** i * p[:, 1] ** j).sum() == pytest.approx(mean_over_disc(i, j), abs=2e-15), (i, j)


def test_rectangle_rule_is_exact_and_resolves_both_sides():
    p, w = rectangle_rule(2.0, 6.0, 20)
    assert len(w) <= 20 and len(np.unique(p[:, 0])) == 2 and len(np.unique(p[:, 1])) == 6
    assert (w * p[:, 0] ** 2 * p[:, 1] ** 10).sum() == pytest.approx(1 / 3 * 3**10 / 11, rel=1e-13)
    assert len(rectangle_rule(7.0, 7.0, 20)[1]) == 16  # as many along either side


def test_ring_needs_fewer_points_than_an_arc_as_long():
    for angle in (2 * np.pi, 2 * np.pi * 0.999):
        p, w = mantle_rule(10.0, 20.0, angle, 60)
        assert w.sum() == pytest.approx(1.0) and len(w) <= 60
    assert np.ptp(p[:, 0]) < 2 * np.pi


SURFACES = {
    "circle": Surfaces.make("circle", [0.3, -0.5, 0.8], 1, radius=10.0),
    "square": Surfaces.make("square", [0.3, -0.5, 0.8], 1, width=12.0, height=12.0),
    "rect": Surfaces.make("rect", [0.3, -0.5, 0.8], 1, tangent=[1, 2, 3], width=8.0, height=24.0),
    "patch": Surfaces.make("cylinder", [0.3, -0.5, 0.8], 1, tangent=[1, 2, 3], radius=10, height=15, angle=1.2),
    "ring": Surfaces.make("cylinder", [0.3, -0.5, 0.8], 1, tangent=[1, 2, 3], radius=10, height=15, angle=2 * np.pi),
}
CENTRE, SOURCE = np.array([3.0, -40.0, 7.0]), np.array([22.0, -31.0, 23.0])


def adaptive_mean(surfaces: Surfaces, centre: np.ndarray, source: np.ndarray) -> float:
    """Of 1/distance, by nested adaptive integration over the surface's own parameters."""
    e, t = surfaces.normal[0], surfaces.tangent[0]
    b = np.cross(e, t)
    radius, width, height, angle = (float(s[0]) for s in (surfaces.radius, surfaces.width, surfaces.height,
                                                          surfaces.angle))  # fmt: skip

    def inverse(place: np.ndarray) -> float:
        return 1 / np.linalg.norm(centre + place - source)

    if surfaces.shape[0] == "circle":
        total, _ = dblquad(lambda a, r: r * inverse(r * (np.cos(a) * t + np.sin(a) * b)), 0, radius, 0, 2 * np.pi,
                           epsabs=0, epsrel=1e-11)  # fmt: skip
        return total / (np.pi * radius**2)
    if surfaces.shape[0] == "cylinder":
        total, _ = dblquad(lambda a, h: inverse(h * t + radius * (np.cos(a) * e + np.sin(a) * b)), -height / 2,
                           height / 2, -angle / 2, angle / 2, epsabs=0, epsrel=1e-11)  # fmt: skip
        return total / (height * angle)
    total, _ = dblquad(lambda u, v: inverse(u * t + v * b), -height / 2, height / 2, -width / 2, width / 2,
                       epsabs=0, epsrel=1e-11)  # fmt: skip
    return total / (width * height)


@pytest.mark.parametrize("name", SURFACES)
def test_every_shape_against_adaptive_integration(name):
    exact = adaptive_mean(SURFACES[name], CENTRE, SOURCE)
    errors = []
    for n in (20, 100, 600):
        points, weights = quadrature(SURFACES[name], CENTRE[None], n)
        errors.append(abs((weights / np.linalg.norm(points - SOURCE, axis=2)).sum() / exact - 1))
    assert errors[0] < 2e-3 and errors[1] < 1e-6 and errors[2] < 2e-11


@pytest.mark.parametrize("distance", [0.2, 0.5, 1.0, 3.0])
def test_20_points_are_better_than_200_random_ones(distance):
    """Root mean square over sources at a distance (in radii) from a disc, of the error of the mean of 1/r."""
    rng = np.random.default_rng(0)
    fine, own = disc_rule(6000), disc_rule(20)
    errors = {"own": [], "random": []}
    for _ in range(200):
        r, a = np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
        source = np.array([r * np.cos(a), r * np.sin(a), distance])
        s, b = np.sqrt(rng.uniform(size=200)), rng.uniform(0, 2 * np.pi, 200)
        rules = {"own": own, "random": (s[:, None] * np.column_stack((np.cos(b), np.sin(b))), np.full(200, 1 / 200))}
        exact = mean_inverse(fine, source)
        for name, rule in rules.items():
            errors[name].append(mean_inverse(rule, source) / exact - 1)
    own_error, random_error = (np.sqrt(np.mean(np.square(errors[name]))) for name in ("own", "random"))
    assert own_error < random_error / (2 if distance < 0.3 else 15)


def mean_inverse(rule: tuple[np.ndarray, np.ndarray], source: np.ndarray) -> float:
    points, weights = rule
    return float((weights / np.sqrt(((points - source[:2]) ** 2).sum(axis=1) + source[2] ** 2)).sum())


@pytest.mark.parametrize("name", SURFACES)
def test_areas(name):
    area = {"circle": 100 * np.pi, "square": 144, "rect": 192, "patch": 180, "ring": 300 * np.pi}[name]
    assert SURFACES[name].area == pytest.approx(area)


def test_shapes_beside_one_another():
    mixed = Surfaces.make(("point", "circle", "rect"), [0.0, 0.0, 2.0], 3, radius=[0, 5, 0], width=[0, 0, 6],
                          height=[0, 0, 6])  # fmt: skip
    positions = np.arange(9.0).reshape(3, 3)
    points, weights = quadrature(mixed, positions, 20)
    assert points.shape == (3, 19, 3) and weights.shape == (3, 19)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-14)
    assert np.count_nonzero(weights, axis=1).tolist() == [1, 19, 16]
    np.testing.assert_array_equal(points[0], np.tile(positions[0], (19, 1)))
    np.testing.assert_array_equal(points[:, :, 2], np.repeat(positions[:, 2:], 19, axis=1))  # in the plane
    np.testing.assert_allclose((weights[..., None] * points).sum(axis=1), positions, atol=1e-14)


def test_points_without_surfaces_and_impossible_numbers():
    points, weights = quadrature(None, np.zeros((2, 3)), 20)
    assert points.shape == (2, 1, 3) and (weights == 1).all()
    for n in (0, -3, 2.5, True, "20"):
        with pytest.raises(GeometryError, match="whole number >= 1"):
            quadrature(None, np.zeros((2, 3)), n)
    with pytest.raises(GeometryError, match="2 contacts need as many surfaces, got 1"):
        quadrature(SURFACES["circle"], np.zeros((2, 3)), 20)
