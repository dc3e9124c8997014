"""The magnetic field outside a sphere against the surface integral of volume currents, Maxwell's equations, limits."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import eval_legendre
from test_meg_infinite import jacobian

from lfptools.errors import GeometryError
from lfptools.forward.meg_sphere import SphericallySymmetricVolCondMEG
from lfptools.kernels import meg_infinite, meg_sphere

RNG = np.random.default_rng(8)
MOMENT = 1e7


def test_target_values():
    """A dipole along x at z = 78 mm."""
    model = SphericallySymmetricVolCondMEG(np.array([[0, 100, 50], [0, 0, 100.0]]) * 1e3)
    field = model.calculate_B([MOMENT, 0, 0], [0, 0, 78e3]) * 1e15
    np.testing.assert_allclose(field, [[0, 70.9543, -2.6074], [0, -805.785, 0]], rtol=0, atol=5e-4)
    assert not model.calculate_B([0, 0, MOMENT], [0, 0, 78e3]).any()


def surface_potential(p, r_p, radius, unit, sigma) -> np.ndarray:
    """Potential of a dipole on the surface of a homogeneous sphere in air, by its series, at ``unit`` · radius."""
    distance = np.linalg.norm(r_p)
    c = unit @ r_p / distance
    total = np.zeros(len(unit))
    across = unit - c[:, None] * r_p / distance
    for n in range(1, 90):
        slope = n * (eval_legendre(n - 1, c) - c * eval_legendre(n, c)) / (1 - c * c)
        radial = n * eval_legendre(n, c) * (p @ r_p) / distance
        total += (2 * n + 1) / n * (distance / radius) ** (n - 1) * (radial + slope * (across @ p))
    return total / (4 * np.pi * sigma * radius**2)


@pytest.mark.parametrize("p", [[1.0, 0, 0], [0, 0, 1.0], [0.3, -0.8, 1.4]])
def test_impressed_and_volume_currents(p):
    """H = P × a/(4πa³) + σ/(4π) ∫ φ R/R³ × dS over the surface of a homogeneous sphere (Geselowitz 1970)."""
    p, r_p, radius, sigma = np.array(p), np.array([0.2, -0.3, 0.45]), 1.0, 0.7
    nodes, weights = np.polynomial.legendre.leggauss(120)
    angle = 2 * np.pi * np.arange(240) / 240
    z, w = np.repeat(nodes, angle.size), np.repeat(weights * 2 * np.pi / angle.size, angle.size)
    across = np.sqrt(1 - z * z)
    unit = np.column_stack((across * np.cos(np.tile(angle, 120)), across * np.sin(np.tile(angle, 120)), z))
    potential = surface_potential(p, r_p, radius, unit, sigma)
    sensors = np.array([[0.0, 0.4, 1.5], [1.6, 0.1, -0.2], [-0.9, -1.1, 0.8]])
    for sensor, ours in zip(sensors, meg_sphere.field(sensors, r_p[None], p[None])[:, 0], strict=True):
        away = sensor - radius * unit
        turned = np.cross(away, unit) / np.linalg.norm(away, axis=1)[:, None] ** 3
        volume = sigma * (potential * w * radius**2) @ turned / (4 * np.pi)
        impressed = meg_infinite.field(sensor[None], r_p[None], p[None])[0, 0]
        np.testing.assert_allclose(ours, impressed + volume, rtol=0, atol=1e-11)


def test_the_radial_component_is_that_of_the_bare_dipole():
    """Volume currents in spheres make no radial field; with no curl and divergence outside, that determines it."""
    sensors, r_p, p = RNG.normal(size=(20, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
    sensors *= RNG.uniform(1.05, 2, 20)[:, None] / np.linalg.norm(sensors, axis=1)[:, None]
    r_p *= RNG.uniform(0.1, 1, 4)[:, None] / np.linalg.norm(r_p, axis=1)[:, None]
    ours, bare = meg_sphere.field(sensors, r_p, p), meg_infinite.field(sensors, r_p, p)
    radial = [(field * sensors[:, None]).sum(axis=2) for field in (ours, bare)]
    np.testing.assert_allclose(*radial, rtol=1e-9, atol=1e-12)


def test_no_divergence_and_no_curl_outside():
    r_p, p = np.array([[0.2, -0.5, 0.6]]), np.array([[1.0, 2, -0.5]])
    for at in ([0.3, -0.8, 0.9], [1.0, 1, 1], [-4.0, 2, 0]):
        for field in (
            lambda places: meg_sphere.field(places, r_p, p)[:, 0],
            lambda places: meg_sphere.elements(places, r_p, r_p + 0.05 * p)[:, 0],
        ):
            slope = jacobian(field, np.array(at), 1e-3 * np.linalg.norm(at))
            assert abs(np.trace(slope)) < 1e-8 * np.abs(slope).max()
            assert np.abs(slope - slope.T).max() < 1e-8 * np.abs(slope).max()


def test_radial_dipoles_are_silent_wherever_they_are():
    r_p = RNG.normal(size=(30, 3))
    sensors = 3 * RNG.normal(size=(10, 3)) + [0, 0, 20]
    loudest = np.abs(meg_sphere.field(sensors, r_p, np.roll(r_p, 1, axis=1))).max()
    assert np.abs(meg_sphere.field(sensors, r_p, 2.5 * r_p)).max() < 1e-15 * loudest
    assert not meg_sphere.field(sensors, np.zeros((1, 3)), np.ones((1, 3))).any()


def test_what_is_radial_in_a_dipole_does_not_count():
    r_p, p = np.array([0.0, 30e3, 40e3]), np.array([1.0, 2.0, 3.0])
    tangential = p - (p @ r_p) / (r_p @ r_p) * r_p
    model = SphericallySymmetricVolCondMEG([[0, 0, 9e4], [1e5, 2e4, 0]])
    np.testing.assert_allclose(model.calculate_H(p, r_p), model.calculate_H(tangential, r_p), rtol=1e-12)


def test_far_away_it_is_the_dipole_moment_times_its_place():
    """r → ∞: the field of a magnetic dipole ½ r_p × P, whatever the depth."""
    r_p, p, at = np.array([10.0, -20, 70]), np.array([1.0, 2, -3]), np.array([3e7, 4e7, -5e7])
    magnetic, r = 0.5 * np.cross(r_p, p), np.linalg.norm(at)
    expected = (3 * (magnetic @ at) * at / r**2 - magnetic) / (4 * np.pi * r**3)
    np.testing.assert_allclose(meg_sphere.field(at[None], r_p[None], p[None])[0, 0], expected, rtol=1e-5)


def test_elements_against_adaptive_quadrature():
    sensors = np.array([[0.0, 0.2, 1.3], [0.5, 1.4, -0.2]])
    start, end = np.array([0.1, 0.3, 0.4]), np.array([-0.1, 0.25, 0.7])
    ours = meg_sphere.elements(sensors, start[None], end[None])[:, 0]
    for k, sensor in enumerate(sensors):
        for axis in range(3):

            def integrand(fraction: float, sensor=sensor, axis=axis) -> float:
                at = start + fraction * (end - start)
                return float(meg_sphere.field(sensor[None], at[None], (end - start)[None])[0, 0, axis])

            assert ours[k, axis] == pytest.approx(quad(integrand, 0, 1, epsabs=1e-14, epsrel=1e-13)[0], rel=1e-11)


def test_axial_currents_along_a_radius_are_silent_and_those_across_are_a_dipole():
    sensors = [[0, 0, 1e5], [5e4, 8e4, 6e4]]
    radial = np.array([[0.0, 0, 7e4], [0, 0, 7.002e4]])
    across = radial + np.array([[0, 0, 0], [20.0, 0, 0]])
    model = SphericallySymmetricVolCondMEG(sensors)
    currents = RNG.normal(size=(2, 5))
    cell = SimpleNamespace(get_axial_currents_from_vmem=lambda: (currents, np.array([[0, 0, 20.0]] * 2).T, radial))
    assert not model.calculate_H_from_iaxial(cell).any()
    cell = SimpleNamespace(get_axial_currents_from_vmem=lambda: (currents, np.array([[20.0, 0, 0]] * 2).T, across))
    expected = model.calculate_H(20.0 * np.array([currents.sum(axis=0), *np.zeros((2, 5))]), across.mean(axis=0))
    np.testing.assert_allclose(
        model.calculate_H_from_iaxial(cell), expected, rtol=0, atol=3e-3 * np.abs(expected).max()
    )


def test_turning_everything_turns_the_field():
    angles = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
    turn = angles * np.linalg.det(angles)
    sensors, r_p, p = 2 + RNG.uniform(size=(6, 3)), RNG.normal(size=(2, 3)), RNG.normal(size=(2, 3))
    np.testing.assert_allclose(
        meg_sphere.field(sensors @ turn.T, r_p @ turn.T, p @ turn.T), meg_sphere.field(sensors, r_p, p) @ turn.T,
        rtol=1e-11, atol=1e-14,
    )  # fmt: skip


def test_sensors_inside_the_sources_sphere():
    model = SphericallySymmetricVolCondMEG([[0, 0, 9e4], [0, 7e4, 0], [0, 0, 8e4]])
    with pytest.raises(GeometryError, match=r"first at 80000 µm, farther than the sensors of indices \[1, 2\]"):
        model.get_transformation_matrix([8e4, 0, 0])
    with pytest.raises(GeometryError, match=r"ends of axial elements .*indices \[1\]"):
        model.axial_matrix(np.transpose([[1.0, 0, 0], [0, 20.0, 0]]), [[0, 0, 0], [0, 69995.0, 0]])
    with pytest.raises(GeometryError, match=r"centre.*indices \[1\]"):
        SphericallySymmetricVolCondMEG([[0, 0, 1], [0, 0, 0]])


@pytest.mark.peer
def test_against_lfpykit():
    """H to 1e-9. Its calculate_B multiplies H in nA/µm by µ in T·m/A, which gives mT."""
    from lfpykit.eegmegcalc import SphericallySymmetricVolCondMEG as Peer

    sensors, r_p, p = RNG.normal(size=(7, 3)), np.array([20e3, -30e3, 60e3]), RNG.normal(size=(3, 4))
    sensors *= 1e5 / np.linalg.norm(sensors, axis=1)[:, None]
    ours, theirs = SphericallySymmetricVolCondMEG(r=sensors), Peer(r=sensors)
    assert ours.calculate_H(p=p, r_p=r_p).shape == (7, 3, 4)
    expected = theirs.calculate_H(p=p, r_p=r_p)
    np.testing.assert_allclose(ours.calculate_H(p=p, r_p=r_p), expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max())
    np.testing.assert_allclose(
        ours.get_transformation_matrix(r_p=r_p), theirs.get_transformation_matrix(r_p=r_p), rtol=1e-9, atol=1e-25
    )
    np.testing.assert_allclose(ours.calculate_B(p, r_p), 1e-3 * theirs.calculate_B(p, r_p), rtol=1e-9, atol=1e-30)
