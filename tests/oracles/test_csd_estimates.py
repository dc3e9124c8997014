"""Estimates of current source density against quadrature, round trips, limits, condition numbers and elephant."""

import itertools

import neo
import numpy as np
import pytest
import quantities as pq
import xarray as xr
from elephant.current_source_density import estimate_csd
from scipy.integrate import quad

import lfptools
from lfptools.analysis.csd_inverse import (
    InverseParameters,
    delta_matrix,
    disc_integral,
    spline,
    spline_matrix,
    step_matrix,
)
from lfptools.errors import DatasetError

Z = 100.0 * np.arange(12)
P = InverseParameters(radius_um=500.0, conductivity_S_per_m=0.3)
MATRICES = {"csd_delta": delta_matrix, "csd_step": step_matrix, "csd_spline": spline_matrix}


def potential(values, z=Z, t=None):
    """Data at contacts along z."""
    t = np.arange(values.shape[1]) * 0.1 if t is None else t
    coords = {"t": ("t", t, {"units": "ms"}), "contact_id": ("contact", [f"c{i}" for i in range(len(z))])}
    for axis, at in (("x", 0 * z + 7.0), ("y", 0 * z), ("z", z)):
        coords[f"contact_{axis}"] = ("contact", at, {"units": "um"})
    return xr.DataArray(values, dims=("contact", "t"), coords=coords, attrs={"units": "mV"}, name="potential")


@pytest.mark.parametrize(("name", "condition", "half_a_digit"), [("csd_delta", 66.15, 5e-3), ("csd_step", 129.4, 5e-2)])
def test_condition_numbers(name, condition, half_a_digit):
    found = getattr(lfptools, name)(potential(np.zeros((12, 2))), radius_um=500.0)
    assert found.attrs["condition_number"] == pytest.approx(condition, abs=half_a_digit)


