"""The sphere in another medium against Deng's series in high precision, boundary matching, Laplace and limits."""

import mpmath as mp
import numpy as np
import pytest

from lfptools.errors import CellError, GeometryError, LfptoolsWarning
from lfptools.forward.one_sphere import OneSphereParameters, OneSphereVolumeConductor
from lfptools.forward.point import PointSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.contacts import Contacts

RNG = np.random.default_rng(0)
R = 10e3


def points(positions: np.ndarray, d: float = 1.0) -> CellGeometry:
    return CellGeometry(*(np.column_stack((p, p)) for p in np.transpose(positions)), np.full(len(positions), d))


def sphere(sources, contacts, sigma_i=0.3, sigma_o=0.03, radius=R, **more) -> OneSphereVolumeConductor:
    p = OneSphereParameters(
        radius_um=radius, conductivity_inside_S_per_m=sigma_i, conductivity_outside_S_per_m=sigma_o, **more
    )
    cell = points(sources) if sources is not None else None
    return OneSphereVolumeConductor.from_parameters(p, cell, Contacts.from_positions(*np.transpose(contacts)))


def directions(n: int) -> np.ndarray:
    u = RNG.normal(size=(n, 3))
    return u / np.linalg.norm(u, axis=1)[:, None]


@pytest.mark.parametrize(("sigma_i", "sigma_o"), [(0.3, 0.03), (0.1, 3.0), (0.3, 1e-4), (0.3, 0.3)])
def test_published_series(sigma_i, sigma_o):
    """Deng (2008), summed as it stands with 50 digits until nothing changes, sources and contacts at any angle."""
    sources = directions(6) * np.array([0.0, 500, 3e3, 6e3, 9e3, 9.7e3])[:, None]
    contacts = directions(7) * np.array([10.0, 1e3, 4e3, 9.8e3, 10e3, 10.3e3, 40e3])[:, None]
    got = sphere(sources, contacts, sigma_i, sigma_o).get_transformation_matrix()
    with mp.workdps(50):
        si, so = mp.mpf(sigma_i), mp.mpf(sigma_o)
        for i, x in enumerate(contacts):
            for j, m in enumerate(sources):
                r, rs = mp.norm([mp.mpf(float(v)) for v in x]), mp.norm([mp.mpf(float(v)) for v in m])
                cosine = mp.fdot(map(float, x), map(float, m)) / (r * rs) if r and rs else mp.mpf(0)
                inside = np.linalg.norm(x) <= R
                ratio = r * rs / mp.mpf(R) ** 2 if inside else rs / r
                total, before, now = mp.mpf(0), mp.mpf(0), mp.mpf(1)
                for n in range(2500):
                    top = (si - so) * (n + 1) if inside else 2 * n + 1
                    term = top / (si * n + so * (n + 1)) * ratio**n
                    total += term * now
                    if abs(term) < mp.mpf("1e-25") * abs(total) or not term:
                        break
                    before, now = now, ((2 * n + 1) * cosine * now - n * before) / (n + 1)
                if inside:
                    distance = mp.norm([mp.mpf(float(u)) - mp.mpf(float(v)) for u, v in zip(x, m, strict=True)])
                    exact = (1 / distance + total / R) / (4 * mp.pi * si)
                else:
                    exact = total / (4 * mp.pi * r)
                assert got[i, j] == pytest.approx(float(exact), rel=2e-13), (i, j)


def test_azimuth_counts():
    """On a cone around the z axis the polar angle is the same everywhere, and the distance is not."""
    source = np.array([[5e3, 0, 1e3]])
    azimuth = np.linspace(0, np.pi, 5)
    contacts = np.column_stack((6e3 * np.cos(azimuth), 6e3 * np.sin(azimuth), np.full(5, 2e3)))
    matrix = sphere(source, contacts).get_transformation_matrix()[:, 0]
    assert (np.diff(matrix) < 0).all() and matrix[0] > 1.5 * matrix[-1]


def test_harmonic_inside_and_outside_and_continuous():
    sources = directions(3) * np.array([[2e3], [6e3], [9e3]])
    h = 20.0
    r = directions(4) * np.array([[5e3], [9.5e3], [10.7e3], [20e3]])
    steps = np.vstack([k * h * np.eye(3) for k in (-2, -1, 1, 2)])
    weights = np.repeat([-1 / 12, 4 / 3, 4 / 3, -1 / 12], 3)
    values = np.array([sphere(sources, r + s).get_transformation_matrix() for s in steps])
    middle = sphere(sources, r).get_transformation_matrix()
    second = np.abs(weights[:, None, None] * (values - middle)).max(axis=0)
    assert (np.abs(np.tensordot(weights, values, 1) - 7.5 * middle) < 1e-6 * second + 1e-11 * middle).all()

    u = directions(10)
    sources = sources[:2]

    def radial(distance: float) -> np.ndarray:
        return sphere(sources, distance * u).get_transformation_matrix()

    np.testing.assert_allclose(radial(R * (1 + 1e-14)), radial(R * (1 - 1e-14)), rtol=1e-10)
    inner = (3 * radial(R) - 4 * radial(R - h) + radial(R - 2 * h)) / (2 * h)
    outer = -(3 * radial(R) - 4 * radial(R + h) + radial(R + 2 * h)) / (2 * h)
    scale = 0.03 * np.abs(radial(R)).max() / R
    np.testing.assert_allclose(0.3 * inner, 0.03 * outer, rtol=1e-4, atol=1e-4 * scale)


