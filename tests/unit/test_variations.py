"""What figures ask of their numbers, through real studies made in this process."""

import builtins
import json
import math
from pathlib import Path

import numpy as np
import pytest
from closed_indices import indices_of_product, mean_and_variance_of_inverse
from made_study import make
from study_files import TINY, changed, write

from lfptools.errors import ClaimMissed, ConfigError, LfptoolsWarning
from lfptools.io.netcdf import open_dataset
from lfptools.provenance.record import Provenance
from lfptools.study.index import index
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.sizes import summary
from lfptools.study.stages.check import asked_of, check
from lfptools.study.stages.verdict import verdict
from lfptools.study.workflow import figure_config

POINT = """\
study: point
question: Where does the variance of a potential come from?
cell: {sections: {source: {length_um: 1.0e-3, diameter_um: 1.0e-3}}}
run: {currents: [{at: {section: source}, nA: [1.0, 2.0, -1.0]}], t_ms: [0, 1, 2]}
probes: {far: {kind: points, points_um: [[100, 0, 0]]}}
signals: {lfp: {model: point, probe: far, conductivity_S_per_m: 0.3}}
figures:
  course:
    kind: traces
    panels: [{signal: lfp, unit: nV}]
    uncertainty:
      of: {measure: value_at, signal: lfp, time_ms: 1, unit: nV}
      number: 8
      seed: 5
      band: true
      keys:
        signals.lfp.conductivity_S_per_m: {low: 0.1, high: 0.9}
        probes.far.points_um.0.0: {low: 20, high: 200}
"""

DECAY = """\
study: decay
question: How fast does a passive membrane forget?
cell: {sections: {soma: {length_um: 20, diameter_um: 20}}, passive: {g_pas_S_per_cm2: 1.0e-4, e_pas_mV: -70}}
run: {t_stop_ms: 10, dt_ms: 0.5, v_init_mV: -60}
figures:
  course:
    kind: traces
    panels: [{variable: soma_potential}]
    convergence:
      of: {measure: value_at, variable: soma_potential, time_ms: 10, unit: mV}
      over: {run.dt_ms: {levels: 4}}
      tolerance_abs: 0.05
"""


def checked(folder: Path, text: str, figure: str = "course") -> dict:
    """The answer to what a figure asks, from a study made in this process."""
    plan = make(Plan(load_study(write(folder, text)), folder / "results"))
    stem = folder / "results/checks" / figure
    check(figure, figure_config(plan, figure), asked_of(plan, figure), stem, Provenance(study="s", stage="check"))
    return json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))


def potential(changes: dict) -> float:
    """Of 2 nA in nV: nA / (S/m um) is mV."""
    sigma, r = changes["signals.lfp.conductivity_S_per_m"], changes["probes.far.points_um.0.0"]
    return 2.0e6 / (4.0 * math.pi * sigma * r)


def test_a_potential_is_sampled_where_its_inputs_are(tmp_path):
    found = checked(tmp_path, POINT)["uncertainty"]
    levels = load_study(write(tmp_path, POINT)).variations[0].levels
    sampled = [potential(levels[i].changes) for i in range(len(levels)) if i % 4 in (0, 3)]
    assert found["numbers"] == pytest.approx(sampled, rel=1e-9)
    assert found["mean"] == pytest.approx(np.mean(sampled)) and found["std"] == pytest.approx(np.std(sampled, ddof=1))
    assert found["number"] == pytest.approx(2.0e6 / (4.0 * math.pi * 0.3 * 100.0), rel=1e-9)
    assert (found["points"], found["samples"]) == (32, 16) and found["met"]
    with open_dataset(tmp_path / "results/checks/course.nc", "figure_data") as numbers:
        low, high, own = (numbers[f"band_0_{part}"].values for part in ("low", "high", "own"))
        assert numbers["band_0_x"].values.tolist() == [0.0, 1.0, 2.0]
    assert [low[1], high[1]] == pytest.approx(found["interval"])  # the curve at 1 ms is the number
    assert own[1] == pytest.approx(found["number"]) and low == pytest.approx([low[0], 2 * low[0], -high[0]])


