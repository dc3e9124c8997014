"""Waveforms against distance, on data whose exponents and widths are known."""

import numpy as np
import pytest
from analytic_study import bump, case, potential_dataset, run_dataset, study
from pydantic import ValidationError

from lfptools.analysis.decay import DistanceCurve, fitted_exponent
from lfptools.analysis.registry import MEASURES
from lfptools.analysis.waveforms import peak, peak_to_peak, phase_width
from lfptools.config.registry import load
from lfptools.errors import MeasureError

T = np.arange(2001) * 0.01
R = 20.0 * 2.0 ** np.arange(9)  # 20 to 5120 µm
CENTRE = np.array([5.0, -3.0, 40.0])
WIDTH = 0.2 + R * 1e-4


def measure(results, name, **parameters):
    function = load(MEASURES[name])
    return function(results, function.Parameters(**parameters))


def falling(r: np.ndarray) -> np.ndarray:
    """As r^-1.5 up to 160 µm, as r^-3 farther away; 1 at 160 µm."""
    return np.where(r <= 160, (r / 160) ** -1.5, (r / 160) ** -3.0)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Two rays, one three times the other and positive; from another centre; one whose phase the trace cuts."""
    folder = tmp_path_factory.mktemp("decay")
    shuffled = np.random.default_rng(2).permutation(2 * R.size)
    directions = np.repeat([[1.0, 0, 0], [0, 0.6, 0.8]], R.size, axis=0)
    place = (CENTRE + directions * np.tile(R, 2)[:, None])[shuffled]
    trough = -bump(T, 10.0, 1.0, WIDTH[:, None]) * falling(R)[:, None]
    waves = 7.0 + np.concatenate((trough, -3.0 * trough))[shuffled]  # an offset counts for nothing
    rays = potential_dataset(*place.T, T, waves)
    names = np.repeat(["side", "up"], R.size)[shuffled]
    rays = rays.assign_coords(contact_shank=("contact", names.astype(object), {"long_name": "shank of the contact"}))
    cut = potential_dataset(R, 0 * R, 0 * R, T, np.outer(1 / R, np.minimum(T / 10, 1.0)))
    run = run_dataset(T, soma_potential=np.full(T.size, -65.0))
    return study(case(folder, "one", run, rays=rays, cut=cut))


AT = {"signal": "rays", "center_um": tuple(CENTRE)}


def test_exponents_between_distances(results):
    for shanks in (None, ("side",), ("up",), ("up", "side")):
        near, far = (
            measure(results, "decay_exponent", **AT, shanks=shanks, between_um=between)
            for between in ((20, 160), (160, 5120))
        )
        assert (near, far) == pytest.approx((1.5, 3.0), rel=1e-9)
    assert measure(results, "decay_exponent", **AT, shanks=("up",), quantity="peak", between_um=(20, 160)) == (
        pytest.approx(1.5)
    )
    # over a corner the least-squares slope: of log2 r = 2, 3, 4 (160 µm is 3) and log2 A = 1.5, 0, -3 it is 2.25
    assert measure(results, "decay_exponent", **AT, between_um=(80, 320)) == pytest.approx(2.25)


def test_amplitudes_at_a_distance_are_means_over_shanks(results):
    at = {**AT, "distance_um": 160, "unit": "mV"}
    assert measure(results, "waveform_at", **at) == pytest.approx(2.0)
    assert measure(results, "waveform_at", **at, shanks=("up",), quantity="peak") == pytest.approx(3.0)
    assert measure(results, "waveform_at", **at, shanks=("side",), quantity="peak") == pytest.approx(-1.0)
    assert measure(results, "waveform_at", **{**at, "unit": "uV"}, shanks=("side",)) == pytest.approx(1e3)


@pytest.mark.parametrize("fraction", [0.25, 0.5, 0.9])
def test_widths_of_the_largest_phase(results, fraction):
    """exp(−(t/w)²) is f at t = w √ln(1/f)."""
    for r, width in zip(R[::4], WIDTH[::4], strict=True):
        found = measure(results, "waveform_at", **AT, quantity="width", fraction=fraction, distance_um=r)
        assert found == pytest.approx(2 * width * np.sqrt(np.log(1 / fraction)), rel=3e-3)


def test_the_larger_of_two_phases_counts():
    t = np.arange(401) * 0.05
    wave = bump(t, 8.0, 1.0, 0.5) - bump(t, 12.0, 2.0, 1.0)
    assert (peak(wave), peak_to_peak(wave)) == pytest.approx((-2.0, 3.0))
    assert phase_width(t, np.stack((wave, -5 * wave))) == pytest.approx(2 * np.sqrt(np.log(2)), rel=2e-3)
    assert np.isnan(phase_width(t, np.zeros(t.size)))
    assert np.isnan(phase_width(t, t - 3.0))
    with pytest.raises(MeasureError, match="between 0 and 1"):
        phase_width(t, wave, 1.0)
    with pytest.raises(MeasureError, match="increasing times"):
        phase_width(t[::-1], wave)
    with pytest.raises(MeasureError, match="two samples"):
        peak(np.zeros(1))


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("waveform_at", {**AT, "distance_um": 100}, "no contact 100 um away; the nearest is 80 um"),
        ("waveform_at", {**AT, "distance_um": 20, "shanks": ("sidd",)}, "unknown shank 'sidd'; did you mean 'side'"),
        ("waveform_at", {"signal": "rays", "distance_um": 20}, "contacts equally far from"),
        ("waveform_at", {**AT, "distance_um": 20, "unit": "nA"}, "signal 'rays'"),
        ("waveform_at", {"signal": "cut", "distance_um": 20, "quantity": "width"}, "window cuts the phase 20 um away"),
        ("waveform_at", {"signal": "cut", "distance_um": 20, "shanks": ("a",)}, "has no shanks"),
        ("decay_exponent", {**AT, "between_um": (20, 30)}, "has 1 distances between 20 and 30 um"),
        ("decay_exponent", {**AT, "between_um": (20, 160), "window_ms": (0, 1)}, "is zero between"),
    ],
)
def test_what_cannot_be_measured_is_said(results, name, parameters, message):
    with pytest.raises(MeasureError, match=message):
        measure(results, name, **parameters)


@pytest.mark.parametrize(
    "wrong", [{"between_um": (5, 2)}, {"between_um": (0, 2)}, {"between_um": (1, 2), "quantity": "width"}]
)
def test_exponents_that_have_no_meaning_are_refused(wrong):
    with pytest.raises(ValidationError, match=r"quantity|between_um"):
        load(MEASURES["decay_exponent"]).Parameters(signal="rays", **wrong)


def test_a_negative_amplitude_falls_by_its_magnitude():
    curve = DistanceCurve(np.array([10.0, 100.0]), np.array([-4.0, -0.04]), "mV")
    assert fitted_exponent(curve, (10, 100)) == pytest.approx(2.0)


def test_all_contacts_count_where_there_are_no_shanks(results):
    assert measure(results, "decay_exponent", signal="cut", between_um=(20, 5120)) == pytest.approx(1.0)
