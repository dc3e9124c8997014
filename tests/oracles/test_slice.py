"""The slice against sums over images in 40 digits, the layered medium solved wave number by wave number, and limits."""

import itertools
import warnings

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import j0

from lfptools.forward.line import LineSourcePotential
from lfptools.forward.slice import RecMEAElectrode
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.kernels import images

SLICES = {  # sigma_T, sigma_S, sigma_G, h
    "on glass": (0.3, 1.5, 0.0, 300.0),
    "saline below too": (0.3, 1.5, 1.2, 200.0),
    "dry": (0.3, 0.0, 0.02, 300.0),
    "between": (0.3, 0.1, 0.6, 250.0),
}


def cell(*segments: tuple, d: float = 1e-6) -> CellGeometry:
    ends = np.array(segments, dtype=float)
    return CellGeometry(ends[:, :, 0], ends[:, :, 1], ends[:, :, 2], np.full(len(ends), d))


def potential(geometry: CellGeometry, contacts: object, slab: tuple, **options: object) -> np.ndarray:
    """Shape (contacts, segments), mV/nA."""
    x, y, z = np.atleast_2d(np.asarray(contacts, dtype=float)).T
    sigma_T, sigma_S, sigma_G, h = slab
    model = RecMEAElectrode(geometry, sigma_T, sigma_S, sigma_G, h, x=x, y=y, z=z, **options)
    return model.get_transformation_matrix()


def mean_reciprocal(start, end, contact) -> mp.mpf:
    """Mean of 1/r over a segment, Holt & Koch's integral."""
    d = [mp.mpf(b) - mp.mpf(a) for a, b in zip(start, end, strict=True)]
    v = [mp.mpf(c) - mp.mpf(a) for a, c in zip(start, contact, strict=True)]
    length = mp.sqrt(sum(a * a for a in d))
    if length == 0:
        return 1 / mp.sqrt(sum(a * a for a in v))
    u = sum(a * b for a, b in zip(d, v, strict=True)) / length
    r = mp.sqrt(sum(a * a for a in v) - u * u)
    return (mp.asinh(u / r) - mp.asinh((u - length) / r)) / length


def image_sum(start, end, contact, slab) -> float:
    """Ness et al. (2015), eq. for a contact in the slice, until a term is less than 1e-17 of the sum, in 40 digits."""
    with mp.workdps(40):
        t, s, g, h = map(mp.mpf, slab)
        ws, wg = (t - s) / (t + s), (t - g) / (t + g)
        x, y, z = contact
        z = mp.mpf(z)

        def omega(depth):
            return mean_reciprocal(start, end, (x, y, depth))

        total, n, q = omega(z) + ws * omega(2 * h - z) + wg * omega(-z), 1, ws * wg
        while True:
            pair = omega(z + 2 * n * h) + omega(z - 2 * n * h)
            term = q**n * (ws * omega(2 * (n + 1) * h - z) + wg * omega(-z - 2 * n * h) + pair)
            total += term
            if abs(term) < mp.mpf(1e-17) * abs(total) * (1 - abs(q)):
                return float(total / (4 * mp.pi * t))
            n += 1


def layered(source, contact, slab) -> float:
    """Potential of 1 nA from the three layers' own equations: for each wave number, what the faces demand is solved."""
    sigma_T, sigma_S, sigma_G, h = slab
    zs, z = source[2], contact[2]
    rho = np.hypot(source[0] - contact[0], source[1] - contact[1])

    def amplitudes(k):  # glass C e^{kz}, tissue A e^{-kz} + B e^{k(z-h)} beside e^{-k|z-zs|}, saline D e^{-k(z-h)}
        e, down, up = np.exp(-k * h), np.exp(-k * zs), np.exp(-k * (h - zs))
        matrix = [
            [1, e, -1, 0], [-sigma_T, sigma_T * e, -sigma_G, 0],
            [e, 1, 0, -1], [-sigma_T * e, sigma_T, 0, sigma_S],
        ]  # fmt: skip
        return np.linalg.solve(matrix, [-down, -sigma_T * down, -up, sigma_T * up])

    def integrand(k):
        a, b, c, d = amplitudes(k)
        if z < 0:
            value = c * np.exp(k * z)
        elif z > h:
            value = d * np.exp(-k * (z - h))
        else:
            value = a * np.exp(-k * z) + b * np.exp(k * (z - h))
        return value * j0(k * rho)

    far = 40.0 / max(min(z + zs, 2 * h - z - zs) if 0 <= z <= h else abs(z - zs), 1.0)
    value, _ = quad(integrand, 0, far, epsabs=1e-13, epsrel=1e-11, limit=400)
    direct = 1 / np.hypot(rho, z - zs) if 0 <= z <= h else 0.0
    return (value + direct) / (4 * np.pi * sigma_T)


