"""Random times, noise and draws: the distributions that were asked for, by generator, seed or numpy's global state."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.signal
import scipy.stats

import lfptools
from lfptools.errors import InputError

times_of = lfptools.inputgenerators.get_activation_times_from_distribution
noise_brown = lfptools.tools.noise_brown


class Every:
    """Intervals that are always the same."""

    def rvs(self, size, random_state, interval):
        return np.full(size, interval)


def test_poisson_trains_have_exponential_intervals_and_poisson_numbers():
    trains = times_of(400, tstart=50.0, tstop=1050.0, rvs_args={"loc": 0.0, "scale": 20.0}, seed=1)
    assert len(trains) == 400
    assert all((np.diff(train) > 0).all() and train[0] >= 50.0 and train[-1] <= 1050.0 for train in trains)
    first = np.array([train[0] - 50.0 for train in trains])
    assert scipy.stats.kstest(first, "expon", args=(0.0, 20.0)).pvalue > 0.01
    numbers = np.array([train.size for train in trains])
    assert abs(numbers.mean() - 50.0) < 4 * np.sqrt(50.0 / 400)
    assert abs(numbers.var(ddof=1) - 50.0) < 4 * 50.0 * np.sqrt(2 / 399)
    # Given their number, the events of a Poisson train are uniform: none is missing near the end.
    assert scipy.stats.kstest(np.concatenate(trains), "uniform", args=(50.0, 1000.0)).pvalue > 0.01


def test_any_distribution_by_name_or_itself_and_a_number_instead_of_an_end():
    kwargs = {"rvs_args": {"a": 3.0, "scale": 2.0}, "tstop": 300.0}
    named, itself = times_of(50, distribution="gamma", seed=3, **kwargs), times_of(
        50, distribution=scipy.stats.gamma, seed=3, **kwargs
    )  # fmt: skip
    assert all((a == b).all() for a, b in zip(named, itself, strict=True))
    intervals = np.concatenate([np.diff(train) for train in named])
    assert scipy.stats.kstest(intervals, "gamma", args=(3.0, 0.0, 2.0)).pvalue > 0.01
    sized = times_of(3, tstart=5.0, tstop=6.0, rvs_args={"scale": 10.0, "size": 7}, seed=1)
    assert [train.size for train in sized] == [7, 7, 7] and sized[0][-1] > 6.0


def test_times_up_to_tstop_are_included_in_short_and_long_trains():
    even = {"distribution": Every(), "rvs_args": {"interval": 0.5}}
    assert times_of(1, 1.0, 3.0, **even)[0].tolist() == [1.5, 2.0, 2.5, 3.0]
    assert [train.size for train in times_of(2, 0.0, 100_000.0, **even)] == [200_000, 200_000]
    assert times_of(2, 0.0, 0.2, **even)[1].size == 0
    assert times_of(0) == []


def test_the_same_source_gives_the_same_numbers():
    def by_state():
        np.random.seed(5)
        return times_of(3, tstop=20.0), noise_brown(10, 2), lfptools.alias_method([1, 2, 3], [1, 2, 3], 20)

    for one, two in zip(by_state(), by_state(), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    for make in (
        lambda **source: np.concatenate(times_of(3, tstop=20.0, **source)),
        lambda **source: noise_brown(10, 2, **source),
        lambda **source: lfptools.alias_method([1, 2, 3], [1, 2, 3], 20, **source),
    ):
        np.testing.assert_array_equal(make(seed=4), make(rng=np.random.default_rng(4)))
        assert not np.array_equal(make(seed=4), make(seed=5))
        state = np.random.get_state()[1].copy()
        make(seed=4)
        assert (np.random.get_state()[1] == state).all(), "a seed of one's own leaves the global state alone"
        with pytest.raises(InputError, match="not both"):
            make(seed=1, rng=np.random.default_rng())


def test_the_alias_table_holds_the_distribution_exactly():
    """Column k gives k with q[k], else J[k]: so P(k) = (q[k] + Σ over J = k of 1 − q)/n."""
    weights = np.random.default_rng(0).random(1000) ** 4
    weights[[3, 500]] = 0.0
    J, q = lfptools.alias_method.alias_setup(weights)
    p = (q + np.bincount(J, weights=1.0 - q, minlength=q.size)) / q.size
    np.testing.assert_allclose(p, weights / weights.sum(), atol=1e-15)
    drawn = lfptools.alias_method.alias_method(np.arange(1000), weights, 200_000, seed=2)
    counts = np.bincount(drawn, minlength=1000)
    assert counts[3] == counts[500] == 0
    expected = 200_000 * weights / weights.sum()
    often = expected > 5
    assert scipy.stats.chi2(often.sum()).sf(((counts - expected)[often] ** 2 / expected[often]).sum()) > 0.001


def test_brownian_noise_has_the_power_of_its_name_and_the_weight_asked_for():
    noise = noise_brown(2**14, 60, weight=3.0, seed=1)
    np.testing.assert_allclose(np.sqrt((noise**2).mean(axis=1)), 3.0, rtol=1e-12)
    f, power = scipy.signal.welch(noise, nperseg=2**10)
    band = (f > 0.01) & (f < 0.1)
    assert np.polyfit(np.log(f[band]), np.log(power.mean(axis=0)[band]), 1)[0] == pytest.approx(-2.0, abs=0.1)
    steps = np.diff(noise, axis=1)
    assert scipy.stats.kstest((steps / steps.std(axis=1, keepdims=True))[0], "norm").pvalue > 0.01
    each = noise_brown(50, 2, weight=[1.0, 2.0], seed=1)
    np.testing.assert_allclose(np.sqrt((each**2).mean(axis=1)), [1.0, 2.0])
    arguments = {"N": 2, "Wn": 0.1}
    filtered = noise_brown(500, filter=scipy.signal.butter, filterargs=arguments, seed=7)[0]
    right = scipy.signal.lfilter(*scipy.signal.butter(**arguments), noise_brown(500, seed=7)[0])
    np.testing.assert_allclose(filtered / np.linalg.norm(filtered), right / np.linalg.norm(right))


@pytest.mark.parametrize(
    ("call", "culprit"),
    [
        (lambda: times_of(-1), "n must be an integer >= 0, got -1"),
        (lambda: times_of(1.5), "n must be an integer"),
        (lambda: times_of(1, tstart=5.0, tstop=1.0), "in order, got 5.0 and 1.0"),
        (lambda: times_of(1, tstop=np.inf), "finite"),
        (lambda: times_of(1, distribution="expo"), "distribution must name .* 'expo'"),
        (lambda: times_of(1, rvs_args={"loc": -1.0, "scale": 0.5}), "must be >= 0 ms"),
        (lambda: times_of(2, tstop=100.0, maxiter=10), "2 of 2 trains need more than maxiter = 10"),
        (lambda: times_of(1, distribution=Every(), rvs_args={"interval": 0.0}, maxiter=100), "maxiter"),
        (lambda: times_of(1, rvs_args={"size": -3}), "size"),
        (lambda: noise_brown(0), "ncols"),
        (lambda: noise_brown(5, 2, weight=[1.0, 2.0, 3.0]), "weight"),
        (lambda: noise_brown(5, filterargs={"N": 1}), "without a filter"),
        (lambda: lfptools.alias_method([1, 2], [1.0], 1), r"\(2,\) and \(1,\)"),
        (lambda: lfptools.alias_method([1, 2], [0.0, 0.0], 1), "not all 0"),
        (lambda: lfptools.alias_method([1, 2], [1.0, -1.0], 1), ">= 0"),
        (lambda: lfptools.alias_method([1, 2], [1.0, np.nan], 1), "finite"),
        (lambda: lfptools.alias_method([1, 2], [1.0, 2.0], -1), "nsyn"),
        (lambda: lfptools.tools.load("/nowhere/at.all"), "no file at"),
    ],
)
def test_what_cannot_be_drawn_is_named(call, culprit):
    with pytest.raises(InputError, match=culprit):
        call()


def test_a_file_that_is_no_pickle_is_told(tmp_path):
    (tmp_path / "text").write_text("no pickle")
    with pytest.raises(InputError, match="holds no pickle"):
        lfptools.tools.load(tmp_path / "text")


SCRIPT = """
import sys, numpy as np, scipy.stats as st
import {package} as LFPy
from {package}.alias_method import alias_method
from {package}.inputgenerators import get_activation_times_from_distribution
from {package}.tools import noise_brown
np.random.seed(1)
noise = LFPy.tools.noise_brown(300, nrows=3, weight=2.5)
times = LFPy.inputgenerators.get_activation_times_from_distribution(
    200, 10., 60., distribution=st.gamma, rvs_args=dict(a=2., loc=1., scale=2.))
drawn = LFPy.alias_method.alias_method(np.arange(4), np.array([1., 2., 3., 4.]) / 10, 50000)
np.savez(sys.argv[1], noise=noise, times=np.concatenate(times), number=[t.size for t in times], drawn=drawn)
"""


@pytest.mark.peer
def test_a_script_of_lfpys_runs_and_gives_the_same_distributions(tmp_path):
    own, peer = (tmp_path / f"{package}.npz" for package in ("lfptools", "LFPy"))
    for path in (own, peer):
        code = SCRIPT.format(package=path.stem)
        subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True)
    own, peer = np.load(own), np.load(peer)
    assert own["noise"].shape == peer["noise"].shape
    np.testing.assert_allclose((own["noise"] ** 2).mean(axis=1), (peer["noise"] ** 2).mean(axis=1))
    for name in ("times", "number"):
        assert scipy.stats.ks_2samp(own[name], peer[name]).pvalue > 0.01, name
    assert scipy.stats.chi2_contingency([np.bincount(own["drawn"]), np.bincount(peer["drawn"])]).pvalue > 0.01
