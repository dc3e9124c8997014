"""Dipoles in spheres against boundary matching by linear algebra, published coefficients, Laplace and limits."""

import itertools

import mpmath as mp
import numpy as np
import pytest

from lfptools.errors import GeometryError, LfptoolsWarning
from lfptools.forward.infinite_dipole import InfiniteVolumeConductor
from lfptools.forward.spheres import (
    RADII,
    SIGMAS,
    FourSphereVolumeConductor,
    NSphereVolumeConductor,
    SpheresParameters,
    SpheresPotential,
)
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.segments import rotation_matrix
from lfptools.kernels import spheres

RNG = np.random.default_rng(0)
P = RNG.normal(size=(3, 4))
HEADS = {
    "one": ([79e3], [0.3]),
    "three": ([80e3, 86e3, 92e3], [0.33, 0.0042, 0.33]),
    "four": (RADII, SIGMAS),
    "equal": (RADII, [0.3] * 4),
    "extreme": (RADII, [0.3, 1e6, 1e-6, 30.0]),
    "thin": ([79e3, 79.001e3, 89.999e3, 90e3], [0.3, 0.001, 1.5, 0.02]),
    "six": ([30e3, 60e3, 79e3, 80e3, 85e3, 90e3], [0.2, 0.5, 0.3, 1.5, 0.015, 0.3]),
}


def directions(n: int, rng: np.random.Generator = RNG) -> np.ndarray:
    u = rng.normal(size=(n, 3))
    return u / np.linalg.norm(u, axis=1)[:, None]


def radial_functions(radii, sigmas, n: int) -> list[tuple[mp.mpf, mp.mpf]]:
    """A, B of g = A r^n + B r^−(n+1) in each shell for B = 1 in the innermost, from one linear system (r₁ = 1)."""
    r, s = [mp.mpf(float(v)) / mp.mpf(float(radii[0])) for v in radii], [mp.mpf(float(v)) for v in sigmas]
    shells = len(r)
    size = 2 * shells - 1  # unknown: A of the first, then A and B of each
    matrix, right = mp.zeros(size, size), mp.zeros(size, 1)

    def add(row: int, shell: int, grow, fall) -> None:
        if shell:
            matrix[row, 2 * shell - 1] += grow
            matrix[row, 2 * shell] += fall
        else:
            matrix[row, 0] += grow
            right[row] -= fall

    for k in range(shells - 1):
        at = r[k]
        for shell, sign in ((k, 1), (k + 1, -1)):
            add(2 * k, shell, sign * at**n, sign * at ** (-n - 1))
            flux = sign * s[shell]
            add(2 * k + 1, shell, flux * n * at ** (n - 1), -flux * (n + 1) * at ** (-n - 2))
    add(size - 1, shells - 1, n * r[-1] ** (n - 1), -(n + 1) * r[-1] ** (-n - 2))
    found = mp.lu_solve(matrix, right)
    return [(found[0], mp.mpf(1))] + [(found[2 * k - 1], found[2 * k]) for k in range(1, shells)]


@pytest.mark.parametrize(
    ("name", "n"), [*itertools.product(HEADS, (1, 2, 7, 60)), *itertools.product(("four", "thin", "extreme"), (2000,))]
)
def test_coefficients_are_those_of_boundary_matching(name, n):
    radii, sigmas = HEADS[name]
    through, outer = spheres.coefficients(np.array(radii, dtype=float), np.array(sigmas, dtype=float), n)
    with mp.workdps(60 + 4 * n if n > 60 else 100):
        for k, (grow, fall) in enumerate(radial_functions(radii, sigmas, n)):
            for r in (radii[k], 0.5 * (radii[k] + (radii[k - 1] if k else 0.4 * radii[0]))):
                at = mp.mpf(float(r)) / mp.mpf(float(radii[0]))
                expected = (grow * at**n + fall * at ** (-n - 1)) * at ** (n + 1)
                y = (r / radii[k]) ** (2 * n + 1)
                got = through[k, n - 1] * (1 - y) + outer[k, n - 1] * y
                assert got == pytest.approx(float(expected), rel=1e-14 * (n + 10), abs=1e-300)


