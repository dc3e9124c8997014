"""Several cases made into one: the sum of their signals, what is checked before, and failures that are handed on."""

import json

import numpy as np
import pytest
import xarray as xr
from datasets import contact_coords
from scipy.stats import kstest
from study_files import changed, write

from lfptools.analysis.gathering import total
from lfptools.analysis.sensitivity import independent
from lfptools.errors import ConfigError, DatasetError
from lfptools.io.atomic import write_json
from lfptools.io.gather import open_study
from lfptools.io.netcdf import open_dataset
from lfptools.io.results import StudyResults
from lfptools.provenance.record import Provenance
from lfptools.study.index import index
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.scattered import scattered
from lfptools.study.stages.analyse import analyse
from lfptools.study.stages.analysis import analysis
from lfptools.study.stages.build import build
from lfptools.study.stages.check import asked_of, check
from lfptools.study.stages.forward import forward
from lfptools.study.stages.gather import gather
from lfptools.study.stages.lead_field import lead_field
from lfptools.study.stages.simulate import simulate
from lfptools.study.workflow import figure_config
from lfptools.units import attrs

STUDY = """\
study: crowd
question: Do signals of cells add up?
experiments:
  cells:
    cell: {sections: {stick: {length_um: 200, diameter_um: 1, segments: 4}}}
    run: {currents: [{at: {section: stick, fraction: 0.1}, nA: [1, 2, 4]}], t_ms: [0, 1, 2]}
    probes: {row: {kind: line, start_um: [50, 0, 0], stop_um: [50, 0, 200], number: 5}}
    signals: {lfp: {model: line, probe: row}}
    sweep: {grid: {cell.position_um.x: [0, 10, 20], signals.lfp.conductivity_S_per_m: [0.3, 0.6]}}
gathered:
  population:
    experiment: cells
    over: [cell.position_um.x]
    results: {lfp: {gather: sum, signal: lfp}}
    analyses: {csd: {analysis: csd_step, of: lfp, radius_um: 100}}
claims:
  current: {measure: extremum, experiment: cells, variable: membrane_current, which: max, unit: nA, over_cases: largest, equals: 4, tolerance_abs: 0, source: stated}
figures:
  depth: {kind: images, experiment: population, case: "0.3", panels: [{signal: lfp}]}
"""  # noqa: E501
ASKED = STUDY.replace(
    """  depth: {kind: images, experiment: population, case: "0.3", panels: [{signal: lfp}]}
""",
    """  depth:
    kind: images
    experiment: population
    case: "0.3"
    panels: [{signal: lfp}]
    convergence:
      of: {measure: value_at, signal: lfp, site: 2, time_ms: 2, unit: uV}
      over: {cell.sections.stick.segments: {factor: 3, levels: 2}}
  course:
    kind: traces
    experiment: population
    case: "0.3"
    panels: [{signal: lfp, sites: [2], unit: uV}]
    uncertainty:
      of: {measure: value_at, signal: lfp, site: 2, time_ms: 2, unit: uV}
      keys: {signals.lfp.conductivity_S_per_m: {low: 0.2, high: 0.4}, "run.currents.0.nA.2": {low: 3, high: 5}}
      number: 8
      band: true
""",
)
MADE = {
    "build": build, "lead_field": lead_field, "simulate": simulate, "forward": forward, "gather": gather,
    "analysis": analysis,
}  # fmt: skip


def _made(tmp_path, text=STUDY):
    plan = Plan(load_study(write(tmp_path, text)), tmp_path / "results")
    about = Provenance(
        study="crowd", case="", cases=(), stage="", result="", config={}, study_config={}, git_commit="",
        git_dirty=False, source_hash="", versions={}, input_hashes={}, seed=0,
    )  # fmt: skip
    for task in (
        (stage, task) for stage in MADE for (of, _), tasks in plan.tasks().of.items() if of == stage for task in tasks
    ):
        stage, one = task
        path = plan.path(plan.members[stage][one.key])
        path.parent.mkdir(parents=True, exist_ok=True)
        MADE[stage](config=one.config, inputs=one.inputs, files=one.files, output=path, provenance=about)
    files = [plan.folder / name for name in ("index.json", "claims.json", "failures.json", "data")]
    write_json(index(plan), files[0])
    analyse(files[0], plan.study.model.claims, *files[1:])
    return plan


