"""Means over contact surfaces, and which segments are points: closed forms, adaptive integration, symmetry, LFPykit."""

from types import SimpleNamespace

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import dblquad

from lfptools.forward.electrode import RecExtElectrode
from lfptools.forward.line import LineSourcePotential
from lfptools.forward.point import PointSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import Segments, rotation_matrix
from lfptools.geometry.surfaces import Surfaces

SIGMA = 0.3
TURN = rotation_matrix(x=0.7, y=-0.4, z=1.9)


def cell_of(start: object, end: object, d: float = 1e-9) -> CellGeometry:
    start, end = np.atleast_2d(np.asarray(start, dtype=float)), np.atleast_2d(np.asarray(end, dtype=float))
    return CellGeometry(*(np.column_stack((start[:, k], end[:, k])) for k in range(3)), np.full(len(start), d))


def point_at(*place: float) -> CellGeometry:
    return cell_of(place, place)


def with_surface(centre: np.ndarray, surfaces: Surfaces) -> Contacts:
    return Contacts(*np.atleast_2d(centre).T, tuple(map(str, range(len(surfaces)))), surfaces)


def matrix(cell: object, **options: object) -> np.ndarray:
    return RecExtElectrode(cell, **options).get_transformation_matrix()


@pytest.mark.parametrize(("z", "microvolt"), [(10, 21.97471), (20, 12.523795), (100, 2.645984)])
@pytest.mark.parametrize("normal", [[0, 0, 1], [0, 0, -2], [1, 0, 0], [2, -3, 6]])
def test_disc_on_its_axis(z, microvolt, normal):
    """A disc of radius a, a source at z on its axis: φ = I/(2πσa²)(√(z² + a²) − z), however the disc stands."""
    normal = np.asarray(normal) / np.linalg.norm(normal)
    got = matrix(point_at(*(5 + z * normal)), x=[5], y=[5], z=[5], N=[normal], r=10.0, n=400)[0, 0]
    assert 1e3 * got == pytest.approx(microvolt, abs=5e-6)
    assert got == pytest.approx((np.hypot(z, 10) - z) / (2 * np.pi * SIGMA * 100), rel=1e-9)


@pytest.mark.filterwarnings("ignore:.*spacing of the points")
def test_error_falls_exponentially_with_the_root_of_the_number_of_points():
    exact = (np.hypot(8, 10) - 8) / (2 * np.pi * SIGMA * 100)
    disc = {"x": [0], "y": [0], "z": [0], "N": [0, 0, 1], "r": 10.0}
    error = [abs(matrix(point_at(0, 0, 8), **disc, n=n)[0, 0] / exact - 1) for n in (1, 20, 100, 400)]
    assert 0.1 < error[0] < 0.5 and error[1] < 1e-3 and error[2] < 1e-5 and error[3] < 1e-9


def mean_of_line(length: float, place: np.ndarray) -> float:
    """1/(4πσL) ln(…) at a place, of the segment along z from 0, in the textbook's form, for places off it."""
    a, b = np.linalg.norm(place), np.linalg.norm(place - [0, 0, length])
    return np.log((a + b + length) / (a + b - length)) / (4 * np.pi * SIGMA * length)


KINDS = {
    "circle": {"radius": 8.0},
    "square": {"width": 14.0, "height": 14.0},
    "rect": {"width": 6.0, "height": 25.0},
    "cylinder": {"radius": 9.0, "height": 14.0, "angle": 1.3},
    "ring": {"radius": 9.0, "height": 14.0, "angle": 2 * np.pi},
}


