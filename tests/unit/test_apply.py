import warnings

import numpy as np
import pytest
import xarray as xr

from lfptools.errors import CellError, DatasetError, GeometryError, LfptoolsWarning
from lfptools.forward.apply import apply_lead_field, stream_lead_field, write_signal
from lfptools.forward.dipole import CurrentDipoleMoment
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.forward.line import LineSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.segments import Segments
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.units import attrs

ENDS = [np.random.default_rng(k).uniform(-50, 50, (6, 2)) for k in range(3)]
SEGMENTS = Segments.from_arrays(*ENDS, np.full(6, 0.5))
LINE = lead_field_dataset(LineSourcePotential(SEGMENTS, [100.0, 200.0], [0.0, 0.0], [0.0, 50.0]))


def run(samples: int = 2500, balanced: bool = True) -> xr.Dataset:
    currents = np.random.default_rng(9).normal(size=(6, samples))
    if balanced:
        currents -= currents.mean(axis=0)
    return xr.Dataset(
        {"membrane_current": (("segment", "t"), currents, attrs("membrane_current"))},
        {"t": ("t", np.arange(samples) / 16, attrs("t")), "segment_id": ("segment", list(SEGMENTS.ids))},
    )


def test_signal_is_the_product_and_carries_what_made_it():
    signal = apply_lead_field(LINE, run())
    expected = LINE["lead_field"].values @ run()["membrane_current"].values
    np.testing.assert_allclose(signal["potential"].values, expected, rtol=1e-13, atol=1e-15)
    assert signal["potential"].attrs["units"] == "mV"
    assert signal.attrs["model"] == "line" and signal.attrs["parameters"] == LINE.attrs["parameters"]
    assert "segment" not in signal.dims and list(signal["contact_id"].values) == ["0", "1"]


@pytest.mark.parametrize("samples", [1, 1023, 1024, 1025, 2500])
def test_streamed_signal_has_the_same_bits(tmp_path, samples):
    signal = apply_lead_field(LINE, run(samples))
    pieces = []

    class Sink:
        def append(self, values, t):
            pieces.append((values["potential"], t))

    stream_lead_field(LINE, run(samples), Sink())
    assert np.concatenate([p for p, _ in pieces], axis=1).tobytes() == signal["potential"].values.tobytes()
    np.testing.assert_array_equal(np.concatenate([t for _, t in pieces]), signal["t"].values)
    write_signal(LINE, run(samples), tmp_path / "signal.nc")
    with open_dataset(tmp_path / "signal.nc", "signal") as stored:
        assert stored["potential"].values.tobytes() == signal["potential"].values.tobytes()


def test_the_first_samples_do_not_depend_on_how_many_follow():
    long, short = (apply_lead_field(LINE, run(2500).isel(t=slice(0, n)))["potential"].values for n in (2500, 1100))
    assert np.array_equal(long[:, :1100], short)


def test_a_run_without_currents_says_what_it_holds(tmp_path):
    wrong = run().rename(membrane_current="membrane_potential")
    with pytest.raises(DatasetError, match="this run holds membrane_potential; keep currents"):
        write_signal(LINE, wrong, tmp_path / "signal.nc")
    assert not list(tmp_path.iterdir())


def test_foreign_lost_and_reordered_segments_are_errors():
    renamed = run().assign_coords(segment_id=("segment", ["soma(0.5)", *SEGMENTS.ids[1:]]))
    with pytest.raises(DatasetError, match=r"1 segments only in the run \['soma\(0.5\)'\], 1 only in the lead field"):
        apply_lead_field(LINE, renamed)
    with pytest.raises(DatasetError, match="another order"):
        apply_lead_field(LINE, run().isel(segment=slice(None, None, -1)))
    with pytest.raises(DatasetError, match="only in the lead field"):
        apply_lead_field(LINE, run().isel(segment=slice(0, 5)))
    with pytest.raises(DatasetError, match="the run has no segment_id"):
        apply_lead_field(LINE, run().drop_vars("segment_id"))


def test_a_cell_that_has_moved_since_needs_a_new_lead_field():
    placed = {axis: ("segment", values) for axis, values in zip("xyz", SEGMENTS.midpoints.T, strict=True)}
    apply_lead_field(LINE, run().assign_coords(placed))
    with pytest.raises(DatasetError, match="6 segments lie elsewhere in the run"):
        apply_lead_field(LINE, run().assign_coords({**placed, "z": ("segment", SEGMENTS.midpoints[:, 2] + 10)}))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_currents_that_did_not_stay_finite_name_segment_and_sample(tmp_path, value):
    wrong = run()
    wrong["membrane_current"][3, 2000] = value
    with pytest.raises(DatasetError, match=r"segment segment\[3\]\(0.5\) at sample 2000"):
        apply_lead_field(LINE, wrong)
    with pytest.raises(DatasetError, match="sample 2000"):
        write_signal(LINE, wrong, tmp_path / "signal.nc")
    assert not list(tmp_path.iterdir())


def test_from_file_to_file(tmp_path):
    write_dataset(LINE, tmp_path / "lead_field.nc", "lead_field")
    with open_dataset(tmp_path / "lead_field.nc", "lead_field") as stored:
        write_signal(stored, run(), tmp_path / "signal.nc")
        signal = apply_lead_field(stored, run())
    with open_dataset(tmp_path / "signal.nc", "signal") as written:
        xr.testing.assert_equal(written.load(), signal)
        assert written.attrs["clamped_pairs"] == LINE.attrs["clamped_pairs"]


def test_dipole_of_a_monopole_is_warned_about():
    dipole = lead_field_dataset(CurrentDipoleMoment(SEGMENTS))
    with pytest.warns(LfptoolsWarning, match="origin"):
        apply_lead_field(dipole, run(balanced=False))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        apply_lead_field(dipole, run())
        apply_lead_field(LINE, run(balanced=False))


def test_ids_of_segments_come_from_the_cell_or_are_given():
    class Cell:
        segments = SEGMENTS
        x, y, z, d = *ENDS, np.full(6, 0.5)

    for cell in (Cell(), SEGMENTS):
        assert tuple(lead_field_dataset(CurrentDipoleMoment(cell))["segment_id"].values) == SEGMENTS.ids
    plain = CurrentDipoleMoment(CellGeometry(*ENDS, np.full(6, 0.5)))
    assert list(lead_field_dataset(plain)["segment_id"].values)[:2] == ["segment[0]", "segment[1]"]
    assert tuple(lead_field_dataset(plain, SEGMENTS)["segment_id"].values) == SEGMENTS.ids
    fewer = Segments.from_arrays(*(a[:5] for a in ENDS), np.full(5, 0.5))
    with pytest.raises(GeometryError, match="6 segments, but 5"):
        lead_field_dataset(plain, fewer)
    with pytest.raises(CellError, match="no cell"):
        lead_field_dataset(CurrentDipoleMoment(None))