@pytest.mark.parametrize("name", MATRICES)
def test_round_trip(name):
    true = np.random.default_rng(3).standard_normal((12, 5)) * 1e-4
    found = getattr(lfptools, name)(potential(MATRICES[name](Z, P) @ true), radius_um=500.0)["current_source_density"]
    at_contacts = found.values[:: (found.sizes["depth"] - 1) // 11]
    np.testing.assert_allclose(at_contacts, true, rtol=0, atol=1e-12 * np.abs(true).max())
    assert found.attrs["units"] == "nA um-3"


def _disc_potential(u, radius):
    """Potential on the axis of a disc of unit density, integrated over its rings of point sources."""
    return quad(lambda r: 2 * np.pi * r / (4 * np.pi * 0.3 * np.hypot(u, r)), 0.0, radius, epsabs=0, epsrel=1e-11)[0]


@pytest.mark.parametrize("u", [0.0, 30.0, 100.0, 700.0])
def test_discs_are_rings_of_point_sources(u):
    along = np.array([0.0, 100.0, 100.0 + max(u, 1.0)])
    found = delta_matrix(along, P) / np.diff([-50.0, 50.0, 100 + 0.5 * max(u, 1.0), 100 + 1.5 * max(u, 1.0)])
    assert found[1, 2] == pytest.approx(_disc_potential(max(u, 1.0), 500.0), rel=1e-9)


@pytest.mark.parametrize("z", [Z, np.array([0.0, 40.0, 100.0, 250.0, 300.0])], ids=["even", "uneven"])
def test_slabs_and_splines_are_integrals_of_discs(z):
    edges = np.concatenate([[1.5 * z[0] - 0.5 * z[1]], 0.5 * (z[1:] + z[:-1]), [1.5 * z[-1] - 0.5 * z[-2]]])
    i, j = 1, len(z) - 2
    for row, column in ((i, i), (i, j), (j, i)):
        u = z[row]
        slab = quad(lambda s, u=u: _disc_potential(u - s, 500.0), edges[column], edges[column + 1], points=[u])[0]
        assert step_matrix(z, P)[row, column] == pytest.approx(slab, rel=1e-7)
    nodes, curves = spline(z)
    whole = sum(
        quad(lambda s: float(curves(s)[j]) * _disc_potential(z[i] - s, 500.0), a, b, limit=200)[0]
        for a, b in itertools.pairwise(nodes)
    )
    assert spline_matrix(z, P)[i, j] == pytest.approx(whole, rel=1e-6)


def test_the_integral_of_a_disc_is_odd_and_ends_where_the_disc_is_far():
    u = np.linspace(-900, 900, 7)
    np.testing.assert_allclose(disc_integral(u, 300.0), -disc_integral(-u, 300.0), rtol=1e-13)


@pytest.mark.parametrize("name", MATRICES)
def test_a_conducting_or_insulating_top_is_a_mirror(name):
    """σ_top = 0 doubles the sources at the plane, σ_top = ∞ cancels them, σ_top = σ changes nothing."""
    same = InverseParameters(radius_um=500, top_conductivity_S_per_m=0.3, top_distance_um=50)
    np.testing.assert_allclose(MATRICES[name](Z, same), MATRICES[name](Z, P), rtol=1e-12)
    closed = InverseParameters(radius_um=500, top_conductivity_S_per_m=0, top_distance_um=50)
    both = np.concatenate([-100.0 - Z[::-1], Z])  # the contacts and their mirror images in the plane at −50
    mirrored = MATRICES[name](both, P)[12:]
    expected = mirrored[:, 12:] + mirrored[:, :12][:, ::-1]
    if name == "csd_spline":  # two splines that end at the plane are not one through it
        np.testing.assert_allclose(
            (MATRICES[name](Z, closed) @ np.ones(12))[6:], (expected @ np.ones(12))[6:], rtol=0.06
        )
    else:
        np.testing.assert_allclose(MATRICES[name](Z, closed), expected, rtol=1e-10)


def test_infinite_planes_need_the_second_derivative():
    """With R much larger than the array the potential of any sources has −σ φ'' as its density."""
    wide = InverseParameters(radius_um=1e7, conductivity_S_per_m=0.3)
    true = np.exp(-(((Z - 550.0) / 150.0) ** 2))[:, None] * 1e-4
    found = lfptools.csd_second_derivative(potential(delta_matrix(Z, wide) @ true, t=np.zeros(1)))
    np.testing.assert_allclose(found["current_source_density"], true[1:-1], rtol=1e-6, atol=1e-5 * true.sum())
    ends = lfptools.csd_second_derivative(potential(delta_matrix(Z, wide) @ true, t=np.zeros(1)), ends=True)
    assert ends.sizes["depth"] == 12 and found.sizes["depth"] == 10
    np.testing.assert_array_equal(ends["current_source_density"][1:-1], found["current_source_density"])


@pytest.mark.parametrize(
    ("name", "theirs", "more"),
    [("csd_delta", "DeltaiCSD", {}), ("csd_step", "StepiCSD", {"h": np.full(12, 1e-4) * pq.m, "tol": 1e-12})],
)
def test_against_elephants_inverse_methods(name, theirs, more):
    values = step_matrix(Z, P) @ (np.random.default_rng(1).standard_normal((12, 4)) * 1e-4)
    mine = getattr(lfptools, name)(potential(values), radius_um=500.0)["current_source_density"].values
    lfp = neo.AnalogSignal(values.T, units="mV", sampling_rate=10 * pq.kHz)
    found = estimate_csd(
        lfp, coordinates=(100.0 + Z[:, None]) * 1e-3 * pq.mm, method=theirs, process_estimate=False, diam=1e-3 * pq.m,
        sigma=0.3 * pq.S / pq.m, sigma_top=0.3 * pq.S / pq.m, f_type="identity", **more,
    )  # fmt: skip
    if name == "csd_delta":  # elephant's is per area of the disc, of slabs 0.1 mm thick
        found = found / (1e-4 * pq.m)
    np.testing.assert_allclose(mine, found.rescale("A/m**3").magnitude.T * 1e-9, rtol=1e-6, atol=1e-12)


def test_kernel_estimates_find_the_sources():
    true = np.exp(-(((Z - 550.0) / 200.0) ** 2))[:, None] * np.array([[1e-4, -2e-4]])
    values = spline_matrix(Z, P) @ true
    found = lfptools.csd_kernel(potential(values), radius_um=500.0, basis_um=200.0)["current_source_density"]
    expected = np.exp(-(((found["depth"].values - 550.0) / 200.0) ** 2))[:, None] * np.array([[1e-4, -2e-4]])
    np.testing.assert_allclose(found["depth"], np.linspace(Z[0], Z[-1], 5 * (Z.size - 1) + 1), atol=1e-9)
    inner = (found["depth"].values > 150) & (found["depth"].values < 950)
    np.testing.assert_allclose(found.values[inner], expected[inner], atol=0.05e-4)


@pytest.mark.parametrize(
    ("z", "words"),
    [
        (np.array([0.0, 100.0, 90.0, 200.0]), "go back"),
        (np.array([0.0, 100.0]), "needs 3 contacts"),
        (np.array([0.0, 100.0, 150.0, 200.0]), "evenly spaced"),
    ],
)
def test_contacts_that_make_no_line_are_refused(z, words):
    data = potential(np.zeros((len(z), 2)), z=z)
    call = lfptools.csd_second_derivative if "evenly" in words else lambda d: lfptools.csd_step(d, radius_um=100.0)
    with pytest.raises(DatasetError, match=words):
        call(data)
