"""Point and line sources in anisotropic media: quadrature in many digits, limits, rotation and Laplace's equation."""

import mpmath as mp
import numpy as np
import pytest

from lfptools.forward.electrode import RecExtElectrode
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.segments import rotation_matrix

DIAGONAL = (0.3, 0.3, 0.45)
TURN = rotation_matrix(x=0.7, y=-0.4, z=1.9)
TENSOR = TURN @ np.diag([0.1, 0.3, 0.6]) @ TURN.T
TENSOR = 0.5 * (TENSOR + TENSOR.T)
MEDIA = {"diagonal": np.array(DIAGONAL), "tensor": TENSOR}


def cell_of(start: np.ndarray, end: np.ndarray, d: float = 1e-12) -> CellGeometry:
    start, end = np.atleast_2d(start), np.atleast_2d(end)
    return CellGeometry(*(np.column_stack((start[:, k], end[:, k])) for k in range(3)), np.full(len(start), d))


def potential(cell: object, contacts: object, sigma: object, **options: object) -> np.ndarray:
    """mV per nA."""
    x, y, z = np.atleast_2d(np.asarray(contacts, dtype=float)).T
    return RecExtElectrode(cell, sigma, x=x, y=y, z=z, **options).get_transformation_matrix()


def exact(start: np.ndarray, end: np.ndarray, contact: np.ndarray, sigma: np.ndarray) -> float:
    """The mean of the point source's potential along a segment, by adaptive quadrature in 40 digits."""
    with mp.workdps(40):
        tensor = mp.matrix((np.diag(sigma) if np.ndim(sigma) == 1 else sigma).tolist())
        inverse, det = tensor**-1, mp.det(tensor)
        p, q, c = ([mp.mpf(float(v)) for v in a] for a in (start, end, contact))

        def reciprocal(t: mp.mpf) -> mp.mpf:
            v = mp.matrix([a - b - t * (e - b) for a, b, e in zip(c, p, q, strict=True)])
            return 1 / mp.sqrt((v.T * inverse * v)[0])

        chord = mp.matrix([e - b for b, e in zip(p, q, strict=True)])
        off = mp.matrix([a - b for a, b in zip(c, p, strict=True)])
        length2 = (chord.T * inverse * chord)[0]
        if length2 == 0:
            return float(reciprocal(mp.mpf(0)) / (4 * mp.pi * mp.sqrt(det)))
        foot = (off.T * inverse * chord)[0] / length2  # where the integrand peaks: refine towards it
        knots = {mp.mpf(0), mp.mpf(1)} | {foot + s * mp.mpf(16) ** -k for k in range(12) for s in (-1, 1)} | {foot}
        knots = sorted(k for k in knots if 0 <= k <= 1)
        return float(mp.quad(reciprocal, knots) / (4 * mp.pi * mp.sqrt(det)))


@pytest.mark.parametrize(("place", "microvolt"), [((100, 0, 0), 2.165824), ((0, 0, 100), 2.652582)])
def test_published_values(place, microvolt):
    point = cell_of([0, 0, 0], [0, 0, 0])
    for method in ("pointsource", "linesource"):
        assert 1e3 * potential(point, place, DIAGONAL, method=method)[0, 0] == pytest.approx(microvolt, abs=5e-7)


@pytest.mark.parametrize("medium", MEDIA)
def test_quadrature_in_random_geometry(medium):
    rng = np.random.default_rng(0)
    sigma = MEDIA[medium]
    for _ in range(15):
        start = rng.uniform(-100, 100, 3)
        end = start + rng.normal(size=3) * 10 ** rng.uniform(-2, 2)
        contact = start + rng.uniform(-1, 2) * (end - start) + rng.normal(size=3) * 10 ** rng.uniform(-1, 2)
        got = potential(cell_of(start, end), contact, sigma)[0, 0]
        assert got == pytest.approx(exact(start, end, contact, sigma), rel=1e-12)


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("r", [2.0**-24, 2.0**-17, 2.0**-10, 0.125])
def test_beside_the_segment_in_exact_numbers(medium, r):
    """Contacts 6e-8 µm and more beside a segment far from the origin, across it and along a third direction."""
    start, end = np.array([100.0, -70.0, 900.0]), np.array([100.0, -70.0, 1028.0])
    contacts = [(100.0 + r, -70.0, 964.0), (100.0, -70.0 - r, 901.0), (100.0 - r, -70.0 + r, 1020.0)]
    got = potential(cell_of(start, end, 1e-13), contacts, MEDIA[medium])[:, 0]
    np.testing.assert_allclose(got, [exact(start, end, c, MEDIA[medium]) for c in contacts], rtol=1e-12)


