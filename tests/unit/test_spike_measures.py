"""Measures of spikes in a study's results."""

import numpy as np
import pytest
from analytic_study import bump, case, run_dataset, study
from pydantic import ValidationError

from lfptools.analysis.registry import MEASURES
from lfptools.config.registry import load
from lfptools.errors import MeasureError

T = np.arange(0.0, 300.0, 0.01)
CENTRES, WIDTH, HEIGHT, REST = np.array([60.0, 90, 130, 150, 220]), 0.6, 100.0, -65.0
V = REST + bump(T[:, None], CENTRES, HEIGHT, WIDTH).sum(axis=1)
HALF_WIDTH = 2 * WIDTH * np.sqrt(np.log(2))  # of a Gaussian exp(-(t/w)²)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    step = np.where((T >= 50) & (T < 250), 0.25, 0.0)
    run = run_dataset(T, soma_potential=V, electrode_current=np.stack([step, step]))
    return study(case(tmp_path_factory.mktemp("spikes"), "only", run))


@pytest.mark.parametrize(
    ("name", "parameters", "expected", "unit"),
    [
        ("isi_cv", {}, np.std([30, 40, 20, 70], ddof=1) / 40, "1"),
        ("isi_cv2", {}, np.mean([20 / 70, 40 / 60, 100 / 90]), "1"),
        ("mean_rate", {}, 5 / 0.3, "Hz"),
        ("mean_rate", {"window_ms": (55, 155)}, 40.0, "Hz"),
        ("spike_amplitude", {"base": REST}, HEIGHT, "mV"),
        ("spike_width", {"base": REST, "n": -1}, HALF_WIDTH, "ms"),
        ("efel_feature", {"feature": "AP_height", "stimulus_ms": (50, 250), "which": "largest"}, 35.0, "mV"),
        ("efel_feature", {"feature": "peak_time", "stimulus_ms": (50, 250), "which": 2}, 90.0, "ms"),
        ("efel_feature", {"feature": "current_base", "stimulus_ms": (49, 250), "stimulus": "all"}, 0.0, "nA"),
    ],
)  # fmt: skip
def test_measures(results, name, parameters, expected, unit):
    measure = load(MEASURES[name])
    more = {} if name == "efel_feature" else {"threshold_mV": -20}
    p = measure.Parameters(**more, **parameters)
    assert measure(results, p) == pytest.approx(expected, rel=1e-3, abs=1e-9)
    assert measure.unit(p) == unit


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("isi_cv", {"window_ms": (50, 100)}, "at least 3 spikes; there are 2"),
        ("spike_width", {"window_ms": (10, 30)}, "never crosses"),
        ("spike_width", {"n": 7}, "there are 5"),
        ("spike_amplitude", {"onset_slope_mV_per_ms": 1e4}, "choose another 'base'"),
        ("efel_feature", {"feature": "AP_height", "stimulus_ms": (50, 250), "which": 9}, "there are 5"),
        ("efel_feature", {"feature": "ISI_CV", "stimulus_ms": (1, 20), "settings": {"Threshold": 50}}, "has no ISI_CV"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_told(results, name, parameters, message):
    measure = load(MEASURES[name])
    more = {} if name == "efel_feature" else {"threshold_mV": -20}
    with pytest.raises(MeasureError, match=message):
        measure(results, measure.Parameters(**more, **parameters))


@pytest.mark.parametrize(
    "parameters",
    [
        {"feature": "AP_hight", "stimulus_ms": (1, 2)},
        {"feature": "AP_height", "stimulus_ms": (2, 1)},
        {"feature": "AP_height", "stimulus_ms": (1, 2), "settings": {"Treshold": 1}},
        {"feature": "AP_height"},
    ],
)
def test_impossible_features_are_refused_before_anything_runs(parameters):
    with pytest.raises(ValidationError):
        load(MEASURES["efel_feature"]).Parameters(**parameters)


def test_without_efel_a_study_is_told_so(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValidationError, match=r"pip install lfptools\[all\]"):
        load(MEASURES["efel_feature"]).Parameters(feature="AP_height", stimulus_ms=(20, 290))
