"""Recording steps against closed forms: frequency responses, linear potentials, ideal sampling; their order."""

import numpy as np
import pytest
from analytic_signals import amplitude_and_phase, signal_of, sines

from lfptools.recording.band_pass import band_pass
from lfptools.recording.chain import apply_steps
from lfptools.recording.electrode import electrode_filter
from lfptools.recording.reference import bipolar, reference
from lfptools.recording.sampling import decimate, resample

POSITIONS = np.random.default_rng(3).uniform(-100, 100, (5, 3))


def test_bipolar_of_a_linear_potential_is_gradient_times_distance():
    gradient, t = np.array([0.3, -1.2, 0.7]), np.linspace(0, 10, 41)
    course = np.cos(t)
    signal = signal_of(t, (POSITIONS @ gradient)[:, None] * course, POSITIONS)
    made = bipolar(signal, pairs=[("c0", "c3"), ("c4", "c1")])
    for row, (a, b) in enumerate(((0, 3), (4, 1))):
        np.testing.assert_allclose(
            made["potential"].values[row], gradient @ (POSITIONS[a] - POSITIONS[b]) * course, atol=1e-12
        )
    assert made["contact_id"].values.tolist() == ["c0-c3", "c4-c1"]
    np.testing.assert_allclose(made["contact_y"].values, (POSITIONS[[0, 4], 1] + POSITIONS[[3, 1], 1]) / 2)
    constant = reference(signal_of(t, np.ones((5, 1)) * course, POSITIONS), to="average")
    np.testing.assert_allclose(constant["potential"].values, 0, atol=1e-15)  # what all share is gone