@pytest.mark.slow
def test_the_variance_of_a_potential_has_the_indices_of_a_product(tmp_path):
    found = checked(tmp_path, changed(POINT, "number: 8\n", "number: 256\n").replace("band: true", "band: false"))
    factors = [mean_and_variance_of_inverse(*bounds) for bounds in ((0.1, 0.9), (20.0, 200.0))]
    first, total = indices_of_product(factors)
    for one, s, t in zip(found["uncertainty"]["keys"], first, total, strict=True):
        assert one["first"] == pytest.approx(s, abs=0.15) and one["total"] == pytest.approx(t, abs=0.15)
    mean = 2.0e6 / (4.0 * math.pi) * factors[0][0] * factors[1][0]
    assert found["uncertainty"]["mean"] == pytest.approx(mean, rel=0.02)


def test_backward_euler_is_seen_to_be_of_first_order(tmp_path):
    answer = checked(tmp_path, DECAY)
    found, exact = answer["convergence"]["over"][0], -70.0 + 10.0 * math.exp(-1.0)
    assert found["values"] == [0.5, 0.25, 0.125, 0.0625, 0.03125]
    assert found["numbers"] == pytest.approx([-70 + 10 * (1 + h / 10) ** (-10 / h) for h in found["values"]], abs=1e-6)
    assert found["order"] == pytest.approx(1.0, abs=0.01)
    assert found["extrapolated"] == pytest.approx(exact, abs=1e-4)
    assert found["error"] == pytest.approx(found["numbers"][0] - exact, rel=1e-2)
    assert not found["met"] and not answer["met"] and found["error"] > 0.05


def test_a_missed_tolerance_is_missed_by_the_study(tmp_path):
    checked(tmp_path, DECAY)
    for name in ("claims", "failures"):
        (tmp_path / f"{name}.json").write_text("[]")
    paths = (tmp_path / "claims.json", tmp_path / "failures.json", [tmp_path / "results/checks/course.json"])
    with pytest.raises(ClaimMissed, match=r"figure course: convergence over run.dt_ms: error 0\.09\d+ mV, tolerated"):
        verdict("decay", *paths, tmp_path / "report.html", tmp_path / "verdict.txt")
    assert not (tmp_path / "verdict.txt").exists()
    checked(tmp_path, changed(DECAY, "tolerance_abs: 0.05", "tolerance_rel: 0.01"))
    verdict("decay", *paths, tmp_path / "report.html", tmp_path / "verdict.txt")
    assert "figures whose numbers are checked: 1" in (tmp_path / "verdict.txt").read_text()


def test_derived_cases_share_what_is_there_and_appear_nowhere_else(tmp_path):
    swept = changed(DECAY, "figures:", "sweep: {run.dt_ms: [0.5, 0.25]}\nfigures:")
    swept = changed(swept, "time_ms: 10, unit: mV}", 'time_ms: 10, unit: mV, case: "0.5"}')
    plan = Plan(load_study(write(tmp_path, swept)), tmp_path / "results")
    assert len(plan.members["simulate"]) == 5  # of 0.5 and 0.25 there are two cases each
    assert [case.label for case in plan.results.cases] == ["0.5", "0.25"]
    indexed = index(plan)
    assert len(indexed["cases"]) == 2 and len(indexed["variations"][0]["levels"]) == 4
    first = indexed["variations"][0]["levels"][0]
    assert first["changes"] == {"run.dt_ms": 0.25}
    assert first["cases"][0]["paths"]["run"] == indexed["cases"][1]["paths"]["run"]
    assert set(plan.data_of()) < set(plan.data_of_variations("course")) | set(plan.data_of())


def test_derived_cases_have_what_the_number_is_made_of_and_no_more(tmp_path):
    """Here a signal, the recording of it that is measured, and nothing else that the experiment makes."""
    steps = "steps: [{step: electrode_filter, resistance_Mohm: 1, shunt_capacitance_pF: 10}]"
    more = "conductivity_S_per_m: 0.3}, other: {model: line, probe: far}}\n"
    more += f"recordings: {{shown: {{signal: lfp, {steps}}}, slow: {{signal: other, {steps}}}}}"
    text = changed(POINT, "conductivity_S_per_m: 0.3}}", more)
    text = changed(text, "{measure: value_at, signal: lfp", "{measure: value_at, signal: shown")
    text = changed(text, "band: true", "band: false")
    study = load_study(write(tmp_path, text))
    assert list(study.variations[0].levels[0].cases[0].model.signals) == ["lfp"]
    assert list(study.variations[0].levels[0].cases[0].model.recordings) == ["shown"]
    assert len(study.cases[0].model.signals) == len(study.cases[0].model.recordings) == 2
    kept = changed(text, "run: {", "run: {t_stop_ms: 2, dt_ms: 1, keep: signals} #")
    number = "{measure: value_at, signal: shown, time_ms: 1, unit: nV}"
    asked = f"    convergence: {{of: {number}, over: {{run.dt_ms: 2}}}}\n"
    kept = kept[: kept.index("    uncertainty:")] + asked
    assert len(load_study(write(tmp_path, kept)).variations[0].levels[0].cases[0].model.signals) == 2