@pytest.mark.parametrize("medium", MEDIA)
def test_obliquely_beside_the_segment(medium):
    start, end = np.array([10.3, -7.1, 90.7]), np.array([71.9, 33.3, 50.1])
    across = np.cross(end - start, [0.3, 0.5, 0.1])
    across /= np.linalg.norm(across)
    for r in (1e-3, 1e-2, 1.0):
        contact = 0.37 * start + 0.63 * end + r * across
        got = potential(cell_of(start, end, 1e-9), contact, MEDIA[medium])[0, 0]
        assert got == pytest.approx(exact(start, end, contact, MEDIA[medium]), rel=1e-12)


@pytest.mark.filterwarnings("ignore:.*pairs are nearer")
@pytest.mark.parametrize("method", ["linesource", "pointsource", "root_as_point"])
def test_isotropic_media_three_ways(method):
    rng = np.random.default_rng(1)
    cell = cell_of(rng.uniform(-90, 90, (70, 3)), rng.uniform(-90, 90, (70, 3)), 4.0)
    contacts = rng.uniform(-100, 100, (30, 3))
    roots = {"rootinds": [0, 3]} if method == "root_as_point" else {}
    one = potential(cell, contacts, 0.27, method=method, minimum_distance=1.0, **roots)
    for sigma in ([0.27] * 3, 0.27 * np.eye(3)):
        np.testing.assert_array_equal(
            potential(cell, contacts, sigma, method=method, minimum_distance=1.0, **roots), one
        )
    almost = 0.27 * np.array([1, 1, 1 + 1e-13])  # the way of anisotropic media, and the same medium
    many = potential(cell, contacts, almost, method=method, minimum_distance=1.0, **roots)
    np.testing.assert_allclose(many, one, rtol=1e-11)


@pytest.mark.parametrize("method", ["linesource", "pointsource"])
def test_a_tensor_is_a_diagonal_turned(method):
    """Also for contacts that are moved out to the minimum distance: it is meant in space, not in other coordinates."""
    rng = np.random.default_rng(2)
    start, end = rng.uniform(-90, 90, (2, 40, 3))
    end[:5] = start[:5]
    contacts = np.concatenate(
        (rng.uniform(-100, 100, (30, 3)), 0.3 * start[:8] + 0.7 * end[:8] + rng.normal(size=(8, 3)))
    )
    along = np.array([0.1, 0.3, 0.6])
    with pytest.warns(UserWarning, match="nearer"):
        plain = potential(cell_of(start, end, 6.0), contacts, along, method=method)
    turned = cell_of(start @ TURN.T, end @ TURN.T, 6.0)
    with pytest.warns(UserWarning, match="nearer"):
        got = potential(turned, contacts @ TURN.T, TENSOR, method=method)
    np.testing.assert_allclose(got, plain, rtol=1e-11)


@pytest.mark.parametrize("medium", MEDIA)
def test_current_is_conserved_where_there_is_no_source(medium):
    """div(σ grad φ) = 0, by differences; and its terms alone do not vanish."""
    tensor = np.diag(MEDIA[medium]) if medium == "diagonal" else MEDIA[medium]
    rng = np.random.default_rng(3)
    cell = cell_of(rng.uniform(-30, 30, 3), rng.uniform(-30, 30, 3))
    h = 0.2
    for contact in rng.uniform(40, 90, (10, 3)):
        terms = []
        for i in range(3):
            for j in range(3):
                a, b = h * np.eye(3)[i], h * np.eye(3)[j]
                at = potential(
                    cell, [contact + a + b, contact + a - b, contact - a + b, contact - a - b], MEDIA[medium]
                )[:, 0]
                terms.append(tensor[i, j] * (at[0] - at[1] - at[2] + at[3]) / (4 * h * h))
        assert abs(sum(terms)) < 1e-3 * np.abs(terms).sum()


@pytest.mark.parametrize("medium", MEDIA)
def test_flux_through_a_closed_surface_is_the_current(medium):
    tensor = np.diag(MEDIA[medium]) if medium == "diagonal" else MEDIA[medium]
    nodes, weights = np.polynomial.legendre.leggauss(40)
    angle = 2 * np.pi * np.arange(80) / 80
    c, a = (v.ravel() for v in np.meshgrid(nodes, angle, indexing="ij"))
    normal = np.column_stack((np.sqrt(1 - c**2) * np.cos(a), np.sqrt(1 - c**2) * np.sin(a), c))
    cell = cell_of([-20.0, 5, 3], [15.0, -8, 10])
    radius, h = 80.0, 1e-3
    flow = np.zeros(len(c))
    for k in range(3):
        step = h * np.eye(3)[k]
        slope = (potential(cell, radius * normal + step, MEDIA[medium]) - potential(cell, radius * normal - step,
                 MEDIA[medium]))[:, 0] / (2 * h)  # fmt: skip
        flow -= (normal @ tensor)[:, k] * slope
    assert (flow * np.repeat(weights, 80)).sum() * 2 * np.pi / 80 * radius**2 == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("medium", MEDIA)
