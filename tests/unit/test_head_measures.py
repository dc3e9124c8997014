"""Measures of heads: ratios, steps along a sweep, widths over a sphere, axial currents; on analytic data."""

from dataclasses import replace

import numpy as np
import pytest
from analytic_study import axon, case, dipole_dataset, potential_dataset, run_dataset, study
from pydantic import ValidationError
from study_files import TINY, changed, write

from lfptools.analysis.registry import MEASURES
from lfptools.analysis.snapshot import snapshot
from lfptools.config.registry import load
from lfptools.errors import MeasureError
from lfptools.forward.apply import write_signal
from lfptools.forward.dipole import CurrentDipoleMoment
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.geometry.axial import AxialTree
from lfptools.io.geometry import geometry_dataset, segments_from_dataset
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.io.results import CaseResults
from lfptools.study.load import load_study
from lfptools.study.sources import modules
from lfptools.study.stages.build import build
from lfptools.study.stages.simulate import simulate
from lfptools.units import attrs, factor

T = np.arange(20) * 0.5
ANGLE = np.deg2rad(np.arange(-90.0, 91, 5))
X, Z = 5e4 * np.sin(ANGLE) + 100, 5e4 * np.cos(ANGLE) - 70
COURSE = np.sin(np.pi * T / 9.5)


def measure(results, name, **parameters):
    function = load(MEASURES[name])
    return function(results, function.Parameters(**parameters))


def head(folder, label: str, value: float, width: float, height: float):
    """A potential that falls as a Gaussian of the angle, and one that is zero."""
    shape = height * np.exp(-((np.rad2deg(ANGLE) / width) ** 2))
    run = run_dataset(T, soma_potential=np.full(T.size, -65.0))
    place = (X, np.zeros(X.size), Z, T)
    return case(
        folder, label, run, {"parameters.skull": value}, eeg=potential_dataset(*place, np.outer(shape, COURSE)),
        half=potential_dataset(*place, np.outer(-0.5 * shape, COURSE)),
        none=potential_dataset(*place, np.zeros((X.size, T.size))),
        dipole=dipole_dataset(T, np.outer([1.0, 2.0, 3.0], COURSE)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("head")
    return study(*(head(folder, *one) for one in (("b", 2.0, 25.0, 5.0), ("a", 1.0, 40.0, 3.0), ("c", 3.0, 20.0, 9.0))))


def test_peak_ratio(results):
    assert measure(results, "peak_ratio", case="b", signals=("half", "eeg")) == pytest.approx(0.5)
    assert measure(results, "peak_ratio", case="b", signals=("none", "eeg")) == 0.0
    with pytest.raises(MeasureError, match="'none' is zero everywhere"):
        measure(results, "peak_ratio", case="b", signals=("eeg", "none"))
    with pytest.raises(MeasureError, match="cannot be given in"):
        measure(results, "peak_ratio", case="b", signals=("dipole", "eeg"))


def test_half_width_is_that_of_the_gaussian(results):
    """√ln 2 of its width, from the arc's own centre; linear between contacts every 5°."""
    found = measure(results, "half_width", case="a", signal="eeg", center_um=(100, 0, -70))
    assert found == pytest.approx(40 * np.sqrt(np.log(2)), abs=0.2)
    with pytest.raises(MeasureError, match="does not fall to half"):
        measure(results, "half_width", case="a", signal="none")
    with pytest.raises(MeasureError, match="its rows are components"):
        measure(results, "half_width", case="a", signal="dipole")


def test_smallest_step_along_the_sweep(results):
    of = {"of": "extremum", "parameters": {"signal": "eeg", "which": "max", "unit": "mV"}, "sweep": "parameters.skull"}
    peak = COURSE.max()
    assert measure(results, "smallest_step", **of) == pytest.approx(2 * peak)  # 3, 5, 9 mV in the order of the values
    assert measure(results, "smallest_step", direction="fall", **of) == pytest.approx(-4 * peak)
    widths = {"of": "half_width", "parameters": {"signal": "eeg", "center_um": (100, 0, -70)}}
    assert measure(results, "smallest_step", sweep="parameters.skull", direction="fall", **widths) > 3.5
    assert load(MEASURES["smallest_step"]).unit(load(MEASURES["smallest_step"]).Parameters(**of)) == "mV"
    with pytest.raises(MeasureError, match="at least two different values"):
        measure(results, "smallest_step", case="a", **of)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"of": "extremm"}, "did you mean 'extremum'"), ({"of": "onset"}, "unknown measure of single cases"),
        ({"parameters": {"signal": "eeg"}}, "parameters.which"), ({"direction": "up"}, "direction"),
    ],
)  # fmt: skip
def test_impossible_steps(changes, message):
    given = {"sweep": "a", "of": "extremum", "parameters": {"signal": "eeg", "which": "max", "unit": "mV"}, **changes}
    with pytest.raises(ValidationError, match=message):
        load(MEASURES["smallest_step"]).Parameters(**given)