def test_coefficients_are_those_of_cuffin_and_cohen():
    """Scalp potential of four spheres, eq. A2 of Cuffin & Cohen (1979), Electroenceph Clin Neurophysiol 47:131."""
    r, s = np.array(RADII), np.array(SIGMAS)
    n = np.arange(1.0, 61.0)
    _, outer = spheres.coefficients(r, s, 60)
    k1, k2, k3 = s[:3] / s[1:]
    b, c, d = (ratio ** (2 * n + 1) for ratio in r[:3] / r[3])
    gamma = d * (b * n * (k1 - 1) * (k2 - 1) * (n + 1) + c * (k1 * n + n + 1) * (k2 * n + n + 1)) * (
        (k3 * n + n + 1) + (n + 1) * (k3 - 1) * d
    ) + (n + 1) * c * (b * (k1 - 1) * (k2 * n + k2 + n) + c * (k1 * n + n + 1) * (k2 - 1)) * (
        n * (k3 - 1) + (k3 * n + k3 + n) * d
    )
    expected = (2 * n + 1) ** 4 * c * d / (n * gamma * s[3])
    np.testing.assert_allclose(outer[3] / s[0], expected, rtol=1e-11)


def test_published_values():
    """Radial and tangential dipole of 1e7 nA·µm at 78 mm, skull 20 times less conducting than the brain."""
    angle = np.deg2rad([0, 10, 20, 180])
    scalp = 90e3 * np.column_stack((np.sin(angle), 0 * angle, np.cos(angle)))
    head = FourSphereVolumeConductor(scalp, [79e3, 80e3, 85e3, 90e3], [0.33, 1.65, 0.0165, 0.33])
    radial = 1e3 * head.get_dipole_potential(np.array([0, 0, 1e7]), [0, 0, 78e3])
    np.testing.assert_allclose(radial, [9.65888, 5.157684, 2.208355, -0.331358], atol=5e-7)
    tangential = 1e3 * head.get_dipole_potential(np.array([1e7, 0, 0]), [0, 0, 78e3])
    np.testing.assert_allclose(tangential[[1, 2]], [3.694759, 3.081178], atol=5e-7)
    assert tangential[0] == 0


def monopole(radii, sigmas, r, orders: int):
    """Potential at r of a unit current at a, without order 0, by boundary matching: a function of a."""
    shell = next(k for k, outer in enumerate(radii) if mp.norm(r) <= outer * (1 + mp.mpf("1e-9")))
    distance, first = mp.norm(r), mp.mpf(float(radii[0]))
    at = distance / first
    values = []
    with mp.workdps(150):
        for n in range(1, orders + 1):
            grow, fall = radial_functions(radii, sigmas, n)[shell]
            values.append((grow * at**n + fall * at ** (-n - 1)) / first)

    def potential(a):
        length = mp.norm(a)
        c = mp.fdot(r, a) / (distance * length)
        series = sum((length / first) ** n * g * mp.legendre(n, c) for n, g in enumerate(values, 1))
        return series / (4 * mp.pi * mp.mpf(float(sigmas[0])))

    return potential


@pytest.mark.parametrize("name", ["three", "four"])
def test_dipoles_are_derivatives_of_monopoles(name):
    """Numerical derivatives of sums of ordinary Legendre polynomials, no vectors: every shell, every direction."""
    radii, sigmas = HEADS[name]
    a = np.array([4e3, -7e3, 5e3])
    depths = [25e3, *(0.3 * i + 0.7 * o for i, o in itertools.pairwise(radii)), radii[-1]]
    contacts = directions(len(depths)) * np.array(depths)[:, None]
    got = NSphereVolumeConductor(contacts, radii, sigmas).get_transformation_matrix(a)
    with mp.workdps(40):
        for contact, row in zip(contacts, got, strict=True):
            potential = monopole(radii, sigmas, [mp.mpf(float(v)) for v in contact], 75)
            for k in range(3):
                step = [mp.mpf(k == j) for j in range(3)]
                exact = mp.diff(lambda h: potential([float(v) + h * e for v, e in zip(a, step, strict=True)]), 0)  # noqa: B023
                assert abs(row[k] - float(exact)) < 2e-13 * np.abs(row).max()


