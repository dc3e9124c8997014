"""Dipoles in an infinite medium against pairs of point sources, Laplace and Gauss."""

import numpy as np
import pytest

from lfptools.errors import GeometryError
from lfptools.forward.infinite_dipole import InfiniteDipolePotential, InfiniteVolumeConductor
from lfptools.forward.line import LineSourcePotential
from lfptools.forward.point import PointSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.kernels import infinite_dipole

RNG = np.random.default_rng(0)
P = RNG.normal(size=(3, 7))


def test_two_opposite_point_sources():
    """Two currents a distance apart are the dipole up to the square of that distance."""
    r, moment = RNG.uniform(50, 200, (20, 3)), np.array([0.3, -1.2, 0.7])
    for h in (1.0, 0.1):
        middles = np.array([moment, -moment]) * h / 2
        pair = CellGeometry(*(np.column_stack((m, m)) for m in middles.T), [1e-6, 1e-6])
        expected = PointSourcePotential(pair, *r.T, 0.7).get_transformation_matrix() @ [1 / h, -1 / h]
        got = InfiniteVolumeConductor(0.7).get_dipole_potential(moment, r)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-3 * h**2 * np.abs(expected).max())


def test_laplace_and_gauss():
    """Harmonic outside the dipole; no current leaves a closed surface around it."""
    conductor, h = InfiniteVolumeConductor(0.3), 0.01
    r = RNG.normal(size=(5, 3)) * 10 + 20
    steps = h * np.vstack((np.eye(3), -np.eye(3)))
    around = np.array([conductor.get_dipole_potential(P[:, 0], r + step) for step in steps])
    middle = conductor.get_dipole_potential(P[:, 0], r)
    second = np.abs(around - middle).max() / h**2
    assert np.abs(around.sum(axis=0) - 6 * middle).max() / h**2 < 1e-4 * second
    x, w = np.polynomial.legendre.leggauss(20)
    angle = np.arange(40) * np.pi / 20
    sphere = np.array([[np.sqrt(1 - c * c) * np.cos(a), np.sqrt(1 - c * c) * np.sin(a), c] for c in x for a in angle])
    outward = [conductor.get_dipole_potential(P, (5 + s * 1e-3) * sphere + 0.7) for s in (1, -1)]
    flux = np.repeat(w, 40) @ (outward[0] - outward[1])
    assert np.abs(flux).max() < 1e-10 * np.abs(outward[0]).max() * sphere.shape[0]


def test_far_field_of_a_cell():
    """A cell's potential tends to that of its dipole as 1/r, when the dipole is put at its middle."""
    rng = np.random.default_rng(3)
    ends = [rng.uniform(-50, 50, (25, 2)) for _ in range(3)]
    cell, currents = CellGeometry(*ends, np.ones(25)), rng.normal(size=25)
    currents -= currents.mean()
    errors = []
    for r in (1e4, 1e5):
        at = r * np.eye(3)
        line = LineSourcePotential(cell, *at.T).get_transformation_matrix() @ currents
        dipole = InfiniteDipolePotential(cell, at, [0, 0, 0]).get_transformation_matrix() @ currents
        errors.append(np.abs(dipole - line).max() / np.abs(line).max())
    assert errors[0] < 0.02 and errors[1] == pytest.approx(errors[0] / 10, rel=0.05)


def test_many_dipoles_are_the_sum_of_each():
    contacts, places = RNG.uniform(100, 200, (6, 3)), RNG.uniform(-10, 10, (9, 3))
    moments = RNG.normal(size=(9, 3, 4))

    class Cell:
        def get_multi_current_dipole_moments(self, timepoints=None):
            return (moments if timepoints is None else moments[:, :, timepoints]), places

    conductor = InfiniteVolumeConductor(0.4)
    expected = sum(conductor.get_dipole_potential(p, contacts - at) for p, at in zip(moments, places, strict=True))
    got = conductor.get_multi_dipole_potential(Cell(), contacts)
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    some = conductor.get_multi_dipole_potential(Cell(), contacts, timepoints=np.array([1, 3]))
    np.testing.assert_allclose(some, expected[:, [1, 3]], rtol=1e-12)


def test_same_bits_for_any_number_of_threads():
    from lfptools.kernels.compile import set_threads

    contacts, dipoles = RNG.uniform(100, 200, (300, 3)), RNG.uniform(-10, 10, (150, 3))
    several = infinite_dipole.matrix(contacts, dipoles, 0.3)
    before = set_threads(10**6)
    try:
        set_threads(1)
        assert infinite_dipole.matrix(contacts, dipoles, 0.3).tobytes() == several.tobytes()
    finally:
        set_threads(before)


def test_impossible_input():
    conductor = InfiniteVolumeConductor()
    r = np.array([[1.0, 2, 3], [0, 0, 0], [4, 5, 6]])
    with pytest.raises(GeometryError, match=r"place of a dipole.*indices \[1\]"):
        conductor.get_transformation_matrix(r)
    r[2, 1] = np.nan
    with pytest.raises(GeometryError, match=r"r at NaN or infinite positions: indices \[2\]"):
        conductor.get_transformation_matrix(r)
    for wrong in ([1.0, 2, 3], np.zeros((3, 2)), np.zeros((0, 3)), [["a", "b", "c"]]):
        with pytest.raises(GeometryError, match=r"shape \(n, 3\)"):
            conductor.get_transformation_matrix(wrong)
    for wrong, message in (
        (np.ones((2, 5)), r"got \(2, 5\)"),
        ([0, np.inf, 0], r"got inf at index \[1\]"),
        ("x", "numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            conductor.get_dipole_potential(wrong, [[1.0, 2, 3]])
    for wrong in (0.0, -0.3, np.nan, np.inf):
        with pytest.raises(ValueError, match="sigma must be a finite number > 0 S/m"):
            InfiniteVolumeConductor(wrong)
    with pytest.raises(TypeError, match="one number"):
        InfiniteVolumeConductor([0.3])
    with pytest.raises(ValueError, match="object has none"):
        conductor.get_multi_dipole_potential(object(), [[1.0, 2, 3]])


@pytest.mark.peer
def test_against_lfpykit():
    from lfpykit.eegmegcalc import InfiniteVolumeConductor as Theirs

    r = RNG.uniform(-200, 200, (30, 3))
    got, expected = InfiniteVolumeConductor(0.27), Theirs(0.27)
    np.testing.assert_allclose(got.get_transformation_matrix(r), expected.get_transformation_matrix(r), rtol=1e-12)
    np.testing.assert_allclose(got.get_dipole_potential(P, r), expected.get_dipole_potential(P, r), rtol=1e-9)