def test_splitting_far_away_and_superposition(medium):
    rng = np.random.default_rng(4)
    p0, p1 = rng.uniform(-100, 100, (2, 3))
    contacts = rng.uniform(-120, 120, (20, 3))
    knots = np.sort(np.r_[0, rng.uniform(0, 1, 6), 1])
    points = p0 + knots[:, None] * (p1 - p0)
    whole = potential(cell_of(p0, p1), contacts, MEDIA[medium])[:, 0]
    parts = potential(cell_of(points[:-1], points[1:]), contacts, MEDIA[medium])
    np.testing.assert_allclose(parts @ np.diff(knots), whole, rtol=1e-12)
    far = 1e6 * contacts
    np.testing.assert_allclose(
        potential(cell_of(p0, p1), far, MEDIA[medium]),
        potential(cell_of(p0, p1), far, MEDIA[medium], method="pointsource"), rtol=1e-9,
    )  # fmt: skip
    scaled = potential(cell_of(4 * p0, 4 * p1), 4 * contacts, MEDIA[medium] / 2)[:, 0]
    np.testing.assert_allclose(scaled, whole / 2, rtol=1e-14)  # φ ~ 1/(σ length)


@pytest.mark.parametrize("medium", MEDIA)
def test_minimum_distance_is_meant_in_space(medium):
    """A contact nearer than it has the potential of the place at that distance, straight out from where it is."""
    start, end = np.array([0.0, 0, 0]), np.array([0.0, 0, 60.0])
    out = np.array([0.6, 0.8, 0.0])
    contacts = [30 * np.array([0, 0, 1]) + r * out for r in (5.0, 3.0, 0.01)]
    with pytest.warns(UserWarning, match="2 of 3"):
        line = potential(cell_of(start, end, 10.0), contacts, MEDIA[medium])[:, 0]
    np.testing.assert_allclose(line, exact(start, end, contacts[0], MEDIA[medium]), rtol=1e-12)
    slanted = np.array([2.0, -3, 6]) / 7
    contacts = [30 * np.array([0, 0, 1]) + r * slanted for r in (5.0 + 1e-12, 3.0, 0.01)]
    with pytest.warns(UserWarning, match="2 of 3"):
        point = potential(cell_of(start, end, 10.0), contacts, MEDIA[medium], method="pointsource")[:, 0]
    np.testing.assert_allclose(point, exact(contacts[0] * 0, contacts[0] * 0, 5 * slanted, MEDIA[medium]), rtol=1e-12)
    with pytest.warns(UserWarning, match="1 of 2"):  # from the segment: one beyond the end is not near
        ends = potential(cell_of(start, end, 10.0), [(0, 1, 61.0), (0, 1, 66.0)], MEDIA[medium], clamp="segment")[:, 0]
    moved = np.array([0, np.sqrt(25 - 1.0), 61.0])
    expected = [exact(start, end, moved, MEDIA[medium]), exact(start, end, np.array([0, 1, 66.0]), MEDIA[medium])]
    np.testing.assert_allclose(ends, expected, rtol=1e-12)


def test_a_contact_in_the_source_itself():
    point, line = cell_of([0, 0, 0], [0, 0, 0], 10.0), cell_of([0, 0, 0], [0, 0, 60], 10.0)
    for cell, method in ((point, "pointsource"), (point, "linesource"), (line, "linesource")):
        with pytest.warns(UserWarning, match="1 of 1"):
            got = potential(cell, (0, 0, 0), TENSOR, method=method)[0, 0]
        assert np.isfinite(got)
        np.testing.assert_allclose(got, exact(cell.start[0], cell.end[0], np.array([5.0, 0, 0]), TENSOR), rtol=1e-12)


@pytest.mark.peer
@pytest.mark.parametrize("method", ["linesource", "pointsource", "root_as_point"])
def test_against_lfpykit(method):
    from lfpykit import lfpcalc

    rng = np.random.default_rng(5)
    start = rng.uniform(-300, 300, (200, 3))
    end = start + rng.normal(scale=20, size=(200, 3))
    contacts = rng.uniform(-350, 350, (20, 3))
    ends = [np.column_stack((start[:, k], end[:, k])) for k in range(3)]
    sigma, least = np.array([0.2, 0.3, 0.45]), np.full(200, 0.05)
    theirs = [getattr(lfpcalc, f"calc_lfp_{method}_anisotropic")(*ends, *contact, sigma, least) for contact in contacts]
    roots = {"rootinds": [0]} if method == "root_as_point" else {}
    ours = potential(cell_of(start, end, 0.1), contacts, sigma, method=method, **roots)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
