"""Measures against data whose numbers are known, read from real files."""

import numpy as np
import pytest
from analytic_study import axon, bump, case, dipole_dataset, potential_dataset, run_dataset, study
from pydantic import ValidationError

from lfptools.analysis.far_field import distance_to_segments
from lfptools.analysis.firing import unit_of_key
from lfptools.analysis.measure import CaseSelector
from lfptools.analysis.registry import MEASURES
from lfptools.config.registry import load
from lfptools.errors import DatasetError, LfptoolsError, MeasureError
from lfptools.units import factor

T = np.arange(4001) * 0.01  # ms
SPEED = 2.5  # m/s
SITES = tuple(f"axon[0]({x:g})" for x in (0.1, 0.3, 0.7))


def measure(results, name, **parameters):
    function = load(MEASURES[name])
    return function(results, function.Parameters(**parameters))


def travelling(centres: np.ndarray) -> np.ndarray:
    """A bump that passes each of the distances (µm) at SPEED."""
    return -65.0 + bump(T[None, :], 5.0 + centres[:, None] / (SPEED * 1e3))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measures")
    centres = np.array([4.5, 12.5, 28.5]) * 100.0  # segments that hold 0.1, 0.3, 0.7 of 4000 µm in 40 pieces
    spikes = -65.0 + sum(bump(T, at) for at in (5.0, 12.0, 30.0))
    current = np.zeros((40, T.size))
    current[3], current[30] = bump(T, 10.0, 0.2), -bump(T, 10.0, 0.2)
    current[7, 1234] += 2e-6
    electrode = np.zeros((2, T.size))
    electrode[1] = bump(T, 20.0, 1.0)
    current[5] += electrode[1]
    run = run_dataset(
        T, sites=SITES, v=travelling(centres), soma_potential=spikes, membrane_current=current,
        electrode_current=electrode, net_current=np.where(np.arange(T.size) == 5, -3e-7, 0.0),
    )  # fmt: skip
    x, z = (a.ravel() for a in np.meshgrid(np.arange(-500.0, 501, 100), np.arange(-1000.0, 1001, 500)))
    moment = np.outer([1.0, -7.0, 3.0], bump(T, 15.0, 1.0))
    shape = z / (x**2 + z**2 + 50.0**2) ** 1.5
    exact = np.outer(shape, bump(T, 15.0, 100.0))
    other = exact * np.where(np.hypot(x, np.minimum(z, 0)) > 450, 1.001, 3.0)[:, None]
    signals = {
        "lfp": potential_dataset(x, 0 * x, z, T, exact),
        "point": potential_dataset(x, 0 * x, z, T, other),
        "dipole": dipole_dataset(T, moment),
    }
    silent = run_dataset(T, soma_potential=np.full(T.size, -65.0))
    return study(
        case(folder, "one", run, {"inputs.i.amplitude_nA": 2.0}, **signals),
        case(folder, "silent", silent, {"inputs.i.amplitude_nA": 1.0}),
    )


def test_every_measure_is_described_for_the_study_schema():
    for name, entry in MEASURES.items():
        function = load(entry)
        assert function.Parameters.model_config["extra"] == "forbid", name
        assert callable(function.unit), name
        assert function.__doc__, name


def test_extremum_in_the_unit_that_was_asked_for(results):
    dataset = results.one(case="one").signal("lfp")["potential"].values
    assert measure(results, "extremum", case="one", signal="lfp", which="min", unit="uV") == dataset.min() * 1e3
    assert measure(results, "extremum", case="one", signal="lfp", which="peak_abs", unit="mV") == abs(dataset).max()
    soma = measure(results, "extremum", case="one", variable="soma_potential", which="max", unit="mV")
    assert soma == pytest.approx(35.0)
    before = measure(
        results, "extremum", case="one", variable="soma_potential", which="max", unit="mV", window_ms=(14, 26)
    )
    assert before == pytest.approx(-65.0, abs=1e-6)


def test_signed_peak_at_a_contact_found_by_id_and_by_place(results):
    by_place = {"x_um": 0, "y_um": 0, "z_um": -500}
    i = 5 + 1 * 11
    expected = results.one(case="one").signal("lfp")["potential"].values[i].min() * 1e3
    for site in (str(i), i, by_place):
        found = measure(results, "extremum", case="one", signal="lfp", which="peak_signed", unit="uV", site=site)
        assert found == expected < 0


def test_dipole_peak_has_its_sign(results):
    assert measure(results, "dipole_peak", case="one", signal="dipole", component="y") == pytest.approx(-7.0)
    assert measure(results, "dipole_peak", case="one", signal="dipole", component="z") == pytest.approx(3.0)
    with pytest.raises(MeasureError, match="'z'"):
        measure(results, "dipole_peak", case="one", signal="lfp", component="z")