def test_an_edit_of_the_measure_that_is_stepped_measures_again():
    assert "lfptools.analysis.width" in modules("analyse", [{"measure": "smallest_step", "of": "half_width"}])


def test_snapshots(results):
    one = results.one(case="b")
    found = snapshot(one, "eeg", unit="uV")
    assert found.t == T[COURSE.argmax()] and found.values.max() == pytest.approx(5000 * COURSE.max())
    assert snapshot(one, "eeg", window_ms=(0, 2)).t == 2.0 and snapshot(one, "eeg", time=3.1).t == 3.0
    for wrong, message in (({"time": 99.0}, "outside the run"), ({"unit": "nA"}, "cannot be given in")):
        with pytest.raises(MeasureError, match=message):
            snapshot(one, "eeg", **wrong)


@pytest.fixture(scope="module")
def axial(tmp_path_factory):
    """Potentials on a cable, and the membrane currents that they drive."""
    folder = tmp_path_factory.mktemp("axial")
    segments = replace(axon(), axial_resistance=np.linspace(0.5, 2.0, 40), far_resistance=np.array([0.7]))
    v = np.random.default_rng(0).normal(size=(40, T.size)) - 65
    currents = AxialTree.of(segments).membrane @ v
    moment = segments.midpoints.T @ currents
    run = run_dataset(T, sites=segments.ids, v=v, membrane_current=currents)
    signals = {"dipole": dipole_dataset(T, moment), "twice": dipole_dataset(T, 2 * moment)}
    made = case(folder, "cable", run, **signals, eeg=potential_dataset(X, X, Z, T, np.zeros((X.size, T.size))))
    write_dataset(geometry_dataset(segments), made.paths["geometry"], "geometry")
    return study(made)


def test_axial_currents_have_the_dipole_of_membrane_currents(axial):
    assert measure(axial, "axial_dipole_agreement", signal="dipole", potentials="v") < 1e-12
    assert measure(axial, "axial_dipole_agreement", signal="twice", potentials="v") == pytest.approx(0.5)


def test_axial_currents_need_every_potential(axial):
    with pytest.raises(MeasureError, match="not a current_dipole_moment"):
        measure(axial, "axial_dipole_agreement", signal="eeg", potentials="v")
    for name in ("membrane_current", "net_current"):
        with pytest.raises(MeasureError, match=f"'{name}' holds .*record it with"):
            measure(axial, "axial_dipole_agreement", signal="dipole", potentials=name)


def test_a_cell_whose_potentials_are_recorded_everywhere(tmp_path):
    """Through the stages of a study: what flows inside a cell has the dipole of what leaves it."""
    text = changed(TINY, "at: {section: dend, fraction: 0.5}}}", "at: all}}")
    text = changed(
        text, "{lfp: {model: line, probe: row}}", "{lfp: {model: line, probe: row}, dipole: {model: dipole}}"
    )
    made = load_study(write(tmp_path, text)).cases[0]
    config, files = (
        {name: block.plain for name, block in made.blocks.items()},
        {"geometry": tmp_path / "geometry.nc", "run": tmp_path / "run.nc"},
    )
    build(config, {}, {}, files["geometry"], None)
    simulate(config, {}, {}, files["run"], None)
    with open_dataset(files["geometry"]) as geometry:
        moment = lead_field_dataset(CurrentDipoleMoment(segments_from_dataset(geometry)))
    with open_dataset(files["run"]) as run:
        assert run["v_dend_site_id"].values.tolist() == moment["segment_id"].values.tolist()
        np.testing.assert_array_equal(run["v_dend"].values[0], run["soma_potential"].values)
        write_signal(moment, run, tmp_path / "dipole.nc")
    paths = {**files, "signal": {"dipole": tmp_path / "dipole.nc"}}
    results = study(CaseResults("one", "main", "one", {}, {}, paths))
    assert measure(results, "axial_dipole_agreement", signal="dipole", potentials="v_dend") < 1e-9


def test_attotesla():
    assert factor("T", "aT") == 1e18 and attrs("magnetic_field")["units"] == "T"
