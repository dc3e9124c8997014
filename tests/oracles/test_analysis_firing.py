"""The measured rate of a Hodgkin–Huxley membrane that scipy integrates, against published-formula rates."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lfptools.analysis.spikes import rate_from_last_interval, threshold_crossings


def gates(v: float) -> tuple[np.ndarray, np.ndarray]:
    """Opening and closing rates of m, h, n in 1/ms (Hodgkin & Huxley 1952, rest at −65 mV, 6.3 °C)."""

    def linoid(x: float, y: float) -> float:
        return y if abs(x / y) < 1e-9 else x / -np.expm1(-x / y)

    opening = np.array([0.1 * linoid(v + 40, 10), 0.07 * np.exp(-(v + 65) / 20), 0.01 * linoid(v + 55, 10)])
    closing = np.array([4 * np.exp(-(v + 65) / 18), 1 / (1 + np.exp(-(v + 35) / 10)), 0.125 * np.exp(-(v + 65) / 80)])
    return opening, closing


def slope(t: float, state: np.ndarray, current: float) -> list[float]:
    v, m, h, n = state
    opening, closing = gates(v)
    ionic = 120 * m**3 * h * (v - 50) + 36 * n**4 * (v + 77) + 0.3 * (v + 54.387)
    gating = opening * (1 - state[1:]) - closing * state[1:]
    return [current - ionic, *gating]


@pytest.mark.parametrize(("current", "rate"), [(7.0, 58.33), (10.0, 68.32), (20.0, 86.47), (50.0, 117.04)])
def test_rate_of_the_point_membrane(current, rate):
    opening, closing = gates(-65.0)
    t = np.arange(0.0, 600.0, 0.025)
    start = [-65.0, *(opening / (opening + closing))]
    found = solve_ivp(slope, (0, 600), start, method="LSODA", t_eval=t, args=(current,), rtol=1e-8, atol=1e-9)
    assert rate_from_last_interval(threshold_crossings(t, found.y[0], 0.0)) == pytest.approx(rate, abs=0.05)