@pytest.mark.parametrize("kind", KINDS)
def test_line_source_over_every_shape(kind):
    """Against nested adaptive integration over the surface's own parameters, in a tilted position."""
    sizes, length = KINDS[kind], 40.0
    shape = "cylinder" if kind == "ring" else kind
    surfaces = Surfaces.make(shape, [0.3, -0.5, 0.8], 1, tangent=[1.0, 2.0, 3.0], **sizes)
    centre = np.array([24.0, 13.0, 15.0])
    e, t = surfaces.normal[0], surfaces.tangent[0]
    b = np.cross(e, t)

    def over(a: float, c: float) -> float:
        if shape == "circle":
            return c * mean_of_line(length, centre + c * (np.cos(a) * t + np.sin(a) * b))
        if shape == "cylinder":
            return mean_of_line(length, centre + c * t + sizes["radius"] * (np.cos(a) * e + np.sin(a) * b))
        return mean_of_line(length, centre + a * t + c * b)

    half = {"circle": (np.pi, None), "cylinder": (sizes.get("angle", 0) / 2, sizes.get("height", 0) / 2)}.get(
        shape, (sizes.get("width", 0) / 2, sizes.get("height", 0) / 2)
    )
    outer = (0, sizes["radius"]) if shape == "circle" else (-half[1], half[1])
    total, _ = dblquad(over, *outer, -half[0], half[0], epsabs=0, epsrel=1e-10)
    area = np.pi * sizes["radius"] ** 2 if shape == "circle" else 4 * half[0] * half[1]
    got = matrix(cell_of([0, 0, 0], [0, 0, length]), probe=with_surface(centre, surfaces), n=2000)[0, 0]
    assert got == pytest.approx(total / area, rel=1e-9)


