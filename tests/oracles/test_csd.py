"""Ground-truth current source density: conservation, brute force by points, hand-made cases, LFPykit."""

import warnings

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from lfptools.errors import DatasetError, GeometryError, LfptoolsWarning
from lfptools.forward.apply import apply_lead_field
from lfptools.forward.csd import LaminarCurrentSourceDensity, VolumetricCurrentSourceDensity
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.forward.line import LineSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.io.lead_field import matrix_of
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.schema.kinds import check
from lfptools.units import attrs

RNG = np.random.default_rng(4)
N = 60


def cell_of(start: np.ndarray, end: np.ndarray) -> CellGeometry:
    return CellGeometry(*(np.column_stack((start[:, k], end[:, k])) for k in range(3)), np.ones(len(start)))


START = RNG.uniform(-90, 90, (N, 3))
END = np.clip(START + RNG.normal(scale=40, size=(N, 3)), -99, 99)
END[[3, 7]] = START[[3, 7]]
CELL = cell_of(START, END)


def volumes(model: VolumetricCurrentSourceDensity) -> np.ndarray:
    dx, dy, dz = np.meshgrid(np.diff(model.x), np.diff(model.y), np.diff(model.z), indexing="ij")
    return dx * dy * dz


@pytest.mark.parametrize("edges", [np.linspace(-100, 100, 9), np.array([-100, -7.0, 0.0, 1e-3, 55.5, 100])])
def test_boxes_that_tile_space_share_every_current(edges):
    model = VolumetricCurrentSourceDensity(CELL, edges, edges, np.linspace(-100, 100, 31))
    matrix = model.get_transformation_matrix()
    shares = (matrix * volumes(model)[..., None]).sum(axis=(0, 1, 2))
    np.testing.assert_allclose(shares, 1.0, rtol=1e-13)
    assert model.outside.max() < 1e-12 and (matrix >= 0).all()


def test_cylinders_that_tile_space_share_every_current():
    z = np.linspace(-100, 100, 13)
    bins, r = np.column_stack((z[:-1], z[1:])), np.full(12, 200.0)
    matrix = LaminarCurrentSourceDensity(CELL, bins, r).get_transformation_matrix()
    np.testing.assert_allclose((matrix * np.pi * 200**2 * np.diff(z)[:, None]).sum(axis=0), 1.0, rtol=1e-13)


def test_nested_cylinders_share_every_current():
    """What is inside a narrow cylinder and in the ring around it is what is in the wide one."""
    bins = np.array([[-30.0, 20.0]] * 2)
    with pytest.warns(LfptoolsWarning, match="in no bin"):
        matrix = LaminarCurrentSourceDensity(CELL, bins, [40.0, 400.0]).get_transformation_matrix()
    narrow, wide = matrix * (np.pi * np.array([40.0, 400.0]) ** 2 * 50.0)[:, None]
    t = (np.arange(200_000) + 0.5) / 200_000
    for i in range(N):  # points along the segment, counted
        x, y, z = (START[i] + t[:, None] * (END[i] - START[i])).T
        inside = (z >= -30) & (z < 20)
        assert narrow[i] == pytest.approx((inside & (x * x + y * y < 1600)).mean(), abs=2e-5)
        assert wide[i] == pytest.approx(inside.mean(), abs=2e-5)


def test_boxes_against_points_along_the_segments():
    model = VolumetricCurrentSourceDensity(CELL, [-100, -20, 15, 100], [-100, 3, 100], [-100, -40, 60, 100])
    shares = model.get_transformation_matrix() * volumes(model)[..., None]
    t = (np.arange(100_000) + 0.5) / 100_000
    for i in range(0, N, 6):
        points = START[i] + t[:, None] * (END[i] - START[i])
        counted, _ = np.histogramdd(points, bins=[model.x, model.y, model.z])
        np.testing.assert_allclose(shares[..., i], counted / t.size, atol=3e-5)