def test_a_common_average_sums_to_zero_and_differences_stay():
    values = np.random.default_rng(0).normal(size=(5, 200))
    signal = signal_of(np.arange(200) * 0.1, values, POSITIONS)
    made = reference(signal, to="average")["potential"].values
    np.testing.assert_allclose(made.sum(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(made[0] - made[3], values[0] - values[3], atol=1e-14)
    to_one = reference(signal, to=("c2",))
    assert to_one["contact_id"].values.tolist() == ["c0-c2", "c1-c2", "c3-c2", "c4-c2"]
    np.testing.assert_allclose(to_one["potential"].values, values[[0, 1, 3, 4]] - values[2], atol=1e-14)
    linked = reference(signal, to=("c1", "c2"))["potential"].values
    np.testing.assert_allclose(linked[1] + linked[2], 0, atol=1e-14)


@pytest.mark.parametrize("frequency", [5.0, 100.0, 159.154943, 1000.0])
@pytest.mark.parametrize("input_resistance", [None, 3.0])
def test_the_electrode_is_a_divider_and_a_low_pass(frequency, input_resistance):
    """G / (1 + iωRC) with R the two resistances in parallel; at 159 Hz ωRC is 1 for 10 MΩ and 100 pF."""
    dt = 2e-4 * 1e3 / frequency  # 5000 samples a period: the bend of a sine between samples counts 1e-7
    t = np.arange(0, 20.0 + 4e3 / frequency, dt)  # 20 time constants, and what is looked at
    signal = sines(t, [frequency])
    found = electrode_filter(
        signal, resistance_Mohm=10.0, shunt_capacitance_pF=100.0, input_resistance_Mohm=input_resistance
    )
    gain = 1.0 if input_resistance is None else 3.0 / 13.0
    expected = gain / (1 + 2j * np.pi * frequency * gain * 1e-3)
    amplitude, phase = amplitude_and_phase(found, frequency, last=10_000)
    assert amplitude == pytest.approx(abs(expected), rel=1e-6)
    assert phase == pytest.approx(np.angle(expected), abs=1e-6)


def test_the_electrode_between_coarse_samples_is_exact_for_straight_lines():
    """Against v = ∫ exp(−(t−s)/τ) u(s) ds/τ of the broken line through coarse samples, integrated on fine ones."""
    t, tau = np.arange(12.0), 1.3
    u = np.random.default_rng(1).normal(size=t.size)
    found = electrode_filter(signal_of(t, u[None]), resistance_Mohm=13.0, shunt_capacitance_pF=100.0)
    fine = np.linspace(0, 11, 1_100_001)
    line = np.interp(fine, t, u)
    weight = np.exp(fine / tau) * line / tau
    integral = np.concatenate(([0], np.cumsum(0.5 * (weight[1:] + weight[:-1]) * np.diff(fine))))[::100_000]
    np.testing.assert_allclose(found["potential"].values[0], np.exp(-t / tau) * (u[0] + integral), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(("low", "high"), [(None, 50.0), (20.0, None), (20.0, 80.0)])
def test_butterworth_responses(low, high, causal):
    """The analogue filter's response at frequencies far below half the sampling rate, where they are the same."""
    from scipy.signal import butter, freqs

    order, dt = 3, 0.05
    kind = "lowpass" if low is None else "highpass" if high is None else "bandpass"
    corners = [2 * np.pi * corner for corner in (low, high) if corner is not None]
    b, a = butter(order, corners if len(corners) == 2 else corners[0], kind, analog=True)
    t = np.arange(60_000) * dt
    for frequency in (10.0, 20.0, 40.0, 80.0):
        _, (h,) = freqs(b, a, [2 * np.pi * frequency])
        if kind == "lowpass":
            assert abs(h) == pytest.approx(1 / np.sqrt(1 + (frequency / high) ** (2 * order)), rel=1e-9)
        made = band_pass(sines(t, [frequency]), low_Hz=low, high_Hz=high, order=order, causal=causal)
        amplitude, phase = amplitude_and_phase(made, frequency, last=40_000, skip=10_000 if not causal else 0)
        assert amplitude == pytest.approx(abs(h) if causal else abs(h) ** 2, abs=2e-4)
        if amplitude > 1e-3:
            turn = phase - (np.angle(h) if causal else 0.0)
            assert abs(np.angle(np.exp(1j * turn))) < 2e-3


@pytest.mark.parametrize("causal", [True, False])
def test_a_constant_offset_makes_no_transient(causal):
    t = np.arange(2000) * 0.1
    low = band_pass(signal_of(t, np.full((1, 2000), 7.0)), high_Hz=30.0, order=4, causal=causal)
    np.testing.assert_allclose(low["potential"].values, 7.0, rtol=1e-10)
    high = band_pass(signal_of(t, np.full((1, 2000), 7.0)), low_Hz=30.0, order=4, causal=causal)
    np.testing.assert_allclose(high["potential"].values, 0.0, atol=1e-9)


@pytest.mark.parametrize("factor", [2, 4, 10, 33])
def test_decimation_of_what_fits_is_ideal_sampling(factor):
    """Sines up to 0.8 of half the new rate are sampled as a sinc would have it: their own values at the kept times."""
    t = np.arange(200 * factor + 5) * 0.1
    new_half = 0.5e3 / (0.1 * factor)
    frequencies = new_half * np.array([0.02, 0.31, 0.62, 0.8])
    signal = sines(t, frequencies)
    made = decimate(signal, factor=factor)
    np.testing.assert_array_equal(made["t"].values, t[::factor])
    inside = slice(60, -60)  # beyond, the filter sees the reflection
    np.testing.assert_allclose(
        made["potential"].values[0, inside], signal["potential"].values[0, ::factor][inside], atol=4e-4
    )
    straight = decimate(signal_of(t, (3 - 0.2 * t)[None]), factor=factor)
    np.testing.assert_allclose(straight["potential"].values[0], 3 - 0.2 * t[::factor], atol=3e-4 * (1 + 0.2 * t[-1]))


@pytest.mark.parametrize("factor", [2, 4, 10])
def test_nothing_aliases_above_minus_60_dB(factor):
    t = np.arange(300 * factor) * 0.1
    new_half, half = 0.5e3 / (0.1 * factor), 5000.0
    for frequency in np.linspace(1.0001 * new_half, 0.98 * half, 23):
        made = decimate(sines(t, [frequency]), factor=factor)["potential"].values[0, 60:-60]
        assert np.abs(made).max() < 1e-3, frequency


def test_linear_steps_commute():
    """Referencing mixes rows, filters and decimation mix times: the order does not matter."""
    rng = np.random.default_rng(5)
    signal = signal_of(np.arange(3000) * 0.05, rng.normal(size=(5, 3000)).cumsum(axis=1), POSITIONS)
    spatial = [{"step": "reference", "to": "average"}, {"step": "bipolar"}]
    temporal = [
        {"step": "electrode_filter", "resistance_Mohm": 2.0, "shunt_capacitance_pF": 30.0},
        {"step": "band_pass", "low_Hz": 5.0, "high_Hz": 500.0, "order": 2, "causal": False},
        {"step": "band_pass", "high_Hz": 400.0, "order": 2, "causal": True},
        {"step": "decimate", "factor": 4},
    ]
    one, other = apply_steps(signal, spatial + temporal), apply_steps(signal, temporal + spatial)
    scale = np.abs(one["potential"].values).max()
    np.testing.assert_allclose(one["potential"].values, other["potential"].values, atol=1e-9 * scale)
    assert one["contact_id"].values.tolist() == other["contact_id"].values.tolist()
    a, b = rng.normal(size=2)
    mixed = signal.copy(data={"potential": a * signal["potential"].values + b * signal["potential"].values[::-1]})
    flipped = signal.copy(data={"potential": signal["potential"].values[::-1].copy()})
    parts = [apply_steps(part, temporal)["potential"].values for part in (signal, flipped, mixed)]
    np.testing.assert_allclose(parts[2], a * parts[0] + b * parts[1], atol=1e-9 * np.abs(parts[2]).max())


def test_resampling_of_variable_steps_follows_the_broken_line():
    t = np.array([0.0, 0.1, 0.4, 0.4, 1.0, 1.05, 2.0])
    values = np.array([[0.0, 1.0, 4.0, -6.0, 0.0, 3.0, 3.0]])
    made = resample(signal_of(t, values), interval_ms=0.2)
    np.testing.assert_allclose(made["t"].values, np.arange(11) * 0.2)
    expected = [0, 2, -6, -4, -2, 0] + [3.0] * 5
    np.testing.assert_allclose(made["potential"].values[0], expected, atol=1e-9)
