"""Recording steps: what they note, how channels are called, what they refuse."""

import json

import numpy as np
import pydantic
import pytest
from analytic_signals import signal_of

from lfptools.config.parameters import Parameters
from lfptools.config.registry import load
from lfptools.errors import ConfigError, DatasetError
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.recording.band_pass import BandPassParameters, band_pass
from lfptools.recording.chain import apply_steps
from lfptools.recording.reference import bipolar, reference
from lfptools.recording.registry import STEPS
from lfptools.recording.sampling import decimate, resample
from lfptools.recording.step import steps_of
from lfptools.schema.kinds import check

T = np.arange(100) * 0.1
SIGNAL = signal_of(T, np.random.default_rng(2).normal(size=(4, 100)))
EXAMPLES = {
    "bipolar": {},
    "reference": {"to": "average"},
    "electrode_filter": {"resistance_Mohm": 1.0, "shunt_capacitance_pF": 20.0},
    "band_pass": {"low_Hz": 100.0, "high_Hz": 1000.0, "order": 2, "causal": True},
    "decimate": {"factor": 5},
    "resample": {"interval_ms": 0.25},
}


@pytest.mark.parametrize("name", sorted(STEPS))
def test_every_step_takes_a_signal_and_notes_itself(name, tmp_path):
    step = load(STEPS[name])
    assert step.__name__ == name and issubclass(step.Parameters, Parameters)
    assert all(field.description for field in step.Parameters.model_fields.values())
    made = step(SIGNAL, **EXAMPLES[name])
    check(made, "signal")
    (noted,) = steps_of(made)
    assert noted.pop("step") == name and step.Parameters(**noted) == step.Parameters(**EXAMPLES[name])
    assert made.attrs["model"] == "line" and made["potential"].attrs == SIGNAL["potential"].attrs
    again = step(made if name != "bipolar" else SIGNAL, step.Parameters(**EXAMPLES[name]))
    assert len(steps_of(again)) == (1 if name == "bipolar" else 2)
    assert "steps" not in SIGNAL.attrs
    write_dataset(made, tmp_path / "made.nc", "signal")
    with open_dataset(tmp_path / "made.nc", "signal") as stored:
        assert steps_of(stored) == steps_of(made)
        lazily = step(stored, **EXAMPLES[name])
    np.testing.assert_array_equal(lazily["potential"].values, step(made, **EXAMPLES[name])["potential"].values)


def test_channels_are_called_by_their_contacts_shank_by_shank():
    signal = signal_of(T, np.zeros((4, 100)), shank=["a", "b", "a", "b"])
    made = bipolar(signal)
    assert made["contact_id"].values.tolist() == ["c0-c2", "c1-c3"]
    assert made["contact_shank"].values.tolist() == ["a", "b"]
    assert "contact_shank" not in bipolar(signal, pairs=[("c0", "c1")]).coords
    twice = bipolar(bipolar(SIGNAL))
    assert twice["contact_id"].values.tolist() == ["(c0-c1)-(c1-c2)", "(c1-c2)-(c2-c3)"]
    assert reference(SIGNAL, to="average")["contact_id"].values[0] == "c0-average"
    assert reference(SIGNAL, to=("c1", "c2"))["contact_id"].values[0] == "c0-mean(c1,c2)"