def test_a_segment_across_a_whole_bin_and_out_of_the_cylinder():
    """From −10 to 110 along z, leaving a cylinder of radius 5 half-way: 20/120 in each bin, 0 outside."""
    cell = CellGeometry([[0, 10.0]], [[0, 0]], [[-10, 110.0]], [1.0])
    z = np.arange(-20.0, 121.0, 20)
    model = LaminarCurrentSourceDensity(cell, np.column_stack((z[:-1], z[1:])), np.full(z.size - 1, 5.0))
    with pytest.warns(LfptoolsWarning, match="1 of 1 segments lie wholly or partly in no bin"):
        shares = model.get_transformation_matrix()[:, 0] * np.pi * 25 * 20
    np.testing.assert_allclose(shares, np.array([10, 20, 20, 10, 0, 0, 0]) / 120, atol=1e-15)
    assert model.outside[0] == pytest.approx(0.5)


@pytest.mark.parametrize(("z", "bin_index"), [(0.0, 1), (10.0, 2), (-10.0, 0)])
def test_what_lies_on_a_face_belongs_to_the_upper_bin(z, bin_index):
    edges = np.array([-10.0, 0.0, 10.0, 20.0])
    for x in ([-3.0, 4.0], [1.0, 1.0]):
        cell = CellGeometry([x], [[0.0, 0.0]], [[z, z]], [1.0])
        volumetric = VolumetricCurrentSourceDensity(cell, [-5, 5], [-5, 5], edges).get_transformation_matrix()[
            0, 0, :, 0
        ]
        bins = np.column_stack((edges[:-1], edges[1:]))
        laminar = LaminarCurrentSourceDensity(cell, bins, np.full(3, 9.0)).get_transformation_matrix()[:, 0]
        expected = np.eye(3)[bin_index]
        np.testing.assert_allclose(volumetric * 1000, expected, rtol=1e-14)
        np.testing.assert_allclose(laminar * np.pi * 81 * 10, expected, rtol=1e-14)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_any_segment_on_any_grid_is_shared_without_a_rest(seed):
    """Coordinates that are whole numbers hit faces, edges and corners of boxes all the time."""
    rng = np.random.default_rng(seed)
    start, end = rng.integers(-4, 5, (2, 8, 3)).astype(float)
    edges = [np.sort(rng.choice(np.arange(-4, 5), 4, replace=False)).astype(float) for _ in range(3)]
    edges = [np.r_[-5.0, e[(e > -5) & (e < 5)], 5.0] for e in edges]
    model = VolumetricCurrentSourceDensity(cell_of(start, end), *edges)
    shares = (model.get_transformation_matrix() * volumes(model)[..., None]).sum(axis=(0, 1, 2))
    np.testing.assert_allclose(shares, 1.0, rtol=1e-12)
    bins = np.column_stack((edges[2][:-1], edges[2][1:]))
    laminar = LaminarCurrentSourceDensity(model.cell, bins, np.full(len(bins), 20.0)).get_transformation_matrix()
    np.testing.assert_allclose((laminar * np.pi * 400 * np.diff(bins, axis=1)).sum(axis=0), 1.0, rtol=1e-12)


def test_the_potential_far_away_is_that_of_the_density():
    """∫ C dV over 1/(4πσr) in small boxes gives the line sources' potential: an independent sense of the density."""
    currents = RNG.normal(size=N)
    model = VolumetricCurrentSourceDensity(CELL, *[np.linspace(-100, 100, 41)] * 3)
    density = (model.get_row_matrix() @ currents).reshape(model.signal_shape)
    middles = np.stack(np.meshgrid(*[np.linspace(-97.5, 97.5, 40)] * 3, indexing="ij"), axis=-1)
    contact = np.array([400.0, -300.0, 500.0])
    potential = (density * 125.0 / np.linalg.norm(middles - contact, axis=-1)).sum() / (4 * np.pi * 0.3)
    line = LineSourcePotential(CELL, *contact[:, None], sigma=0.3).get_transformation_matrix()[0] @ currents
    assert potential == pytest.approx(line, rel=2e-3)