@pytest.mark.parametrize(("height", "expected"), [(10, 52.148005), (50, 9.699324)])
def test_published_values(height, expected):
    at = ((0, 0, height), (0, 0, height))
    for method in ("linesource", "pointsource"):
        got = potential(cell(at), (0, 0, 0), SLICES["on glass"], method=method)[0, 0]
        assert 1e3 * got == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize("name", SLICES)
@pytest.mark.parametrize("z", [0.0, 3.0, 120.0, "top", -40.0, 420.0])
def test_layers_solved_for_each_wave_number(name, z):
    slab = SLICES[name]
    source, contact = (5.0, 10.0, 70.0), (60.0, -20.0, slab[3] if z == "top" else z)
    got = potential(cell((source, source)), contact, slab, tolerance=1e-12)[0, 0]
    assert got == pytest.approx(layered(source, contact, slab), rel=1e-8)


@pytest.mark.parametrize("name", SLICES)
def test_images_summed_to_convergence(name):
    slab, rng = SLICES[name], np.random.default_rng(3)
    lengths = [0.0, 2.0, 30.0, 400.0]
    for length in lengths:
        start = rng.uniform(0, [200, 200, slab[3]])
        step = rng.normal(size=3)
        end = start + step * length / np.linalg.norm(step) * [1, 1, 0.3]
        end[2] = np.clip(end[2], 0, slab[3])
        contacts = [(*rng.uniform(-200, 400, 2), z) for z in (0.0, slab[3], *rng.uniform(0, slab[3], 2))]
        contacts.append((4e3, 1e3, 0.0))
        exact = [image_sum(start, end, contact, slab) for contact in contacts]
        for tolerance, allowed in ((1e-13, 2e-12), (1e-9, 1e-9)):
            got = potential(cell((start, end)), contacts, slab, tolerance=tolerance, clamp="segment")[:, 0]
            unit = 1 / (4 * np.pi * slab[0] * slab[3])
            np.testing.assert_allclose(got, exact, rtol=1e-13, atol=allowed * unit)


def test_boundary_conditions_hold():
    """Potential and normal current pass both faces; no current enters what insulates."""
    geometry = cell(((0, 0, 40), (80, 30, 130)), ((10, 5, 2), (30, 5, 2)))
    spots, step = np.random.default_rng(0).uniform(-150, 200, (6, 2)), 0.02
    for sigma_T, sigma_S, sigma_G, h in SLICES.values():
        for face, below, above in ((0.0, sigma_G, sigma_T), (h, sigma_T, sigma_S)):
            values = {}
            for k in (-2, -1, 0, 1, 2):
                contacts = np.column_stack((spots, np.full(6, face + k * step)))
                values[k] = potential(geometry, contacts, (sigma_T, sigma_S, sigma_G, h), tolerance=1e-13)
            up = (-3 * values[0] + 4 * values[1] - values[2]) / (2 * step)
            down = (3 * values[0] - 4 * values[-1] + values[-2]) / (2 * step)
            scale = np.abs(values[0]) / 50.0
            np.testing.assert_allclose(2 * values[0], values[1] + values[-1], rtol=2e-3)
            assert (np.abs(above * up - below * down) < 1e-4 * scale).all()


def test_laplacian_vanishes_in_all_three_media():
    geometry = cell(((0, 0, 40), (80, 30, 130)))
    step = 0.5
    for z in (-60.0, 200.0, 400.0):
        contact = np.array([-30.0, 60.0, z])
        ring = [contact + s * step * e for e in np.eye(3) for s in (-1, 1)]
        values = potential(geometry, [contact, *ring], SLICES["between"], tolerance=1e-13)[:, 0]
        second = np.array([values[1 + 2 * k] + values[2 + 2 * k] - 2 * values[0] for k in range(3)])
        assert abs(second.sum()) < 1e-3 * np.abs(second).sum()