def test_a_check_leaves_the_jobs_of_the_studys_own_cases_as_they_are(tmp_path):
    asked = Plan(load_study(write(tmp_path, POINT)), tmp_path / "results")
    plain = Plan(load_study(write(tmp_path, POINT[: POINT.index("    uncertainty:")])), tmp_path / "results")
    own = {case.label: plain.paths_of(case) for case in plain.study.cases}
    assert {case.label: asked.paths_of(case) for case in asked.study.cases} == own
    lead_fields = asked.members["lead_field"].values()
    assert len(lead_fields) == 33 and len({asked.directory(one) for one in lead_fields}) == 2


def test_check_says_what_is_derived(tmp_path):
    text = summary(load_study(write(tmp_path, POINT)))
    assert "figure course: uncertainty over signals.lfp.conductivity_S_per_m, probes.far.points_um.0.0: 32 " in text
    text = summary(load_study(write(tmp_path, DECAY)))
    assert "4 further cases" in text and "run.dt_ms 0.25, 0.125, 0.0625, 0.03125" in text


def test_a_case_that_fails_leaves_a_check_that_says_so(tmp_path):
    text = changed(DECAY, "time_ms: 10, unit", "time_ms: 9.9, unit")
    plan = make(Plan(load_study(write(tmp_path, text)), tmp_path / "results"))
    (variation,) = plan.variations_of("course")
    broken = plan.paths_of(variation.levels[1].cases[0])["run"]
    broken.unlink()
    broken.with_name(f"{broken.stem}.failed.json").write_text('{"stage": "simulate", "message": "NaN", "log": "l"}')
    stem = tmp_path / "results/checks/course"
    check("course", figure_config(plan, "course"), asked_of(plan, "course"), stem, Provenance(study="s", stage="check"))
    found = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
    assert not found["met"] and "run.dt_ms = 0.125: case 'main'" in found["convergence"]["over"][0]["fault"]
    assert "failed (simulate): NaN" in found["caption"]


def test_a_setting_that_changes_nothing_is_told(tmp_path):
    """One segment has no axial current."""
    text = changed(DECAY, "cell: {", "cell: {Ra_ohm_cm: 100, ")
    with pytest.warns(
        LfptoolsWarning, match=r"over cell.Ra_ohm_cm: the number .* from 100 to 25; if it does not depend"
    ):
        answer = checked(tmp_path, changed(text, "run.dt_ms: {levels: 4}", "cell.Ra_ohm_cm: 2"))
    found = answer["convergence"]["over"][0]
    assert found["values"] == [100.0, 50.0, 25.0] and found["met"]
    assert found["note"] in ("the number does not change", "the number changes by rounding alone")
    assert found["error"] < 1e-11


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("run.dt_ms: {levels: 4}", "run.dtms: 2", "figures.course.convergence.over.run.dtms: .*state it in the study"),
        ("run.dt_ms: {levels: 4}", "run.dt_ms: [0.25, 0.3]", "in one direction"),
        ("run.dt_ms: {levels: 4}", "run.dt_ms: 1", "a factor of 1 refines nothing"),
        ("run.dt_ms: {levels: 4}", "run.dt_ms: {values: [0.1], levels: 2}", "either 'values' or"),
        ("run.dt_ms: {levels: 4}", "cell.sections.soma.segments: [2.5]", "no whole numbers"),
        ("run.dt_ms: {levels: 4}", "run.dt_ms: [0.3]", "whole number of dt_ms steps"),
        ("tolerance_abs: 0.05", "tolerance_abs: 0.05\n      tolerance_rel: 0.1", "not both"),
        ("measure: value_at", "measure: valueat", "value_at"),
        ("variable: soma_potential, time", "variable: soma_potentiel, time", "did you mean 'soma_potential'"),
    ],
)
def test_what_is_wrong_with_a_convergence_is_told(tmp_path, old, new, message):
    with pytest.raises(ConfigError, match=message):
        load_study(write(tmp_path, changed(DECAY, old, new)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("number: 8", "number: 100", "power of 2: 64 or 128, got 100"),
        ("{low: 0.1, high: 0.9}", "{low: -0.1, high: 0.9}", "greater than 0"),
        ("signals.lfp.conductivity_S_per_m:", "signals.lfp.conductivity:", "did you mean 'conductivity_S_per_m'"),
        ("kind: traces\n    panels: [{signal: lfp, unit: nV}]", "kind: potential_map\n    signal: lfp", "no curves"),
    ],
)
def test_what_is_wrong_with_an_uncertainty_is_told(tmp_path, old, new, message):
    with pytest.raises(ConfigError, match=message):
        load_study(write(tmp_path, changed(POINT, old, new)))