def test_value_between_samples_and_amplitude(results):
    found = measure(results, "value_at", case="one", variable="soma_potential", time_ms=5.105, unit="mV")
    assert found == pytest.approx(-65 + bump(np.array(5.105), 5.0), abs=0.02)  # h² f''/8
    with pytest.raises(MeasureError, match="outside the run, 0 to 40"):
        measure(results, "value_at", case="one", variable="soma_potential", time_ms=41, unit="mV")
    assert measure(results, "amplitude", case="one", variable="soma_potential", baseline_mV=-60) == pytest.approx(95)
    at_site = measure(results, "amplitude", case="one", variable="v", site=SITES[1], unit="uV")
    assert at_site == pytest.approx(1e5)


def test_spike_times_counts_intervals_and_rate(results):
    crossing = -0.4 * np.sqrt(np.log(100 / 65))  # where a bump of 100 mV above −65 mV crosses 0
    assert measure(results, "spike_time", case="one") == pytest.approx(5 + crossing, abs=1e-4)
    assert measure(results, "spike_time", case="one", n=-1) == pytest.approx(30 + crossing, abs=1e-4)
    assert measure(results, "spike_time", case="one", interpolate=False) == pytest.approx(
        np.floor((5 + crossing) * 100) / 100
    )
    assert measure(results, "spike_count", case="one") == 3
    assert measure(results, "spike_count", case="one", window_ms=(8, 40)) == 2
    assert measure(results, "interval", case="one", n=1) == pytest.approx(7.0, abs=1e-9)
    assert measure(results, "interval", case="one") == pytest.approx(18.0, abs=1e-9)
    assert measure(results, "firing_rate", case="one") == pytest.approx(1000 / 18)
    assert measure(results, "firing_rate", case="one", still_firing_after_ms=31) == 0
    assert measure(results, "firing_rate", case="silent") == 0
    with pytest.raises(MeasureError, match="spike 4 was asked for; there are 3"):
        measure(results, "spike_time", case="one", n=4)
    with pytest.raises(MeasureError, match="spike 0"):
        measure(results, "spike_time", case="one", n=0)


def test_over_cases_takes_the_extreme_and_one_refuses_to_guess(results):
    assert measure(results, "spike_count", over_cases="largest") == 3
    assert measure(results, "spike_count", over_cases="smallest") == 0
    with pytest.raises(DatasetError, match="one"):
        measure(results, "spike_count")


def test_onset_is_the_smallest_value_that_fires_and_must_be_bracketed(results):
    sweep = {"sweep": "inputs.i.amplitude_nA", "still_firing_after_ms": 20}
    assert measure(results, "onset", **sweep) == 2.0
    function = load(MEASURES["onset"])
    assert function.unit(function.Parameters(**sweep)) == "nA"
    with pytest.raises(MeasureError, match="no case fires at or after 35 ms up to"):
        measure(results, "onset", sweep="inputs.i.amplitude_nA", still_firing_after_ms=35)
    with pytest.raises(MeasureError, match="onset lies below"):
        measure(results, "onset", case="one", **sweep)
    with pytest.raises(MeasureError, match=r"did you mean 'inputs\.i\.amplitude_nA'"):
        measure(results, "onset", sweep="inputs.i.amplitude", still_firing_after_ms=20)


def test_velocity_of_a_travelling_wave(results):
    common = {"case": "one", "variable": "v", "threshold_mV": -20}
    assert measure(results, "velocity", sites=(SITES[0], SITES[2]), **common) == pytest.approx(SPEED, rel=1e-4)
    assert measure(results, "velocity", sites=(2, 1), **common) == pytest.approx(-SPEED, rel=1e-4)
    by_fraction = {"section": "axon[0]", "fraction": 0.31}  # the same segment as 0.3
    assert measure(results, "velocity", sites=(SITES[0], by_fraction), **common) == pytest.approx(SPEED, rel=1e-4)
    doubled = measure(results, "velocity", sites=(0, 1), distance_um=1600, **common)
    assert doubled == pytest.approx(2 * SPEED, rel=1e-4)
    with pytest.raises(MeasureError, match="never crosses 50 mV; its maximum is 35"):
        measure(results, "velocity", case="one", variable="v", threshold_mV=50, sites=(0, 1))


def test_conservation_looks_at_the_kept_sum_and_at_the_currents_anew(results):
    assert measure(results, "conservation") == pytest.approx(2e-6, rel=1e-9)
    assert measure(results, "conservation", case="silent") == 0.0


def test_conservation_in_blocks_is_that_of_the_whole(results, monkeypatch):
    monkeypatch.setattr("lfptools.analysis.conservation.BLOCK_BYTES", 8 * 40 * 7)
    assert measure(results, "conservation", case="one") == pytest.approx(2e-6, rel=1e-9)


def test_far_field_counts_only_far_contacts(results):
    def compare(r):
        return measure(results, "far_field_agreement", case="one", signals=("point", "lfp"), farther_than_um=r)

    assert compare(450) == pytest.approx(1e-3, rel=1e-6)
    assert compare(50) > 0.5
    with pytest.raises(MeasureError, match="farther than 5000 um"):
        compare(5000)


def test_distance_to_segments_beside_and_beyond_the_cable():
    points = np.array([[30.0, 40, 2000], [3, 0, -4], [0, 0, 4010], [0, 0, 17]])
    assert distance_to_segments(points, axon()) == pytest.approx([50, 5, 10, 0])


