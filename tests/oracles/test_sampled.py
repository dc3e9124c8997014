"""Lead fields on a grid: exact for polynomials, convergent for fields that a formula gives, reciprocal."""

import numpy as np
import pytest
import xarray as xr

from lfptools.errors import DatasetError, GeometryError
from lfptools.forward.line import LineSourcePotential
from lfptools.forward.sampled import SampledPotential
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.contacts import Contacts
from lfptools.io.grid_lead_field import open_grid_lead_field, write_grid_lead_field

RNG = np.random.default_rng(6)
START = RNG.uniform(-50, 50, (20, 3))
END = START + RNG.normal(scale=8, size=START.shape)
END[4] = START[4]
CELL = CellGeometry(*(np.column_stack((START[:, k], END[:, k])) for k in range(3)), np.ones(20))
CONTACTS = Contacts.from_positions([120.0, -150.0], [100.0, 90.0], [130.0, -140.0], ["a", "b"])


def write(path, field, n, units="mV nA-1", length=1.0, length_units="um", axes=None):
    """A file with ``field(points) -> values`` of both contacts on a grid of n³ samples."""
    axes = (np.linspace(-90, 90, n),) * 3 if axes is None else axes
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = np.stack([field(points, contact) for contact in CONTACTS.positions])
    write_grid_lead_field(
        path, values, tuple(a * length for a in axes), CONTACTS, units=units, length_units=length_units
    )
    return path


def point_source(points, contact):
    return 1.0 / (4 * np.pi * 0.3 * np.linalg.norm(points - contact, axis=-1))


@pytest.mark.parametrize(("interpolation", "order", "number"), [("linear", 1, 1), ("cubic", 3, 2)])
def test_polynomials_of_their_degree_are_exact(tmp_path, interpolation, order, number):
    """Along each axis of degree ``order``; a linear one's mean over a segment is its value at the middle."""
    power = np.array([order, 0, 1]) if interpolation == "cubic" else np.array([1, 0, 0])

    def field(points, contact):
        return (points / 50.0) ** power @ np.ones(3) + contact[0]

    uneven = tuple(np.sort(np.r_[-90.0, 90.0, RNG.uniform(-90, 90, 12)]) for _ in range(3))
    model = SampledPotential(CELL, write(tmp_path / "g.nc", field, 0, axes=uneven), interpolation=interpolation,
                             number_of_points=number)  # fmt: skip
    t = np.linspace(0, 1, 2001)[:, None, None]
    fine = START + t * (END - START)
    weights = np.r_[0.5, np.ones(1999), 0.5] / 2000  # the trapezoidal rule
    expected = np.stack([np.einsum("t,tn->n", weights, field(fine, contact)) for contact in CONTACTS.positions])
    np.testing.assert_allclose(model.get_transformation_matrix(), expected, rtol=1e-6)


@pytest.mark.parametrize(("interpolation", "order"), [("linear", 2), ("cubic", 4)])
def test_converges_to_the_line_source(tmp_path, interpolation, order):
    exact = LineSourcePotential(CELL, *CONTACTS.positions.T, sigma=0.3).get_transformation_matrix()
    errors = []
    for n in (10, 19, 37):
        file = write(tmp_path / f"{n}.nc", point_source, n)
        model = SampledPotential(CELL, file, interpolation=interpolation, number_of_points=6)
        errors.append(np.abs(model.get_transformation_matrix() / exact - 1).max())
    assert np.log2(errors[0] / errors[1]) > order - 0.7 and np.log2(errors[1] / errors[2]) > order - 0.7
    assert errors[-1] < (1e-3 if order == 2 else 1e-6)


def test_units_of_the_file_are_converted(tmp_path):
    plain = SampledPotential(CELL, write(tmp_path / "a.nc", point_source, 9)).get_transformation_matrix()
    volts = write(tmp_path / "b.nc", lambda p, c: 1e6 * point_source(p, c), 9, "V A-1", 1e-3, "mm")
    np.testing.assert_allclose(SampledPotential(CELL, volts).get_transformation_matrix(), plain, rtol=1e-13)
    raw = xr.open_dataset(tmp_path / "a.nc").load()
    raw["lead_field"] = raw["lead_field"] * 1e6
    raw["lead_field"].attrs["units"] = "V A-1"
    for axis in "xyz":
        raw[axis] = (axis, raw[axis].values * 1e-6, {"units": "m"})
    raw.to_netcdf(tmp_path / "c.nc")
    found = SampledPotential(CELL, tmp_path / "c.nc").get_transformation_matrix()
    np.testing.assert_allclose(found, plain, rtol=1e-12)


def test_only_the_part_around_the_cell_is_read(tmp_path):
    grid = open_grid_lead_field(write(tmp_path / "g.nc", point_source, 37))
    axes, values = grid.around(np.array([[0.5, 0.5, 0.5], [4.0, 0.5, 9.0]]), 0)
    assert values.shape == (2, 2, 3, 2)
    assert all(
        axis[0] <= low and axis[-1] >= high for axis, low, high in zip(axes, (0.5,) * 3, (4, 0.5, 9), strict=True)
    )


def test_a_cell_outside_the_grid_and_holes_are_told(tmp_path):
    file = write(tmp_path / "g.nc", point_source, 9)
    away = CellGeometry([[0, 10.0], [80, 95.0]], [[0, 0.0]] * 2, [[0, 0.0]] * 2, [1.0, 1.0])
    with pytest.raises(GeometryError, match=r"from -90 to 90 µm along x; 1 places lie outside.* indices \[5\]"):
        SampledPotential(away, file).get_transformation_matrix()
    with xr.open_dataset(file) as dataset:
        holed = dataset.load()
    holed["lead_field"][1, 4, 4, 4] = np.nan
    holed.to_netcdf(tmp_path / "holed.nc")
    with pytest.raises(DatasetError, match=r"contact 'b' is not finite at \[0.0, 0.0, 0.0\] µm"):
        SampledPotential(CELL, tmp_path / "holed.nc").get_transformation_matrix()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ds: ds.drop_vars("contact_id"), "has no contact_id"),
        (lambda ds: ds.transpose("x", "contact", "y", "z"), "must have dimensions"),
        (lambda ds: ds.assign(lead_field=ds.lead_field.assign_attrs(units="V")), "potential per current"),
        (lambda ds: ds.isel(x=slice(None, None, -1)), "x must be at least two finite numbers that increase"),
        (lambda ds: ds.assign_coords(y=("y", ds.y.values, {"units": "ms"})), "y must have units of a length"),
    ],
)
def test_files_that_are_none(tmp_path, change, message):
    with xr.open_dataset(write(tmp_path / "g.nc", point_source, 5)) as dataset:
        change(dataset.load()).to_netcdf(tmp_path / "bad.nc")
    with pytest.raises(DatasetError, match=message):
        SampledPotential(None, tmp_path / "bad.nc")


def test_impossible_arguments(tmp_path):
    file = write(tmp_path / "g.nc", point_source, 5)
    with pytest.raises(ValueError, match="did you mean 'cubic'"):
        SampledPotential(CELL, file, interpolation="cubc")
    with pytest.raises(ValueError, match="whole number >= 1"):
        SampledPotential(CELL, file, number_of_points=0)
    with pytest.raises(DatasetError, match="there is no grid lead field"):
        SampledPotential(CELL, tmp_path / "nowhere.nc")
    with pytest.raises(DatasetError, match=r"shape \(2, 2, 2, 2\)"):
        write_grid_lead_field(file, np.zeros((1, 2, 2, 2)), (np.arange(2.0),) * 3, CONTACTS, units="V A-1")