def test_a_population_is_the_sum_of_its_cells(tmp_path):
    plan = _made(tmp_path)
    assert [case.label for case in plan.study.gathered] == ["0.3", "0.6"]
    results = StudyResults.from_index(plan.folder / "index.json")
    for sigma in ("0.3", "0.6"):
        cells = [case.signal("lfp")["potential"] for case in results.select("cells") if case.label.endswith(sigma)]
        population = results.one("population", sigma)
        np.testing.assert_allclose(population.signal("lfp")["potential"], sum(one.values for one in cells), rtol=1e-14)
        assert len(cells) == 3 and population.signal("lfp").attrs["gathered_cases"] == 3
        assert population.analysis("csd")["current_source_density"].dims == ("depth", "t")
    ratio = results.one("population", "0.3").signal("lfp") / results.one("population", "0.6").signal("lfp")
    np.testing.assert_allclose(ratio["potential"], 2.0, rtol=1e-12)
    assert len(results.select()) == 6, "claims and figures without an experiment see the cells alone"
    assert (plan.folder / "data/population/0.3/lfp.nc").is_file()
    opened = open_study(plan.folder, "population")
    assert dict(opened.sizes) == {"conductivity_S_per_m": 2, "contact": 5, "t": 3, "depth": 5}
    with open_dataset(plan.folder / "data/population/0.3/csd.nc") as made:
        assert made.attrs["analysis"] == "csd_step"


def test_a_gathering_follows_its_cells_and_nothing_else(tmp_path):
    def keys(text):
        return set(Plan(load_study(write(tmp_path, text))).members["gather"])

    first = keys(STUDY)
    assert len(first) == 2
    assert len(first & keys(changed(STUDY, "[0, 10, 20]", "[0, 10, 20, 30]"))) == 0
    assert first == keys(changed(STUDY, "radius_um: 100", "radius_um: 200"))
    assert len(first & keys(changed(STUDY, "[0.3, 0.6]", "[0.3, 0.6, 0.9]"))) == 2
    assert (
        len(keys(changed(STUDY, "    over: [cell.position_um.x]\n", "").replace('case: "0.3"', "case: population")))
        == 1
    )


def test_the_number_of_a_population_is_varied(tmp_path):
    """Its cells are all derived again, and gathered: a potential goes as current over conductivity."""
    plan = _made(tmp_path, ASKED)
    for figure in ("depth", "course"):
        stem = tmp_path / "checks" / figure
        check(figure, figure_config(plan, figure), asked_of(plan, figure), stem, Provenance(study="s", stage="check"))
    found = json.loads((tmp_path / "checks/course.json").read_text())["uncertainty"]
    (asked,) = plan.variations_of("course")
    assert len(asked.cases) == 3 and found["cases"] == ["0.3"] and found["experiment"] == "population"
    changes = [list(asked.levels[i].changes.values()) for i in independent(2, len(asked.levels))]
    expected = [found["number"] * (0.3 / sigma) * (current / 4.0) for sigma, current in changes]
    np.testing.assert_allclose(found["numbers"], expected, rtol=1e-9)
    assert found["met"] and found["mean"] == pytest.approx(np.mean(expected))
    over = json.loads((tmp_path / "checks/depth.json").read_text())["convergence"]["over"][0]
    own = plan.results.one("population", "0.3").signal("lfp")["potential"][2, 2].item()
    assert over["values"] == [4, 12, 36] and over["numbers"][0] == pytest.approx(1e3 * own)
    # One segment of three or nine holds the same current in a shorter line about the same point.
    assert 0 < abs(over["numbers"][2] - over["numbers"][0]) < 0.2 * abs(over["numbers"][0])
    assert len(plan.results.cases) == 8, "no derived case is one of the study's"