def test_misspelt_names_are_answered_with_the_nearest(results):
    with pytest.raises(LfptoolsError, match="did you mean 'soma_potential'"):
        measure(results, "extremum", case="one", variable="soma_potentail", which="max", unit="mV")
    with pytest.raises(LfptoolsError, match="dipole"):
        measure(results, "dipole_peak", case="one", signal="dipol", component="z")
    with pytest.raises(MeasureError, match=r"has 3 rows: say which with 'site'"):
        measure(results, "amplitude", case="one", variable="v")
    with pytest.raises(MeasureError, match=r"unknown site 'axon\[0\]\(0.5\)'"):
        measure(results, "amplitude", case="one", variable="v", site="axon[0](0.5)")
    with pytest.raises(MeasureError, match="rows 0 to 2, got site 3"):
        measure(results, "amplitude", case="one", variable="v", site=3)
    with pytest.raises(MeasureError, match="nothing within 1 um"):
        place = {"x_um": 3, "y_um": 0, "z_um": 0}
        measure(results, "extremum", case="one", signal="lfp", which="min", unit="uV", site=place)
    with pytest.raises(MeasureError, match="cannot be given in 'nA'"):
        measure(results, "extremum", case="one", variable="soma_potential", which="min", unit="nA")
    with pytest.raises(MeasureError, match="holds no sample"):
        measure(results, "spike_count", case="one", window_ms=(50, 60))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("extremum", {"which": "min", "unit": "uV"}),
        ("extremum", {"which": "min", "unit": "uV", "signal": "a", "variable": "b"}),
        ("extremum", {"which": "lowest", "unit": "uV", "signal": "a"}),
        ("extremum", {"which": "min", "unit": "furlong", "signal": "a"}),
        ("extremum", {"which": "min", "unit": "uV", "signal": "a", "window_ms": (5, 1)}),
        ("spike_time", {"threshold": 0}),
        ("velocity", {"sites": ("a",)}),
        ("velocity", {"sites": ("a", "b"), "distance_um": -1}),
        ("far_field_agreement", {"signals": ("a", "a"), "farther_than_um": 1}),
        ("dipole_peak", {"signal": "d", "component": "w"}),
        ("onset", {"sweep": "a", "still_firing_after_ms": float("nan")}),
    ],
)
def test_impossible_parameters_are_refused_without_data(name, parameters):
    with pytest.raises(ValidationError):
        load(MEASURES[name]).Parameters(**parameters)


def test_units_of_keys_and_factors():
    assert unit_of_key("inputs.step.amplitude_uA_per_cm2") == "uA cm-2"
    assert unit_of_key("run.dt_ms") == "ms"
    assert unit_of_key("signals.lfp.conductivity_S_per_m") == "S m-1"
    assert unit_of_key("inputs.epsp.at.section") == "1"
    assert factor("mV", "uV") == 1000.0
    assert factor("nA um", "A m") == 1e-15
    assert factor("uA cm-2", "A m-2") == pytest.approx(1e-2)
    with pytest.raises(ValueError, match="cannot be given in"):
        factor("mV", "nA")
    with pytest.raises(ValueError, match="cannot read"):
        factor("mV", "parsec")


def test_ratio_of_two_cases_and_of_two_places(results):
    soma = {"variable": "soma_potential", "which": "max", "unit": "mV"}
    of = {case: measure(results, "extremum", case=case, **soma) for case in ("one", "silent")}
    found = measure(results, "ratio", case="one", other_case="silent", of="extremum", parameters=soma)
    assert found == pytest.approx(of["one"] / of["silent"])
    other = {"which": "min"}
    found = measure(results, "ratio", case="one", of="extremum", parameters=soma, other_parameters=other)
    assert found == pytest.approx(of["one"] / measure(results, "extremum", case="one", **{**soma, **other}))
    for wrong, message in (
        ({"of": "extremun", "other_case": "one"}, "did you mean 'extremum'"),
        ({"of": "onset", "other_case": "one"}, "measure of single cases"),
        ({"of": "extremum", "parameters": {**soma, "wich": "max"}, "other_case": "one"}, "parameters.wich"),
        ({"of": "extremum", "parameters": soma}, "it would be 1"),
        ({"of": "extremum", "parameters": soma, "other_parameters": {"unit": "m"}}, "parameters.unit"),
        ({"of": "extremum", "parameters": soma, "other_parameters": {"unit": "uV"}}, "different units, mV and uV"),
    ):
        with pytest.raises(ValidationError, match=message):
            measure(results, "ratio", case="one", **wrong)
    with pytest.raises(MeasureError, match="'spike_count' of case 'silent' is 0"):
        measure(results, "ratio", case="one", other_case="silent", of="spike_count")


@pytest.mark.parametrize(("given", "label"), [(0.001, "0.001"), (100, "100"), (100.0, "100"), ("0.001", "0.001")])
def test_a_number_selects_the_case_that_is_labelled_by_it(given, label):
    assert CaseSelector(case=given).case == label


def test_true_is_no_case():
    with pytest.raises(ValidationError):
        CaseSelector(case=True)