@pytest.mark.parametrize(("shape", "r", "sides"), [("square", 6.0, (6, 6)), ("rect", [4.0, 11.0], (4, 11))])
def test_sizes_are_half_sides(shape, r, sides):
    """As LFPykit computes: contacts reach ``r`` to either side. On the axis against a double integral in 30 digits."""
    with mp.workdps(30):
        exact = mp.quad(lambda u, v: 1 / mp.sqrt(u * u + v * v + 144), [-sides[0], sides[0]], [-sides[1], sides[1]])
        exact = float(exact / (4 * sides[0] * sides[1] * 4 * mp.pi * mp.mpf(SIGMA)))
    got = matrix(point_at(0, 12, 0), x=[0], y=[0], z=[0], N=[0, 1, 0], r=r, contact_shape=shape, n=400)[0, 0]
    assert got == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_turning_and_moving_everything_together(kind):
    rng = np.random.default_rng(0)
    start, end = rng.uniform(-60, 60, (2, 70, 3))
    shape = "cylinder" if kind == "ring" else kind
    normals, tangents, centres = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), rng.uniform(60, 90, (5, 3))
    plain = Surfaces.make(shape, normals, 5, tangents, **KINDS[kind])
    turned = Surfaces.make(shape, normals @ TURN.T, 5, tangents @ TURN.T, **KINDS[kind])
    shift = np.array([130.0, -70.0, 41.0])
    before = matrix(cell_of(start, end), probe=with_surface(centres, plain))
    after = matrix(
        cell_of(start @ TURN.T + shift, end @ TURN.T + shift), probe=with_surface(centres @ TURN.T + shift, turned)
    )
    np.testing.assert_allclose(after, before, rtol=1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_a_normal_counts_for_one_contact_of_any_shape(kind):
    shape = "cylinder" if kind == "ring" else kind
    two = [
        matrix(point_at(20, 0, 0), probe=with_surface(np.zeros(3), Surfaces.make(shape, n, 1, t, **KINDS[kind])))[0, 0]
        for n, t in (([1, 0, 0], [0, 0, 1]), ([0, 1, 0], [1, 0, 0]))
    ]
    assert abs(two[0] / two[1] - 1) > 0.005


def test_small_and_far_contacts_are_points():
    cell = cell_of([0, 0, 0], [0, 0, 40])
    point = matrix(cell, x=[30.0], y=[0.0], z=[7.0])
    np.testing.assert_allclose(matrix(cell, x=[30.0], y=[0.0], z=[7.0], N=[1, 1, 0], r=1e-6), point, rtol=1e-12)
    far = matrix(cell, x=[3e5], y=[0.0], z=[7.0], N=[1, 1, 0], r=10.0)
    np.testing.assert_allclose(far, matrix(cell, x=[3e5], y=[0.0], z=[7.0]), rtol=1e-8)


def test_reciprocity_of_a_disc():
    """The disc's mean of a point source's potential is the potential there of the disc as an even source."""
    rng = np.random.default_rng(1)
    places = rng.uniform([-50, -50, 40], [50, 50, 140], (20, 3))
    electrode = RecExtElectrode(cell_of(places, places), x=[0], y=[0], z=[0], N=[0.0, 0, 1], r=12.0, n=50,
                                method="pointsource")  # fmt: skip
    points, weights = electrode.points()
    back = PointSourcePotential(cell_of(points[0], points[0]), *places.T).get_transformation_matrix() @ weights[0]
    np.testing.assert_allclose(electrode.get_transformation_matrix()[0], back, rtol=1e-12)


def test_nothing_is_drawn_at_random():
    """The global generator is neither read nor written, and the seed does nothing."""
    disc = {"x": [30.0], "y": [0.0], "z": [0.0], "N": [1, 0, 0], "r": 9.0}
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    same = {matrix(point_at(0, 0, 0), **disc, seedvalue=s).tobytes() for s in (None, 1, 2)}
    assert len(same) == 1
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def network() -> Segments:
    """Two cells: a soma of two segments each, in sections of their own, and dendrites."""
    names = ("a.soma", "a.dend", "b.soma", "b.dend")
    z = np.array([[0, 8], [8, 16], [16, 60], [60, 100], [0, 6], [6, 12], [12, 70]], dtype=float)
    x = np.array([[0, 0]] * 4 + [[80, 80]] * 3, dtype=float)
    chord = np.diff(z, axis=1)[:, 0]
    section = np.array([0, 0, 1, 1, 2, 2, 3])
    d = np.array([15, 15, 2, 2, 12, 12, 1.0])
    return Segments(x, np.zeros((7, 2)), z, d, np.pi * d * chord, chord, section,
                    np.array([0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.5]), names, np.array([-1, 0, -1, 2]),
                    np.array([np.nan, 1, np.nan, 1]), tuple(np.zeros((0, 4)) for _ in names))  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*pairs are nearer")
def test_every_soma_of_every_cell_is_a_point():
    cells = network()
    contacts = dict(zip("xyz", np.random.default_rng(2).uniform(-100, 150, (3, 30)), strict=True))
    line = LineSourcePotential(cells, **contacts).get_transformation_matrix()
    point = PointSourcePotential(cells, **contacts).get_transformation_matrix()
    got = matrix(cells, **contacts, method="root_as_point")
    np.testing.assert_allclose(got[:, [0, 1, 4, 5]], point[:, [0, 1, 4, 5]], rtol=1e-14)
    np.testing.assert_array_equal(got[:, [2, 3, 6]], line[:, [2, 3, 6]])
    arrays = CellGeometry(cells.x, cells.y, cells.z, cells.d)
    for roots in ([0, 1, 4, 5], np.array([5, 4, 1, 0])):
        np.testing.assert_array_equal(matrix(arrays, **contacts, method="root_as_point", rootinds=roots), got)
    known = SimpleNamespace(x=cells.x, y=cells.y, z=cells.z, d=cells.d, somaidx=np.array([0, 1, 4, 5]))
    np.testing.assert_array_equal(matrix(known, **contacts, method="root_as_point"), got)


def test_the_soma_as_a_sphere_is_not_entered():
    """Nearer to the soma's middle than its radius, the potential is that at its surface; and says so."""
    cells = network()
    with pytest.warns(UserWarning, match="1 of 14 contact-segment pairs are nearer than half the diameter"):
        got = matrix(cells, x=[0, 0], y=[3, 8.5], z=[4, 4], method="root_as_point")
    np.testing.assert_allclose(got[:, 0], 1 / (4 * np.pi * SIGMA * np.array([7.5, 8.5])), rtol=1e-14)


@pytest.mark.parametrize("method", ["linesource", "pointsource"])
def test_points_and_lines_as_the_models_of_their_own(method):
    rng = np.random.default_rng(3)
    cell = cell_of(rng.uniform(-90, 90, (130, 3)), rng.uniform(-90, 90, (130, 3)), 0.1)
    contacts = dict(zip("xyz", rng.uniform(-100, 100, (3, 40)), strict=True))
    plain = {"linesource": LineSourcePotential, "pointsource": PointSourcePotential}[method](cell, **contacts)
    np.testing.assert_array_equal(matrix(cell, **contacts, method=method), plain.get_transformation_matrix())


def test_clamped_pairs_are_of_contacts_and_segments_not_of_points():
    cell = cell_of([[0, 0, 0], [0, 0, 30]], [[0, 0, 30], [0, 0, 60]], 8.0)
    electrode = RecExtElectrode(cell, x=[3.0, 90], y=[0, 0], z=[15, 15], N=[1, 0, 0], r=2.0)
    with pytest.warns(UserWarning, match="2 of 4"):  # both segments lie on one axis
        electrode.get_transformation_matrix()
    assert electrode.clamped_pairs == 2


@pytest.mark.peer
def test_against_lfpykits_random_points():
    """LFPykit's mean of 5,000 points differs by what 5,000 random points differ by, for discs that stand anyhow."""
    import lfpykit

    rng = np.random.default_rng(4)
    start, end = rng.uniform(-60, 60, (2, 10, 3))
    cell = cell_of(start, end, 0.1)
    normals, centres = rng.normal(size=(4, 3)), rng.uniform(60, 90, (3, 4))
    given = dict(zip("xyz", centres, strict=True)) | {"N": normals, "r": 12.0}
    theirs = lfpykit.RecExtElectrode(lfpykit.CellGeometry(cell.x, cell.y, cell.z, cell.d), **given, n=5000, seedvalue=1)
    np.testing.assert_allclose(matrix(cell, **given), theirs.get_transformation_matrix(), rtol=0.01)


@pytest.mark.filterwarnings("ignore:.*pairs are nearer")
def test_too_few_points_for_what_is_near():
    """It is said, with a number of points that is enough: per cents become 1e-3."""
    disc = {"x": [0.0, 500], "y": [0.0, 500], "z": [0.0, 500], "N": [0, 0, 1], "r": 100.0}
    cell = cell_of([[10, 5, 7], [900, 0, 0]], [[10, 5, 7], [950, 0, 0]])
    exact = matrix(cell, **disc, n=10_000)[0, 0]
    with pytest.warns(UserWarning, match=r"nearer to 1 contacts \(indices \[0\]\).*7 µm to '0'.*points instead of 20"):
        off = RecExtElectrode(cell, **disc)
        coarse = off.get_transformation_matrix()[0, 0]
    off.get_transformation_matrix()  # once
    with pytest.warns(UserWarning) as said:
        matrix(cell, **disc)
    enough = int(str(said[0].message).split(" points instead")[0].split()[-1])
    assert abs(coarse / exact - 1) > 0.02
    assert abs(matrix(cell, **disc, n=enough)[0, 0] / exact - 1) < 5e-3 and 100 < enough < 1000


def test_nothing_is_said_where_the_points_are_enough():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for place in ([0, 0, 30.0], [0, 130.0, 0]):
            matrix(point_at(*place), x=[0], y=[0], z=[0], N=[0, 0, 1], r=100.0)
        thick = cell_of([[0, 0, 7]], [[0, 0, 7]], 120.0)  # its minimum distance is larger than the spacing
    with pytest.warns(UserWarning, match="clos|near") as said:
        matrix(thick, x=[0], y=[0], z=[0], N=[0, 0, 1], r=100.0)
    assert len(said) == 1 and "half the diameter" in str(said[0].message)
