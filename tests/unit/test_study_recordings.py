"""Recordings of a study: planned, checked before anything runs, made, told, opened."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from analytic_signals import signal_of
from study_files import TINY, changed, write

from lfptools.errors import ConfigError
from lfptools.io.gather import open_study
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.recording.chain import apply_steps
from lfptools.report.methods import experiment_paragraphs
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.sizes import summary
from lfptools.study.sources import modules
from lfptools.study.stages.recording import recording

ROOT = Path(__file__).parents[2]
CHAIN = """recordings:
  slow: {signal: pair, steps: [{step: band_pass, high_Hz: 4000, order: 2, causal: true}, {step: decimate, factor: 4}]}
  pair: {signal: lfp, steps: [{step: bipolar}]}
"""
STUDY = changed(TINY, "sweep: {", CHAIN + "sweep: {")
SIGNALS_KEPT = ("v_init_mV: -65}\ninputs", "v_init_mV: -65, keep: signals}\ninputs")


def plan(folder: Path, text: str = STUDY) -> Plan:
    return Plan(load_study(write(folder, text), ROOT), folder / "results")


def members(made: Plan) -> dict:
    return made.of_case[made.study.cases[0].id]


def test_recordings_are_members_made_from_signals(tmp_path):
    made = plan(tmp_path)
    own = members(made)
    assert len(made.members["recording"]) == 4  # two for each case
    slow, pair = own["signal"]["slow"], own["signal"]["pair"]
    assert slow.inputs == {"signal": pair} and pair.inputs == {"signal": own["signal"]["lfp"]}
    assert [step["step"] for step in slow.config["steps"]] == ["band_pass", "decimate"]
    assert pair.config["model"] == "line" and "steps" not in own["signal"]["lfp"].config
    assert {"lfptools.recording.band_pass", "lfptools.recording.sampling"} <= set(modules("recording", [slow.config]))
    paths = made.paths_of(made.study.cases[0])
    assert set(paths["signal"]) == {"lfp", "pair", "slow"} and set(paths["lead_field"]) == {"lfp"}
    other = members(plan(tmp_path, changed(STUDY, "factor: 4", "factor: 5")))
    assert other["signal"]["slow"].key != slow.key and other["signal"]["pair"].key == pair.key
    assert other["simulate"].key == own["simulate"].key


def test_the_stage_applies_the_steps_to_a_file_or_to_one_beside_its_run(tmp_path):
    signal = signal_of(np.arange(201) * 0.025, np.random.default_rng(0).normal(size=(2, 201)))
    write_dataset(signal, tmp_path / "run.matrix.nc", "signal")
    (tmp_path / "run.nc").write_text("")
    kept = members(plan(tmp_path, changed(STUDY, *SIGNALS_KEPT)))
    pair, slow = kept["signal"]["pair"], kept["signal"]["slow"]
    assert pair.inputs == {"run": kept["simulate"]} and pair.config["applied"] == kept["lead_field"]["lfp"].key
    assert "applied" not in slow.config
    recording({**pair.config, "applied": "matrix"}, {"run": tmp_path / "run.nc"}, {}, tmp_path / "pair.nc", None)
    recording(slow.config, {"signal": tmp_path / "pair.nc"}, {}, tmp_path / "slow.nc", None)
    steps = [*pair.config["steps"], *slow.config["steps"]]
    with open_dataset(tmp_path / "slow.nc", "signal") as made:
        np.testing.assert_array_equal(made["potential"].values, apply_steps(signal, steps)["potential"].values)
        assert json.loads(made.attrs["steps"]) == steps and made["contact_id"].values.tolist() == ["c0-c1"]


def test_reports_and_sizes_tell_of_them(tmp_path):
    study = plan(tmp_path).study
    said = " ".join(experiment_paragraphs(study.cases[0].config, []))
    assert "Recording slow of pair: band_pass (high 4000 Hz, order 2, causal true): a Butterworth filter" in said
    assert "decimate (factor 4): every factor-th sample" in said
    bare = summary(load_study(write(tmp_path, TINY), ROOT))
    signals = 2 * 201 * (2 + 2 + 1 + 1) * 8  # two cases of contacts, soma and sum, a synapse, a recorded place
    assert f"keep: signals stores {signals / 1e3:.3g} kB" in bare
    assert f"keep: signals stores {(signals + 2 * (201 + 51) * 8) / 1e3:.3g} kB" in summary(study)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("signal: lfp, steps", "signal: lpf, steps", r"recordings.pair.signal: unknown .*'lpf'; did you mean"),
        ("signal: lfp, steps", "signal: slow, steps", r"recordings.pair.signal: .*in a circle"),
        ("  pair: {", "  v_dend: {", "recordings.v_dend: the name 'v_dend' is taken"),
        ("{step: bipolar}", "{step: bipolr}", r"recordings.pair.steps\[0\].*did you mean 'bipolar'"),
        ("{step: bipolar}", "{step: bipolar, pair: [[a, b]]}", "unknown key 'pair'; did you mean 'pairs'"),
        ("{step: bipolar}", "{step: bipolar, pairs: [[0, 2]]}", "pairs.0"),
        ("{step: bipolar}", '{step: bipolar, pairs: [["0", "2"]]}', r"recordings.pair.steps\[0\]: unknown contact '2'"),
        ("high_Hz: 4000", "high_Hz: 40000", r"recordings.slow.steps\[0\]: .*half the sampling rate, which is 20000 Hz"),
        ("high_Hz: 4000, ", "", "needs low_Hz, high_Hz or both"),
        ("factor: 4", "factor: 400", r"recordings.slow.steps\[1\]: decimate: one of 400 samples leaves one of 201"),
        ("dt_ms: 0.025", "variable_step: {atol: 1.0e-4}", r"recordings.slow.steps\[0\]: band_pass needs evenly spaced"),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_is_told_before_anything_runs(old, new, message, tmp_path):
    with pytest.raises(ConfigError, match=message):
        load_study(write(tmp_path, changed(STUDY, old, new)), ROOT)


def test_variable_steps_are_resampled_first(tmp_path):
    text = changed(STUDY, "dt_ms: 0.025", "variable_step: {atol: 1.0e-4}")
    text = changed(text, "[{step: band_pass", "[{step: resample, interval_ms: 0.025}, {step: band_pass")
    assert load_study(write(tmp_path, text), ROOT).cases


def test_figures_and_claims_name_them_and_sweeps_change_them(tmp_path):
    claim = (
        "  high: {measure: extremum, signal: slow, which: max, unit: uV, less_than: 1, source: a, over_cases: largest}"
    )
    text = changed(STUDY, "sweep: {", "sweep: {recordings.slow.steps.1.factor: [2, 4], ") + claim
    made = plan(tmp_path, text.replace('case: "0.001"', 'case: "2, 0.001"'))
    assert len(made.members["forward"]) == 2 and len(made.members["recording"]) == 2 + 4
    with pytest.raises(ConfigError, match=r"claims.high.signal: unknown signal 'slo'; did you mean 'slow'"):
        load_study(write(tmp_path, text.replace("signal: slow, which", "signal: slo, which")), ROOT)


def test_a_recording_with_other_times_has_them_under_its_name(tmp_path):
    t = np.arange(40) * 0.1
    signal = signal_of(t, np.ones((2, 40)))
    run = xr.Dataset(
        {"net_current": ("t", np.zeros(40), {"units": "nA"})}, {"t": ("t", t, {"units": "ms"})},
        {"kind": "run", "dt_ms": 0.1, "t_start_ms": 0.0, "t_stop_ms": 3.9, "variable_dt": 0},
    )  # fmt: skip
    write_dataset(run, tmp_path / "run.nc", "run")
    write_dataset(signal, tmp_path / "lfp.nc", "signal")
    write_dataset(apply_steps(signal, [{"step": "decimate", "factor": 4}]), tmp_path / "slow.nc", "signal")
    case = {"id": "one", "experiment": "main", "label": "one", "values": {}, "config": {},
            "paths": {"run": "run.nc", "signal": {"lfp": "lfp.nc", "slow": "slow.nc"}}}  # fmt: skip
    (tmp_path / "index.json").write_text(json.dumps({"study": "s", "title": "s", "config": {}, "cases": [case]}))
    found = open_study(tmp_path)
    assert found["lfp"].dims == ("contact", "t") and found["slow"].dims == ("contact", "slow_t")
    np.testing.assert_array_equal(found["slow_t"].values, t[::4])