def test_a_chain_is_its_steps_in_order():
    steps = [{"step": "bipolar", "pairs": [["c0", "c3"]]}, {"step": "decimate", "factor": 4}]
    made = apply_steps(SIGNAL, steps)
    assert json.loads(made.attrs["steps"]) == steps and made.sizes == {"contact": 1, "t": 25}
    expected = decimate(bipolar(SIGNAL, pairs=[("c0", "c3")]), factor=4)
    np.testing.assert_array_equal(made["potential"].values, expected["potential"].values)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([{"step": "bandpass", "order": 2}], "did you mean 'band_pass'"),
        ([{"order": 2}], "unknown step None"),
        ([{"step": "bipolar", "pairs": [["c0", "c9"]]}], "unknown contact 'c9'"),
        ([{"step": "bipolar", "pairs": [["c0", "c0"]]}], "'c0' twice"),
        ([{"step": "reference", "to": []}], "empty"),
        ([{"step": "reference", "to": ["c1", "c1"]}], "given twice"),
        ([{"step": "band_pass", "high_Hz": 5000, "order": 2, "causal": True}], "half the sampling rate, which is 5000"),
        ([{"step": "decimate", "factor": 100}], "leaves one of 100"),
        ([{"step": "decimate", "factor": 5},
          {"step": "band_pass", "high_Hz": 1500, "order": 2, "causal": True}], "1000 Hz"),
        ([{"step": "resample", "interval_ms": 20}], "longer than the signal"),
    ],
)  # fmt: skip
def test_what_a_chain_cannot_do(steps, message):
    with pytest.raises((DatasetError, ConfigError), match=message):
        apply_steps(SIGNAL, steps)


def test_an_error_says_which_step_it_was():
    with pytest.raises(DatasetError) as error:
        apply_steps(SIGNAL, [{"step": "bipolar"}, {"step": "reference", "to": ["x"]}])
    assert error.value.__notes__ == ["step 2 of 2, reference"]


@pytest.mark.parametrize(
    "given",
    [
        {"order": 2, "causal": True}, {"low_Hz": 5, "high_Hz": 5, "order": 2, "causal": True},
        {"low_Hz": 5, "order": 2},
        {"low_Hz": 5, "order": 0, "causal": True}, {"low_Hz": 5, "order": 2, "causal": True, "ripple": 1},
    ],
)  # fmt: skip
def test_impossible_bands(given):
    with pytest.raises(pydantic.ValidationError):
        BandPassParameters(**given)
    with pytest.raises(pydantic.ValidationError):
        band_pass(SIGNAL, **given)


def test_variable_steps_are_refused_until_they_are_resampled():
    uneven = signal_of(np.sort(np.r_[T[:-1], 3.33]), SIGNAL["potential"].values)
    for name in ("electrode_filter", "band_pass", "decimate"):
        with pytest.raises(DatasetError, match=rf"{name} needs evenly spaced.*0\.03 to 0\.1 ms apart.*resample"):
            load(STEPS[name])(uneven, **EXAMPLES[name])
        assert load(STEPS[name])(resample(uneven, interval_ms=0.05), **EXAMPLES[name]).sizes["contact"] == 4
    for name in ("bipolar", "reference"):  # these need no time
        assert load(STEPS[name])(uneven, **EXAMPLES[name]).sizes["t"] == 100


def test_what_is_no_potential_at_contacts():
    from lfptools.recording.electrode import electrode_filter
    from lfptools.units import attrs

    dipole = SIGNAL.rename(potential="current_dipole_moment", contact="component", contact_id="component_id")
    dipole = dipole.drop_vars([f"contact_{axis}" for axis in "xyz"])
    dipole["current_dipole_moment"].attrs = attrs("current_dipole_moment")
    with pytest.raises(DatasetError, match="the rows of this signal are a component"):
        bipolar(dipole)
    with pytest.raises(DatasetError, match="is for potentials, this signal is a current_dipole_moment"):
        electrode_filter(dipole, **EXAMPLES["electrode_filter"])
    assert decimate(dipole, factor=4).sizes["t"] == 25


def test_parameters_as_an_object_or_as_keywords():
    with pytest.raises(TypeError, match="not both"):
        decimate(SIGNAL, decimate.Parameters(factor=2), factor=2)
    with pytest.raises(pydantic.ValidationError):
        decimate(SIGNAL, facter=2)
    one = signal_of(T[:1], np.ones((2, 1)))
    with pytest.raises(DatasetError, match="needs several samples"):
        decimate(one, factor=2)
