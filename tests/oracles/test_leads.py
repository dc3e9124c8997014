"""Means over rings and segments of deep-brain leads: closed forms for sources on the axis, integration beside it."""

import numpy as np
import pytest
from scipy.integrate import dblquad

from lfptools.forward.electrode import RecExtElectrode
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.probes.lead import LeadParameters, lead
from lfptools.probes.lead_models import ARC, LEAD_MODELS

SIGMA = 0.3
AXIS = np.array([2.0, -1.0, 2.0]) / 3
TIP = np.array([100.0, 200.0, -300.0])


def placed(name: str):
    return lead(
        LeadParameters(
            lead=name, direction=tuple(AXIS), turn_rad=0.4, position_um=dict(zip("xyz", TIP.tolist(), strict=True))
        )
    )


def measured(contacts, source: np.ndarray, n: int) -> np.ndarray:
    """Potential at the contacts per nA at a point."""
    ends = [[float(value)] * 2 for value in source]
    cell = CellGeometry(*(np.array([axis]) for axis in ends), d=np.array([1.0]))
    return RecExtElectrode(cell, SIGMA, contacts, n=n, method="pointsource").get_transformation_matrix()[:, 0]


@pytest.mark.parametrize("name", sorted(LEAD_MODELS))
def test_a_source_on_the_axis(name):
    """The mean over z of 1/√(R² + z²): the same for a ring and for a segment of it."""
    model, contacts = LEAD_MODELS[name], placed(name)
    at = -800.0  # below the tip
    z1 = (contacts.positions - TIP) @ AXIS - 0.5 * model.length - at
    z2, radius = z1 + model.length, 0.5 * model.diameter
    expected = (np.arcsinh(z2 / radius) - np.arcsinh(z1 / radius)) / (4 * np.pi * SIGMA * model.length)
    np.testing.assert_allclose(measured(contacts, TIP + at * AXIS, 60), expected, rtol=1e-6)


def test_a_source_beside_a_ring_and_a_segment():
    model, contacts = LEAD_MODELS["abbott_6172"], placed("abbott_6172")
    source = TIP + 3000 * AXIS + 1100.0 * contacts.surfaces.normal[1]  # 0.45 mm off the mantle, before a segment
    found = measured(contacts, source, 400)
    for i, arc in ((0, 2 * np.pi), (1, ARC), (2, ARC)):
        e, t = contacts.surfaces.normal[i], contacts.surfaces.tangent[i]
        b, half, at = np.cross(e, t), 0.5 * model.length, contacts.positions[i]

        def potential(z: float, a: float, e=e, t=t, b=b, at=at) -> float:
            p = at + z * t + 0.5 * model.diameter * (np.cos(a) * e + np.sin(a) * b)
            return 1 / (4 * np.pi * SIGMA * np.linalg.norm(p - source))

        mean = dblquad(potential, -arc / 2, arc / 2, -half, half, epsabs=1e-12)[0] / (arc * model.length)
        assert found[i] == pytest.approx(mean, rel=1e-6)
    assert found[1] > found[2] == pytest.approx(found[3], rel=1e-9)  # the other two are its mirror images


def test_three_segments_are_a_ring_without_its_gaps():
    """For a source far away all segments of a level read what a ring there reads."""
    contacts = placed("boston_DB2202")
    far = measured(contacts, TIP + 4e6 * np.array([1.0, 1.0, 0]), 60)
    np.testing.assert_allclose(far, 1 / (4 * np.pi * SIGMA * 4e6 * np.sqrt(2)), rtol=2e-3)
