"""The point source against Coulomb's law, reciprocity and Gauss."""

import mpmath as mp
import numpy as np
import pytest

from lfptools.forward.line import LineSourcePotential
from lfptools.forward.point import PointSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry

RNG = np.random.default_rng(0)


def cell_at(middles: np.ndarray, half: np.ndarray, d: float = 1e-6) -> CellGeometry:
    ends = [np.column_stack((middles[:, k] - half[:, k], middles[:, k] + half[:, k])) for k in range(3)]
    return CellGeometry(*ends, np.full(len(middles), d))


def test_published_value():
    cell = CellGeometry([[-5, 5]], [[0, 0]], [[0, 0]], [1.0])
    matrix = PointSourcePotential(cell, [0], [60], [80], sigma=0.3).get_transformation_matrix()
    assert 1e3 * matrix[0, 0] == pytest.approx(2.652582, abs=5e-7)


def test_coulomb():
    middles, contacts = RNG.uniform(-200, 200, (30, 3)), RNG.uniform(-200, 200, (50, 3))
    matrix = PointSourcePotential(cell_at(middles, np.ones((30, 3))), *contacts.T, 0.7).get_transformation_matrix()
    distance = np.linalg.norm(contacts[:, None] - middles[None], axis=2)
    np.testing.assert_allclose(matrix, 1 / (4 * np.pi * 0.7 * distance), rtol=1e-14)


def test_reciprocal_root_to_the_last_bits():
    from lfptools.kernels.point import reciprocal_root

    rng = np.random.default_rng(1)
    x = np.concatenate((10 ** rng.uniform(-290, 290, 1000), 1 + rng.uniform(0, 3, 1000), 4.0 ** np.arange(-200, 200)))
    with mp.workdps(40):
        for value in x:
            exact = 1 / mp.sqrt(mp.mpf(float(value)))
            assert abs(mp.mpf(reciprocal_root(value)) - exact) <= 3.4e-16 * exact, value


def test_reciprocity():
    """Potential at a segment per current of an electrode equals that at the electrode per current of the segment."""
    segments, electrodes = RNG.uniform(-200, 200, (30, 3)), RNG.uniform(-200, 200, (8, 3))
    zero = np.zeros_like
    forth = PointSourcePotential(cell_at(segments, zero(segments)), *electrodes.T).get_transformation_matrix()
    back = PointSourcePotential(cell_at(electrodes, zero(electrodes)), *segments.T).get_transformation_matrix()
    np.testing.assert_allclose(forth, back.T, rtol=1e-14)


def test_reciprocity_of_lines_is_the_mean_over_the_segment():
    """What a segment's line source gives at an electrode is the mean along it of the electrode's potential."""
    p0, p1 = RNG.uniform(-100, 100, (2, 3))
    electrodes = RNG.uniform(-200, 200, (8, 3))
    cell = cell_at(0.5 * (p0 + p1)[None], 0.5 * (p1 - p0)[None])
    forth = LineSourcePotential(cell, *electrodes.T).get_transformation_matrix()[:, 0]
    nodes, weights = np.polynomial.legendre.leggauss(200)
    along = p0 + 0.5 * (nodes[:, None] + 1) * (p1 - p0)
    back = PointSourcePotential(cell_at(electrodes, np.zeros_like(electrodes)), *along.T).get_transformation_matrix()
    np.testing.assert_allclose(forth, 0.5 * weights @ back, rtol=1e-9)


def test_lines_far_away_are_points():
    cell = cell_at(RNG.uniform(-50, 50, (30, 3)), RNG.uniform(-5, 5, (30, 3)))
    far = RNG.normal(size=(3, 20))
    far *= 1e5 / np.linalg.norm(far, axis=0)
    line, point = (m(cell, *far).get_transformation_matrix() for m in (LineSourcePotential, PointSourcePotential))
    np.testing.assert_allclose(line, point, rtol=1e-7)


def test_minimum_distance_is_half_the_diameter_or_what_is_asked_for():
    cell = CellGeometry([[0, 0]], [[0, 0]], [[0, 0]], [10.0])
    x = [0.0, 3.0, 5.0, 8.0]
    with pytest.warns(UserWarning, match="2 of 4 contact-segment pairs are nearer than half the diameter"):
        matrix = PointSourcePotential(cell, x, [0] * 4, [0] * 4).get_transformation_matrix()
    np.testing.assert_allclose(matrix[:, 0] * 4 * np.pi * 0.3, 1 / np.array([5, 5, 5, 8.0]), rtol=1e-15)
    model = PointSourcePotential(cell, x, [0] * 4, [0] * 4, minimum_distance=4.0)
    with pytest.warns(UserWarning, match="2 of 4 contact-segment pairs are nearer than 4 µm"):
        matrix = model.get_transformation_matrix()
    np.testing.assert_allclose(matrix[:, 0] * 4 * np.pi * 0.3, 1 / np.array([4, 4, 5, 8.0]), rtol=1e-15)
    assert model.clamped_pairs == 2


@pytest.mark.peer
def test_against_lfpykit():
    import lfpykit

    ends = [RNG.uniform(-100, 100, (40, 2)) for _ in range(3)]
    d = RNG.uniform(1, 60, 40)
    contacts = RNG.uniform(-150, 150, (3, 60))
    theirs = lfpykit.PointSourcePotential(lfpykit.CellGeometry(*ends, d), *contacts, sigma=0.27)
    with pytest.warns(UserWarning, match="nearer"):
        ours = PointSourcePotential(CellGeometry(*ends, d), *contacts, sigma=0.27).get_transformation_matrix()
    np.testing.assert_allclose(ours, theirs.get_transformation_matrix(), rtol=1e-9)