def test_homogeneous_sphere_in_closed_form():
    """On an insulated sphere Σ (2n+1)/n tⁿPₙ = 2/√(1−2tc+t²) − 2 − ln[(1−tc+√(1−2tc+t²))/2], here differentiated."""
    radius, contacts = 90e3, 90e3 * directions(4)
    dipoles = directions(4) * np.array([[10e3], [60e3], [78e3], [78.99e3]])
    for a in dipoles:
        one = NSphereVolumeConductor(contacts, [radius], [0.3]).get_transformation_matrix(a)
        four = FourSphereVolumeConductor(contacts, sigmas=[0.3] * 4).get_transformation_matrix(a)
        np.testing.assert_allclose(four, one, rtol=0, atol=1e-13 * np.abs(one).max())
        with mp.workdps(40):
            for x, row in zip(contacts, one, strict=True):

                def potential(h, k):
                    at = [mp.mpf(float(v)) + h * (k == j) for j, v in enumerate(a)]  # noqa: B023
                    t = mp.norm(at) / radius
                    tc = sum(u * mp.mpf(float(v)) for u, v in zip(at, x, strict=True)) / radius**2  # noqa: B023
                    root = mp.sqrt(1 - 2 * tc + t * t)
                    return (2 / root - mp.log((1 - tc + root) / 2)) / (4 * mp.pi * mp.mpf(0.3) * radius)

                exact = [float(mp.diff(lambda h: potential(h, k), 0)) for k in range(3)]  # noqa: B023
                np.testing.assert_allclose(row, exact, rtol=0, atol=1e-12 * np.abs(exact).max())


def test_harmonic_in_every_shell():
    a, h = np.array([20e3, -30e3, 60e3]), 200.0
    depths = np.array([30e3, 75e3, 79.5e3, 82.5e3, 87e3])
    r = directions(5) * depths[:, None]
    steps = np.vstack([k * h * np.eye(3) for k in (-2, -1, 1, 2)])
    weights = np.repeat([-1 / 12, 4 / 3, 4 / 3, -1 / 12], 3)  # fourth-order second differences
    values = np.array([FourSphereVolumeConductor(r + s).get_dipole_potential(P, a) for s in steps])
    middle = FourSphereVolumeConductor(r).get_dipole_potential(P, a)
    second = np.abs(weights[:, None, None] * (values - middle)).max(axis=0)
    laplacian = np.tensordot(weights, values, 1) - 7.5 * middle
    assert (np.abs(laplacian) < 1e-6 * second + 1e-12 * np.abs(middle)).all()


@pytest.mark.parametrize("name", ["four", "extreme", "six"])
def test_potential_and_flux_are_continuous(name):
    radii, sigmas = (np.array(values) for values in HEADS[name])
    u, a = directions(6), np.array([5e3, -9e3, 12e3])

    def radial(r: float) -> np.ndarray:
        return NSphereVolumeConductor(r * u, radii, sigmas).get_dipole_potential(P, a)

    h = 50.0
    for k in range(len(radii) - 1):
        at = radii[k]
        np.testing.assert_allclose(radial(at * (1 + 1e-14)), radial(at), rtol=0, atol=1e-9 * np.abs(radial(at)).max())
        inner = (3 * radial(at) - 4 * radial(at - h) + radial(at - 2 * h)) / (2 * h)
        outer = -(3 * radial(at) - 4 * radial(at + h) + radial(at + 2 * h)) / (2 * h)
        scale = sigmas[k] * np.abs(radial(at)).max() / at
        np.testing.assert_allclose(sigmas[k] * inner, sigmas[k + 1] * outer, rtol=2e-4, atol=2e-4 * scale)
    at = radii[-1]
    no_flux = np.abs(3 * radial(at) - 4 * radial(at - h) + radial(at - 2 * h)).max() / (2 * h)
    assert no_flux < 1e-4 * np.abs(radial(at)).max() / at


