"""Spike statistics, shapes and features against processes and traces whose numbers are known, and against eFEL."""

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import trapezoid

from lfptools.analysis.features import efel_features, features_of_trace
from lfptools.analysis.spike_shapes import spike_shapes
from lfptools.analysis.spike_tables import find_spikes
from lfptools.analysis.spikes import instantaneous_rate, isi_cv, isi_cv2, mean_rate, smoothed_rate
from lfptools.errors import MeasureError
from lfptools.units import attrs


def bump(t: np.ndarray, at: np.ndarray, height: float, width: float) -> np.ndarray:
    return height * np.exp(-(((t - at) / width) ** 2))


T = np.arange(0.0, 400.0, 0.01)
CENTRES, WIDTH, HEIGHT, REST = np.array([60.0, 90, 130, 150, 220]), 0.6, 100.0, -65.0
V = REST + bump(T[:, None], CENTRES, HEIGHT, WIDTH).sum(axis=1)
HALF_WIDTH = 2 * WIDTH * np.sqrt(np.log(2))  # of a Gaussian exp(-(t/w)²)


def test_a_poisson_process_has_cv_and_cv2_of_one_and_a_gamma_process_its_own():
    rng = np.random.default_rng(5)
    n = 40_000
    poisson = np.cumsum(rng.exponential(20.0, n))
    assert isi_cv(poisson) == pytest.approx(1.0, abs=4 / np.sqrt(n))
    assert isi_cv2(poisson) == pytest.approx(1.0, abs=4 / np.sqrt(n))
    assert mean_rate(poisson, 0.0, poisson[-1]) == pytest.approx(50.0, rel=4 / np.sqrt(n))
    order_4 = np.cumsum(rng.gamma(4.0, 5.0, n))
    assert isi_cv(order_4) == pytest.approx(0.5, abs=4 / np.sqrt(n))
    # A rate that changes slowly raises the CV; CV₂, which compares neighbours, stays that of the process.
    drifting = np.cumsum(rng.exponential(1.0, n) * np.linspace(2.0, 40.0, n))
    assert isi_cv(drifting) > 1.1
    assert isi_cv2(drifting) == pytest.approx(1.0, abs=4 / np.sqrt(n))


def test_cv_of_a_regular_and_of_an_alternating_train():
    assert isi_cv(np.arange(10.0)) == isi_cv2(np.arange(10.0)) == 0.0
    times = np.cumsum([0.0, *[1.0, 3.0] * 50])
    assert isi_cv2(times) == pytest.approx(2 * 2 / 4)
    assert isi_cv(times) == pytest.approx(0.5 * np.sqrt(100 / 99))
    assert np.isnan([isi_cv(times[:2]), isi_cv2(times[:2]), isi_cv(times[:0])]).all()


def test_cv2_is_elephant_s():
    statistics = pytest.importorskip("elephant.statistics")
    gaps = np.random.default_rng(2).exponential(3.0, 50)
    assert isi_cv2(np.cumsum(gaps)) == pytest.approx(statistics.cv2(gaps[1:]), rel=1e-12)


def test_rates_at_times():
    times = np.array([10.0, 15.0, 35.0])
    assert instantaneous_rate(times, [9.0, 10, 14.9, 15, 34, 35, 50]).tolist() == [0, 200, 200, 50, 50, 0, 0]
    assert instantaneous_rate(times[:1], [10.0]).tolist() == [0.0]
    fine = np.arange(-50.0, 100.0, 0.01)
    smooth = smoothed_rate(times, fine, 4.0)
    assert trapezoid(smooth, fine) * 1e-3 == pytest.approx(3.0, rel=1e-9)
    assert smoothed_rate(times[:1], np.array([10.0]), 4.0) == pytest.approx([1000 / (4 * np.sqrt(2 * np.pi))])
    assert mean_rate(times, 10.0, 35.0) == pytest.approx(120.0)
    for bad in (lambda: mean_rate(times, 3.0, 3.0), lambda: smoothed_rate(times, fine, 0.0)):
        with pytest.raises(MeasureError):
            bad()