def test_figures_and_claims_of_a_gathering_wait_for_all_of_its_cells(tmp_path):
    plan = Plan(load_study(write(tmp_path, STUDY)), tmp_path)
    folders = plan.data_of({"population"})
    assert all(str(plan.directory(one)) in folders for one in plan.members["gather"].values())
    gather = next(iter(plan.members["gather"].values()))
    cells = gather.all_inputs()
    assert len(cells) == 3
    assert set(plan.inputs_of("gather", plan.bucket(gather))) == {str(plan.directory(one)) for one in cells}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "experiment: cells\n    over",
            "experiment: cels\n    over",
            "population.experiment: .*did you mean 'cells'",
        ),
        ("over: [cell.position_um.x]", "over: [cell.position_um.y]", "gathered.population.over: unknown sweep key"),
        ("signal: lfp}}\n    analyses", "signal: lpf}}\n    analyses", "results.lfp.signal: .*did you mean 'lfp'"),
        ("of: lfp, radius", "of: lpf, radius", "analyses.csd.of: .*did you mean 'lfp'"),
        ("  population:\n", "  cells:\n", "is that of an experiment"),
        ("gather: sum", "gather: summ", "summ"),
        ("number: 5", "number: 2", "gathered.population.analyses.csd: an inverse CSD needs 3 contacts"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(tmp_path, old, new, words):
    with pytest.raises(ConfigError, match=words):
        load_study(write(tmp_path, changed(STUDY, old, new)))


class _Open:
    """Opens a signal that is in memory."""

    def __init__(self, signal):
        self.signal = signal

    def __call__(self):
        return self

    def __enter__(self):
        return self.signal

    def __exit__(self, *error):
        return False


def _signal(**changed):
    coords = {**contact_coords(), "t": ("t", np.arange(4.0), attrs("t")), **changed}
    potential = {"potential": (("contact", "t"), np.ones((3, 4)), attrs("potential"))}
    return xr.Dataset(potential, coords, {"model": "line", "parameters": "{}", "clamped_pairs": 2})


def test_signals_at_other_contacts_or_times_are_not_added():
    made = total([_Open(_signal())] * 3, [{}] * 3, total.Parameters())
    assert float(made["potential"].max()) == 3.0 and made.attrs["clamped_pairs"] == 6
    moved = _signal(contact_x=("contact", np.array([0.0, 1, 5]), attrs("x")))
    with pytest.raises(DatasetError, match=r"signal 2 has other rows \(contact_x\)"):
        total([_Open(_signal()), _Open(moved)], [{}] * 2, total.Parameters())
    late = _signal(t=("t", np.arange(4.0) + 1, attrs("t")))
    with pytest.raises(DatasetError, match="signal 2 has other times"):
        total([_Open(_signal()), _Open(late)], [{}] * 2, total.Parameters())


def test_cells_are_scattered_evenly_by_their_seeds():
    cell = {"scatter": {"radius_um": 200.0, "height_um": 50.0, "turn": True}, "position_um": {"z": 10.0}}
    places = [scattered(cell, seed) for seed in range(400)]
    at = np.array([[one["position_um"][axis] for axis in "xyz"] for one in places])
    r2 = (at[:, :2] ** 2).sum(axis=1) / 200.0**2
    assert kstest(r2, "uniform").pvalue > 1e-3 and r2.max() < 1.0
    assert kstest((at[:, 2] - 10.0) / 50.0 + 0.5, "uniform").pvalue > 1e-3
    assert kstest(np.arctan2(at[:, 1], at[:, 0]) / (2 * np.pi) + 0.5, "uniform").pvalue > 1e-3
    assert kstest([one["rotate_rad"]["z"] / (2 * np.pi) for one in places], "uniform").pvalue > 1e-3
    assert scattered(cell, 3) == places[3] and all("scatter" not in one for one in places)
    assert scattered({"passive": {}}, 3) == {"passive": {}}
