"""Membrane currents that a study prescribes instead of a simulation."""

from pathlib import Path

import pytest
from analytic_study import axon
from study_files import changed, write

from lfptools.errors import ConfigError
from lfptools.io.geometry import geometry_dataset
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.report.methods import experiment_paragraphs
from lfptools.study.checks import variables
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.stages.prescribe import prescribe

ROOT = Path(__file__).parents[2]
PRESCRIBED = """
study: source
question: What is the field of two currents?
cell: {sections: {stick: {length_um: 100, diameter_um: 1, segments: 11}}}
run:
  currents:
    - {at: {section: stick, fraction: 0}, nA: 1.0}
    - {at: {section: stick, fraction: 1}, nA: -1.0}
probes:
  plane: {kind: grid, x_um: [-200, 200, 10]}
signals:
  lfp: {model: line, probe: plane}
"""


def test_prescribed_currents_take_the_place_of_a_simulation(tmp_path):
    study = load_study(write(tmp_path, PRESCRIBED), ROOT)
    (case,) = study.cases
    made = Plan(study, tmp_path / "results").of_case[case.id]
    assert list(made["simulate"].inputs) == ["geometry"] and "keep" not in made["simulate"].config["run"]
    assert variables(case.model) == {"net_current", "membrane_current"}
    said = experiment_paragraphs(case.config, [])
    assert any("prescribed, 1 nA at stick(0) and −1 nA at stick(1), and zero elsewhere" in text for text in said)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("section: stick, fraction: 1", "section: stik, fraction: 1", "unknown section 'stik'; did you mean 'stick'"),
        ("nA: -1.0}", "nA: [-1.0, 2.0]}", "2 numbers for 1 times"),
        ("signals:", "record: {v: {variable: v, at: {section: stick}}}\nsignals:", "nothing is simulated"),
        ("  currents:", "  t_ms: [1, 0]\n  currents:", "must increase strictly"),
        ("  currents:", "  dt_ms: 0.1\n  currents:", "unknown key 'dt_ms'"),
    ],
)
def test_what_is_wrong_with_prescribed_currents_is_told(tmp_path, old, new, message):
    with pytest.raises(ConfigError, match=message):
        load_study(write(tmp_path, changed(PRESCRIBED, old, new)), ROOT)


def test_prescribed_currents_become_a_run(tmp_path):
    write_dataset(geometry_dataset(axon()), tmp_path / "geometry.nc", "geometry")
    at = {"section": "axon[0]", "fraction": 0.0}
    run = {"t_ms": [0.0, 0.5], "currents": [{"at": at, "nA": [1.0, 2.0]}, {"at": at, "nA": 0.5}]}
    prescribe(run, tmp_path / "geometry.nc", tmp_path / "run.nc", None)
    with open_dataset(tmp_path / "run.nc", "run") as found:
        assert found["membrane_current"].values[0].tolist() == [1.5, 2.5]
        assert not found["membrane_current"].values[1:].any()
        assert found["net_current"].values.tolist() == [1.5, 2.5]
    run["currents"][1]["at"]["section"] = "axn"
    with pytest.raises(ConfigError, match=r"run.currents\[0\].at: unknown section"):
        prescribe(run, tmp_path / "geometry.nc", tmp_path / "run.nc", None)