@pytest.mark.parametrize(
    ("noise", "key"),
    [
        ("at: {section: soma}, std_nA: 0.01", "run.dt_ms: 2"),
        ("at: all, std_nA_per_um: 0.001", "cell.nseg.length_um: 2"),
    ],
)
def test_white_noise_does_not_converge_in_what_makes_it_another_noise(tmp_path, noise, key):
    text = changed(DECAY, "figures:", f"inputs: {{noise: {{current: white_noise, {noise}}}}}\nfigures:")
    with pytest.raises(ConfigError, match=r"inputs.noise is white noise.*another noise.*inputs.noise: null"):
        load_study(write(tmp_path, changed(text, "run.dt_ms: {levels: 4}", key)))
    load_study(write(tmp_path, changed(text, "run.dt_ms: {levels: 4}", "cell.Ra_ohm_cm: [30, 20]").replace(
        "cell: {", "cell: {Ra_ohm_cm: 100, ")))  # fmt: skip


def test_a_measure_along_a_sweep_is_not_refined_along_it(tmp_path):
    text = changed(DECAY, "figures:", "sweep: {run.dt_ms: [0.5, 0.25]}\nfigures:")
    text = changed(text, "{measure: value_at, variable: soma_potential, time_ms: 10, unit: mV}",
        "{measure: smallest_step, sweep: run.dt_ms, of: value_at, "
        "parameters: {variable: soma_potential, time_ms: 10, unit: mV}}")  # fmt: skip
    with pytest.raises(ConfigError, match=r"goes along run.dt_ms itself"):
        load_study(write(tmp_path, text))


def test_a_study_measure_is_taken_of_all_its_cases_at_each_setting(tmp_path):
    text = changed(DECAY, "figures:", "sweep: {run.v_init_mV: [-60, -50]}\nfigures:")
    text = changed(text, "{measure: value_at, variable: soma_potential, time_ms: 10, unit: mV}",
        "{measure: smallest_step, sweep: run.v_init_mV, of: value_at, "
        "parameters: {variable: soma_potential, time_ms: 10, unit: mV}}")  # fmt: skip
    found = checked(tmp_path, text)["convergence"]["over"][0]
    assert found["numbers"] == pytest.approx([10 * (1 + h / 10) ** (-10 / h) for h in found["values"]], abs=1e-6)


def test_without_salib_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    whole = builtins.__import__

    def without(name, *rest):
        if name.split(".")[0] == "SALib":
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"figures.course.uncertainty: .*pip install 'lfptools\[all\]'") as told:
        load_study(write(tmp_path, POINT))
    assert len(str(told.value).splitlines()) == 1
    assert load_study(write(tmp_path, TINY)).variations == ()


def test_a_sample_is_the_same_in_every_run(tmp_path):
    first, second = (load_study(write(tmp_path, POINT)).variations[0].levels for _ in range(2))
    assert [level.changes for level in first] == [level.changes for level in second]
    values = np.array([level.changes["signals.lfp.conductivity_S_per_m"] for level in first])
    assert 0.1 <= values.min() < 0.15 and 0.85 < values.max() <= 0.9
