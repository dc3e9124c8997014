"""Sweeps: scenarios, grids, lists walked together, samples, replicates."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import kstest
from study_files import TINY, changed, write

from lfptools.errors import ConfigError
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.sweep import Interval, Normal, Range, Sample, Sweep, points

SWEEP = "sweep: {inputs.epsp.weight_uS: [0.001, 0.002]}"


def test_every_combination_then_the_list_and_each_with_every_seed():
    sweep = Sweep(
        scenarios={"low": {"a": 1, "b": 2}, "high": {"a": 9}}, grid={"c": [3, 4]}, zip={"d": [5, 6], "e": [50, 60]},
        list=[{"a": 0, "label": "zero"}], seeds=2,
    )  # fmt: skip
    found = points(sweep, seed=11)
    assert len(found) == (2 * 2 * 2 + 1) * 2
    assert found[0] == {"scenario": "low", "a": 1, "b": 2, "c": 3, "d": 5, "e": 50, "seed": 11}
    assert found[3] == {"scenario": "low", "a": 1, "b": 2, "c": 3, "d": 6, "e": 60, "seed": 12}
    assert found[-1] == {"a": 0, "label": "zero, seed 12", "seed": 12}
    assert points(Sweep(seeds=[3, 1])) == [{"seed": 3}, {"seed": 1}]


def test_logarithmic_ranges():
    assert Range(start=1, stop=1000, number=4, scale="log").values() == [1.0, 10.0, 100.0, 1000.0]
    for wrong in ({"step": 1}, {"number": 3, "start": 0}, {"number": 3, "start": -1}):
        with pytest.raises(ValidationError, match="scale: log needs"):
            Range(**{"start": 1, "stop": 10, "scale": "log", **wrong})


@pytest.mark.parametrize("method", ["random", "latin_hypercube", "sobol"])
def test_samples_have_their_distributions(method):
    keys = {"a": Interval(low=2, high=4), "b": Interval(low=0.01, high=100, scale="log"), "c": Normal(mean=5, std=2)}
    found = Sample(method=method, number=512, seed=1, keys=keys).points()
    a, b, c = (np.array([point[key] for point in found]) for key in keys)
    assert kstest(a, "uniform", (2, 2)).pvalue > 0.01
    assert kstest(np.log10(b), "uniform", (-2, 4)).pvalue > 0.01
    assert kstest(c, "norm", (5, 2)).pvalue > 0.01
    assert len({tuple(point.values()) for point in found}) == 512
    if method == "latin_hypercube":
        assert np.unique(np.floor((a - 2) / 2 * 512)).size >= 511  # one in each slice, up to the rounding of values


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_a_larger_sample_keeps_its_first_points(method):
    small, large = (Sample(method=method, number=n, keys={"a": Interval(low=0, high=1)}).points() for n in (10, 40))
    assert large[:10] == small


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ("{zip: {run.dt_ms: [0.1], run.t_stop_ms: [1, 2]}}", "equally many values"),
        ("{grid: {run.dt_ms: [0.1]}, zip: {run.dt_ms: [0.1]}}", "'run.dt_ms' is in grid and in zip"),
        ("{scenarios: {a: {run.dt_ms: 0.1}}, grid: {run.dt_ms: [0.2]}}", "'run.dt_ms' is in scenarios.a and in grid"),
        ("{grid: {seed: [1, 2]}, seeds: 2}", "'seed' is in grid, and seeds gives each case one"),
        ("{list: [{label: a, seed: 1}], seeds: 2}", "'seed' is in list.0, and seeds gives each case one"),
        ("{list: [{label: a}, {label: a, run.dt_ms: 0.1}]}", "two cases have the label 'a': leave one out"),
        ("{sample: {number: 3, keys: {run.dt_ms: {low: 0, high: 1, mean: 0}}}}", "unknown key 'mean'"),
        ("{sample: {number: 3, keys: {run.dt_ms: {low: 1, high: 0}}}}", "low < high"),
        ("{sample: {number: 3, keys: {run.dt: {low: 0.1, high: 0.2}}}}", "did you mean 'dt_ms'"),
        ("{scenarios: {a: {run.dtms: 1}}}", "did you mean 'dt_ms'"),
        ("{seeds: 0}", "greater than or equal to 1"),
        ("{cell.Ra_ohm_cm: [1, 2], seeds: 2}", r"'cell.Ra_ohm_cm' stands beside 'seeds': .* grid: {cell.Ra_ohm_cm: …}"),
        ("{gird: {cell.Ra_ohm_cm: [1, 2]}, seeds: 2}", "unknown key 'gird'; did you mean 'grid'"),
        ("{seeds: [1, 1]}", "two cases have the label"),
        ("{grid: {parameters.radius_um: [1]}}", "unknown sweep key 'radius_um'"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, sweep, message):
    with pytest.raises(ConfigError, match=message):
        load_study(write(tmp_path, changed(TINY, SWEEP, f"sweep: {sweep}")))


NOISY = changed(
    TINY,
    "inputs:\n",
    "inputs:\n  noise: {current: white_noise, at: {section: soma}, std_nA: 0.01, stands_for: synapse}\n",
)
"""With something to draw for each seed."""


def test_replicates_of_what_is_not_random_are_refused(tmp_path):
    text = changed(changed(TINY, SWEEP, "sweep: {seeds: 3}"), ', case: "0.001"', "")
    with pytest.raises(ConfigError, match=r"yaml:14: sweep: .*nothing in them is drawn at random.*white_noise"):
        load_study(write(tmp_path, text))
    load_study(write(tmp_path, changed(text, "seeds: 3", "seeds: 1")))
    both = changed(changed(NOISY, SWEEP, "sweep: {grid: {inputs.noise: [null]}, seeds: 2}"), ', case: "0.001"', "")
    with pytest.raises(ConfigError, match="nothing in them is drawn"):
        load_study(write(tmp_path, both))
    some = changed(both, "grid: {inputs.noise: [null]}", "scenarios: {quiet: {inputs.noise: null}, noisy: {}}")
    assert len(load_study(write(tmp_path, some)).cases) == 4
    cell = changed(text, "cell:\n  sections:", "cell:\n  scatter: {radius_um: 100}\n  sections:")
    assert len(load_study(write(tmp_path, cell)).cases) == 3


def test_scenarios_and_replicates_have_readable_labels_and_seeds_of_their_own(tmp_path):
    sweep = "sweep: {scenarios: {weak: {inputs.epsp.weight_uS: 0.001, run.t_stop_ms: 4}, none: {}}, seeds: 2}"
    text = changed(changed(NOISY, SWEEP, sweep), ', case: "0.001"', ', case: "weak, seed 5"')
    study = load_study(write(tmp_path, changed(text, "study: tiny\n", "study: tiny\nseed: 5\n")))
    assert [case.label for case in study.cases] == ["weak, seed 5", "weak, seed 6", "none, seed 5", "none, seed 6"]
    assert [case.config["seed"] for case in study.cases] == [5, 6, 5, 6]
    assert study.cases[0].config["run"]["t_stop_ms"] == 4.0 and study.cases[2].config["run"]["t_stop_ms"] == 5.0
    plan = Plan(study)
    assert len({plan.of_case[case.id]["simulate"].key for case in study.cases}) == 4
    assert len({plan.of_case[case.id]["build"].key for case in study.cases}) == 1


def test_labelled_points_have_replicates(tmp_path):
    sweep = "sweep: {list: [{label: A, inputs.epsp.weight_uS: 0.001}, {label: B}], seeds: 2}"
    study = load_study(write(tmp_path, changed(changed(NOISY, SWEEP, sweep), ', case: "0.001"', ', case: "A, seed 0"')))
    assert [case.label for case in study.cases] == ["A, seed 0", "A, seed 1", "B, seed 0", "B, seed 1"]


def test_what_lies_in_an_entry_is_set_in_the_entry_that_is_given_whole(tmp_path):
    """In whatever order the two are written."""
    whole = "inputs.epsp: [{synapse: ExpSyn, at: {section: soma}, weight_uS: 9, tau_ms: 3, e_mV: 0, times_ms: []}]"
    inside = "inputs.epsp.weight_uS: [0.001, 0.002]"
    for keys in (f"{whole}, {inside}", f"{inside}, {whole}"):
        text = changed(changed(TINY, SWEEP, f"sweep: {{{keys}}}"), ', case: "0.001"', "")
        cases = load_study(write(tmp_path, text)).cases
        assert [case.config["inputs"]["epsp"]["weight_uS"] for case in cases] == [0.001, 0.002]
        assert {case.config["inputs"]["epsp"]["tau_ms"] for case in cases} == {3.0}


def test_an_extended_sweep_keeps_its_cases_and_their_results(tmp_path):
    few, many = (
        Plan(load_study(write(tmp_path, changed(TINY, SWEEP, f"sweep: {{inputs.epsp.weight_uS: {values}}}"))))
        for values in ("[0.001, 0.002]", "[0.003, 0.001, 0.004, 0.002]")
    )
    assert {case.id for case in few.study.cases} < {case.id for case in many.study.cases}
    assert set(few.members["simulate"]) < set(many.members["simulate"])
    assert len(many.members["simulate"]) == 4