def test_two_dipoles_see_each_other_alike():
    """The field of one dipole along another equals that of the other along the first."""
    h = 1.0
    for a, b in ((78e3, 50e3), (20e3, 60e3)):
        a, b = directions(2) * np.array([[a], [b]])
        p, q = directions(2)

        def field(source, moment, place, along):
            ends = place + np.array([[1], [-1]]) * h * along
            far, near = FourSphereVolumeConductor(ends).get_dipole_potential(moment, source)
            return (far - near) / (2 * h)

        assert field(a, p, b, q) == pytest.approx(field(b, q, a, p), rel=1e-6)


def test_very_large_sphere_is_an_infinite_medium():
    contacts, a = directions(20) * 9e3, np.array([1e3, 2e3, -3e3])
    infinite = InfiniteVolumeConductor(0.3).get_transformation_matrix(contacts - a)
    for scale, tolerance in ((1e2, 1e-5), (1e4, 1e-11)):
        head = FourSphereVolumeConductor(contacts, scale * np.array(RADII))
        got = head.get_transformation_matrix(a)
        np.testing.assert_allclose(got, infinite, rtol=0, atol=tolerance * np.abs(infinite).max())


def test_the_centre_is_a_place_like_any_other():
    contacts = directions(8) * np.linspace(10e3, 90e3, 8)[:, None]
    head = FourSphereVolumeConductor(contacts)
    centre, beside = (head.get_transformation_matrix([0, 0, z]) for z in (0.0, 1e-4))
    np.testing.assert_allclose(beside, centre, rtol=0, atol=1e-7 * np.abs(centre).max())
    scalp = 90e3 * directions(5)
    one = NSphereVolumeConductor(scalp, [90e3], [0.3]).get_transformation_matrix([0, 0, 0])
    np.testing.assert_allclose(one, 3 * scalp / (4 * np.pi * 0.3 * 90e3**3), rtol=1e-12, atol=1e-25)
    middle = NSphereVolumeConductor([[0, 0, 0]], [90e3], [0.3]).get_transformation_matrix([0, 0, 30e3])
    exact = -1 / (4 * np.pi * 0.3 * 30e3**2)  # at the centre every other order vanishes
    np.testing.assert_allclose(middle, [[0, 0, exact]], rtol=1e-12, atol=1e-25)


def test_rotation_and_no_singular_angle():
    contacts, a = directions(30) * RNG.uniform(30e3, 90e3, (30, 1)), np.array([0, 0, 78e3])
    contacts[:3] = 90e3 * np.array([[0, 0, 1], [0, 0, -1], [1e-9, 0, 1]])
    head = FourSphereVolumeConductor(contacts)
    matrix = head.get_transformation_matrix(a)
    assert np.isfinite(matrix).all() and not matrix[:2, :2].any()
    np.testing.assert_allclose(matrix[2], matrix[0], rtol=0, atol=1e-7 * matrix[0, 2])
    turn = rotation_matrix(x=0.4, y=2.2, z=-1.0)
    turned = FourSphereVolumeConductor(contacts @ turn.T).get_transformation_matrix(turn @ a)
    np.testing.assert_allclose(turned, matrix @ turn.T, rtol=0, atol=1e-13 * np.abs(matrix).max())


def test_near_the_brains_surface():
    """Thousands of orders, beside an interface: just outside as just inside, where half of it is in closed form.

    (The cosine of a small angle holds the angle to 1e-10.)
    """
    a = np.array([0, 0, 78.9e3])
    for angle in (0.0, 1e-3, 1e-2):
        u = np.array([[np.sin(angle), 0, np.cos(angle)]])
        inside, outside = (
            FourSphereVolumeConductor(r * u).get_transformation_matrix(a) for r in (79e3, np.nextafter(79e3, 8e4))
        )
        np.testing.assert_allclose(inside, outside, rtol=0, atol=1e-10 * np.abs(inside).max())