def test_all_current_leaves():
    """Through a sphere far outside flows what the source injects: the potential there tends to I/(4πσₒr)."""
    far = 1e9 * directions(6)
    matrix = sphere([[9e3, 0, 0], [0, 1e3, 2e3]], far).get_transformation_matrix()
    np.testing.assert_allclose(matrix, 1 / (4 * np.pi * 0.03 * 1e9), rtol=1e-4)


def test_limits_are_the_infinite_medium():
    sources, contacts = RNG.uniform(-900, 900, (20, 3)), RNG.uniform(-900, 900, (30, 3))
    expected = PointSourcePotential(points(sources), *contacts.T, 0.3).get_transformation_matrix()
    equal = sphere(sources, contacts, 0.3, 0.3, radius=2e3).get_transformation_matrix()
    np.testing.assert_allclose(equal, expected, rtol=1e-13)
    across = sphere(sources / 20, contacts, 0.3, 0.3, radius=90.0).get_transformation_matrix()
    infinite = PointSourcePotential(points(sources / 20), *contacts.T, 0.3).get_transformation_matrix()
    np.testing.assert_allclose(across, infinite, rtol=1e-13)
    wide = sphere(sources, contacts, 0.3, 0.03, radius=1e12).get_transformation_matrix()
    np.testing.assert_allclose(wide, expected, rtol=1e-7)


def test_reciprocity():
    a, b = (directions(8) * RNG.uniform(0, 9.9e3, (8, 1)) for _ in range(2))
    np.testing.assert_allclose(
        sphere(a, b).get_transformation_matrix(), sphere(b, a).get_transformation_matrix().T, rtol=1e-12
    )


def test_near_the_surface():
    """Tens of thousands of terms: reciprocal, and continuous across the surface ten micrometres above a source."""
    source = np.array([[0, 0, 9990.0]])
    contacts = np.array([[3.0, 0, np.sqrt(R**2 - 9)], [400.0, 0, np.sqrt(R**2 - 400**2)]])
    inside, outside = (sphere(source, contacts * s).get_transformation_matrix() for s in (1 - 1e-13, 1 + 1e-13))
    np.testing.assert_allclose(inside, outside, rtol=1e-9)


def test_calc_potential_is_a_source_on_the_axis():
    r = np.array([[2e3, 9e3, 10e3, 15e3], [0.3, 1.2, 2.9, -0.7], [0.0, 2.0, -1.0, 0.5]])
    model = OneSphereVolumeConductor(None, r, R, 0.3, 0.03)
    np.testing.assert_allclose(model.r[0], r[0], rtol=1e-14)
    one = model.calc_potential(8e3, 2.0)
    model.cell = points(np.array([[0, 0, 8e3]]))
    np.testing.assert_allclose(one, 2 * model.get_transformation_matrix()[:, 0], rtol=1e-14)
    over_time = model.calc_potential(8e3, np.array([2.0, -1.0, 0.5]))
    np.testing.assert_allclose(over_time, one[:, None] * [1, -0.5, 0.25], rtol=1e-14)
    mirrored = OneSphereVolumeConductor(None, r * [[1], [-1], [1]] + [[0], [np.pi], [0]], R, 0.3, 0.03)
    np.testing.assert_allclose(mirrored.calc_potential(-8e3, 2.0), one, rtol=1e-12)


def test_minimum_distance_and_terms():
    source, z = np.array([[0, 0, 5e3]]), 5e3 + np.array([0, 4.0, 8, 20])
    contacts = np.column_stack((0 * z, 0 * z, z))
    model = sphere(source, contacts, 0.3, 0.3)
    model.cell = points(source, d=10.0)
    with pytest.warns(LfptoolsWarning, match="3 of 4 contact-segment pairs are nearer than the diameter"):
        matrix = model.get_transformation_matrix()[:, 0]
    np.testing.assert_allclose(1 / (4 * np.pi * 0.3 * matrix), [10, 10, 10, 20], rtol=1e-12)
    model.minimum_distance = 6.0
    np.testing.assert_allclose(
        1 / (4 * np.pi * 0.3 * model.get_transformation_matrix()[:, 0]), [6, 6, 8, 20], rtol=1e-12
    )
    assert model.clamped_pairs == 2
    near = sphere([[0, 0, 9.9e3]], [[100.0, 0, 9.9e3]])
    with pytest.warns(LfptoolsWarning, match="1 of 1 pairs of contact and source are cut short by n_max = 100"):
        short = near.get_transformation_matrix(n_max=100)
    full = near.get_transformation_matrix()
    assert 1e-6 < abs(short[0, 0] / full[0, 0] - 1) < 0.1
    with pytest.warns(LfptoolsWarning, match="cut short by n_max = 100"):
        sphere([[0, 0, 9.9e3]], [[100.0, 0, 9.9e3]], order_max=100).get_transformation_matrix()