def test_stored_without_the_zeros(tmp_path):
    edges = {"x": np.linspace(-100, 100, 21), "y": [-100, 100], "z": np.linspace(-100, 100, 81)}
    model = VolumetricCurrentSourceDensity(CELL, **edges)
    dataset = lead_field_dataset(model)
    assert dataset["lead_field"].size < 0.05 * 1600 * N and dataset.attrs["rows"] == "bin"
    write_dataset(dataset, tmp_path / "m.nc", "lead_field")
    with open_dataset(tmp_path / "m.nc", "lead_field") as found:
        np.testing.assert_array_equal(matrix_of(found).toarray(), model.get_row_matrix().toarray())
    currents = RNG.normal(size=(N, 1500))
    run = xr.Dataset(
        {"membrane_current": (("segment", "t"), currents, attrs("membrane_current"))},
        {"t": ("t", np.arange(1500) * 0.1, attrs("t")), "segment_id": dataset["segment_id"].variable},
    )
    signal = apply_lead_field(dataset, run)["current_source_density"]
    full = np.tensordot(model.get_transformation_matrix(), currents, axes=1).reshape(-1, 1500)
    np.testing.assert_allclose(signal.values, full, rtol=1e-12, atol=1e-18)
    part = apply_lead_field(dataset, run.isel(t=slice(100, 700)))["current_source_density"]
    np.testing.assert_array_equal(part.values, signal.values[:, 100:700])  # to the bit, however it was cut


def test_a_cell_outside_all_bins_is_told_and_gives_zero():
    model = VolumetricCurrentSourceDensity(CELL, [500, 600], [0, 1], [0, 1])
    with pytest.warns(LfptoolsWarning, match=f"{N} of {N} segments"):
        dataset = lead_field_dataset(model)
    assert not matrix_of(dataset).toarray().any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: VolumetricCurrentSourceDensity(None, [0.0, 0.0], [0, 1], [0, 1]), r"along x .* indices \[1\]"),
        (lambda: VolumetricCurrentSourceDensity(None, [0, 1], [0, np.nan], [0, 1]), r"along y .* indices \[1\]"),
        (lambda: VolumetricCurrentSourceDensity(None, [0, 1], [0, 1], [0.0]), "along z .* at least two"),
        (lambda: LaminarCurrentSourceDensity(None, [[0, 1], [2, 1]], [1, 1]), r"lower below the upper.* \[1\]"),
        (lambda: LaminarCurrentSourceDensity(None, [[0, 1], [1, 2]], [1, -1]), r"radii > 0 µm: indices \[1\]"),
        (lambda: LaminarCurrentSourceDensity(None, [0, 1], [1]), "shape"),
    ],
)
def test_impossible_bins(make, message):
    with pytest.raises(GeometryError, match=message):
        make()


@pytest.mark.peer
def test_against_lfpykit():
    """LFPykit's laminar density where no segment crosses a whole bin or the mantle; its volumetric one, per volume."""
    import lfpykit

    start = RNG.uniform(-50, 50, (N, 3))
    end = start + RNG.normal(scale=4, size=(N, 3))
    ours = cell_of(start, end)
    peer = lfpykit.CellGeometry(ours.x, ours.y, ours.z, ours.d)
    z = np.arange(-80.0, 81.0, 40)
    bins, r = np.column_stack((z[:-1], z[1:])), np.full(z.size - 1, 300.0)
    np.testing.assert_allclose(
        LaminarCurrentSourceDensity(ours, bins, r).get_transformation_matrix(),
        lfpykit.LaminarCurrentSourceDensity(peer, bins, r).get_transformation_matrix(),
        rtol=1e-9, atol=1e-20,
    )  # fmt: skip
    edges = [np.linspace(-80, 80, 5)] * 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        matrix = VolumetricCurrentSourceDensity(ours, *edges).get_transformation_matrix()
    counted = lfpykit.VolumetricCurrentSourceDensity(peer, *edges, dl=1e-3).get_transformation_matrix()
    np.testing.assert_allclose(matrix * 40.0**3, counted, atol=2e-3)


def test_entries_without_a_place_are_an_error():
    dataset = lead_field_dataset(VolumetricCurrentSourceDensity(CELL, [-100, 0, 100], [-100, 100], [-100, 100]))
    dataset["row_index"].values[3] = 2
    with pytest.raises(DatasetError, match=r"'row_index': expected indices in 0\.\.1, got 2 at index 3"):
        check(dataset, "lead_field")
    with pytest.raises(DatasetError, match="expected the data variables"):
        check(dataset.drop_vars("segment_index"), "lead_field")