def test_shapes_of_gaussian_spikes():
    found = spike_shapes(T, V, -20.0, base=REST)
    assert found.time == pytest.approx(CENTRES - WIDTH * np.sqrt(np.log(HEIGHT / 45)), abs=3e-5)
    assert found.peak_time == pytest.approx(CENTRES)
    assert found.amplitude == pytest.approx([HEIGHT] * 5)
    assert found.width == pytest.approx([HALF_WIDTH] * 5, abs=1e-4)
    above = spike_shapes(T, V, -20.0, base="threshold")
    assert above.amplitude == pytest.approx([55.0] * 5)
    assert above.width == pytest.approx([2 * WIDTH * np.sqrt(np.log(HEIGHT / 72.5))] * 5, abs=1e-4)


def test_the_onset_is_where_the_slope_is_reached():
    """A half sine rises with A ω cos ω t: its slope is largest where it begins, so that is the onset of each spike."""
    omega, amplitude = np.pi / 2.0, 80.0
    wave = np.where((T > 50) & (T < 52), amplitude * np.sin(omega * (T - 50)), 0.0) + REST
    assert spike_shapes(T, wave, -20.0, onset_slope_mV_per_ms=20.0).base == pytest.approx([REST], abs=1e-9)
    assert np.isnan(spike_shapes(T, wave, -20.0, onset_slope_mV_per_ms=amplitude * omega * 1.01).amplitude).all()
    # Of a Gaussian, the slope 2 A x/w² exp(-x²/w²) is reached where this root lies.
    x = np.linspace(2.5, 0.5, 400_001) * WIDTH
    root = x[np.argmax(2 * HEIGHT * x / WIDTH**2 * np.exp(-((x / WIDTH) ** 2)) >= 10.0)]
    expected = REST + HEIGHT * np.exp(-((root / WIDTH) ** 2))
    assert spike_shapes(T, V, -20.0).base == pytest.approx([expected] * 5, abs=0.1)


def test_a_spike_cut_by_the_end_has_a_time_and_no_shape():
    upto = T <= 220.0 - 0.2
    found = spike_shapes(T[upto], V[upto], -20.0, base=REST)
    assert found.time.size == 5
    assert np.isnan(found.amplitude).tolist() == np.isnan(found.width).tolist() == [False] * 4 + [True]
    for bad in ({"base": "foot"}, {"base": np.nan}, {"onset_slope_mV_per_ms": 0.0}):
        with pytest.raises(MeasureError):
            spike_shapes(T, V, -20.0, **bad)


def test_shapes_and_intervals_are_efel_s():
    ours = spike_shapes(T, V, -20.0)
    names = [
        "peak_time",
        "AP_amplitude",
        "AP_height",
        "AP_duration_half_width",
        "all_ISI_values",
        "ISI_CV",
        "spike_count",
    ]
    theirs = features_of_trace(T, V, names, (20.0, 390.0), settings={"interp_step": 0.01, "ignore_first_ISI": False})
    assert theirs["spike_count"] == [5]
    assert ours.peak_time == pytest.approx(theirs["peak_time"], abs=0.011)
    assert ours.peak == pytest.approx(theirs["AP_height"], abs=1e-6)
    assert ours.amplitude == pytest.approx(theirs["AP_amplitude"], abs=0.5)
    assert ours.width == pytest.approx(theirs["AP_duration_half_width"], abs=0.02)
    assert np.diff(ours.peak_time) == pytest.approx(theirs["all_ISI_values"], abs=0.02)
    assert isi_cv(ours.time) == pytest.approx(theirs["ISI_CV"][0], rel=1e-3)


@pytest.fixture(scope="module")
def voltages():
    rows = np.stack([V, np.full(T.size, REST), REST + bump(T, 100.0, HEIGHT, WIDTH)]) * 1e3
    return xr.DataArray(
        rows.T, dims=("t", "site"), name="v",
        coords={"t": ("t", T, attrs("t")), "site_id": ("site", ["a", "b", "c"]), "depth": 3.0},
        attrs={"units": "uV"},
    )  # fmt: skip