def test_impossible_input():
    good = {"cell": points(np.array([[0, 0, 5e3], [0, 0, 1e3]])), "r": np.array([[9e3], [0.0], [0.0]])}
    for changes, error, message in (
        ({"r": [9e3, 0, 0]}, GeometryError, r"shape \(3, contacts\).*got \(3,\)"),
        ({"r": np.zeros((3, 0))}, GeometryError, "shape"),
        ({"r": [[1, -1], [0, 0], [0, 0]]}, GeometryError, r"distances >= 0 µm: indices \[1\]"),
        ({"r": [[1], [np.nan], [0]]}, GeometryError, r"finite.*indices \[0\]"),
        ({"r": [["a"], [0], [0]]}, GeometryError, "numbers"),
        ({"R": 0.0}, ValueError, "R must be a finite number > 0 µm"),
        ({"sigma_i": -0.3}, ValueError, "sigma_i must be a finite number > 0 S/m"),
        ({"sigma_o": 0.0}, ValueError, "sigma_o must be a finite number > 0 S/m"),
        ({"sigma_o": "x"}, TypeError, "one number"),
        ({"minimum_distance": 0.0}, ValueError, "minimum_distance must be a finite number > 0 µm"),
    ):
        with pytest.raises(error, match=message):
            OneSphereVolumeConductor(**{**good, **changes})
    model = OneSphereVolumeConductor(**good, R=3e3)
    with pytest.raises(
        GeometryError, match=r"inside the sphere of radius R = 3000 µm.*indices \[0\], the first at 5000"
    ):
        model.get_transformation_matrix()
    with pytest.raises(GeometryError, match="the source must lie inside the sphere"):
        model.calc_potential(3e3, 1.0)
    for wrong in (np.nan, [[1.0]], [np.inf]):
        with pytest.raises(ValueError, match="current must be one finite number or a vector"):
            model.calc_potential(1e3, wrong)
    with pytest.raises(ValueError, match="n_max must be a whole number >= 1, got 0"):
        model.calc_potential(1e3, 1.0, n_max=0)
    model.r = [[1e3], [0.0], [0.0]]
    with pytest.raises(GeometryError, match=r"contacts at the source.*indices \[0\]; give min_distance"):
        model.calc_potential(1e3, 1.0, min_distance=None)
    with pytest.raises(CellError, match="needs a probe"):
        OneSphereVolumeConductor.from_parameters(OneSphereParameters(), None, None)


def test_contacts_can_be_moved():
    model = OneSphereVolumeConductor(points(np.array([[0, 0, 5e3]])), np.array([[9e3], [0.0], [0.0]]), ids=["vertex"])
    model.r = np.array([[8e3], [0.1], [0.2]])
    assert model.row_coords["contact_id"] == ["vertex"]
    model.r = np.array([[8e3, 9e3], [0.1, 0], [0.2, 0]])
    assert model.row_coords["contact_id"] == ["0", "1"] and model.get_transformation_matrix().shape == (2, 1)


@pytest.mark.peer
def test_against_lfpykit():
    """Where source, contact and z axis lie in one half plane: elsewhere LFPykit's azimuths do not count."""
    import lfpykit

    z = np.array([1e3, 6e3, 8e3])
    cell = {name: np.column_stack((v, v)) for name, v in (("x", 0 * z), ("y", 0 * z), ("z", z))}
    r = np.array([[2e3, 9e3, 10e3, 15e3, 8e3 + 5], [0.3, 1.2, 2.9, 0.7, 0], [0.0, 2.0, -1.0, 0.5, 0]])
    for conductivities in ((0.3, 0.03), (0.1, 1.0), (0.3, 0.3)):
        theirs = lfpykit.OneSphereVolumeConductor(
            lfpykit.CellGeometry(**cell, d=np.full(3, 10.0)), r, R, *conductivities
        )
        ours = OneSphereVolumeConductor(CellGeometry(**cell, d=np.full(3, 10.0)), r, R, *conductivities)
        with pytest.warns(LfptoolsWarning, match="1 of 15"):
            np.testing.assert_allclose(ours.get_transformation_matrix(), theirs.get_transformation_matrix(), rtol=1e-9)
        np.testing.assert_allclose(ours.calc_potential(8e3, 1.5), theirs.calc_potential(8e3, 1.5), rtol=1e-9)
