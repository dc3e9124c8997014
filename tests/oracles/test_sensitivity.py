"""Sobol' indices of functions whose variance is known in closed form."""

import numpy as np
import pytest
from closed_indices import indices_of_product, mean_and_variance_of_inverse

from lfptools.analysis.sensitivity import independent, saltelli_sample, spread


def test_indices_of_a_sum_are_the_shares_of_its_terms():
    unit = saltelli_sample(1024, 3, seed=1)
    found = spread(unit @ [1.0, 2.0, 4.0], 3, seed=1)
    shares = np.array([1.0, 4.0, 16.0]) / 21.0
    assert [one.first for one in found.of] == pytest.approx(shares, abs=0.02)
    assert [one.total for one in found.of] == pytest.approx(shares, abs=0.02)
    assert found.mean == pytest.approx(3.5, rel=1e-3) and found.std == pytest.approx(np.sqrt(21.0 / 12.0), rel=1e-2)


def test_indices_of_a_product_have_its_interactions():
    """A potential goes as 1/sigma times 1/r: of a product the total index is larger than the first."""
    bounds = [(0.1, 0.9), (20.0, 200.0)]
    unit = saltelli_sample(4096, 2, seed=2)
    low, high = np.array(bounds).T
    found = spread((1.0 / (low + (high - low) * unit)).prod(axis=1), 2, seed=2)
    first, total = indices_of_product([mean_and_variance_of_inverse(*one) for one in bounds])
    assert [one.first for one in found.of] == pytest.approx(first, abs=0.03)
    assert [one.total for one in found.of] == pytest.approx(total, abs=0.03)
    assert min(total - first) > 0.1


def test_the_interval_is_that_of_the_independent_points():
    unit = saltelli_sample(2048, 2, seed=3)
    found = spread(unit[:, 0], 2, seed=3)
    assert found.interval == pytest.approx((0.025, 0.975), abs=2e-3)
    assert found.of[1].first == pytest.approx(0.0, abs=0.02) and found.of[1].total == pytest.approx(0.0, abs=0.02)


def test_independent_points_are_a_and_b():
    unit = saltelli_sample(8, 3, seed=0)
    rows = independent(3, len(unit))
    assert rows.size == 16 and unit.shape == (40, 3)
    a, b = unit[rows[0]], unit[rows[1]]
    for k in range(3):
        assert list(unit[rows[0] + 1 + k]) == [b[j] if j == k else a[j] for j in range(3)]


def test_a_larger_sample_keeps_the_points_and_another_seed_has_others():
    few, many = saltelli_sample(8, 2, seed=4), saltelli_sample(32, 2, seed=4)
    assert np.array_equal(many[: len(few)], few)
    assert not np.array_equal(saltelli_sample(8, 2, seed=5), few)


def test_a_number_without_variance_has_no_indices():
    found = spread(np.full(32, 7.0), 2, seed=0)
    assert found.of is None and (found.mean, found.std, found.interval) == (7.0, 0.0, (7.0, 7.0))
