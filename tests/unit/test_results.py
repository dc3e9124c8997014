import json

import datasets
import numpy as np
import pytest

from lfptools.errors import DatasetError
from lfptools.io.netcdf import write_dataset
from lfptools.io.results import CaseResults, StudyResults


def case(label, experiment="main", **values):
    return CaseResults(f"{label}-0123", experiment, label, values, {}, {})


@pytest.fixture
def study():
    return StudyResults(
        "synapses",
        "Where a synapse sits",
        {},
        (
            case("dendrite_1[29]", **{"inputs.epsp.at.section": "dendrite_1[29]", "run.dt_ms": 0.1}),
            case("dendrite_4[3]", **{"inputs.epsp.at.section": "dendrite_4[3]", "run.dt_ms": 0.1}),
            case("I=7", experiment="rate", amplitude=7),
            case("I=10.5", experiment="rate", amplitude=10.5),
        ),
    )


@pytest.mark.parametrize(
    "experiment, name, labels",
    [
        (None, None, ["dendrite_1[29]", "dendrite_4[3]", "I=7", "I=10.5"]),
        ("rate", None, ["I=7", "I=10.5"]),
        (None, "dendrite_1[29]", ["dendrite_1[29]"]),
        (None, "I=7-0123", ["I=7"]),
        (None, "10.5", ["I=10.5"]),
        ("main", "0.1", ["dendrite_1[29]", "dendrite_4[3]"]),
        (None, {"amplitude": 7}, ["I=7"]),
        (None, {"amplitude": "10.5"}, ["I=10.5"]),
        ("main", {"run.dt_ms": 0.1, "inputs.epsp.at.section": "dendrite_4[3]"}, ["dendrite_4[3]"]),
        (None, {"amplitude": 8}, []),
        (None, "dendrite", []),
    ],
)
def test_selection(study, experiment, name, labels):
    assert [found.label for found in study.select(experiment, name)] == labels


def test_one(study):
    assert study.one(case="I=7").values == {"amplitude": 7}
    with pytest.raises(DatasetError, match=r"case '0\.1' means 2 cases.*main: dendrite_1\[29\]; main: dendrite_4\[3\]"):
        study.one(case="0.1")
    with pytest.raises(DatasetError, match=r"case 'I=8' means 0 cases.*There are: rate: I=7; rate: I=10\.5"):
        study.one(experiment="rate", case="I=8")


def test_misspelt_names(study):
    with pytest.raises(DatasetError, match="unknown experiment 'rates'; did you mean 'rate'"):
        study.select("rates")
    with pytest.raises(DatasetError, match="unknown sweep key 'amplitud'; did you mean 'amplitude'"):
        study.select(case={"amplitud": 7})


@pytest.fixture
def index(tmp_path):
    made = datasets.of_every_kind()
    for kind in ("geometry", "run", "lead_field", "signal"):
        write_dataset(made[kind], tmp_path / "stages" / f"{kind}.nc", kind)
    paths = {
        "geometry": "../stages/geometry.nc",
        "run": "../stages/run.nc",
        "lead_field": {"lfp": "../stages/lead_field.nc"},
        "signal": {"dipole": "../stages/signal.nc", "lfp": "../stages/absent.nc", "wrong": "../stages/run.nc"},
    }
    entry = {"id": "a-01", "experiment": "main", "label": "a", "values": {"dt": 0.1}, "config": {}, "paths": paths}
    text = {"study": "s", "title": "S", "config": {"study": "s"}, "cases": [entry, entry | {"label": "b", "paths": {}}]}
    path = tmp_path / "study" / "index.json"
    path.parent.mkdir()
    path.write_text(json.dumps(text))
    return path


def test_from_index(index):
    results = StudyResults.from_index(index)
    a, _ = results.cases
    assert (results.study, results.title, results.config) == ("s", "S", {"study": "s"})
    assert a.geometry.sizes["segment"] == 4 and a.geometry is a.geometry
    assert a.run is a.run and not a.run["membrane_current"].variable._in_memory
    assert a.signal("dipole") is a.signal("dipole")
    assert np.array_equal(a.lead_field("lfp")["lead_field"], datasets.lead_field()["lead_field"])


def test_what_is_missing_is_named(index):
    a, b = StudyResults.from_index(index).cases
    with pytest.raises(
        DatasetError, match=r"case 'a' of experiment 'main': unknown signal 'dipol'; did you mean 'dipole'"
    ):
        a.signal("dipol")
    with pytest.raises(DatasetError, match=r"case 'a'.*its signal is not there: .*absent\.nc"):
        a.signal("lfp")
    with pytest.raises(DatasetError, match=r"run\.nc: expected a dataset of kind 'signal', got 'run'"):
        a.signal("wrong")
    with pytest.raises(DatasetError, match=r"case 'b'.*it has no run"):
        _ = b.run


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"study": "s", "title": "S", "config": {}, "cases": [{"id": "x"}]}']
)
def test_what_is_no_index_is_refused(tmp_path, text):
    path = tmp_path / "index.json"
    with pytest.raises(DatasetError, match="run the study first"):
        StudyResults.from_index(path)
    path.write_text(text)
    with pytest.raises(DatasetError, match="is no index of a study's results"):
        StudyResults.from_index(path)
