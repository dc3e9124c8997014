"""Synapses at random places with random events: where they are, how many events they have, what cells share."""

import numpy as np
import pytest
from study_files import TINY, changed, write

from lfptools.errors import ConfigError
from lfptools.report.methods import input_sentences
from lfptools.study.inspection import inspect
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.stages.neuron_cell import add_inputs, make_cell
from lfptools.study.synapses import events, generator

CELL = {
    "sections": {
        "soma": {"length_um": 20.0, "diameter_um": 20.0, "segments": 1},
        "dend": {"length_um": 400.0, "diameter_um": 2.0, "segments": 20, "parent": "soma", "parent_x": 1.0},
    },
    "passive": {"g_pas_S_per_cm2": 1e-4, "e_pas_mV": -65.0},
    "membrane": [],
    "rotate_rad": {},
}  # fmt: skip
MANY = {
    "synapses": "ExpSyn", "number": 400, "weight_uS": 1e-4, "e_mV": 0.0, "tau_ms": 1.0, "parameters": {},
    "trains": {"rate_Hz": 20.0},
}  # fmt: skip
BLOCK = "many: {synapses: ExpSyn, number: 40, sections: [dend], weight_uS: 0.001, tau_ms: 1, trains: {rate_Hz: 200}}"


def _placed(seed, **more):
    with make_cell(CELL, {}, {"t_stop_ms": 1000.0}) as cell:
        add_inputs(cell, {"many": {**MANY, **more}}, seed)
        return (
            np.array([one.idx for one in cell.placed]), [np.array(one.spike_times) for one in cell.placed], cell.area
        )  # fmt: skip


def test_places_are_drawn_in_proportion_to_area():
    idx, _, area = _placed(3)
    counts = np.bincount(idx, minlength=area.size)
    expected = 400 * area / area.sum()
    assert ((counts - expected) ** 2 / expected).sum() < 45.0, "chi squared of 20 degrees of freedom"
    dendrite, _, _ = _placed(3, sections=["dend"])
    assert dendrite.min() >= 1


def test_seeds_decide_and_names_are_apart():
    idx, times, _ = _placed(3)
    again, same, _ = _placed(3)
    other, _, _ = _placed(4)
    np.testing.assert_array_equal(idx, again)
    assert all(np.array_equal(a, b) for a, b in zip(times, same, strict=True))
    assert not np.array_equal(idx, other)
    draws = [generator(*purpose).random() for purpose in ((1, "a"), (1, "b"), (2, "a"), (1, "a", 0), (1, "a", 1))]
    assert len(set(draws)) == len(draws) and generator(1, "a").random() == draws[0]


def test_trains_are_poissons():
    found = events(MANY, "many", 0, 1000.0)
    counts = np.array([one.size for one in found])
    assert counts.mean() == pytest.approx(20.0, abs=4 * np.sqrt(20 / 400))
    assert counts.var() / counts.mean() == pytest.approx(1.0, abs=0.3)
    gaps = np.concatenate([np.diff(one) for one in found])
    assert gaps.std() / gaps.mean() == pytest.approx(1.0, abs=0.08)
    assert all((np.diff(one) >= 0).all() and one.min() >= 0 and one.max() <= 1000 for one in found if one.size)
    late = events({**MANY, "trains": {"rate_Hz": 20.0, "start_ms": 600.0, "stop_ms": 700.0}}, "many", 0, 1000.0)
    assert 1.0 < np.mean([one.size for one in late]) < 3.0 and min(one.min() for one in late if one.size) >= 600


def test_cells_share_the_part_of_a_pool_that_chance_gives():
    """k of n trains each: k²/n of them in common on average, whoever draws, whatever the cell."""
    pooled = {**MANY, "number": 100, "trains": {"rate_Hz": 20.0, "pool": 400}}
    sets = [{one.tobytes() for one in events(pooled, "many", seed, 1000.0)} for seed in range(6)]
    assert all(len(one) == 100 for one in sets), "no train twice in a cell"
    shared = [len(sets[i] & sets[j]) for i in range(6) for j in range(i)]
    assert np.mean(shared) == pytest.approx(25.0, abs=5.0)
    alone = [{one.tobytes() for one in events(MANY, "many", seed, 1000.0)} for seed in range(2)]
    assert not alone[0] & alone[1]
    other = {**pooled, "trains": {**pooled["trains"], "pool_seed": 7}}
    assert not sets[0] & {one.tobytes() for one in events(other, "many", 0, 1000.0)}


def test_a_study_with_many_synapses(tmp_path):
    text = changed(TINY, "record:", f"  {BLOCK}\nrecord:")
    study = load_study(write(tmp_path, text))
    assert inspect(study).problems == ()
    text = changed(text, "sweep: {inputs.epsp.weight_uS: [0.001, 0.002]}", "sweep: {seeds: 3}").replace(
        'case: "0.001"', 'case: "seed 0"'
    )
    plan = Plan(load_study(write(tmp_path, text)))
    assert len(plan.members["simulate"]) == 3 and len(plan.members["lead_field"]) == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("number: 40", "number: 0", "greater than or equal to 1|>= 1|at least 1"),
        ("[dend]", "[dand]", "inputs.many.sections.*did you mean 'dend'"),
        ("{rate_Hz: 200}", "{rate_Hz: -1}", "greater than 0|> 0"),
        ("{rate_Hz: 200}", "{rate_Hz: 200, pool: 10}", "40 synapses cannot have a train each of a pool of 10"),
        (", trains: {rate_Hz: 200}", "", "exactly one of trains"),
        ("sections: [dend]", "z_um: {low: 5, high: 1}", "low < high"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(tmp_path, old, new, words):
    text = changed(TINY, "record:", f"  {changed(BLOCK, old, new)}\nrecord:")
    with pytest.raises(ConfigError, match=words):
        load_study(write(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [("ExpSyn", "ExpSynn", "did you mean 'ExpSyn'"), ("sections: [dend]", "z_um: {low: 900}", "no segment of")],
)
def test_what_neuron_alone_knows_is_asked_for(tmp_path, old, new, words):
    text = changed(TINY, "record:", f"  {changed(BLOCK, old, new)}\nrecord:")
    problems = inspect(load_study(write(tmp_path, text))).problems
    assert len(problems) == 1 and words in problems[0] and "inputs.many" in problems[0]


def test_methods_say_what_was_placed():
    said = input_sentences({"many": {**MANY, "z_um": {"low": 10.0}, "trains": {"rate_Hz": 20.0, "pool": 900}}})
    assert said == (
        "400 synapses many (ExpSyn: weight 0.0001 µS, reversal 0 mV, tau 1 ms) were placed at random over the whole "
        "cell above z = 10 µm, in proportion to membrane area; each received a Poisson train of 20 events per second, "
        "chosen from a pool of 900 that cells share."
    )
