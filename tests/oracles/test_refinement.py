"""Observed order and Richardson's extrapolation, of series whose limit is known."""

import math

import numpy as np
import pytest

from lfptools.analysis.refinement import convergence, observed_order


@pytest.mark.parametrize("order", [0.5, 1.0, 1.7, 2.0, 4.0])
@pytest.mark.parametrize("steps", [(0.4, 0.2, 0.1), (0.4, 0.3, 0.1), (1 / 3, 1 / 9, 1 / 81)])
def test_a_power_law_gives_its_own_order_and_limit(order, steps):
    numbers = [2.5 - 3.0 * h**order for h in steps]
    found = convergence(steps, numbers)
    assert found.order == pytest.approx(order, rel=1e-6)
    assert found.extrapolated == pytest.approx(2.5, abs=1e-6)
    assert found.error == pytest.approx(3.0 * steps[0] ** order, rel=1e-5)


def test_backward_euler_converges_with_order_one_to_the_exponential():
    """A passive membrane's decay: v(T) = (1 + h/tau)^(-T/h) → exp(-T/tau)."""
    steps = 2.0 ** -np.arange(3, 8)
    found = convergence(steps, [(1.0 + h) ** (-1.0 / h) for h in steps])
    assert found.order == pytest.approx(1.0, abs=0.02)
    assert found.extrapolated == pytest.approx(math.exp(-1.0), rel=1e-4)
    assert found.error == pytest.approx((1 + 0.125) ** -8 - math.exp(-1.0), rel=1e-2)


def test_without_a_steady_approach_the_farthest_number_is_the_error():
    found = convergence([4.0, 2.0, 1.0], [1.0, 1.3, 1.1])
    assert (found.order, found.extrapolated) == (None, None) and "no order" in found.note
    assert found.error == pytest.approx(0.3) and found.change == pytest.approx(0.1)
    growing = convergence([4.0, 2.0, 1.0], [1.0, 1.1, 1.3])
    assert growing.order is None and growing.error == pytest.approx(0.3)


def test_a_low_order_is_told_and_not_extrapolated():
    steps = [4.0, 2.0, 1.0]
    found = convergence(steps, [h**0.2 for h in steps])
    assert found.order == pytest.approx(0.2, rel=1e-6) and found.extrapolated is None
    assert found.error == pytest.approx(4**0.2 - 1.0)


def test_numbers_that_do_not_change_and_numbers_that_change_by_rounding_are_told_apart():
    assert convergence([2.0, 1.0], [1.5, 1.5]).note == "the number does not change"
    found = convergence([4.0, 2.0, 1.0], [1.5, 1.5 * (1 + 3e-16), 1.5])
    assert found.note == "the number changes by rounding alone" and 0.0 < found.error < 1e-15


def test_two_levels_have_a_change_and_no_order():
    found = convergence([2.0, 1.0], [1.0, 0.9])
    assert found.order is None and found.change == pytest.approx(-0.1) and found.error == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("steps", "numbers"), [([1.0, 2.0], [1, 2]), ([2.0, 1.0], [1, math.nan]), ([1.0], [1]), ([1.0, 0.0], [1, 2])]
)
def test_what_cannot_be_analysed_is_refused(steps, numbers):
    with pytest.raises(ValueError, match="expected"):
        convergence(steps, numbers)


def test_equal_changes_have_no_positive_order():
    assert observed_order([4.0, 2.0, 1.0], [0.0, 1.0, 2.0]) is None