def test_current_leaves_through_a_closed_surface():
    """Gauss on a sphere about the source that cuts both faces: −∮ σ ∂φ/∂n dA = I, each part with its own σ."""
    sigma_T, sigma_S, sigma_G, h = slab = (0.3, 1.5, 0.6, 60.0)
    source, radius, e = np.array([0.0, 0.0, 20.0]), 90.0, 1e-3
    borders = np.sort([-1.0, (0 - 20) / radius, (h - 20) / radius, 1.0])
    nodes, weights = np.polynomial.legendre.leggauss(60)
    flux = 0.0
    for low, high in itertools.pairwise(borders):
        c = 0.5 * (low + high) + 0.5 * (high - low) * nodes
        normal = np.column_stack((np.sqrt(1 - c * c), 0 * c, c))
        outer, inner = (
            potential(cell((source, source)), source + (radius + s * e) * normal, slab, tolerance=1e-13)[:, 0]
            for s in (1, -1)
        )
        z = 20 + radius * c
        sigma = np.where(z < 0, sigma_G, np.where(z > h, sigma_S, sigma_T))
        flux -= (sigma * (outer - inner) / (2 * e) * weights).sum() * 0.5 * (high - low) * 2 * np.pi * radius**2
    assert flux == pytest.approx(1.0, rel=1e-5)


