"""Amplitudes of populations against integrals: of variances for independent cells, of sums for cells all the same."""

import numpy as np
import pytest
import xarray as xr

from lfptools.analysis.population import PopulationParameters, population_amplitude
from lfptools.errors import DatasetError
from lfptools.units import attrs

DISTANCE = np.geomspace(10.0, 1000.0, 41)
RADII = [100.0, 200.0, 400.0, 1000.0]
GIVEN = {"radii_um": RADII, "density_per_mm2": 400.0, "replicates": 40}


class _Open:
    def __init__(self, waves, distance=DISTANCE, dt=0.5):
        self.waves, self.distance, self.t = waves, distance, dt * np.arange(waves.shape[1])

    def __call__(self):
        return self

    def __enter__(self):
        n = self.distance.size
        coords = {
            "t": ("t", self.t, attrs("t")),
            "contact_id": ("contact", np.array([f"x:{r:g}" for r in self.distance])),
            "contact_x": ("contact", self.distance, attrs("x")),
            "contact_y": ("contact", np.zeros(n), attrs("y")),
            "contact_z": ("contact", np.zeros(n), attrs("z")),
        }
        about = {"model": "line", "parameters": "{}", "clamped_pairs": 0}
        return xr.Dataset({"potential": (("contact", "t"), self.waves, attrs("potential"))}, coords, about)

    def __exit__(self, *error):
        return False


def _cells(number, exponent, shared=False):
    """Cells whose potential falls as 1/r^exponent below the first contact; white noise, the same for all if shared."""
    rng = np.random.default_rng(9)
    one = rng.standard_normal(2000)
    size = (DISTANCE / DISTANCE[0]) ** -exponent
    return [_Open(size[:, None] * (one if shared else rng.standard_normal(2000))) for _ in range(number)]


def _integral(power, radius, exponent):
    """∫ 2πr ρ (10/max(r, 10))^(power × exponent) dr, per mm²."""
    r = np.linspace(0.0, radius, 200_001)
    f = np.minimum(10.0 / np.maximum(r, 1e-9), 1.0) ** (power * exponent)
    return float(np.trapezoid(2 * np.pi * r * f, r)) * GIVEN["density_per_mm2"] * 1e-6


@pytest.mark.parametrize("exponent", [1.0, 2.0])
def test_variances_of_independent_cells_add(exponent):
    p = PopulationParameters(**{**GIVEN, "replicates": 100}, independent=True)
    made = population_amplitude(_cells(30, exponent), [{}] * 30, p)
    expected = np.sqrt([_integral(2, radius, exponent) for radius in RADII])
    np.testing.assert_allclose(made["independent"], expected, rtol=0.12)
    np.testing.assert_allclose(np.sqrt((made["replicates"] ** 2).mean("replicate")), expected, rtol=0.15)
    assert (made["low"] <= made["amplitude"]).all() and (made["amplitude"] <= made["high"]).all()


def test_signals_that_are_the_same_add_themselves():
    p = PopulationParameters(**GIVEN, independent=False)
    made = population_amplitude(_cells(5, 1.0, shared=True), [{}] * 5, p)
    expected = [_integral(1, radius, 1.0) for radius in RADII]
    np.testing.assert_allclose(made["amplitude"], expected, rtol=0.05)
    growth = float(made["amplitude"][-1] / made["amplitude"][0])
    assert growth == pytest.approx(10.0, rel=0.1), "1/r over an area grows with the radius"


def test_replicates_differ_as_other_cells_would():
    """Five cells with one signal of sizes s: a mean of five of them has the standard error std(s) / √5."""
    sizes = np.array([0.2, 0.6, 1.0, 1.4, 1.8])
    cells = [_Open(size * cell.waves) for size, cell in zip(sizes, _cells(5, 0.0, shared=True), strict=True)]
    p = PopulationParameters(**{**GIVEN, "replicates": 300, "density_per_mm2": 100.0}, independent=False)
    largest = population_amplitude(cells, [{}] * 5, p)["replicates"][:, -1]
    spread = np.sqrt((sizes.std() / sizes.mean()) ** 2 / 5 + 1 / (100 * np.pi))
    assert float(largest.std() / largest.mean()) == pytest.approx(spread, rel=0.1)


def test_the_same_seed_draws_the_same_population():
    cells, given = _cells(4, 1.0), {**GIVEN, "replicates": 2, "independent": True}
    one, again, other = (
        population_amplitude(cells, [{}] * 4, PopulationParameters(**given, seed=seed)) for seed in (1, 1, 2)
    )
    xr.testing.assert_identical(one, again)
    assert not np.array_equal(one["amplitude"], other["amplitude"])


def test_what_cannot_be_gathered_is_said():
    p = PopulationParameters(**GIVEN, independent=True)
    short = [_Open(np.ones((3, 10)), DISTANCE[:3])]
    with pytest.raises(DatasetError, match="the contacts reach"):
        population_amplitude(short, [{}], p)
    with pytest.raises(DatasetError, match="leaves 0 samples"):
        population_amplitude(_cells(1, 1.0), [{}], p.model_copy(update={"from_ms": 1e6}))
    same = [_Open(np.ones((2, 10)), np.array([1000.0, 1000.0]))]
    with pytest.raises(DatasetError, match="different distances"):
        population_amplitude(same, [{}], p)
    with pytest.raises(ValueError, match="ascend"):
        PopulationParameters(**{**GIVEN, "radii_um": [200, 100]}, independent=True)