def test_many_dipoles_at_once_and_any_number_of_threads():
    from lfptools.kernels.compile import set_threads

    contacts, dipoles = directions(64) * 90e3, directions(900) * RNG.uniform(0, 78.9e3, (900, 1))
    head = FourSphereVolumeConductor(contacts)
    many = head.get_transformation_matrix(dipoles)
    assert many.shape == (64, 900, 3)
    before = set_threads(10**6)
    try:
        set_threads(1)
        assert head.get_transformation_matrix(dipoles).tobytes() == many.tobytes()
    finally:
        set_threads(before)
    for k in (0, 17, 899):
        np.testing.assert_allclose(
            head.get_transformation_matrix(dipoles[k]), many[:, k], rtol=0, atol=1e-13 * np.abs(many[:, k]).max()
        )
    moments = RNG.normal(size=(900, 3, 5))

    class Cell:
        def get_multi_current_dipole_moments(self, timepoints=None):
            return (moments if timepoints is None else moments[:, :, timepoints]), dipoles

    got = head.get_dipole_potential_from_multi_dipoles(Cell())
    np.testing.assert_allclose(got, np.einsum("cdk,dkt->ct", many, moments), rtol=1e-10)
    some = head.get_dipole_potential_from_multi_dipoles(Cell(), timepoints=[0, 4])
    np.testing.assert_allclose(some, got[:, [0, 4]], rtol=1e-12)


def test_series_cut_short_are_told():
    contacts, a = 90e3 * directions(7), [0, 0, 78e3]
    full = FourSphereVolumeConductor(contacts).get_transformation_matrix(a)
    head = FourSphereVolumeConductor(contacts, n_max=20)
    with pytest.warns(
        LfptoolsWarning, match="series of 7 of 7 pairs of contact and source are cut short by n_max = 20"
    ):
        short = head.get_transformation_matrix(a)
    assert 1e-4 < np.abs(short - full).max() / np.abs(full).max() < 1
    loose = FourSphereVolumeConductor(contacts, iter_factor=1e-5).get_transformation_matrix(a)
    assert 1e-12 < np.abs(loose - full).max() / np.abs(full).max() < 1e-5


def test_contacts_on_the_scalp_within_rounding():
    u, a = directions(50), [10e3, 20e3, 50e3]
    exact = FourSphereVolumeConductor(90e3 * u).get_transformation_matrix(a)
    rounded = FourSphereVolumeConductor((90e3 * u).astype(np.float32)).get_transformation_matrix(a)
    np.testing.assert_allclose(rounded, exact, rtol=0, atol=1e-6 * np.abs(exact).max())
    with pytest.raises(
        GeometryError, match=r"outside the last sphere \(radius 90000 µm\): indices \[1\], the first at 90001"
    ):
        FourSphereVolumeConductor([[0, 0, 90e3], [0, 90001, 0]])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"radii": [79e3, 85e3, 80e3, 90e3]}, ValueError, "radii must increase.*at index 2 80000 µm follows 85000"),
        ({"radii": [79e3, 79e3, 85e3, 90e3]}, ValueError, "at index 1"),
        ({"radii": [79e3, 80e3, 90e3]}, ValueError, "as many; got 3 and 4"),
        ({"radii": [79e3, 90e3], "sigmas": [1, 1]}, ValueError, "four radii and sigmas, got 2: NSphere"),
        ({"radii": [-79e3, 80e3, 85e3, 90e3]}, ValueError, "radii must be finite and > 0 µm; got -79000.0 at index 0"),
        ({"radii": 90e3}, ValueError, "sequence of at least one number"),
        ({"radii": ["a", 1, 2, 3]}, TypeError, "sequence of numbers in µm"),
        ({"sigmas": [0.3, 0.0, 0.015, 0.3]}, ValueError, "sigmas must be finite and > 0 S/m; got 0.0 at index 1"),
        ({"sigmas": [0.3, 1.5, np.nan, 0.3]}, ValueError, "got nan at index 2"),
        ({"r_electrodes": [0, 0, 90e3]}, GeometryError, r"shape \(n, 3\), n >= 1, in µm; got \(3,\)"),
        ({"r_electrodes": np.zeros((0, 3))}, GeometryError, "n >= 1"),
        ({"r_electrodes": [[0, 0, 1], [0, np.nan, 1]]}, GeometryError, r"NaN or infinite positions: indices \[1\]"),
        ({"iter_factor": 0.0}, ValueError, "iter_factor must be a finite number > 0"),
        ({"iter_factor": 2.0}, ValueError, "less than 1"),
        ({"n_max": 0}, ValueError, "n_max must be a whole number >= 1, got 0"),
        ({"n_max": 1.5}, ValueError, "whole number"),
    ],
)  # fmt: skip
def test_impossible_heads(changes, error, message):
    with pytest.raises(error, match=message):
        FourSphereVolumeConductor(**{"r_electrodes": [[0, 0, 90e3]], **changes})


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ([0, 0, 79e3], r"inside the innermost sphere \(radius 79000 µm\): indices \[0\], the first at 79000 µm"),
        ([[0, 0, 1], [0, 80e3, 0]], r"indices \[1\], the first at 80000 µm"),
        ([0, 0, np.inf], "NaN or infinite"), ([0, 1], "shape"), (np.zeros((0, 3)), "shape"),
        ([10e3, 0, 0], r"contacts at the place of a dipole.*indices \[1\]"),
    ],
)  # fmt: skip
def test_impossible_dipoles(place, message):
    head = FourSphereVolumeConductor([[0, 0, 90e3], [10e3, 0, 0]])
    with pytest.raises(GeometryError, match=message):
        head.get_transformation_matrix(place)
    with pytest.raises(ValueError, match="p must have the shape"):
        head.get_dipole_potential(np.ones((4, 3)), [0, 0, 1])