def test_equal_conductivities_are_the_infinite_medium():
    rng = np.random.default_rng(1)
    start = rng.uniform(0, 300, (30, 3))
    geometry = cell(*zip(start, np.clip(start + rng.normal(scale=20, size=(30, 3)), 0, 300), strict=True), d=2.0)
    contacts = rng.uniform(-50, 350, (40, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = potential(geometry, contacts, (0.4, 0.4, 0.4, 300.0))
        infinite = LineSourcePotential(geometry, *contacts.T, 0.4).get_transformation_matrix()
    np.testing.assert_allclose(got, infinite, rtol=1e-12)


def test_an_insulating_plate_doubles_what_is_on_it_and_a_conducting_one_cancels():
    geometry = cell(((0, 0, 20), (30, 10, 50)))
    contacts = [(0, 0, 0), (100, 50, 0), (-20, 300, 0)]
    infinite = LineSourcePotential(geometry, *np.array(contacts, float).T, 0.3).get_transformation_matrix()
    np.testing.assert_allclose(potential(geometry, contacts, (0.3, 0.3, 0.0, 200.0)), 2 * infinite, rtol=1e-12)
    assert (potential(geometry, contacts, (0.3, 0.3, 3e9, 200.0)) < 1e-9 * infinite).all()


def test_a_thick_slice_does_not_feel_the_bath():
    geometry = cell(((0, 0, 20), (30, 10, 50)))
    contacts = [(0, 0, 0), (100, 50, 30)]
    half_space = potential(geometry, contacts, (0.3, 0.3, 0.0, 1e3))
    differences = [np.abs(potential(geometry, contacts, (0.3, 1.5, 0.0, h)) - half_space).max() for h in (1e4, 1e5)]
    assert differences[0] < 2e-3 * half_space.max()
    assert differences[0] / differences[1] == pytest.approx(10, rel=0.01)  # the images' distance


def test_more_saline_and_thinner_slices_lower_the_potential():
    geometry, contacts = cell(((0, 0, 20), (30, 10, 50))), [(0, 0, 0), (100, 50, 0), (400, 0, 0)]
    by_saline = np.stack([potential(geometry, contacts, (0.3, s, 0.0, 200.0)) for s in (0.1, 0.3, 0.6, 1.5, 30.0)])
    by_thickness = np.stack([potential(geometry, contacts, (0.3, 1.5, 0.0, h)) for h in (60, 100, 300, 1000)])
    assert (np.diff(by_saline, axis=0) < 0).all() and (np.diff(by_thickness, axis=0) > 0).all()


def test_reciprocity():
    rng = np.random.default_rng(2)
    ours, others = (rng.uniform(0, [300, 300, 250], (12, 3)) for _ in range(2))
    for slab in SLICES.values():
        slab = (*slab[:3], 250.0)
        forth = potential(cell(*((p, p) for p in ours)), others, slab)
        back = potential(cell(*((p, p) for p in others)), ours, slab)
        np.testing.assert_allclose(forth, back.T, rtol=1e-12)


def test_a_line_is_the_mean_over_points_also_where_it_is_cut():
    """Far images of long segments are taken piece by piece."""
    nodes, weights = np.polynomial.legendre.leggauss(300)
    start, end = np.array([0.0, 10.0, 5.0]), np.array([900.0, -40.0, 280.0])
    points = start + 0.5 * (nodes[:, None] + 1) * (end - start)
    contacts = [(-300, 0, 0), (0, 200, 0), (400, 200, 150), (1300, 100, 300)]
    line = potential(cell((start, end)), contacts, SLICES["on glass"], tolerance=1e-12)[:, 0]
    mean = 0.5 * potential(cell(*((p, p) for p in points)), contacts, SLICES["on glass"], tolerance=1e-12) @ weights
    np.testing.assert_allclose(line, mean, rtol=1e-11)


def test_splitting_a_segment_changes_nothing():
    rng = np.random.default_rng(3)
    p0, p1 = rng.uniform(0, 300, (2, 3))
    contacts = rng.uniform(-20, 320, (20, 3))
    knots = np.sort(np.r_[0, rng.uniform(0, 1, 6), 1])
    points = p0 + knots[:, None] * (p1 - p0)
    parts = potential(cell(*itertools.pairwise(points)), contacts, SLICES["on glass"], tolerance=1e-13)
    whole = potential(cell((p0, p1)), contacts, SLICES["on glass"], tolerance=1e-13)[:, 0]
    np.testing.assert_allclose(parts @ np.diff(knots), whole, rtol=1e-11)


def test_minimum_distance_acts_on_the_source_and_its_mirror_image():
    """On glass they coincide: twice the clamped source. It passes into the slice without a jump."""
    slab = (0.3, 0.3, 0.0, 300.0)
    thick = cell(((0, 0, 2), (100, 0, 2)), d=20.0)
    contact = (50.0, 0.0, 0.0)
    with pytest.warns(UserWarning, match="1 of 1 contact-segment pairs are nearer"):
        on, just_above = (potential(thick, (*contact[:2], z), slab)[0, 0] for z in (0.0, 1e-9))
    assert on == pytest.approx(2 * 2 * np.arcsinh(50 / 10) / (4 * np.pi * 0.3 * 100), rel=1e-12)
    assert just_above == pytest.approx(on, rel=1e-9)


@pytest.mark.parametrize("q", [-0.999, -2 / 3, -0.1, -1e-3, 1e-3, 0.2, 0.5])
def test_economised_weights_stand_for_all_orders(q):
    """The polynomial of the weights is within the stated distance of 1/(1 − qx), and its bound is not far off."""
    x = np.sin(np.linspace(0, np.pi / 2, 4001)) ** 2
    for m in (2, 5, 9):
        found = images.economised("tissue", q, 1.0, m)
        difference = np.abs(1 / (1 - q * x) - np.polynomial.polynomial.polyval(x, np.r_[1, found.weights]))
        eta = np.arccosh(abs(2 / q - 1))
        bound = 1 / (np.sinh(eta) * np.sinh(m * eta)) / (1 - max(q, 0))
        assert difference.max() < bound * 1.001 + 1e-15
        assert difference[[0, -1]].max() < 1e-13 and np.abs(found.weights).max() < 1.001
        assert bound < found.error < 40 * bound


@pytest.mark.parametrize(("saline", "glass"), [(-2 / 3, 1.0), (-0.98, 1.0), (0.4, 0.9), (0.9, 0.95), (-0.5, -0.9)])
def test_error_bounds_of_series_hold(saline, glass):
    """Wherever contact and source are, against so many orders that nothing is left out."""
    rng = np.random.default_rng(0)
    q, heights = saline * glass, {"glass": (-2, 0), "tissue": (0, 1), "saline": (1, 3)}

    def total(place, weights, z, source, rho):
        near, far = images.images(place, 1.0, saline, glass, weights)
        sign, shift, weight = np.concatenate((near[:, :3], far)).T
        return (weight / np.hypot(rho, sign * z + shift - source)).sum()

    for place, (low, high) in heights.items():
        spots = [(rng.uniform(low, high), rng.uniform(0, 1), 10 ** rng.uniform(-2, 1)) for _ in range(40)]
        for spot in [*spots, (low, 1, 0.01), (high, 0, 0.01)]:
            exact = total(place, q ** np.arange(1.0, 3001), *spot)
            for orders in (2, 4, 8):
                for make in (images.economised, images.geometric) if q <= 0.5 else (images.geometric,):
                    found = make(place, saline, glass, orders)
                    assert abs(total(place, found.weights, *spot) - exact) <= found.error + 1e-13


@pytest.mark.peer
def test_against_lfpykit():
    import lfpykit

    rng = np.random.default_rng(5)
    start = rng.uniform([-200, -200, 2], [200, 200, 298], (60, 3))
    end = start + rng.normal(scale=20, size=(60, 3))
    end[:, 2] = np.clip(end[:, 2], 1, 299)
    arrays = [np.column_stack((start[:, k], end[:, k])) for k in range(3)]
    d = np.full(60, 0.1)
    flat = rng.uniform(-250, 250, (2, 40))
    deep = np.vstack((flat, rng.uniform(0, 300, 40)))
    bottom = np.vstack((flat, np.zeros(40)))
    for contacts, method, sigma_G, options in (
        (bottom, "linesource", 0.0, {}), (bottom, "pointsource", 0.1, {}), (deep, "pointsource", 0.1, {}),
        (deep, "pointsource", 0.0, {"steps": 5}),
    ):  # fmt: skip
        keys = {"x": contacts[0], "y": contacts[1], "z": contacts[2], "method": method, "sigma_G": sigma_G}
        theirs = lfpykit.RecMEAElectrode(lfpykit.CellGeometry(*arrays, d), **{"steps": 300, **keys, **options})
        ours = RecMEAElectrode(CellGeometry(*arrays, d), **keys, **options, tolerance=1e-12)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            matrix = ours.get_transformation_matrix()
        assert ours.clamped_pairs == 0
        np.testing.assert_allclose(matrix, theirs.get_transformation_matrix(), rtol=1e-9)


@pytest.mark.peer
def test_where_lfpykit_is_not_followed():
    """On the line through a vertical segment, within an oblique one, and with contacts in the glass or the bath."""
    import lfpykit

    upright = ((0, 0, 20), (0, 0, 60))
    keys = {"x": np.zeros(1), "y": np.zeros(1), "z": np.zeros(1), "steps": 400}
    theirs = lfpykit.RecMEAElectrode(
        lfpykit.CellGeometry(np.zeros((1, 2)), np.zeros((1, 2)), np.array([[20.0, 60.0]]), np.array([1e-6])),
        method="linesource", **keys,
    ).get_transformation_matrix()  # fmt: skip
    beside = image_sum(*upright, (1e-6, 0, 0), SLICES["on glass"])
    on_axis = potential(cell(upright), (0, 0, 0), SLICES["on glass"], clamp="segment")[0, 0]
    assert on_axis == pytest.approx(beside, rel=1e-9)
    assert abs(theirs[0, 0] / beside - 1) > 0.05
    level = np.array([[-9.0, 9.0]]), np.zeros((1, 2)), np.full((1, 2), 3.0), np.array([18.0])
    theirs = lfpykit.RecMEAElectrode(lfpykit.CellGeometry(*level), method="linesource", **keys)
    with pytest.warns(UserWarning, match="1 of 1"):  # a contact within a level segment: it moves far images too
        ours = RecMEAElectrode(CellGeometry(*level), **{**keys, "steps": None}).get_transformation_matrix()
    assert 1e-9 < abs(ours / theirs.get_transformation_matrix() - 1).max() < 1e-4
    oblique, flat_keys = ((-9, 9, 7.5), (6, -5, 3.7)), {"x": np.array([2.0]), "y": np.zeros(1), "z": np.zeros(1)}
    arrays = [np.array([[a, b]], dtype=float) for a, b in zip(*oblique, strict=True)]
    infinite = (
        2
        * lfpykit.LineSourcePotential(
            lfpykit.CellGeometry(*arrays, np.array([18.0])), **flat_keys, sigma=0.3
        ).get_transformation_matrix()
    )
    theirs = lfpykit.RecMEAElectrode(
        lfpykit.CellGeometry(*arrays, np.array([18.0])), sigma_S=0.3, method="linesource", **flat_keys
    ).get_transformation_matrix()
    with pytest.warns(UserWarning, match="1 of 1"):
        ours = potential(cell(oblique, d=18.0), (2, 0, 0), (0.3, 0.3, 0.0, 300.0))
    assert ours[0, 0] == pytest.approx(infinite[0, 0], rel=1e-9)
    assert abs(theirs[0, 0] / infinite[0, 0] - 1) > 0.05
    source = (5.0, 10.0, 70.0)
    geometry = lfpykit.CellGeometry(*(np.full((1, 2), v) for v in source), np.array([1.0]))
    for z in (-10.0, 310.0):
        keys = {"x": np.array([40.0]), "y": np.array([5.0]), "z": np.array([z]), "steps": 400}
        theirs = lfpykit.RecMEAElectrode(geometry, method="pointsource", **keys).get_transformation_matrix()[0, 0]
        solved = layered(source, (40.0, 5.0, z), SLICES["on glass"])
        ours = potential(cell((source, source)), (40.0, 5.0, z), SLICES["on glass"])[0, 0]
        assert ours == pytest.approx(solved, rel=1e-8)
        assert abs(theirs / solved - 1) > 0.1
