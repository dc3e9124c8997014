"""The current dipole moment against its definition and against the far field of the potential."""

import numpy as np
import pytest

from lfptools.forward.dipole import CurrentDipoleMoment
from lfptools.forward.line import LineSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry

RNG = np.random.default_rng(0)
ENDS = [RNG.uniform(-50, 50, (25, 2)) for _ in range(3)]
CELL = CellGeometry(*ENDS, np.ones(25))


def test_two_opposite_currents():
    cell = CellGeometry([[0, 0], [0, 0]], [[0, 0], [0, 0]], [[-10, 10], [90, 110]], [1.0, 1.0])
    np.testing.assert_array_equal(CurrentDipoleMoment(cell).get_transformation_matrix() @ [-2.0, 2.0], [0, 0, 200.0])


def test_far_potential_is_that_of_the_dipole():
    currents = RNG.normal(size=25)
    currents -= currents.mean()
    moment = CurrentDipoleMoment(CELL).get_transformation_matrix() @ currents
    for r, tolerance in ((1e4, 2e-2), (1e6, 2e-4)):
        direction = moment / np.linalg.norm(moment)
        potential = LineSourcePotential(CELL, *(r * direction)[:, None]).get_transformation_matrix() @ currents
        expected = moment @ direction / (4 * np.pi * 0.3 * r**2)
        assert potential[0] == pytest.approx(expected, rel=tolerance)


def test_origin_matters_only_with_a_monopole():
    moved = CellGeometry(ENDS[0] + 1000.0, ENDS[1], ENDS[2], np.ones(25))
    currents = RNG.normal(size=25)
    before, after = (CurrentDipoleMoment(c).get_transformation_matrix() @ currents for c in (CELL, moved))
    np.testing.assert_allclose(after - before, [1000 * currents.sum(), 0, 0], atol=1e-10)


@pytest.mark.peer
def test_against_lfpykit():
    import lfpykit

    theirs = lfpykit.CurrentDipoleMoment(lfpykit.CellGeometry(*ENDS, np.ones(25))).get_transformation_matrix()
    np.testing.assert_allclose(CurrentDipoleMoment(CELL).get_transformation_matrix(), theirs, rtol=1e-12, atol=1e-12)
