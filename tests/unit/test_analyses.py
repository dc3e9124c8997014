"""Analyses in a study: what is checked before it runs, what it makes, and what every analysis of the registry does."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from analytic_study import case, run_dataset
from study_files import TINY, changed, write

import lfptools
from lfptools.analysis.csd_inverse import InverseParameters, delta_matrix
from lfptools.analysis.of_analyses import (
    AgreementParameters,
    AnalysisValueParameters,
    ReachParameters,
    analysis_value,
    csd_agreement,
    population_reach,
)
from lfptools.analysis.registry import ANALYSES
from lfptools.config.registry import load
from lfptools.errors import ConfigError, DatasetError, MeasureError
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.units import attrs

GIVEN = {
    "band_power": {"segment_ms": 8, "bands_Hz": {"low": [0, 1000], "high": [1000, 4000]}},
    "coherence": {"segment_ms": 8},
    "csd_delta": {"radius_um": 100},
    "csd_kernel": {"radius_um": 100},
    "csd_second_derivative": {},
    "csd_spline": {"radius_um": 100},
    "csd_step": {"radius_um": 100},
    "decay_fit": {},
    "power_law": {"segment_ms": 8, "band_Hz": [500, 3000]},
    "power_spectrum": {"segment_ms": 8},
    "spectrogram": {"segment_ms": 8},
    "spike_triggered_average": {"before_ms": 1, "after_ms": 2},
}


@pytest.fixture
def data():
    """Five contacts on a line, 64 ms at 10 kHz; and a voltage with spikes."""
    rng = np.random.default_rng(8)
    t = 0.1 * np.arange(640)
    coords = {"t": ("t", t, {"units": "ms"}), "contact_id": ("contact", list("abcde"))}
    for axis, at in (("x", 20.0 + 0 * np.arange(5)), ("y", 0.0 * np.arange(5)), ("z", 50.0 * np.arange(5))):
        coords[f"contact_{axis}"] = ("contact", at, {"units": "um"})
    values = rng.standard_normal((5, 640)) * np.array([[5.0], [4], [3], [2], [1]])
    potential = xr.DataArray(values, dims=("contact", "t"), coords=coords, attrs={"units": "mV"}, name="potential")
    v = xr.DataArray(np.where(np.arange(640) % 97 == 50, 20.0, -70.0), dims="t", coords={"t": potential["t"]})
    v.attrs["units"], v.name = "mV", "soma_potential"
    return potential, v


def _given(name, potential, v):
    return {0: (potential,), 1: (potential, v if name == "spike_triggered_average" else potential[:1])}[
        len(load(ANALYSES[name]).roles)
    ]


def test_every_analysis_is_tried_here_and_has_a_name_in_the_package():
    assert set(GIVEN) == set(ANALYSES)
    assert all(getattr(lfptools, name) is load(ANALYSES[name]) for name in ANALYSES)


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_keeps_labels_states_units_and_can_be_stored(name, data, tmp_path):
    made = load(ANALYSES[name])(*_given(name, *data), **GIVEN[name])
    assert all(isinstance(made[one].attrs["units"], str) for one in made.data_vars)
    if "contact" in made.dims:
        np.testing.assert_array_equal(made["contact_z"], data[0]["contact_z"])
    assert json.loads(made.attrs["parameters"]).items() >= json.loads(json.dumps(GIVEN[name])).items()
    write_dataset(made, tmp_path / "made.nc", "analysis")
    with open_dataset(tmp_path / "made.nc", "analysis") as back:
        xr.testing.assert_equal(back.load(), made)
        assert back.attrs["analysis"] == name and "potential" in back.attrs["of"]


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_refuses_what_it_cannot_use(name, data):
    function, (potential, v) = load(ANALYSES[name]), data
    with pytest.raises(DatasetError, match="NaN"):
        function(*_given(name, potential.where(potential["t"] < 60), v), **GIVEN[name])
    nameless = potential.copy()
    nameless.attrs.clear()
    with pytest.raises(DatasetError, match="units"):
        function(*_given(name, nameless, v), **GIVEN[name])
    with pytest.raises(TypeError, match="takes"):
        function(potential, v, v, **GIVEN[name])
    with pytest.raises(ValueError, match="nonsense"):
        function(*_given(name, potential, v), **GIVEN[name], nonsense=1)


SECTION = """\
analyses:
  psd: {analysis: power_spectrum, of: lfp, segment_ms: 2}
  together: {analysis: coherence, of: lfp, other: soma_potential, segment_ms: 1}