def test_a_dipole_outside_the_brain_is_known_before_there_is_a_cell():
    with pytest.raises(GeometryError, match=r"inside the innermost sphere.*79500 µm"):
        SpheresPotential(None, [[0, 0, 90e3]], [0, 0, 79.5e3])


def test_model_of_a_cell_and_its_parameters():
    cell = CellGeometry([[0, 10], [10, 20]], [[0, 0], [5, 5]], [[0, 0], [100, 300]], [1, 1])
    scalp = 90e3 * directions(5)
    model = SpheresPotential(cell, scalp, [0, 10e3, 77e3], rotation=[0.1, 0.2, 0.3])
    moment = rotation_matrix(x=0.1, y=0.2, z=0.3) @ np.array([[5, 15], [0, 5], [0, 200]])
    expected = FourSphereVolumeConductor(scalp).get_transformation_matrix([0, 10e3, 77e3]) @ moment
    np.testing.assert_allclose(model.get_transformation_matrix(), expected, rtol=1e-11)
    for wrong, message in (
        ({"radii_um": [1, 2]}, "radii_um and conductivities_S_per_m must be as many; got 2 and 4"),
        ({"conductivities_S_per_m": [1, 1, 1, -1]}, "conductivities_S_per_m must be finite and > 0"),
        ({"radii_um": [4, 3, 2, 1]}, "radii_um must increase"),
        ({"order_max": 0}, "order_max"),
    ):
        with pytest.raises(ValueError, match=message):
            SpheresParameters(dipole_position_um=(0, 0, 1), **wrong)


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("depth", [79.5e3, 83e3, 87e3, 90e3 - 1e-6])
@pytest.mark.parametrize("place", [[0, 0, 78e3], [10e3, -20e3, 50e3], [0, 1.0, 0]])
def test_against_lfpykit(depth, place):
    """Its series ends early by default (2.7e-6 off in the cerebrospinal fluid), so it is asked for more."""
    from lfpykit.eegmegcalc import FourSphereVolumeConductor as Theirs

    contacts, place = directions(5) * depth, np.array(place, dtype=float)
    for sigmas in (SIGMAS, [0.33, 1.65, 0.0165, 0.5]):
        expected = Theirs(contacts, list(RADII), list(sigmas), iter_factor=1e-13).get_transformation_matrix(place)
        got = FourSphereVolumeConductor(contacts, RADII, sigmas).get_transformation_matrix(place)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