def test_labelled_in_labelled_out(voltages):
    found = find_spikes(voltages, -20.0, base=REST)
    assert found["spike_time"].dims == ("site", "spike") and found["spike_time"].shape == (3, 5)
    assert found["site_id"].values.tolist() == ["a", "b", "c"] and float(found["depth"]) == 3.0
    assert found["spike_count"].values.tolist() == [5, 0, 1]
    assert np.isfinite(found["spike_time"].values).sum(axis=1).tolist() == [5, 0, 1]
    assert found["spike_width"].sel(spike=0).values == pytest.approx(
        [HALF_WIDTH, np.nan, HALF_WIDTH], abs=1e-4, nan_ok=True
    )
    assert float(found["mean_interval"][0]) == pytest.approx(40.0)
    assert float(found["isi_cv"][0]) == pytest.approx(np.std([30, 40, 20, 70], ddof=1) / 40)
    assert found["mean_rate"].attrs["units"] == "Hz"
    cut = find_spikes(voltages, -20.0, window_ms=(80.0, 180.0))
    assert cut["spike_count"].values.tolist() == [3, 0, 1] and float(cut["mean_rate"][0]) == pytest.approx(30.0)
    silent = find_spikes(voltages.isel(site=1), -20.0)
    assert silent["spike_time"].shape == (0,) and float(silent["spike_count"]) == 0.0
    for wrong, message in (
        (voltages.isel(t=0), "over t"),
        (voltages.assign_attrs(units="nA"), "crossings of a potential"),
    ):
        with pytest.raises(MeasureError, match=message):
            find_spikes(wrong, -20.0)


def test_features_are_labelled_and_leave_efel_s_settings_alone(voltages):
    efel = pytest.importorskip("efel")
    efel.set_setting("Threshold", -33.0)
    try:
        found = efel_features(voltages, ["peak_time", "AP_amplitude", "spike_count", "AP_rise_rate"], (20.0, 300.0))
        assert efel.get_settings().Threshold == -33.0
    finally:
        efel.reset()
    assert found["peak_time"].dims == ("site", "peak_time_value")
    assert found["peak_time"].values[0] == pytest.approx(CENTRES, abs=0.11)
    assert np.isnan(found["peak_time"].values[1]).all()
    assert found["spike_count"].values.ravel().tolist() == [5, 0, 1]
    units = {name: found[name].attrs["units"] for name in found}
    assert units == {"peak_time": "ms", "AP_amplitude": "mV", "spike_count": "1", "AP_rise_rate": "V s-1"}


def test_a_feature_of_the_current():
    """A passive step: 0.5 nA into 20 MΩ."""
    current = np.where((T >= 100) & (T < 300), 0.5, 0.0)
    v = REST + 10.0 * np.clip(1 - np.exp(-(T - 100) / 5), 0, 1) * (T < 300)
    found = features_of_trace(T, v, ["ohmic_input_resistance", "voltage_deflection"], (100.0, 300.0), current)
    assert found["voltage_deflection"] == pytest.approx([10.0], abs=0.01)
    assert found["ohmic_input_resistance"] == pytest.approx([20.0], rel=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: features_of_trace(T, V, ["AP_amplitud"], (20, 390)), "did you mean 'AP_amplitude'"),
        (
            lambda: features_of_trace(T, V, ["AP_height"], (20, 390), settings={"Treshold": 1.0}),
            "did you mean 'Threshold'",
        ),
        (lambda: features_of_trace(T, V, ["AP_height"], (20, 390), settings={"Threshold": "low"}), "is a float"),
        (lambda: features_of_trace(T, V, ["AP_height"], (20, 900)), "must lie in the trace"),
        (lambda: features_of_trace(T, V[1:], ["AP_height"], (20, 390)), "vectors of one length"),
        (lambda: features_of_trace(T, V * np.nan, ["AP_height"], (20, 390)), "finite"),
    ],
)
def test_what_efel_cannot_be_asked_is_told(call, message):
    with pytest.raises(MeasureError, match=message):
        call()


def test_without_efel_it_is_said_what_is_missing(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MeasureError, match=r"pip install lfptools\[all\]"):
        features_of_trace(T, V, ["AP_height"], (20, 390))
