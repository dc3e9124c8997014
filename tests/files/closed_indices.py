"""Sobol' indices in closed form."""

import math

import numpy as np


def mean_and_variance_of_inverse(low: float, high: float) -> tuple[float, float]:
    """Of 1/x with x uniform between two positive numbers."""
    mean = math.log(high / low) / (high - low)
    return mean, 1.0 / (low * high) - mean**2


def indices_of_product(factors: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices of a product of independent factors with these means and variances."""
    mean, variance = np.array(factors).T
    second = mean**2 + variance
    whole = second.prod() - (mean**2).prod()
    first = [variance[i] * np.delete(mean**2, i).prod() / whole for i in range(mean.size)]
    total = [variance[i] * np.delete(second, i).prod() / whole for i in range(mean.size)]
    return np.array(first), np.array(total)