sweep"""


def test_a_study_plans_its_analyses_and_shares_them(tmp_path):
    plan = Plan(load_study(write(tmp_path, changed(TINY, "sweep", SECTION))), tmp_path)
    assert len(plan.members["analysis"]) == 4
    one = next(iter(plan.members["analysis"].values()))
    assert set(one.inputs) == {"of"} and one.inputs["of"].stage == "forward"
    stages = {member.inputs[role].stage for member in plan.members["analysis"].values() for role in member.inputs}
    assert stages == {"forward", "simulate"}
    folders = plan.data_of()
    assert all(str(plan.directory(member)) in folders for member in plan.members["analysis"].values())
    longer = changed(TINY, "sweep", SECTION.replace("segment_ms: 2", "segment_ms: 4"))
    other = Plan(load_study(write(tmp_path, longer)), tmp_path)
    assert len(set(other.members["analysis"]) & set(plan.members["analysis"])) == 2
    assert other.members["simulate"].keys() == plan.members["simulate"].keys()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("of: lfp, segment_ms: 2", "of: lfpp, segment_ms: 2", "analyses.psd.of: .*did you mean 'lfp'"),
        ("segment_ms: 2", "segment_ms: 20", r"analyses.psd: segment_ms 20 is longer than the data"),
        ("power_spectrum", "power_spectrun", "power_spectrun"),
        ("  psd:", "  lfp:", "the name 'lfp' is taken"),
        ("segment_ms: 2}", "segment_ms: 2, bandd: 3}", "bandd"),
        ("power_spectrum, of: lfp, segment_ms: 2", "csd_step, of: lfp, radius_um: 50", "needs 3 contacts"),
        ("power_spectrum, of: lfp, segment_ms: 2", "decay_fit, of: soma_potential", "no contacts with positions"),
        ("other: soma_potential", "other: v_dendd", "analyses.together.other: .*did you mean 'v_dend'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(tmp_path, old, new, words):
    with pytest.raises(ConfigError, match=words):
        load_study(write(tmp_path, changed(TINY, "sweep", changed(SECTION, old, new))))


class _Case:
    """A case with one analysis."""

    label, experiment = "only", "main"

    def __init__(self, made):
        self.made = made

    def analysis(self, name):
        return self.made


def test_numbers_of_an_analysis(data):
    case = _Case(lfptools.power_spectrum(data[0], segment_ms=8))

    def number(**more):
        p = AnalysisValueParameters(analysis="psd", **more)
        return analysis_value.of_case(case, p)

    density = case.made["power_spectral_density"]
    near = float(density.isel(contact=1).sel(frequency=400, method="nearest"))
    assert number(row="b", at={"frequency": 400}, unit="mV2 Hz-1") == near
    assert number(row=1, at={"frequency": 400}, unit="uV2 Hz-1") == pytest.approx(1e6 * near)
    span = {"frequency": (1000, 2000)}
    mean = float(density.isel(contact=0).sel(frequency=slice(1000, 2000)).mean())
    assert number(row=0, span=span, reduce="mean", unit="mV2 Hz-1") == pytest.approx(mean)
    for more, words in (
        ({"unit": "mV2 Hz-1"}, "numbers are left"),
        ({"row": "f", "at": {"frequency": 1}}, "unknown row"),
        ({"row": 0, "at": {"frequenci": 1}}, "did you mean 'frequency'"),
        ({"row": 0, "at": {"frequency": 1}, "unit": "mV"}, "cannot be given in"),
    ):
        with pytest.raises(MeasureError, match=words):
            number(**more)


DEPTHS = 50.0 * np.arange(12)
TIMES = 0.5 * np.arange(6)


def _density(depths):
    """A sink beside two sources, which a linear estimate between depths meets at the depths alone."""
    return np.sin(depths / 90.0)[:, None] * np.cos(TIMES)


def _agreement_case(tmp_path, axes="xyz", depths=DEPTHS):
    """A case whose estimate is exact at contacts along z, and whose truth lies in bins there."""
    coords = {"t": ("t", TIMES, attrs("t")), "contact_id": ("contact", np.array([str(z) for z in DEPTHS], object))}
    coords |= {f"contact_{axis}": ("contact", DEPTHS * (axis == "z"), attrs(axis)) for axis in "xyz"}
    potential = delta_matrix(DEPTHS, InverseParameters(radius_um=300.0)) @ _density(DEPTHS)
    lfp = xr.DataArray(potential, dims=("contact", "t"), coords=coords, attrs={"units": "mV"}, name="potential")
    ids = np.array([str(z) for z in depths], object)
    bins = {"t": ("t", TIMES, attrs("t")), "bin_id": ("bin", ids, {"long_name": "bin"})}
    bins |= {f"bin_{axis}": ("bin", depths * (axis == "z"), attrs(axis)) for axis in axes}
    about = {"model": "laminar_csd", "parameters": "{}", "clamped_pairs": 0}
    density = (("bin", "t"), _density(depths), attrs("current_source_density"))
    truth = xr.Dataset({"current_source_density": density}, bins, about)
    run = run_dataset(TIMES, soma_potential=TIMES)
    return case(tmp_path, "one", run, analyses={"csd": lfptools.csd_delta(lfp, radius_um=300.0)}, true=truth)


def _agreement(one, **more):
    return csd_agreement.of_case(one, AgreementParameters(**{"analysis": "csd", "signal": "true", **more}))


def test_an_exact_estimate_agrees_with_the_truth(tmp_path):
    one = _agreement_case(tmp_path)
    assert _agreement(one, quantity="relative_error") < 1e-10
    assert _agreement(one, quantity="correlation") == pytest.approx(1.0)


def test_between_depths_the_error_is_that_of_a_line(tmp_path):
    """Of a function with |f''| <= 1/90² on steps of 50: at most 50²/8 of it."""
    one = _agreement_case(tmp_path, depths=DEPTHS[:-1] + 25.0)
    assert 0 < _agreement(one, quantity="relative_error") < 2 * (50.0 / 90.0) ** 2 / 8


def test_places_in_one_coordinate_are_enough_and_none_are_told(tmp_path):
    assert _agreement(_agreement_case(tmp_path, "z"), quantity="relative_error") < 1e-10
    with pytest.raises(MeasureError, match="has no places in space"):
        _agreement(_agreement_case(tmp_path, ""), quantity="correlation")


def test_the_reach_of_a_population_is_where_its_amplitude_is_nearly_the_largest():
    """An amplitude that saturates as 1 - exp(-r/100) has 95 % of its last value at a radius known in closed form."""
    radius = np.linspace(5.0, 400.0, 400)
    made = xr.Dataset({"amplitude": ("radius", 1.0 - np.exp(-radius / 100.0))}, {"radius": radius})
    last = 1.0 - np.exp(-4.0)
    reach = population_reach.of_case(_Case(made), ReachParameters(analysis="population"))
    assert reach == pytest.approx(-100.0 * np.log(1.0 - 0.95 * last), abs=0.01)
    with pytest.raises(MeasureError, match="add smaller"):
        population_reach.of_case(_Case(made.isel(radius=slice(-3, None))), ReachParameters(analysis="population"))


def test_the_page_of_analyses_shows_a_block_that_is_legal(tmp_path):
    page = (Path(__file__).parents[2] / "docs/analyses.md").read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(analyses:.*?)```", page, re.DOTALL)[1]
    text = TINY[: TINY.index("figures:")] + block.replace("…", "a source")
    text = changed(text, "[[10, 50, 0], [50, 50, 0]]", "[[10, 50, 0], [10, 50, 50], [10, 50, 100], [10, 50, 150]]")
    text = changed(text, "t_stop_ms: 5, dt_ms: 0.025", "t_stop_ms: 1000, dt_ms: 0.1")
    text = changed(text, "sweep: {inputs.epsp.weight_uS: [0.001, 0.002]}\n", "")
    study = load_study(write(tmp_path, text))
    assert len(study.cases) == 1 and set(study.model.figures) == {"spectra"}
