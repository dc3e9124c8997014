"""Threshold crossings against functions whose crossings are known."""

import numpy as np
import pytest

from lfptools.analysis.spikes import intervals, rate_from_last_interval, threshold_crossings
from lfptools.errors import MeasureError


def test_crossings_of_a_sine_are_its_zeros():
    t = np.linspace(0.0, 100.0, 20001)
    period = 12.5
    found = threshold_crossings(t, -np.cos(2 * np.pi * t / period), 0.0)
    assert found == pytest.approx(period * (0.25 + np.arange(8)), abs=1e-6)


def test_without_interpolation_it_is_the_last_sample_at_or_below():
    t = np.array([0.0, 0.1, 0.2, 0.3, 0.4])
    v = np.array([-5.0, 0.0, 4.0, -1.0, 3.0])
    assert threshold_crossings(t, v, 0.0, interpolate=False).tolist() == [0.1, 0.3]
    assert threshold_crossings(t, v, 0.0) == pytest.approx([0.1, 0.325])


def test_linear_interpolation_is_exact_on_a_ramp_of_any_steps():
    rng = np.random.default_rng(3)
    t = np.cumsum(rng.uniform(0.001, 0.5, 400))
    assert threshold_crossings(t, 3.0 * t - 50.0, 7.0) == pytest.approx([19.0], rel=1e-13)


def test_a_trace_that_starts_above_has_not_crossed_and_a_touch_is_no_crossing():
    t = np.arange(5.0)
    assert threshold_crossings(t, np.array([3.0, 2.0, 1.0, 1.0, 2.0]), 0.0).size == 0
    assert threshold_crossings(t, np.array([-1.0, 0.0, -1.0, 0.0, 0.0]), 0.0).size == 0


def test_a_jump_at_one_time_of_a_variable_step_run_crosses_there():
    t = np.array([0.0, 1.0, 1.0, 2.0])
    v = np.array([-70.0, -70.0, 20.0, 20.0])
    assert threshold_crossings(t, v, 0.0).tolist() == [1.0]
    assert threshold_crossings(t, v, 0.0, interpolate=False).tolist() == [1.0]


@pytest.mark.parametrize(
    ("t", "v", "threshold", "message"),
    [
        ([0.0, 1.0], [0.0], 0.0, "one length"),
        ([[0.0, 1.0]], [[0.0, 1.0]], 0.0, "one length"),
        ([0.0, 1.0, 2.0], [0.0, np.nan, 1.0], 0.0, "index 1"),
        ([0.0, 2.0, 1.0], [0.0, 0.0, 1.0], 0.0, "after index 1"),
        ([0.0, 1.0], [0.0, 1.0], np.nan, "threshold"),
    ],
)
def test_impossible_traces_are_refused(t, v, threshold, message):
    with pytest.raises(MeasureError, match=message):
        threshold_crossings(np.array(t), np.array(v), threshold)


def test_intervals_and_rate():
    times = np.array([10.0, 15.0, 35.0])
    assert intervals(times).tolist() == [5.0, 20.0]
    assert rate_from_last_interval(times) == 50.0
    assert rate_from_last_interval(times[:1]) == rate_from_last_interval(times[:0]) == 0.0
